"""git_call: secrets of tasks, URLs and variables stay home."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.running.conftest import Lab
from tests.running.git_call.handlers import (
    Repository,
    failed,
    process,
    ran,
)
from tests.waiting import eventually


def test_a_value_made_from_a_secret_is_secret(lab: Lab) -> None:
    code = "def handle(data):\n    data['other'] = 'Bearer'\n    data['header'] = 'Bearer ' + data['secret']"

    view = ran(lab, {"secret": "hunter22"}, code=code).masked()

    assert (view.data["header"], view.data["other"]) == ("***", "Bearer")


def test_a_secret_is_masked_in_an_exception_and_in_the_log(lab: Lab) -> None:
    code = "def handle(data):\n    print(data['secret'])\n    raise ValueError('bad ' + data['secret'])"

    view = ran(lab, {"secret": "hunter22"}, code=code, log=True).masked()

    assert failed(view) == "ValueError; what it says is not shown, for it had read a secret"
    assert view.data["__conveyor_git_call_log__"] == "***"


def test_a_password_in_a_url_is_not_told(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONV_VAR_TOKEN", "hunter22")
    (lab.folder / "variables.yaml").write_text("token: {secret: true}\n")

    view = ran(lab, repo="https://me:{{env_var[@token]}}@localhost:1/x.git", commit="0" * 40)

    text = failed(view, "hardware")
    assert "localhost" in text
    assert "hunter22" not in text


WAITS = """
import os, time
def handle(data):
    open(os.path.join(data["folder"], "begun"), "w").close()
    while not os.path.exists(os.path.join(data["folder"], "go")):
        time.sleep(0.01)
"""


def test_a_secret_in_a_repository_is_not_stored(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redis_client: redis.Redis, namespace: str
) -> None:
    repository = Repository(tmp_path / "hunter22")
    commit = repository.commit(main_py=WAITS)
    monkeypatch.setenv("CONV_VAR_NAME", "hunter22")
    (lab.folder / "variables.yaml").write_text("name: {secret: true}\n")
    lab.deploy(process(repo=f"{tmp_path}/{{{{env_var[@name]}}}}", commit=commit))
    task = lab.engine.submit(70, {"folder": str(tmp_path)})

    with ThreadPoolExecutor(1) as executor:
        running = executor.submit(lab.run)
        eventually((tmp_path / "begun").exists, 20.0)
        kept = all_values(redis_client, namespace)
        (tmp_path / "go").touch()
        running.result()

    assert b"1vname" in kept, "the stored request was looked at"
    assert b"hunter22" not in kept
    assert lab.engine.task(70, task.task_id).node == "done"


def all_values(client: redis.Redis, namespace: str) -> bytes:
    """Everything that a namespace holds in hashes and strings."""
    found: list[Any] = []
    for key in client.scan_iter(match=f"*{namespace}*"):
        kind = client.type(key)
        if kind == b"hash":
            found += [part for pair in client.hgetall(key).items() for part in pair]
        elif kind == b"string":
            found.append(client.get(key) or b"")
    return b"\n".join(found)

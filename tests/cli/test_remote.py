"""The same commands, answers and exit statuses over HTTP (CONV_URL) as on the store itself."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.cli.conftest import Said, Shell
from tests.waiting import PATIENCE_S


@dataclass
class Remote:
    """A shell of another machine: it knows the address of the API, and no store."""

    here: Shell
    url: str

    def __call__(self, *words: str, stdin: bytes = b"") -> Said:
        before = {name: os.environ.pop(name) for name in ("CONV_REDIS_URL", "CONV_NAMESPACE")}
        os.environ["CONV_URL"] = self.url
        try:
            return self.here(*words, stdin=stdin)
        finally:
            del os.environ["CONV_URL"]
            os.environ.update(before)


@pytest.fixture
def remote(conv: Shell) -> Iterator[Remote]:
    process = conv.start("api", "--open", "--port", "0")
    try:
        assert process.stderr is not None
        line = process.stderr.readline().decode()
        assert "The API is at http://127.0.0.1:" in line, line
        yield Remote(conv, line.split("The API is at ")[1].split("/v1/")[0])
    finally:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=PATIENCE_S)
        assert b"Traceback" not in err, err.decode()


LOOKS = [
    ["list"],
    ["list", "--json"],
    ["show", "Keeper"],
    ["show", "@greet", "--json"],
    ["show", "Nowhere"],
    ["task", "Keeper", "t"],
    ["task", "Keeper", "t", "--json"],
    ["task", "12", "t", "--reveal", "--json"],
    ["task", "Keeper", "nobody", "--json"],
    ["why", "Keeper", "t"],
    ["why", "Keeper", "nobody"],
    ["archive", "Fails", "failed", "--json"],
    ["archive", "Greet", "final", "--csv"],
    ["archive", "Greet", "final", "--limit", "1", "--jsonl"],
    ["archive", "Keeper", "kept", "--json", "--reveal"],
    ["archive", "Greet", "nowhere"],
    ["tasks", "Greet", "--where", 'name = "Ada"', "--json"],
    ["tasks", "Fails", "--failed", "--json"],
    ["tasks", "Greet", "--where", "name >"],
    ["find", "t", "--json"],
    ["find", "nobody"],
    ["vars", "--json"],
    ["eval", "{{1}}"],
    ["graph", "Greet"],
    ["deploy", "--plan"],
    ["submit", "Greet", "age:=3"],
    ["submit", "Grete", "name=Ada"],
    ["submit", "Keeper", "token=x", "--ref", "t"],
    ["submit", "Greet", "name=" + "x" * 130_000, "--json"],
    ["modify", "Keeper", "nobody", "a=b"],
    ["cancel", "Greet", "g", "--json"],
    ["retry", "Greet", "g", "--node", "gret"],
]


def timeless(text: str) -> str:
    return re.sub(r"[0-9.]+ m?s ago", "just now", text)


def test_looks_and_refusals_are_the_same(conv: Shell, remote: Remote) -> None:
    conv("submit", "Keeper", "token=s3cr3t-text", "--ref", "t", "--wait")
    conv("submit", "Greet", "name=Ada", "age:=36", "--ref", "g", "--wait")
    conv("submit", "Greet", "name=Eve", "--wait")
    conv("submit", "Fails", "--ref", "f", "--wait")

    for words in LOOKS:
        here, there = conv(*words), remote(*words)
        assert (there.status, timeless(there.out)) == (here.status, timeless(here.out)), words
        assert there.err.splitlines()[:1] == here.err.splitlines()[:1], words


def test_what_is_done_there_is_done(conv: Shell, remote: Remote) -> None:
    assert remote("submit", "Keeper", "token=s3cr3t-text", "--ref", "t", "--key", "k").status == 0
    again = remote("submit", "Keeper", "token=s3cr3t-text", "--ref", "t", "--key", "k", "--json")
    assert again.json["ref"] == "t"
    conv("submit", "Greet", "name=Ada", "--wait")  # which runs older tasks

    assert remote("modify", "Keeper", "t", "token=other-text", "--json").json["node"] == "kept"
    conv("submit", "Greet", "name=Ada", "--wait")
    assert conv("task", "Keeper", "t", "--reveal", "--json").json["data"] == {"token": "other-text"}

    rows = "".join(f'{{"name": "n{number}"}}\n' for number in range(2_500))
    conv.write("rows.jsonl", rows)
    assert remote("submit", "Greet", "--data", "rows.jsonl", "--json").json["submitted"] == 2_500
    assert conv("show", "Greet", "--json").json["living"] == 2_500

    assert remote("submit", "Sleeps", "--ref", "s").status == 0
    assert remote("cancel", "Sleeps", "s").status == 0
    assert remote("delete", "Keeper", "t").status == 0
    assert conv("task", "Keeper", "t").status == 5
    assert remote("pause", "Sleeps").status == 0
    assert conv("submit", "Sleeps", "--json").error["code"] == "conveyor_is_not_active"
    assert remote("resume", "Sleeps").status == 0


def test_definitions_are_deployed_from_another_machine(conv: Shell, remote: Remote) -> None:
    conv.write("processes/new/one.yaml", "process: One\nid: 21\nnodes: {start: {go: end}, end: {end: success}}\n")
    plan = remote("deploy", "--plan")
    assert "One" in plan.out
    assert conv("show", "One").status == 5

    assert remote("deploy").status == 0
    assert conv("show", "One", "--json").json["conv_id"] == 21
    conv.write("processes/new/one.yaml", "process: One\nid: 21\nnodes: {start: {go: nowhere}}\n")
    said = remote("deploy")
    assert said.status == 1
    assert "processes/new/one.yaml:3:" in said.out + said.err


def test_wait_waits_for_the_workers_there(conv: Shell, remote: Remote) -> None:
    said = remote("submit", "Greet", "name=Ada", "--ref", "w", "--wait", "--timeout", "200ms")
    assert said.status == 3

    worker = conv.start("worker")
    try:
        said = remote("submit", "Greet", "name=Ada", "--wait", "--json")
        assert (said.status, said.json["data"]["greeting"]) == (0, "Hello, Ada!")
    finally:
        worker.terminate()
        worker.communicate(timeout=PATIENCE_S)


def test_commands_on_the_store_itself_say_so(remote: Remote) -> None:
    for words in (["audit"], ["backup", "x"], ["repartition", "Greet", "2"], ["workers"], ["up"], ["worker"]):
        said = remote(*words)
        assert said.status == 2, words
        assert "unset CONV_URL" in said.err


def test_a_server_that_is_not_there_or_is_none(conv: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONV_URL", "http://127.0.0.1:1")
    said = conv("list")
    assert (said.status, said.err) == (4, "error: the API at http://127.0.0.1:1 cannot be reached\n")
    for wrong in ("127.0.0.1:8117", "ftp://a", "http://user:pass@a", "http://a/b?c=1"):
        monkeypatch.setenv("CONV_URL", wrong)
        assert conv("list").status == 2
    monkeypatch.setenv("CONV_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("CONV_KEY", "no-key-of-ours")
    said = conv("list")
    assert said.status == 2
    assert "no-key-of-ours" not in said.err

"""What is done to definitions is noted in the trail in the same step, with who has done it."""

from __future__ import annotations

import getpass
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.errors import NotDeployed
from engine.rights.actor import acting_as, actor
from engine.store import rights as stored
from engine.store.registry import Registry
from engine.store.rights import RightsChange

ADD = """
process: Add
id: 1
description: {words}
nodes:
  start: {{ go: end }}
  end: {{ end: success }}
"""


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    with Engine.open(settings) as engine:
        yield engine


def deploy(engine: Engine, folder: Path, words: str, message: str = "") -> None:
    (folder / "add.yaml").write_text(ADD.format(words=words), "utf-8")
    engine.deploy(folder / "add.yaml", message=message)


def noted(engine: Engine) -> list[tuple[str, str, str, str]]:
    return [(entry.who, entry.what, entry.on, entry.about) for entry in engine.keyring.trail()]


def test_deploys_and_rollbacks_are_noted(engine: Engine, tmp_path: Path) -> None:
    shell = f"shell {getpass.getuser()}"
    deploy(engine, tmp_path, "one", "a first try")
    with acting_as("10001"):
        deploy(engine, tmp_path, "two")
        engine.rollback("Add", 1, message="it was wrong")

    assert noted(engine) == [
        (shell, "deployed", "Add (1) version 1", "a first try"),
        ("10001", "deployed", "Add (1) version 2", ""),
        ("10001", "rolled back", "Add (1) version 3", "back to version 1: it was wrong"),
    ]
    assert engine.keyring.verify_trail().wrong == []


def test_what_was_not_deployed_is_not_noted(engine: Engine, tmp_path: Path) -> None:
    deploy(engine, tmp_path, "one")
    deploy(engine, tmp_path, "one")
    with pytest.raises(NotDeployed):
        deploy(engine, tmp_path, "[]")
    assert Registry(engine.store).deploy(0, [], {}, entry=b"stale") is None

    assert len(noted(engine)) == 1


def test_a_restore_is_noted(engine: Engine, settings: Settings, tmp_path: Path) -> None:
    deploy(engine, tmp_path, "one")
    engine.keyring.create("Ann", [], [], None, "shell tester")
    engine.backup(tmp_path / "b")
    with Engine.open(Settings(redis_url=settings.redis_url, namespace=f"{settings.namespace}b")) as other:
        other.restore(tmp_path / "b")

        assert [what for _, what, _, _ in noted(other)] == ["restored", "keys restored"]


def test_who_acts_is_told_apart_by_thread() -> None:
    found: list[str] = []
    with acting_as("10001"):
        thread = threading.Thread(target=lambda: found.append(actor()))
        thread.start()
        thread.join()
        with acting_as("10002"):
            found.append(actor())
        found.append(actor())
    found.append(actor())

    shell = f"shell {getpass.getuser()}"
    assert found == [shell, "10002", "10001", shell]


def test_a_change_whose_answer_is_lost_is_made_and_noted_once(engine: Engine) -> None:
    """A client that dies or hangs between sending and reading sends the same call again."""
    change = RightsChange(10001, {10001: b"record"}, {}, [], b'{"who":"a","what":"b"}')
    call = stored.change_rights(0, change)
    engine.store.begin([call]).abandon()

    assert engine.store.one(call) == 1

    assert len(noted(engine)) == 1

"""Keys and groups in backups, and in the store's own audit."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.errors import NotSignedIn
from engine.rights.keys import NewKey

ADD = """
process: Add
id: 1
nodes:
  start: { go: end }
  end: { end: success }
"""

BY = "shell tester"


@pytest.fixture
def engine(settings: Settings, tmp_path: Path) -> Iterator[Engine]:
    (tmp_path / "add.yaml").write_text(ADD, "utf-8")
    with Engine.open(settings) as engine:
        engine.deploy(tmp_path / "add.yaml")
        yield engine


@pytest.fixture
def other(settings: Settings) -> Iterator[Engine]:
    """Another namespace of the same server."""
    with Engine.open(replace(settings, namespace=f"t{uuid.uuid4().hex[:12]}")) as engine:
        yield engine


@pytest.fixture
def made(engine: Engine) -> NewKey:
    engine.keyring.create_group("sales", [("view", "*")], BY)
    return engine.keyring.create("Ann", [("submit", "1")], ["sales"], None, BY)


def test_keys_and_groups_come_back(engine: Engine, other: Engine, made: NewKey, tmp_path: Path) -> None:
    engine.backup(tmp_path / "b")
    other.restore(tmp_path / "b")

    assert other.keyring.signed_in(10001, made.secret) == made.key
    assert other.keyring.may(10001, "view", None).allowed
    assert other.keyring.create("Ben", [], [], None, BY).key.login == 10002
    assert other.audit().findings == []


def test_keys_of_the_backup_take_the_place_of_those_there(
    engine: Engine, other: Engine, made: NewKey, tmp_path: Path
) -> None:
    engine.backup(tmp_path / "b")
    first = other.keyring.first_key()
    assert first is not None
    name = other.keyring.open_session(first.key)
    other.keyring.create_group("own", [], BY)
    for number in range(3):
        other.keyring.create(f"own {number}", [], [], None, BY)

    other.restore(tmp_path / "b")

    rights = other.keyring.refreshed()
    assert (list(rights.keys), list(rights.groups)) == ([10001], ["sales"])
    with pytest.raises(NotSignedIn):
        other.keyring.signed_in(10001, first.secret)
    with pytest.raises(NotSignedIn):
        other.keyring.session(name)
    assert other.keyring.create("Ben", [], [], None, BY).key.login == 10005, "no login is given twice"
    assert other.keyring.verify_trail().wrong == []
    assert "keys restored" in [entry.what for entry in other.keyring.trail()]


def test_a_backup_without_keys_leaves_those_there(engine: Engine, other: Engine, tmp_path: Path) -> None:
    engine.backup(tmp_path / "b")
    first = other.keyring.first_key()
    assert first is not None

    other.restore(tmp_path / "b")

    assert other.keyring.signed_in(10001, first.secret)


def test_the_stores_audit_knows_all_that_is_kept_of_keys(engine: Engine, made: NewKey) -> None:
    engine.keyring.open_session(made.key)

    assert engine.audit().findings == []
    engine.store.client.set(f"{{{engine.store.namespace}:reg}} session", "x")
    assert [finding.what for finding in engine.audit().findings] == ["unknown"]

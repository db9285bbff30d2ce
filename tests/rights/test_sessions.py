"""Sessions on a real store: they end with a log-out, with their key, and with its secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.errors import NotSignedIn
from engine.rights.keys import NewKey

BY = "shell tester"


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    with Engine.open(settings) as engine:
        yield engine


@pytest.fixture
def made(engine: Engine) -> NewKey:
    return engine.keyring.create("Ann", [("view", "*")], [], None, BY)


def is_over(engine: Engine, name: str) -> bool:
    try:
        engine.keyring.session(name)
    except NotSignedIn:
        return True
    return False


def test_a_session_is_its_keys(engine: Engine, made: NewKey) -> None:
    name = engine.keyring.open_session(made.key, "192.0.2.7")

    assert engine.keyring.session(name).login == 10001
    assert is_over(engine, "0" * 64)
    for wrong in ("", "x", name.upper(), name + "0", "*"):
        assert wrong == name or is_over(engine, wrong)
    assert [entry[2:7] for entry in engine.keyring.trail()][-1] == (
        "10001",
        "signed in",
        "key 10001",
        "done",
        "192.0.2.7",
    )
    assert not any(name.encode() in key for page in engine.store.scan() for key in page)


def test_it_ends_at_once_when_it_is_ended(engine: Engine, made: NewKey) -> None:
    name, other = engine.keyring.open_session(made.key), engine.keyring.open_session(made.key)

    assert engine.keyring.end_session(name)

    assert is_over(engine, name)
    assert not is_over(engine, other)
    assert not engine.keyring.end_session(name)
    assert not engine.keyring.end_session("x")


@pytest.mark.parametrize("end", ["revoke", "rotate"])
def test_it_ends_with_its_key(engine: Engine, made: NewKey, end: str) -> None:
    name = engine.keyring.open_session(made.key)

    getattr(engine.keyring, end)(10001, BY)

    assert is_over(engine, name)


def test_one_that_was_opened_with_an_old_secret_is_over(engine: Engine, made: NewKey) -> None:
    """By somebody who signed in elsewhere, just before the key was seen there to be rotated."""
    engine.keyring.rotate(10001, BY)

    name = engine.keyring.open_session(made.key)

    assert is_over(engine, name)


def test_who_asks_by_a_key_is_refused_once_it_is_revoked(engine: Engine, made: NewKey) -> None:
    caller = engine.keyring.caller(made.key)
    assert caller.login == "10001"
    assert caller.refusal("view", None) == ""
    assert "submit" in caller.refusal("submit", None)
    assert caller.covered("view", {7: "", 8: "sales"}) == [7, 8]

    engine.keyring.revoke(10001, BY)

    assert "revoked" in caller.refusal("view", None)
    assert caller.covered("view", {7: ""}) == []

"""`kill -9` of who makes and revokes keys, around the script that writes: the key and its entry in the trail are there,
or none of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.app import Engine
from engine.config import Settings
from tests.crash.test_worker_killed import MOMENTS, Zygote


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    with Engine.open(settings) as engine:
        yield engine


@pytest.fixture
def zygote(settings: Settings) -> Iterator[Zygote]:
    zygote = Zygote(settings)
    yield zygote
    zygote.close()


def noted(engine: Engine, what: str) -> list[str]:
    """On which keys this was done, by the trail, which is whole."""
    assert engine.keyring.verify_trail().wrong == []
    return [entry.on for entry in engine.keyring.trail() if entry.what == what]


@pytest.mark.slow
def test_a_key_that_is_made_is_there_with_its_entry_or_not_at_all(engine: Engine, zygote: Zygote) -> None:
    for number, moment in enumerate(MOMENTS * 2):
        before = engine.keyring.refreshed().keys.keys()

        assert zygote.kill(script="change_rights", moment=moment, skip=0, role="keymaker", name=f"one {number}")

        keys = engine.keyring.refreshed().keys
        new = keys.keys() - before
        assert len(new) <= (moment != "before")
        assert sorted(noted(engine, "key created")) == sorted(f"key {login}" for login in keys)
        assert sorted(keys) == [*range(10001, 10001 + len(keys))], "no login is given twice, or left out"


@pytest.mark.slow
def test_a_key_that_is_revoked_is_so_with_its_entry_or_not_at_all(engine: Engine, zygote: Zygote) -> None:
    for moment in MOMENTS * 2:
        login = engine.keyring.create("one", [("view", "*")], [], None, "test").key.login

        assert zygote.kill(script="change_rights", moment=moment, skip=0, role="revoker", login=login)

        is_revoked = bool(engine.keyring.refreshed().keys[login].revoked_ms)
        assert (f"key {login}" in noted(engine, "key revoked")) == is_revoked
        assert not (is_revoked and moment == "before")
        if not is_revoked:
            engine.keyring.revoke(login, "test")
        assert noted(engine, "key revoked").count(f"key {login}") == 1


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_the_first_key_is_made_once_whoever_dies(engine: Engine, zygote: Zygote, moment: str) -> None:
    assert zygote.kill(script="change_rights", moment=moment, skip=0, role="first")

    made = engine.keyring.first_key()

    assert (made is not None) >= (moment == "before"), "nobody else has made it"
    assert [*engine.keyring.refreshed().keys] == [10001]
    assert noted(engine, "key created") == ["key 10001"]
    assert engine.keyring.first_key() is None

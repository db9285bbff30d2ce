"""Keys, groups, sessions and the trail in the registry's slot, on a real server."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.errors import StoreError
from engine.store import rights
from engine.store.client import Store
from engine.store.library import script_text
from engine.store.rights import RightsChange


@pytest.fixture
def hashed(store: Store) -> str:
    """A function of the server that gives `sha256` of its argument."""
    name = f"sha256_{store.namespace}"
    callback = "function(keys, argv) return sha256(argv[1]) end"
    register = f"redis.register_function{{function_name = '{name}', callback = {callback}, flags = {{'no-writes'}}}}"
    text = f"#!lua name=lib_{name}\n{script_text('shared/sha256')}\n{register}"
    store.client.function_load(text, replace=True)
    return name


@settings(max_examples=60)
@example(b"")
@example(b"abc")
@example(b"a" * 55)
@example(b"a" * 56)
@example(b"a" * 63)
@example(b"a" * 64)
@example(b"\xff" * 1000)
@given(st.binary(max_size=300))
def test_the_scripts_hash_as_everybody_does(store: Store, hashed: str, text: bytes) -> None:
    assert store.client.fcall_ro(hashed, 0, text) == hashlib.sha256(text).digest()


def change(entry: bytes, **fields: Any) -> RightsChange:
    return RightsChange(10001, {10001: b"record"}, {}, [], entry)._replace(**fields)


def test_rights_are_changed_on_top_of_what_was_seen_only(store: Store) -> None:
    first = rights.change_rights(0, change(b"first"))
    assert store.one(first) == 1
    assert store.one(first) == 1, "sent twice"

    assert store.one(rights.change_rights(0, change(b"other", keys={10001: b"another"}))) is None

    found = store.one(rights.load())
    assert (found.version, found.last_login, found.keys, found.groups) == (1, 10001, {10001: b"record"}, {})
    assert [line.text for line in store.one(rights.trail("", 10)).lines] == [b"first"]
    known = store.one(rights.load(1))
    assert (known.version, known.keys) == (1, None)


def test_a_record_and_a_group_come_and_go(store: Store) -> None:
    store.one(rights.change_rights(0, change(b"1", groups={"команда": b"g"})))
    assert store.one(rights.load()).groups == {"команда": b"g"}

    store.one(rights.change_rights(1, change(b"2", keys={10001: None}, groups={"команда": None})))

    found = store.one(rights.load())
    assert (found.keys, found.groups, found.last_login) == ({}, {}, 10001)


def test_a_change_that_cannot_be_read_writes_nothing(store: Store) -> None:
    call = rights.change_rights(0, change(b"first"))
    with pytest.raises(StoreError):
        store.one(type(call)("change_rights", None, call.args[:-1], call.decode))

    assert store.one(rights.load()).version == 0
    assert store.one(rights.trail("", 10)).kept == 0


def test_each_entry_of_the_trail_is_chained_to_the_one_before(store: Store) -> None:
    texts = [f"entry {number}".encode() for number in range(20)]
    for text in texts:
        call = rights.note(text)
        store.run([call, call])

    page = store.one(rights.trail("", 100))

    assert [line.text for line in page.lines] == texts
    assert [line.number for line in page.lines] == list(range(1, 21))
    before = bytes(32)
    for line in page.lines:
        assert line.before == before
        told = f"{line.number} {line.entry_id}".encode()
        before = hashlib.sha256(before + hashlib.sha256(line.text).digest() + told).digest()
        assert line.hash == before
    assert (page.noted, page.head, page.kept) == (20, before, 20)


def test_the_trail_goes_on_though_the_clock_was_set_back(store: Store) -> None:
    ahead = 4_000_000_000_000
    store.client.xadd(f"{{{store.namespace}:reg}} trail", {"t": b"ahead"}, id=f"{ahead}-7")

    store.one(rights.note(b"now"))

    assert store.one(rights.trail(f"{ahead}-7", 10)).lines[0].entry_id == f"{ahead}-8"


def test_the_trail_keeps_its_bound_and_numbers_go_on(store: Store) -> None:
    key = f"{{{store.namespace}:reg}} trail"
    pipe = store.client.pipeline(transaction=False)
    for number in range(100_300):
        pipe.xadd(key, {"t": b"old"}, id=f"1-{number + 1}")
    pipe.execute()

    store.one(rights.note(b"new"))

    assert 100_000 <= store.client.xlen(key) < 100_300


def test_pages_of_the_trail_begin_after_an_entry_or_at_a_time(store: Store) -> None:
    for number in range(5):
        store.one(rights.note(f"{number}".encode()))
    all_lines = store.one(rights.trail("", 100)).lines

    assert store.one(rights.trail(all_lines[1].entry_id, 2)).lines == all_lines[2:4]
    last_ms = int(all_lines[-1].entry_id.partition("-")[0])
    assert store.one(rights.trail("", 100, last_ms + 1)).lines == []
    assert store.one(rights.trail("", 100, last_ms)).lines[-1] == all_lines[-1]


def test_a_session_lives_on_until_it_is_ended(store: Store) -> None:
    opened = rights.open_session("aa", 10001, "mark", 60_000, 100_000, b"in")
    store.run([opened, opened])

    found = store.one(rights.session("aa", 60_000))
    assert found is not None
    assert (found.login, found.mark) == (10001, "mark")
    assert store.one(rights.end_session("aa")) is True
    assert store.one(rights.session("aa", 60_000)) is None
    assert store.one(rights.end_session("aa")) is False
    assert store.one(rights.session("bb", 60_000)) is None


def test_a_session_ends_when_idle_and_lives_no_longer_than_its_end(store: Store) -> None:
    key = f"{{{store.namespace}:reg}} session:aa"
    store.one(rights.open_session("aa", 10001, "mark", 60_000, 100_000, b"in"))
    assert 0 < store.client.pttl(key) <= 60_000

    store.one(rights.session("aa", 1_000_000))
    assert 60_000 < store.client.pttl(key) <= 100_000

    store.client.hset(key, "until", 1)
    assert store.one(rights.session("aa", 60_000)) is None


def test_a_login_has_so_many_sessions_and_the_oldest_goes(store: Store) -> None:
    for number in range(101):
        store.one(rights.open_session(f"s{number}", 10001, "mark", 60_000, 100_000 + number, b"in"))

    assert store.one(rights.session("s0", 60_000)) is None
    assert store.one(rights.session("s1", 60_000)) is not None
    assert store.one(rights.session("s100", 60_000)) is not None


def test_a_change_of_rights_ends_the_sessions_of_a_login(store: Store) -> None:
    store.one(rights.open_session("aa", 10001, "mark", 60_000, 100_000, b"in"))
    store.one(rights.open_session("bb", 10002, "mark", 60_000, 100_000, b"in"))

    store.one(rights.change_rights(0, change(b"revoked", ended=[10001])))

    assert store.one(rights.session("aa", 60_000)) is None
    assert store.one(rights.session("bb", 60_000)) is not None

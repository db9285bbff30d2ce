"""Keys and groups on a real store: what they may do, and that a change is seen everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from engine.app import Engine
from engine.config import Settings
from engine.errors import NotSignedIn, Refused, UnknownKey, WrongData
from engine.rights import changes
from engine.rights.keys import Key, decode_key, encode_key
from engine.rights.rights import Rights
from engine.store import rights as stored
from tests.waiting import eventually

BY = "shell tester"


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    with Engine.open(settings) as engine:
        yield engine


@pytest.fixture
def other(settings: Settings) -> Iterator[Engine]:
    """Another process, as far as keys go."""
    with Engine.open(settings) as engine:
        yield engine


class Conv(msgspec.Struct):
    conv_id: int
    folder: str = ""
    title: str = "Some conv"


def may(engine: Engine, login: int, role: str, conv: Conv | None = None) -> bool:
    return engine.keyring.current.may(login, role, conv).allowed


def test_a_key_signs_in_with_its_secret_alone(engine: Engine) -> None:
    made = engine.keyring.create("Billing", [("view", "*")], [], None, BY)

    assert made.key.login == 10001
    assert made.text == f"10001.{made.secret}"
    assert engine.keyring.signed_in(10001, made.secret).name == "Billing"
    for login, secret in ((10001, "x"), (10001, ""), (10001, made.secret + "x"), (10002, made.secret), (0, "\ud800")):
        with pytest.raises(NotSignedIn):
            engine.keyring.signed_in(login, secret)


def test_nothing_in_the_store_gives_a_secret_away(engine: Engine) -> None:
    made = engine.keyring.create("Billing", [("view", "*")], [], None, BY)
    rotated = engine.keyring.rotate(10001, BY)

    client = engine.store.client
    for page in engine.store.scan():
        for key in page:
            dump = client.dump(key)
            assert dump is None or not any(one.secret.encode() in dump for one in (made, rotated))


def test_logins_count_up_and_are_never_given_twice(engine: Engine) -> None:
    logins = [engine.keyring.create(f"key {n}", [("view", "*")], [], None, BY).key.login for n in range(3)]
    engine.keyring.revoke(10003, BY)

    assert logins == [10001, 10002, 10003]
    assert engine.keyring.create("next", [("view", "*")], [], None, BY).key.login == 10004


def test_keys_made_at_once_have_logins_of_their_own(engine: Engine, other: Engine) -> None:
    def make(number: int) -> int:
        ring = (engine if number % 2 else other).keyring
        return ring.create(f"key {number}", [("view", "*")], [], None, BY).key.login

    with ThreadPoolExecutor(4) as executor:
        logins = list(executor.map(make, range(12)))

    assert sorted(logins) == list(range(10001, 10013))
    assert len(engine.keyring.refreshed().keys) == 12


def test_a_revoked_key_is_refused_everywhere(engine: Engine, other: Engine) -> None:
    made = engine.keyring.create("Billing", [("admin", "*")], [], None, BY)
    assert other.keyring.signed_in(10001, made.secret).login == 10001

    revoked = engine.keyring.revoke(10001, BY)

    assert revoked.revoked_by == BY
    with pytest.raises(NotSignedIn):
        engine.keyring.signed_in(10001, made.secret)
    assert not may(engine, 10001, "view")

    def is_refused() -> bool:
        try:
            other.keyring.signed_in(10001, made.secret)
        except NotSignedIn:
            return True
        return False

    eventually(is_refused)
    with pytest.raises(Refused, match="revoked"):
        engine.keyring.revoke(10001, BY)
    with pytest.raises(Refused, match="revoked"):
        engine.keyring.rotate(10001, BY)
    with pytest.raises(Refused, match="revoked"):
        engine.keyring.grant(10001, [("view", "*")], BY)


def test_a_rotated_key_has_its_new_secret_alone(engine: Engine) -> None:
    old = engine.keyring.create("Billing", [("submit", "*")], [], None, BY)

    new = engine.keyring.rotate(10001, BY)

    assert new.secret != old.secret
    assert engine.keyring.signed_in(10001, new.secret).grants == old.key.grants
    with pytest.raises(NotSignedIn):
        engine.keyring.signed_in(10001, old.secret)


def test_a_key_expires(engine: Engine) -> None:
    made = engine.keyring.create("Short", [("view", "*")], [], 3600, BY)
    assert engine.keyring.signed_in(10001, made.secret)

    late = msgspec.structs.replace(made.key, expires_ms=made.key.made_ms)
    change = stored.RightsChange(10001, {10001: encode_key(late)}, {}, [], b"late")
    assert engine.store.one(stored.change_rights(engine.keyring.refreshed().version, change))

    engine.keyring.refreshed()
    with pytest.raises(NotSignedIn):
        engine.keyring.signed_in(10001, made.secret)
    assert "expired" in engine.keyring.current.may(10001, "view", None).why


ROLES = {"view": "view", "submit": "submit", "modify": "view submit modify", "admin": "view submit modify admin"}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("wanted", ROLES)
@pytest.mark.parametrize(
    ("on", "conv", "covered"),
    [
        ("*", None, True),
        ("*", Conv(7, "sales/eu"), True),
        ("7", Conv(7), True),
        ("7", Conv(70), False),
        ("7", None, False),
        ("sales/", Conv(7, "sales"), True),
        ("sales/", Conv(7, "sales/eu"), True),
        ("sales/", Conv(7, "salesforce"), False),
        ("sales/eu/", Conv(7, "sales"), False),
        ("sales/", Conv(7, ""), False),
        ("sales/", Conv(7, "other/sales"), False),
        ("sales/", None, False),
    ],
)
def test_each_role_on_each_scope(role: str, wanted: str, on: str, conv: Conv | None, covered: bool) -> None:
    key = Key(10001, "x", b"", 0, "", changes.checked_grants([(role, on)]))
    records = stored.RightsRecords(1, 10001, 0, {10001: encode_key(key)}, {})
    rights = Rights(records)

    verdict = rights.may(10001, wanted, conv)

    assert verdict.allowed is (covered and wanted in ROLES[role].split())
    if conv is not None:
        assert (rights.covers(10001, wanted, {conv.conv_id: conv.folder}) == [conv.conv_id]) is verdict.allowed


def test_a_group_gives_its_keys_what_it_may(engine: Engine) -> None:
    engine.keyring.create_group("sales", [("modify", "sales/")], BY)
    engine.keyring.create("Ann", [("view", "9")], ["sales"], None, BY)
    conv = Conv(7, "sales")

    assert engine.keyring.current.may(10001, "modify", conv) == (True, "modify on sales/, by the group sales")
    engine.keyring.withdraw_group("sales", [("modify", "sales/")], BY)
    assert not may(engine, 10001, "view", conv)
    engine.keyring.grant_group("sales", [("view", "7")], BY)
    assert may(engine, 10001, "view", conv)
    engine.keyring.leave(10001, "sales", BY)
    assert not may(engine, 10001, "view", conv)
    engine.keyring.join(10001, "sales", BY)
    engine.keyring.remove_group("sales", BY)
    assert engine.keyring.current.key(10001).groups == ()
    assert not may(engine, 10001, "view", conv)
    assert may(engine, 10001, "view", Conv(9))
    # A group of that name that is made later has nothing to do with it.
    engine.keyring.create_group("sales", [("admin", "*")], BY)
    assert not may(engine, 10001, "view", conv)


def test_roles_are_given_and_taken(engine: Engine) -> None:
    engine.keyring.create("Ann", [], [], None, BY)

    assert "may nothing" in engine.keyring.current.may(10001, "view", None).why
    engine.keyring.grant(10001, [("view", "*"), ("view", "*"), ("submit", "7")], BY)
    assert [str(grant) for grant in engine.keyring.current.key(10001).grants] == ["view on everything", "submit on 7"]
    engine.keyring.withdraw(10001, [("view", "*")], BY)
    assert not may(engine, 10001, "view")
    with pytest.raises(Refused, match="has not got view on everything itself; it has submit on 7"):
        engine.keyring.withdraw(10001, [("view", "*")], BY)


@pytest.mark.parametrize(
    ("role", "on", "hint"),
    [
        ("owner", "*", "view, submit, modify, admin"),
        ("view", "", "salesforce/"),
        ("view", "/", "salesforce/"),
        ("view", "../", "salesforce/"),
        ("view", "a//b/", "salesforce/"),
        ("view", "a\n/", "salesforce/"),
        ("view", "007", "salesforce/"),
        ("view", "title", "salesforce/"),
    ],
)
def test_a_wrong_grant_changes_nothing(engine: Engine, role: str, on: str, hint: str) -> None:
    with pytest.raises(WrongData, match=hint):
        engine.keyring.create("x", [(role, on)], [], None, BY)

    assert engine.keyring.refreshed().version == 0


def test_what_there_is_not_is_named(engine: Engine) -> None:
    with pytest.raises(UnknownKey, match="no group"):
        engine.keyring.create("x", [], ["sales"], None, BY)
    with pytest.raises(UnknownKey, match="10001"):
        engine.keyring.revoke(10001, BY)
    with pytest.raises(WrongData, match="name"):
        engine.keyring.create(" ", [("view", "*")], [], None, BY)
    with pytest.raises(WrongData, match="name"):
        engine.keyring.create("a\x1b[31m", [("view", "*")], [], None, BY)
    engine.keyring.create_group("sales", [], BY)
    with pytest.raises(Refused, match="already"):
        engine.keyring.create_group("sales", [], BY)


def test_the_first_key_is_made_exactly_once(engine: Engine, other: Engine) -> None:
    rings = [engine.keyring, other.keyring] * 4
    with ThreadPoolExecutor(8) as executor:
        made = [one for one in executor.map(lambda ring: ring.first_key(), rings) if one is not None]

    assert len(made) == 1
    key = engine.keyring.signed_in(10001, made[0].secret)
    assert may(engine, key.login, "admin")
    assert engine.keyring.first_key() is None


def test_where_a_key_was_made_there_is_no_first_one(engine: Engine) -> None:
    engine.keyring.create("x", [("view", "7")], [], None, BY)
    engine.keyring.revoke(10001, BY)

    assert engine.keyring.first_key() is None


def test_one_broken_record_costs_no_other_key(engine: Engine) -> None:
    made = engine.keyring.create("x", [("view", "*")], [], None, BY)
    engine.keyring.create("y", [("view", "*")], [], None, BY)
    client, key = engine.store.client, f"{{{engine.store.namespace}:reg}} keys"
    client.hset(key, "10002", b"nonsense")
    client.hincrby(f"{{{engine.store.namespace}:reg}} rights", "version", 1)

    rights = engine.keyring.refreshed()

    assert rights.unreadable.keys() == {10002}
    assert engine.keyring.signed_in(10001, made.secret)
    assert not may(engine, 10002, "view")


def test_what_a_newer_library_keeps_of_a_key_is_read(engine: Engine) -> None:
    made = engine.keyring.create("x", [("view", "*")], [], None, BY)
    newer = {**msgspec.to_builtins(made.key, builtin_types=(bytes,)), "unheard_of": [1]}

    assert decode_key(msgspec.msgpack.encode(newer)) == made.key


def test_useless_keys_make_room_and_used_ones_do_not(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MOST_KEYS", 2)
    for name in ("a", "b"):
        engine.keyring.create(name, [("view", "*")], [], None, BY)
    with pytest.raises(Refused, match="revoke some"):
        engine.keyring.create("c", [("view", "*")], [], None, BY)

    engine.keyring.revoke(10001, BY)
    engine.keyring.create("c", [("view", "*")], [], None, BY)

    assert list(engine.keyring.current.keys) == [10002, 10003]


def test_every_change_is_noted_with_who_and_no_secret(engine: Engine) -> None:
    made = engine.keyring.create("Ann", [("view", "*")], [], None, BY)
    engine.keyring.create_group("sales", [("modify", "sales/")], BY)
    engine.keyring.join(10001, "sales", BY)
    rotated = engine.keyring.rotate(10001, "10007")
    engine.keyring.revoke(10001, BY)

    entries = list(engine.keyring.trail())

    assert [(entry.who, entry.what, entry.on) for entry in entries] == [
        (BY, "key created", "key 10001"),
        (BY, "group created", "group sales"),
        (BY, "joined group", "key 10001"),
        ("10007", "key rotated", "key 10001"),
        (BY, "key revoked", "key 10001"),
    ]
    assert not any(secret in str(entries) for secret in (made.secret, rotated.secret))
    assert engine.keyring.verify_trail().wrong == []

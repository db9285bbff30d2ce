"""A key of a task is registered in one place: whoever adds one need not tell remove, moves, backups and the auditor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store import keys, library, move
from engine.store.audit import audit
from engine.store.call import Partition
from engine.store.calls import claim, commit, deliver, discard, sweep
from engine.store.client import Store
from engine.store.ids import BUCKETS, bucket_of
from engine.store.keys import KEYS, REGISTRY_FAMILIES, REGISTRY_KEYS, REGISTRY_KEYS_BY_CONV, Key
from engine.store.records import Delivery
from tests.store.test_one_slot import without_remarks
from tests.store.words import LEASE_MS, TO_END, P, outcome, submit

OTHER = Partition(P.conv_id, 1)
EVERYWHERE = range(BUCKETS)
ALL_HERE, NONE_HERE = bytes([move.HERE]) * BUCKETS, bytes([move.ELSEWHERE]) * BUCKETS

README = Path(library.__file__).with_name("README.md")


@pytest.fixture
def store(store_url: str, namespace: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store of an engine that has registered two more keys of a task."""
    more = [Key("pages", "list", of_task=True), Key("tags", "hash", of_task=True)]
    monkeypatch.setattr(keys, "KEYS", [*KEYS, *more])
    library.library.cache_clear()
    store = Store.connect(store_url, namespace)
    yield store
    store.close()
    library.library.cache_clear()


def name(store: Store, p: Partition, key: str) -> str:
    return f"{{{store.namespace}:{p.conv_id}.{p.number}}} {key}"


def submit_with_more(store: Store, ref: str = "order") -> str:
    """A task with something in each key that it may have; its id."""
    [task_id] = submit(store, ref)
    mail = Delivery(f"mail for {ref}", "modify", ref=ref, data=b"{}")
    assert store.one(deliver(P, [mail])) == ["ok"]
    store.client.rpush(name(store, P, f"pages:{task_id}"), b"one", b"two")
    store.client.hset(name(store, P, f"tags:{task_id}"), mapping={"red": b"1"})
    return task_id


def left(store: Store, p: Partition, task_id: str) -> set[str]:
    """What a partition has of a task, but for answers that are kept for a resend."""
    found = {key.decode().partition("} ")[2] for page in store.scan() for key in page if key.endswith(task_id.encode())}
    return {key for key in found if not key.startswith("done:") and store.client.exists(name(store, p, key))}


def arm_both(store: Store) -> None:
    store.one(move.arm(P, "mover", ALL_HERE))
    store.one(move.arm(OTHER, "mover", NONE_HERE))


def test_all_keys_of_a_task_go_with_it(store: Store) -> None:
    task_id = submit_with_more(store)
    arm_both(store)

    store.one(move.turn("freeze", P, "mover", EVERYWHERE))
    store.one(move.turn("expect", OTHER, "mover", EVERYWHERE))
    tasks = store.one(move.export(P, [task_id.encode()]))
    assert [store.one(call) for call in move.adopt(OTHER, "mover", tasks)] == [1]
    assert [store.one(call) for call in move.adopt(OTHER, "mover", tasks)] == [0], "sent twice"
    store.one(move.turn("release", P, "mover", EVERYWHERE))
    store.one(move.turn("activate", OTHER, "mover", EVERYWHERE))
    store.one(move.purge(P, "mover", [task_id.encode()]))

    assert left(store, P, task_id) == set()
    assert left(store, OTHER, task_id) == {f"{key}:{task_id}" for key in ("t", "mail", "pages", "tags")}
    assert store.client.lrange(name(store, OTHER, f"pages:{task_id}"), 0, -1) == [b"one", b"two"]
    assert store.client.hgetall(name(store, OTHER, f"tags:{task_id}")) == {b"red": b"1"}
    assert {finding.what for finding in audit(store).findings} == {"not_deployed", "broken_off"}


def test_a_task_that_is_saved_before_its_bucket_is_saved_with_all_its_keys(store: Store) -> None:
    task_id = submit_with_more(store)
    [sender] = submit(store, next(ref for ref in map(str, range(100)) if bucket_of(ref) != bucket_of("order")))
    store.one(move.arm(P, "mover", ALL_HERE))
    store.one(move.keep(P, "mover", "backup"))
    store.one(move.turn("saved", P, "mover", [bucket_of(sender)]))

    marked = Delivery("later", "modify", ref="order", data=b"{}", backup="backup")
    assert store.one(deliver(P, [marked])) == ["ok"]

    [image] = store.one(move.export_images(P, 0))
    assert image.task_id.decode() == task_id
    mails, pages, tags = image.kept
    assert (len(mails), pages, tags) == (1, [b"one", b"two"], [b"red", b"1"])


def test_a_backup_of_before_a_key_was_registered_is_taken_in(store: Store) -> None:
    task_id = submit_with_more(store)
    arm_both(store)
    [task] = store.one(move.export(P, [task_id.encode()]))
    store.one(move.turn("expect", OTHER, "mover", EVERYWHERE))

    assert [store.one(call) for call in move.adopt(OTHER, "mover", [task._replace(kept=task.kept[:1])])] == [1]

    assert left(store, OTHER, task_id) == {f"t:{task_id}", f"mail:{task_id}"}


def test_nothing_of_a_task_is_left_when_it_is_deleted(store: Store) -> None:
    task_id = submit_with_more(store)

    assert store.one(discard(P, "order")) == "ok"

    assert left(store, P, task_id) == set()


def test_nothing_of_a_task_is_left_when_it_is_kept_no_longer(store: Store) -> None:
    [task_id, other] = submit(store, "order", "other")
    ended = [outcome(task, "final") for task in store.one(claim(P, "run", 10, "T", LEASE_MS)).tasks]
    assert [one.status for one in store.one(commit(P, "T", TO_END, ended, LEASE_MS))] == ["ok", "ok"]
    store.client.hset(name(store, P, f"tags:{task_id}"), mapping={"red": b"1"})

    assert store.one(sweep(P, 10, 1_000_000, 0)).removed == 2

    assert left(store, P, task_id) == left(store, P, other) == set()


def test_the_auditor_knows_each_registered_key(store: Store) -> None:
    task_id = submit_with_more(store)
    store.client.set(name(store, P, "pages:other"), "x")
    store.client.set(name(store, P, f"stickers:{task_id}"), "x")

    found = {(finding.what, finding.key.decode()) for finding in audit(store).findings}

    wanted = {("wrong_type", "pages:other"), ("unknown", f"stickers:{task_id}")}
    assert {pair for pair in found if pair[0] != "not_deployed"} == wanted


def test_every_key_that_a_script_names_is_registered_and_described() -> None:
    code = "".join(without_remarks(library.script_text(name)) for name in library.scripts()) + library.shared_text()
    named = set(re.findall(r"T \.\. ' (\w+)", code))

    known = {key.name for key in KEYS}
    assert named == known | REGISTRY_KEYS | REGISTRY_FAMILIES | REGISTRY_KEYS_BY_CONV
    table = README.read_text("utf-8").partition("## Keys")[2].partition("## ")[0]
    described = set(re.findall(r"`(\w+)(?::[^`]*)?`", table))
    assert known - described == {"sync"}, "a row is missing in README.md"

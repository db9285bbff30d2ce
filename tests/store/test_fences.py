"""Effects are settled only when every worker of the last day fences what it sends."""

from __future__ import annotations

import msgspec

from engine.store.call import Call
from engine.store.client import Store
from engine.store.registry import Registry
from engine.store.roster import WorkerState, beat, leave

DAY_MS = 86_400_000
NEW = WorkerState("new", "host", 1, 0, fences=True)
OLD = WorkerState("old", "host", 2, 0)


def deploy(store: Store) -> None:
    Registry(store).deploy(0, [])


def old_beat() -> Call[list[int]]:
    """What a worker says that has never heard of a fence."""
    return Call("beat", None, [OLD.name, msgspec.json.encode(OLD)], list)


def a_day_later(store: Store) -> None:
    key = f"{{{store.namespace}:reg}} meta"
    store.client.hincrby(key, "unfenced", -DAY_MS - 1)


def test_a_new_store_is_settled_from_the_first_beat_on(store: Store) -> None:
    deploy(store)

    assert store.one(beat(NEW)).settles


def test_beside_an_older_worker_and_for_a_day_after_nothing_is_settled(store: Store) -> None:
    deploy(store)
    store.one(old_beat())

    assert not store.one(beat(NEW)).settles
    store.one(leave(OLD.name))
    assert not store.one(beat(NEW)).settles, "it may have been stopped with an effect in its hands"
    a_day_later(store)
    assert store.one(beat(NEW)).settles
    store.one(old_beat())
    assert not store.one(beat(NEW)).settles


def test_a_store_that_an_older_version_made_begins_with_a_day(store: Store) -> None:
    deploy(store)
    store.client.hdel(f"{{{store.namespace}:reg}} meta", "fences")

    assert not store.one(beat(NEW)).settles
    assert not store.one(beat(NEW)).settles
    a_day_later(store)
    assert store.one(beat(NEW)).settles

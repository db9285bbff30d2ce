"""One worker leads: it looks after every archive."""

from __future__ import annotations

from engine.store.client import Store
from engine.store.roster import WorkerState, beat, leave

ANN, BOB = (WorkerState(name, "host", 1, 0, fences=True) for name in ("ann", "bob"))


def leads(store: Store, worker: WorkerState) -> bool:
    return store.one(beat(worker)).leads


def test_who_beats_first_leads_and_goes_on_leading(store: Store) -> None:
    assert leads(store, BOB)
    assert not leads(store, ANN)
    assert leads(store, BOB)
    assert not leads(store, ANN)


def test_when_the_leader_leaves_the_next_that_beats_leads(store: Store) -> None:
    assert leads(store, BOB)
    assert not store.one(leave("bob")).leads

    assert leads(store, ANN)
    assert not leads(store, BOB), "it comes back, and finds another"


def test_a_leader_that_is_silent_is_replaced(store: Store) -> None:
    assert leads(store, BOB)
    key = f"{{{store.namespace}:reg}} leader"
    assert 0 < store.client.pttl(key) <= 5_000
    store.client.pexpire(key, 0)

    assert leads(store, ANN)

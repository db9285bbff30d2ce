"""Limits of outside calls: how many at once, and how often, whoever claims them."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.store import calls
from engine.store.call import Partition
from engine.store.client import Store
from engine.store.records import Batch, CallLimit, QueueLimit
from tests.store import words
from tests.store.words import LEASE_MS, STAY, P

TWO = (CallLimit("1", 2, 0, ("1",)),)
PACED = (CallLimit("1", 0, 20_000_000, ("1",)),)  # one in 20 s


def claim_calls(store: Store, token: str, limits: tuple[CallLimit, ...] = TWO, lane: str = "1") -> Batch:
    return store.one(calls.claim(P, lane, 100, token, LEASE_MS, calling=True, limits=limits))


def begin_calls(store: Store, token: str, ids: list[str], limits: tuple[CallLimit, ...]) -> list[str]:
    """Commit these leased tasks as calling in node 1; what became of each."""
    outcomes = [
        words.outcome(task_id, "calling", token=f"{token}.{i}", request=b"R", limits=limits)
        for i, task_id in enumerate(ids)
    ]
    return [answer.status for answer in words.committed(store, outcomes, token)]


def test_no_more_are_claimed_than_may_be_under_way(store: Store) -> None:
    words.submit(store, "a", "b", "c", lane="1")

    first, second = claim_calls(store, "x"), claim_calls(store, "y")

    assert [task.ref for task in first.tasks] == ["a", "b"]
    assert second.tasks == []


def test_a_call_that_ends_frees_its_slot(store: Store) -> None:
    words.submit(store, "a", "b", "c", lane="1")
    first = claim_calls(store, "x").tasks[0]

    words.committed(store, [words.outcome(first, "final")], first.token)

    assert [task.ref for task in claim_calls(store, "y").tasks] == ["c"]


def test_a_commit_is_held_when_all_slots_are_taken(store: Store) -> None:
    ids = words.submit(store, "a", "b", "c")
    words.claimed(store, "run")

    assert begin_calls(store, "run", ids, TWO) == ["ok", "ok", "held"]

    held = words.task(store, "c")
    assert held is not None
    assert (held.place, held.lane) == ("ready", "1")
    [first, *_] = ids
    words.committed(store, [words.outcome(first, "final")], "run.0")
    [task] = claim_calls(store, "later").tasks
    assert (task.ref, task.request) == ("c", b""), "it was not sent: it is made anew when it may be"


def test_a_task_claimed_to_call_stores_its_request_under_a_new_lease_and_is_charged_once(store: Store) -> None:
    words.submit(store, "a", "b", lane="1")
    paced = (CallLimit("1", 1, 20_000_000, ("1",)),)
    batch = claim_calls(store, "x", paced)
    [task] = batch.tasks
    assert (batch.more, batch.wait_ms > 0) == (True, True)
    rates = words.contents(store)["rates"]

    begun = words.outcome(task, "calling", token="call", request=b"R")
    assert [answer.status for answer in words.committed(store, [begun], task.token)] == ["ok"]

    assert words.contents(store)["rates"] == rates
    kept = words.contents(store)
    assert kept[f"t:{task.task_id}"][b"q"] == b"R"
    assert {key for key in kept if key.startswith("lease:")} == {"lease:call"}
    assert list(kept["at:1"]) == [task.task_id.encode()]
    assert [answer.status for answer in words.committed(store, [begun], task.token)] == ["ok"], "sent twice"
    assert words.contents(store) == kept
    assert claim_calls(store, "y", (CallLimit("1", 1, 0, ("1",)),)).tasks == []


@pytest.mark.parametrize("place", ["parked", "ready", "final"])
def test_a_task_claimed_to_call_that_does_not_call_frees_its_slot(store: Store, place: str) -> None:
    one = (CallLimit("1", 1, 0, ("1",)),)
    words.submit(store, "a", "b", lane="1")
    first = claim_calls(store, "x", one)
    assert (first.more, first.wait_ms) == (True, 0)

    words.committed(store, [words.outcome(first.tasks[0], place)], "x.0")

    second = claim_calls(store, "y", one)
    assert [task.ref for task in second.tasks] == ["b"]
    assert not second.more


def test_nobody_overtakes_those_who_wait_for_a_slot(store: Store) -> None:
    words.submit(store, "early", lane="1")
    [late] = words.submit(store, "late")
    words.claimed(store, "run")

    assert begin_calls(store, "run", [late], TWO) == ["held"]
    assert [task.ref for task in claim_calls(store, "x").tasks] == ["early", "late"]


def test_a_limit_over_several_nodes_counts_all_of_them(store: Store) -> None:
    both = (CallLimit("*", 3, 0, ("1", "2")),)
    words.submit(store, "a", "b", lane="1")
    words.submit(store, "c", "d", lane="2", node="2")

    assert len(claim_calls(store, "x", both).tasks) == 2
    assert len(claim_calls(store, "y", both, lane="2").tasks) == 1


def test_tasks_that_rest_in_the_node_are_not_calls(store: Store) -> None:
    """The node was a state until it was deployed anew."""
    for number in range(5):
        words.rest(store, f"parked {number}", "parked")
    words.submit(store, "a", "b", "c", lane="1")

    assert len(claim_calls(store, "x").tasks) == 2


def test_a_lost_call_is_made_again_alone_whatever_the_limits(store: Store) -> None:
    words.submit(store, "a", "b", "lost", lane="1")
    [lost] = store.one(calls.claim(P, "1", 1, "gone", 1, calling=True, limits=TWO)).tasks
    for _ in range(100):
        if store.one(calls.expire(P, 10)).freed:
            break
        time.sleep(0.001)
    assert len(claim_calls(store, "x").tasks) == 2
    [alone] = words.claimed(store, "alone", lane="alone")

    assert alone.task_id == lost.task_id
    assert begin_calls(store, "alone", [alone.task_id], TWO) == ["ok"]


def test_a_rate_lets_one_begin_and_says_when_the_next_may(store: Store) -> None:
    words.submit(store, "a", "b", lane="1")

    first, second = claim_calls(store, "x", PACED), claim_calls(store, "y", PACED)

    assert [task.ref for task in first.tasks] == ["a"]
    assert second.tasks == []
    assert 19_000 < second.wait_ms <= 20_000


def test_a_rate_holds_commits_too(store: Store) -> None:
    ids = words.submit(store, "a", "b")
    words.claimed(store, "run")

    assert begin_calls(store, "run", ids, PACED) == ["ok", "held"]


def test_a_resent_claim_or_commit_takes_no_second_slot(store: Store) -> None:
    words.submit(store, "a", "b", "c", lane="1")
    assert claim_calls(store, "x").tasks == claim_calls(store, "x").tasks
    ids = words.submit(store, "d")
    words.claimed(store, "run")
    many = (CallLimit("1", 100, 20_000_000, ("1",)),)
    call = calls.commit(
        P, "run", STAY, [words.outcome(ids[0], "calling", token="d", request=b"R", limits=many)], LEASE_MS
    )
    assert store.one(call) == store.one(call)


_partitions = itertools.count(1)


@settings(max_examples=40)
@given(data=st.data(), at_once=st.integers(1, 4), all_at_once=st.integers(1, 6))
def test_no_order_of_claims_and_commits_goes_over_a_limit(
    store: Store, data: st.DataObject, at_once: int, all_at_once: int
) -> None:
    partition = Partition(next(_partitions), 0)
    limits = {
        node: (CallLimit(node, at_once, 0, (node,)), CallLimit("*", all_at_once, 0, ("1", "2"))) for node in ("1", "2")
    }
    under_way: dict[str, tuple[str, str]] = {}  # lease → node, task

    def begin(token: str, node: str) -> None:
        new = words.new_task()
        store.one(calls.create(partition, [new]))
        assert store.one(calls.claim(partition, "run", 1, token, LEASE_MS)).tasks
        own = f"{token}.0"
        outcome = words.outcome(new.task_id, "calling", node=node, token=own, request=b"R", limits=limits[node])
        if store.one(calls.commit(partition, token, STAY, [outcome], LEASE_MS))[0].status == "ok":
            under_way[own] = (node, new.task_id)

    for number in range(data.draw(st.integers(5, 30))):
        node = data.draw(st.sampled_from(["1", "2"]))
        step = data.draw(st.sampled_from(["submit", "claim", "begin", "end"]))
        if step == "submit":
            store.one(calls.create(partition, [words.new_task(lane=node, node=node)]))
        elif step == "claim":
            call = calls.claim(partition, node, 3, f"t{number}", LEASE_MS, calling=True, limits=limits[node])
            under_way |= {task.token: (node, task.task_id) for task in store.one(call).tasks}
        elif step == "begin":
            begin(f"t{number}", node)
        elif under_way:
            token = data.draw(st.sampled_from(sorted(under_way)))
            _, task_id = under_way.pop(token)
            store.one(calls.commit(partition, token, STAY, [words.outcome(task_id, "final")], LEASE_MS))
        nodes = [place for place, _ in under_way.values()]
        assert max(nodes.count("1"), nodes.count("2")) <= at_once
        assert len(nodes) <= all_at_once


@pytest.mark.parametrize("lane", ["run", "1"])
def test_a_full_queue_takes_no_new_task_until_it_is_shorter(store: Store, lane: str) -> None:
    queue = QueueLimit(2, ("run", "1"))
    assert store.one(calls.create(P, [words.new_task("a", lane=lane)], queue)) == ["ok"]
    full = [words.new_task("b", lane=lane), words.new_task("c", lane=lane)]
    assert store.one(calls.create(P, full, queue)) == ["ok", "ok"]

    more = words.new_task("d")
    assert store.one(calls.create(P, [more, full[0]], queue)) == ["queue_full", "same"]
    assert words.task(store, "d") is None

    words.claimed(store, lane=lane, count=2)
    assert store.one(calls.create(P, [more], queue)) == ["ok"]

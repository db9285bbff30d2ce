"""Claims: how much is asked for, what comes of it, and what else is claimed meanwhile."""

from __future__ import annotations

import pytest

from engine.store import calls
from engine.store.call import Partition
from engine.worker.lanes import Alone
from tests.waiting import eventually
from tests.worker.rooms import Clock, Rooms

PLAIN = "process: P\nid: 1\nnodes: {start: {go: done}, done: {end: success}}\n"
OTHER = PLAIN.replace("P", "Q", 1).replace("id: 1", "id: 2")
CALLS = """
    process: Calls
    id: 3
    nodes:
      start: {go: ask}
      ask: {api_call: {method: GET, url: "http://127.0.0.1:1/"}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """
P, Q, C = Partition(1, 0), Partition(2, 0), Partition(3, 0)


@pytest.fixture
def plain(rooms: Rooms) -> Rooms:
    return rooms.deploy(PLAIN, OTHER, batch=10)


def claim(rooms: Rooms) -> list[str]:
    """What the claims send now."""
    before = len(rooms.sent())
    rooms.worker.claims.claim()
    return rooms.sent()[before:]


def batches(rooms: Rooms) -> list[list[str]]:
    return [[run.ref for run in runs] for _, runs in rooms.worker.batches.waiting]


def test_what_is_ready_becomes_a_batch(plain: Rooms) -> None:
    plain.submit(1, "a", "b")
    plain.worker.lanes.wake(P)

    assert claim(plain) == ["claim"]
    plain.answer()

    assert batches(plain) == [["a", "b"]]
    [(now_ms, runs)] = plain.worker.batches.waiting
    assert now_ms > 0
    assert {run.token for run in runs} == {f"{plain.worker.name}-0"}
    assert plain.place(1, "a") == "start, leased"


def test_nothing_is_asked_for_where_nothing_was_heard_of(plain: Rooms) -> None:
    plain.submit(1, "a")

    assert claim(plain) == []


def test_an_empty_lane_is_asked_once(plain: Rooms) -> None:
    plain.worker.lanes.wake(P)
    claim(plain)
    plain.answer()

    assert batches(plain) == []
    assert claim(plain) == []


def test_lanes_share_a_batch(plain: Rooms) -> None:
    plain.submit(1, *(f"p{number}" for number in range(8)))
    plain.submit(2, *(f"q{number}" for number in range(8)))
    plain.worker.lanes.wake(P)
    plain.worker.lanes.wake(Q)

    assert claim(plain) == ["claim", "claim"]
    plain.answer()

    assert [len(runs) for runs in batches(plain)] == [5, 5]


def test_more_than_there_is_room_for_is_asked_for_one_by_one(rooms: Rooms) -> None:
    rooms.deploy(PLAIN, OTHER, batch=1)
    rooms.submit(1, "p0", "p1")
    rooms.submit(2, "q0", "q1")
    rooms.worker.lanes.wake(P)
    rooms.worker.lanes.wake(Q)
    claim(rooms)
    rooms.answer()

    assert [len(runs) for runs in batches(rooms)] == [1, 1]


def test_two_claims_are_under_way_at_most(plain: Rooms) -> None:
    for _ in range(2):
        plain.worker.lanes.wake(P)
        assert claim(plain) == ["claim"]
    plain.worker.lanes.wake(P)

    assert claim(plain) == []
    plain.answer()
    assert claim(plain) == ["claim"]


def test_with_two_batches_in_hand_no_more_are_asked_for(plain: Rooms) -> None:
    plain.submit(1, *(f"p{number}" for number in range(30)))
    for _ in range(2):
        plain.worker.lanes.wake(P)
        claim(plain)
        plain.answer()
    assert len(batches(plain)) == 2

    plain.worker.lanes.wake(P)

    assert claim(plain) == []
    del plain.worker.batches.waiting[0]
    assert claim(plain) == ["claim"]


def test_a_claim_that_the_store_refuses_is_over(plain: Rooms) -> None:
    """Its lane is asked again when the partition is looked at."""
    client = plain.engine.store.client
    client.set(f"{{{plain.engine.store.namespace}:1.0}} q:run", "no list")
    for _ in range(3):
        plain.worker.lanes.wake(P)
        assert claim(plain) == ["claim"]
        plain.answer()

    assert not plain.worker.lanes.hot
    assert not plain.worker.alone.token


def test_what_was_deployed_as_something_that_cannot_be_read_here_is_left_alone(plain: Rooms) -> None:
    plain.submit(1, "a")
    plain.worker.lanes.wake(P)
    claim(plain)
    plain.worker.deployed.runnable.discard(1)
    plain.answer()

    assert batches(plain) == []
    assert plain.place(1, "a") == "start, leased", "until its lease ends"


def test_one_record_that_cannot_be_read_takes_no_other_along(plain: Rooms) -> None:
    plain.submit(1, "a", "bad", "b")
    key = f"{{{plain.engine.store.namespace}:1.0}} t:{plain.task(1, 'bad').task_id}"
    plain.engine.store.client.hset(key, "m", b"{")
    plain.worker.lanes.wake(P)
    claim(plain)
    plain.settle()

    assert batches(plain) == [["a", "b"]]
    assert plain.place(1, "bad") == "start, aside"


# --- Alone -----------------------------------------------------------------------------------------------------


def lose_a_lease(rooms: Rooms, ref: str) -> None:
    """A worker dies with this task in its hands."""
    rooms.submit(1, ref)
    rooms.engine.store.one(calls.claim(P, "run", 1, f"dead {ref}", 1))
    eventually(lambda: rooms.engine.store.one(calls.expire(P, 100)).freed)


def test_a_task_that_lost_its_lease_is_claimed_alone(plain: Rooms) -> None:
    for ref in ("a", "b"):
        lose_a_lease(plain, ref)
    plain.submit(2, "q")
    plain.worker.lanes.wake(P, "alone")
    plain.worker.lanes.wake(Q)
    plain.worker.alone.is_next = True

    assert claim(plain) == ["claim"]
    plain.answer()

    assert batches(plain) == [["a"]]
    assert plain.worker.alone.token
    assert claim(plain) == [], "nothing else in hand"
    plain.worker.alone.done(plain.worker.alone.token)
    assert claim(plain) == ["claim"]
    plain.answer()
    assert batches(plain) == [["a"], ["q"]]


def test_it_waits_until_there_is_nothing_else_in_hand(plain: Rooms) -> None:
    lose_a_lease(plain, "a")
    plain.submit(2, "q")
    plain.worker.lanes.wake(Q)
    claim(plain)
    plain.worker.lanes.wake(P, "alone")

    assert claim(plain) == [], "a claim is under way"
    plain.answer()
    assert claim(plain) == [], "a batch is in hand"
    plain.worker.batches.waiting.clear()
    assert claim(plain) == ["claim"]


def test_hot_lanes_and_those_alone_take_turns(plain: Rooms) -> None:
    for ref in ("a", "b"):
        lose_a_lease(plain, ref)
    plain.submit(2, *(f"q{number}" for number in range(30)))
    found = []
    for _ in range(4):
        plain.worker.lanes.wake(P, "alone")
        plain.worker.lanes.wake(Q)
        claim(plain)
        plain.answer()
        [runs] = batches(plain)
        found.append(runs[0][0])
        plain.worker.batches.waiting.clear()
        plain.worker.alone.done(plain.worker.alone.token)

    assert found == ["q", "a", "q", "b"]


def test_where_nobody_is_alone_any_more_nothing_is_held_up(plain: Rooms) -> None:
    plain.worker.lanes.wake(P, "alone")
    assert claim(plain) == ["claim"]
    assert plain.worker.alone.token
    plain.answer()

    assert not plain.worker.alone.token
    plain.worker.lanes.wake(Q)
    assert claim(plain) == ["claim"]


def test_an_outside_call_holds_up_the_others_for_a_moment(
    plain: Rooms, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.worker.claims.time", clock)
    plain.worker.alone.calls_out("T", False, clock.now)
    plain.worker.lanes.wake(Q)

    assert claim(plain) == []
    clock.turn(Alone.HOLDS_UP_S - 0.01)
    assert claim(plain) == []
    clock.turn(0.01)
    assert claim(plain) == ["claim"]


# --- To call -----------------------------------------------------------------------------------------------------


@pytest.fixture
def calling(rooms: Rooms) -> Rooms:
    """Three tasks wait in the lane of a node that calls out; the worker has two threads."""
    rooms.deploy(CALLS, threads=2)
    rooms.submit(3, "a", "b", "c")
    rooms.worker.outcalls.is_stopping = True  # so each goes into its lane
    rooms.worker.commits.commit(rooms.ran(3))
    rooms.settle()
    assert rooms.place(3, "a") == "ask, ready"
    rooms.worker.outcalls.is_stopping = False
    rooms.worker.lanes.hot.clear()
    return rooms


def lane(rooms: Rooms) -> str:
    return rooms.worker.deployed.convs.records[3].node_ids["ask"]


def test_as_many_are_claimed_to_call_as_threads_are_free(calling: Rooms) -> None:
    calling.worker.lanes.wake(C, lane(calling))
    assert claim(calling) == ["claim"]
    assert calling.worker.outcalls.free() == 0, "both are kept for what comes"
    calling.answer()

    assert [len(runs) for runs in batches(calling)] == [2]
    assert {run.slot for _, runs in calling.worker.batches.waiting for run in runs} == {lane(calling)}
    assert calling.worker.outcalls.free() == 0, "until they are committed"


def test_threads_that_were_kept_for_an_empty_lane_are_free_again(calling: Rooms) -> None:
    calling.lent(3)
    calling.worker.lanes.wake(C, "no such node")
    claim(calling)
    calling.answer()

    assert calling.worker.outcalls.free() == 2


def test_without_a_free_thread_a_lane_waits_for_one(calling: Rooms) -> None:
    calling.worker.outcalls.ask(2)
    calling.worker.lanes.wake(C, lane(calling))
    assert claim(calling) == []
    assert not calling.worker.lanes.hot

    calling.worker.outcalls.ask(-1)
    calling.worker.lanes.thread_freed()

    assert claim(calling) == ["claim"]
    calling.answer()
    assert [len(runs) for runs in batches(calling)] == [1]

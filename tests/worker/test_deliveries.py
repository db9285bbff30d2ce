"""Deliveries: from an outbox to the target and back, once, whatever happens on the way."""

from __future__ import annotations

from typing import Any

import pytest

from engine.store import calls
from engine.store.call import Partition
from engine.worker.parcels import from_outbox
from engine.worker.rounds import MOVING_S
from engine.worker.settling import SETTLE_S
from tests.worker.rooms import Clock, Rooms

COPIES = """
    process: Copies
    id: 1
    nodes:
      start: {go: copy}
      copy: {copy_task: {conv: 2, ref: "{{to}}", data: {n: 1}}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """
TARGET = "diagram: Target\nid: 2\nnodes: {start: {go: kept}, kept: {set_state: {}}}\n"
OTHER = "process: Other\nid: 3\nnodes: {start: {go: done}, done: {end: success}}\n"
SOURCE, TO = Partition(1, 0), Partition(2, 0)
TAG = "__conveyor_copy_task_return_type_tag__"


def send(rooms: Rooms, *refs: str) -> None:
    """Tasks whose effects lie in the outbox, as a worker leaves them that dies after its commit."""
    for ref in refs:
        rooms.submit(1, ref, to=f"copy of {ref}")
    rooms.worker.commits.commit(rooms.ran(1))
    rooms.answer()
    rooms.worker.rounds.pending.clear()
    rooms.worker.lanes.hot.clear()


@pytest.fixture
def sent(rooms: Rooms) -> Rooms:
    """The task `a` has sent a copy of itself that nobody has delivered."""
    rooms.deploy(COPIES, TARGET, OTHER)
    send(rooms, "a")
    assert rooms.place(1, "a") == "copy, sending"
    return rooms


def deliver(rooms: Rooms, read_ms: int = 0) -> None:
    """What lies in the outbox, put into the next round."""
    entries = rooms.engine.store.one(calls.outbox(SOURCE, 100))
    parcels = [from_outbox(SOURCE, entry, rooms.engine.store.box) for entry in entries]
    rooms.worker.deliveries.deliver([parcel._replace(read_ms=read_ms or parcel.read_ms) for parcel in parcels])


def in_outbox(rooms: Rooms) -> int:
    return rooms.engine.store.one(calls.stats(SOURCE)).outbox


def test_an_effect_is_applied_and_its_sender_goes_on(sent: Rooms) -> None:
    deliver(sent)
    assert list(sent.worker.lanes.hot) == [(TO, "run")], "the new task is claimed in the same round"
    assert sent.answer() == ["deliver"]
    assert sent.task(2, "copy of a").data == {"n": 1}
    assert sent.place(1, "a") == "copy, sending"

    assert sent.answer() == ["confirm"]

    assert sent.place(1, "a") == "copy, ready"
    assert in_outbox(sent) == 0
    assert (SOURCE, "run") in sent.worker.lanes.hot


def test_what_is_found_in_an_outbox_is_delivered(sent: Rooms) -> None:
    send(sent, "b", "c")
    sent.worker.deliveries.look(SOURCE)

    assert sent.settle() == ["outbox", "deliver", "confirm"], "all of them at once"

    assert {sent.task(2, f"copy of {ref}").data["n"] for ref in "abc"} == {1}
    assert in_outbox(sent) == 0


def test_what_is_young_is_left_to_the_worker_that_wrote_it(sent: Rooms) -> None:
    sent.worker.deliveries.look(SOURCE, older_ms=60_000)
    assert sent.settle() == ["outbox"]

    sent.engine.store.one(calls.set_offset(SOURCE, 61_000))
    sent.worker.deliveries.look(SOURCE, older_ms=60_000)

    assert sent.settle() == ["outbox", "deliver", "confirm"]


def test_two_workers_apply_it_once(sent: Rooms) -> None:
    deliver(sent)
    sent.answer()
    sent.worker.rounds.pending.clear()  # the first dies before it could confirm

    sent.worker.deliveries.look(SOURCE)
    sent.settle()

    assert sent.place(1, "a") == "copy, ready"
    assert sent.engine.show(2).living == 1


def test_what_is_for_a_conv_that_is_not_deployed_any_more_comes_back_at_once(rooms: Rooms) -> None:
    rooms.deploy(COPIES, TARGET, OTHER)
    send(rooms, "a")
    del rooms.worker.deployed.convs.records[2]
    deliver(rooms)

    assert rooms.settle() == ["confirm"]

    runs = rooms.ran(1)
    assert [run.data[TAG] for run in runs] == ["not_found_main_node"]


def test_what_was_read_too_long_ago_is_not_confirmed(sent: Rooms) -> None:
    """It is found in its outbox again, if it is still there."""
    deliver(sent, read_ms=1)

    assert sent.settle() == ["deliver"]

    assert in_outbox(sent) == 1
    assert sent.place(1, "a") == "copy, sending"
    assert sent.engine.show(2).living == 0


def test_what_is_being_moved_is_delivered_to_where_it_is_by_then(sent: Rooms) -> None:
    refs = [f"r{number}" for number in range(12)]
    send(sent, *refs)
    sent.engine.repartition(2, 4)  # which this worker does not know yet
    deliver(sent)
    assert sent.answer() == ["deliver"]
    assert sent.worker.rounds.met_a_move
    due = sent.worker.rounds.next_try()
    assert in_outbox(sent) > 0
    sent.settle()  # those that are where they were
    assert 0 < in_outbox(sent) < 13

    assert sent.worker.deployed.refresh()
    sent.worker.rounds.try_again(due - MOVING_S / 2)
    assert sent.sent() == []
    sent.worker.rounds.try_again(due)
    sent.settle()

    assert in_outbox(sent) == 0
    assert {sent.task(2, f"copy of {ref}").data["n"] for ref in refs} == {1}


def test_an_effect_that_cannot_be_read_is_set_aside_and_the_others_go_on(sent: Rooms) -> None:
    send(sent, "b")
    store = sent.engine.store
    key = f"{{{store.namespace}:1.0}} out"
    entries: list[tuple[bytes, dict[Any, Any]]] = store.client.xrange(key)  # type: ignore[assignment]
    [_, (out_id, fields)] = entries
    store.client.xdel(key, out_id)
    wrong_id = store.client.xadd(key, {**fields, b"b": b"\xc1"})
    store.client.hset(f"{{{store.namespace}:1.0}} t:{sent.task(1, 'b').task_id}", "o", wrong_id)
    sent.worker.deliveries.look(SOURCE)

    assert sent.settle() == ["outbox", "set_effect_aside", "deliver", "confirm"]

    assert sent.place(1, "a") == "copy, ready"
    assert sent.place(1, "b") == "copy, aside"
    assert "cannot be read" in sent.task(1, "b").note


# --- Settling --------------------------------------------------------------------------------------------------


@pytest.fixture
def settling(sent: Rooms, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Rooms:
    """Every worker of this store fences what it sends."""
    monkeypatch.setattr("engine.worker.deliveries.time", clock)
    monkeypatch.setattr("engine.worker.settling.time", clock)
    sent.worker.deliveries.settles = True
    return sent


def test_a_confirmed_effect_is_settled_when_the_source_was_there_a_while_later(settling: Rooms, clock: Clock) -> None:
    deliver(settling)
    assert settling.settle() == ["deliver", "confirm"]
    clock.turn(SETTLE_S - 0.1)
    settling.worker.deliveries.look(SOURCE)
    assert settling.settle() == ["outbox"]
    clock.turn(0.1)

    settling.worker.deliveries.look(SOURCE)

    assert settling.settle() == ["outbox", "settle"]
    settling.worker.deliveries.look(SOURCE)
    assert settling.settle() == ["outbox"], "once"


def test_what_was_asked_before_does_not_count(settling: Rooms, clock: Clock) -> None:
    """The look was sent before the confirmation was old enough, and is answered after."""
    deliver(settling)
    settling.settle()
    settling.worker.deliveries.look(SOURCE)
    clock.turn(SETTLE_S)

    assert settling.settle() == ["outbox"]


def test_beside_an_older_worker_nothing_is_settled(settling: Rooms, clock: Clock) -> None:
    settling.worker.deliveries.settles = False
    deliver(settling)
    settling.settle()
    clock.turn(SETTLE_S)
    settling.worker.deliveries.look(SOURCE)

    assert settling.settle() == ["outbox"]


def test_what_another_worker_has_confirmed_it_settles(settling: Rooms, clock: Clock) -> None:
    deliver(settling)
    settling.answer()
    [out] = settling.worker.rounds.pending
    settling.engine.store.one(out.call)
    settling.settle()
    clock.turn(SETTLE_S)
    settling.worker.deliveries.look(SOURCE)

    assert settling.settle() == ["outbox"]

"""Commits: what is written of runs, and what follows from the store's answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

from engine.store.call import Partition
from engine.worker.run import Run
from tests.waiting import PATIENCE_S
from tests.worker.rooms import TOKEN, Rooms

PROCESS = """
    process: P
    id: 1
    nodes:
      start: {go: note}
      note: {set_parameters: {x: "{{text}}{{text}}"}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """
COPIES = """
    process: Copies
    id: 2
    nodes:
      start: {go: copy}
      copy: {copy_task: {conv: 1, ref: copied, data: {text: t}}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """
CALLS = """
    process: Calls
    id: 3
    nodes:
      start: {{go: ask}}
      ask: {{api_call: {{method: GET, url: "{url}", max_threads: 2}}, error: failed, go: done}}
      done: {{end: success}}
      failed: {{end: error}}
    """
LOOPS = """
    process: Loops
    id: 4
    nodes:
      start: {go: a}
      a: {go: b}
      b: {go: a}
    """
P = Partition(1, 0)


@pytest.fixture
def plain(rooms: Rooms) -> Rooms:
    return rooms.deploy(PROCESS, COPIES, task_size_bytes=30_000)


def commit(rooms: Rooms, runs: list[Run]) -> list[str]:
    """What is sent."""
    before = len(rooms.sent())
    rooms.worker.commits.commit(runs)
    return rooms.sent()[before:]


def test_runs_of_one_lease_are_one_call(plain: Rooms) -> None:
    plain.submit(1, "a", "b", text="t")

    assert commit(plain, plain.ran(1)) == ["commit"]
    assert plain.worker.commits.count == 0
    plain.answer()

    assert plain.worker.commits.count == 2
    assert (plain.place(1, "a"), plain.task(1, "b").data) == ("done", {"text": "t", "x": "tt"})
    assert list(plain.worker.retention.due) == [P]


def test_each_lease_and_each_partition_is_a_call_of_its_own(rooms: Rooms) -> None:
    rooms.deploy(PROCESS)
    rooms.submit(1, "a", "b", "c", text="t")
    first, second = rooms.ran(1, 2), rooms.ran(1, 1, token="U")

    assert commit(rooms, [first[0], second[0], first[1]]) == ["commit", "commit"]
    rooms.settle()

    assert {rooms.place(1, ref) for ref in "abc"} == {"done"}


def test_nothing_is_written_under_a_lease_that_ended(plain: Rooms) -> None:
    plain.submit(2, "a")
    runs = plain.ran(2)
    store = plain.engine.store
    key = f"{{{store.namespace}:2.0}}"
    store.client.delete(f"{key} lease:{TOKEN}")
    store.client.zrem(f"{key} leases", TOKEN)

    commit(plain, runs)
    assert plain.settle() == ["commit"], "and nothing is delivered"

    assert plain.place(2, "a") == "start, leased"
    assert plain.worker.commits.count == 1


def test_effects_are_delivered_in_the_next_round(plain: Rooms) -> None:
    plain.submit(2, "a")
    commit(plain, plain.ran(2))

    assert plain.answer() == ["commit"]
    assert plain.place(2, "a") == "copy, sending"
    assert plain.settle() == ["deliver", "confirm"]

    assert plain.task(1, "copied").data == {"text": "t"}
    assert (Partition(2, 0), "run") in plain.worker.lanes.hot, "the sender goes on"


def test_a_run_that_is_not_at_an_end_goes_on_where_it_stands(rooms: Rooms) -> None:
    rooms.deploy(LOOPS, run_moves=4)
    rooms.submit(4, "a")
    commit(rooms, rooms.ran(4))
    rooms.worker.lanes.hot.clear()
    rooms.settle()

    assert rooms.place(4, "a").endswith(", ready")
    assert list(rooms.worker.lanes.hot) == [(Partition(4, 0), "run")]


# --- Too large, and mistakes ---------------------------------------------------------------------------------


def test_a_run_that_is_too_large_begins_again_carefully_and_the_others_are_written(plain: Rooms) -> None:
    plain.submit(1, "small", text="t")
    plain.submit(1, "large", text="x" * 20_000)

    assert commit(plain, plain.ran(1)) == ["commit"]
    plain.settle()

    assert plain.place(1, "small") == "done"
    [(_, runs)] = plain.worker.batches.waiting
    assert [(run.ref, run.care is not None) for run in runs] == [("large", True)]
    plain.worker.batches.run(plain.worker.outcalls.free, plain.worker.commits.commit)
    plain.settle()
    assert plain.place(1, "large") == "failed"
    assert "x" not in plain.task(1, "large").data


def test_when_all_are_too_large_nothing_is_sent(plain: Rooms) -> None:
    plain.submit(1, "large", text="x" * 20_000)

    assert commit(plain, plain.ran(1)) == []


def test_what_cannot_be_written_ends_its_task_and_takes_no_other_along(plain: Rooms) -> None:
    plain.submit(1, "good", "bad", text="t")
    runs = plain.ran(1)
    next(run for run in runs if run.ref == "bad").data["x"] = object()  # as a mistake of ours would

    commit(plain, runs)
    plain.settle()

    assert (plain.place(1, "good"), plain.place(1, "bad")) == ("done", "error")
    assert "engine_error" in plain.task(1, "bad").note


# --- Outside calls ---------------------------------------------------------------------------------------------


@pytest.fixture
def calling(rooms: Rooms, httpserver: HTTPServer) -> Iterator[Rooms]:
    """Three tasks come to a call of which two may be under way; the worker has two threads."""
    httpserver.expect_request("/").respond_with_json({"n": 1})
    yield rooms.deploy(CALLS.format(url=httpserver.url_for("/")), threads=2)
    rooms.worker.close()


def take_answer(rooms: Rooms) -> None:
    """One outside call comes back."""
    message = rooms.worker.inbox.get(timeout=PATIENCE_S)
    rooms.worker._take(message)
    rooms.worker.batches.take_answered()


def test_an_outside_call_begins_under_a_lease_of_its_own_when_it_is_written(calling: Rooms) -> None:
    calling.submit(3, "a")
    commit(calling, calling.ran(3))
    assert calling.worker.outcalls.free() == 1, "its thread is kept"
    assert not calling.worker.outcalls.under_way
    calling.settle()

    assert calling.place(3, "a") == "ask, calling"
    assert list(calling.worker.outcalls.under_way) == [f"{calling.worker.name}-0"]
    assert calling.worker.outcalls.free() == 1
    take_answer(calling)
    calling.worker.batches.run(calling.worker.outcalls.free, calling.worker.commits.commit)
    calling.settle()
    assert calling.task(3, "a").data == {"n": 1}
    assert calling.worker.outcalls.free() == 2
    node = calling.worker.deployed.convs.records[3].node_ids["ask"]
    assert (Partition(3, 0), node) in calling.worker.lanes.hot, "its slot is free"


def test_without_a_thread_it_waits_in_the_lane_of_its_node(calling: Rooms) -> None:
    calling.submit(3, "a", "b", "c")
    commit(calling, calling.ran(3))
    assert calling.worker.outcalls.free() == 0
    calling.settle()

    places = sorted(calling.place(3, ref) for ref in "abc")
    assert places == ["ask, calling", "ask, calling", "ask, ready"]


def test_what_the_store_held_waits_behind_the_others(calling: Rooms) -> None:
    """As many calls as the node may make are under way already, from another worker."""
    calling.submit(3, "a", "b")
    calling.worker.commits.commit(calling.ran(3))
    calling.settle()
    other = Rooms(calling.engine, calling.folder).deploy(threads=2)
    other.submit(3, "c")
    other.worker.lanes.hot.clear()

    commit(other, other.ran(3))
    other.settle()

    assert other.place(3, "c") == "ask, ready"
    node = other.worker.deployed.convs.records[3].node_ids["ask"]
    assert other.worker.lanes.crowded == {(3, node)}
    assert (Partition(3, 0), node) in other.worker.lanes.hot
    assert other.worker.outcalls.free() == 2
    other.worker.close()


def test_a_commit_that_the_store_refuses_keeps_no_thread(calling: Rooms) -> None:
    calling.submit(3, "a")
    runs = calling.ran(3)
    store = calling.engine.store
    store.client.set(f"{{{store.namespace}:3.0}} leases", "no set")

    commit(calling, runs)
    calling.settle()

    assert calling.worker.outcalls.free() == 2
    assert not calling.worker.outcalls.under_way


# --- Alone -----------------------------------------------------------------------------------------------------


def test_when_the_task_that_was_claimed_alone_is_written_the_others_go_on(plain: Rooms) -> None:
    plain.submit(1, "a", text="t")
    runs = plain.ran(1)
    plain.worker.alone.claim(TOKEN)

    commit(plain, runs)
    assert plain.worker.alone.token
    plain.settle()

    assert not plain.worker.alone.token


@pytest.mark.parametrize(("attempts", "is_held_up"), [(0, False), (3, True)])
def test_its_outside_call_holds_up_the_others_to_its_end_only_at_the_last_attempt(
    calling: Rooms, attempts: int, is_held_up: bool
) -> None:
    assert calling.worker.settings.poison_attempts == 3
    calling.submit(3, "a")
    runs = calling.ran(3)
    runs[0].attempts = attempts
    calling.worker.alone.claim(TOKEN)

    commit(calling, runs)
    calling.settle()

    alone = calling.worker.alone
    assert alone.token == f"{calling.worker.name}-0", "of the call"
    assert (alone.wakes_at() == float("inf")) == is_held_up


def test_signals_are_looked_for_where_nodes_have_a_limit(rooms: Rooms) -> None:
    rooms.deploy(
        """
        process: Limited
        id: 5
        nodes:
          start: {go: busy}
          busy: {wait_for_callback: {}, task_limit: {count: 1, signal: told}, go: done}
          told: {end: success}
          done: {end: success}
        """
    )
    rooms.submit(5, "a")

    assert commit(rooms, rooms.ran(5)) == ["commit", "outbox"]
    assert rooms.settle() == ["commit", "outbox", "deliver", "confirm"]

"""Batches: what was claimed is run in memory, as long as it may take, and read for at once."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import StoreError
from engine.logic import Context, Running, Stay
from engine.nodes.set_parameters import SetParametersLogic
from engine.worker.batches import BATCH_S, FEW
from engine.worker.run import Run
from tests.worker.rooms import Clock, Rooms

PROCESS = """
    process: P
    id: 1
    nodes:
      start: {go: note}
      note: {set_parameters: {x: 1}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """
READER = """
    process: Reader
    id: 2
    nodes:
      start: {go: read}
      read:
        set_parameters: {a: "{{conv[3].ref[{{conv[3].ref[first].next}}].n}}", b: "{{conv[3].ref[{{which}}].n}}"}
        error: failed
        go: done
      done: {end: success}
      failed: {end: error}
    """
KEPT = "diagram: Kept\nid: 3\nnodes: {start: {go: kept}, kept: {set_state: {}}}\n"


@pytest.fixture
def plain(rooms: Rooms) -> Rooms:
    return rooms.deploy(PROCESS)


def run(rooms: Rooms) -> list[list[Run]]:
    """What is handed to the commits."""
    committed: list[list[Run]] = []
    rooms.worker.batches.run(rooms.worker.outcalls.free, committed.append)
    return committed


def run_all(rooms: Rooms) -> list[Run]:
    return [one for runs in run(rooms) for one in runs]


def refs(batches: list[list[Run]]) -> list[list[str]]:
    return [[run.ref for run in runs] for runs in batches]


def test_batches_are_run_one_after_another(plain: Rooms) -> None:
    plain.submit(1, "a", "b", "c")
    plain.worker.batches.add(5, plain.lent(1, 2))
    plain.worker.batches.add(6, plain.lent(1, 1, token="U"))
    assert plain.worker.batches.is_busy()

    done = run(plain)

    assert refs(done) == [["a", "b"], ["c"]]
    assert {(run.place, run.step.name, run.data["x"]) for runs in done for run in runs} == {("final", "done", 1)}
    assert [run.meta.path[-1][1] for runs in done for run in runs] == [5, 5, 6], "each by the clock of its conv"
    assert not plain.worker.batches.is_busy()


def test_long_runs_are_committed_before_all_have_been_run(
    plain: Rooms, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain.submit(1, *"abcde")
    plain.worker.batches.add(5, plain.lent(1))
    monkeypatch.setattr("engine.worker.batches.time", clock)
    clock.each_look_s = BATCH_S / 2

    assert refs(run(plain)) == [["a", "b", "c"]], "the third was begun in time"
    assert refs(run(plain)) == [["d", "e"]]


def test_another_batch_has_its_turn_before_the_rest_of_a_long_one(
    plain: Rooms, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain.submit(1, *"abcd")
    plain.worker.batches.add(5, plain.lent(1, 3))
    plain.worker.batches.add(6, plain.lent(1, 1, token="U"))
    monkeypatch.setattr("engine.worker.batches.time", clock)
    clock.each_look_s = BATCH_S * 2

    assert [refs(run(plain)) for _ in range(3)] == [[["a"]], [["d"], ["b"]], [["c"]]]


def test_what_is_taken_for_few(plain: Rooms) -> None:
    plain.submit(1, *(f"{number}" for number in range(FEW + 1)))
    first, *others = plain.lent(1)
    plain.worker.batches.add(5, others)
    assert plain.worker.batches.are_few()

    plain.worker.batches.add(5, [first])

    assert not plain.worker.batches.are_few()


# --- Reading ---------------------------------------------------------------------------------------------------


@pytest.fixture
def reading(rooms: Rooms, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Rooms:
    """Ten tasks read others; each needs two rounds of reading. The clock stands still: templates are compiled first."""
    monkeypatch.setattr("engine.worker.batches.time", clock)
    rooms.deploy(READER, KEPT)
    rooms.submit(3, "first", next="second")
    rooms.submit(3, "second", n=2)
    for number in range(10):
        rooms.submit(3, f"k{number}", n=number)
        rooms.submit(2, f"r{number}", which=f"k{number}")
    return rooms


def test_what_all_read_is_fetched_in_one_round_trip_for_each_depth(
    reading: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, store = [], reading.engine.store
    ask = store.run

    def counted(some: Any) -> Any:
        asked.append(len(some))
        return ask(some)

    reading.worker.batches.add(5, reading.lent(2))
    monkeypatch.setattr(store, "run", counted)

    [runs] = run(reading)

    assert [(run.data["a"], run.data["b"]) for run in runs] == [(2, number) for number in range(10)]
    assert asked == [1, 1]


def test_nothing_read_is_kept_for_the_next_batch(reading: Rooms) -> None:
    first, second = reading.lent(2, 2)
    second.data["which"] = "k0"
    reading.worker.batches.add(5, [first])
    assert run_all(reading)[0].data["b"] == 0
    key = f"{{{reading.engine.store.namespace}:3.0}} t:{reading.task(3, 'k0').task_id}"
    reading.engine.store.client.hset(key, "d", b'{"n":100}')

    reading.worker.batches.add(5, [second])

    assert run_all(reading)[0].data["b"] == 100


def test_when_the_store_does_not_answer_the_batch_begins_again_as_it_was_claimed(
    reading: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> object:
        raise StoreError("gone")

    batches = reading.worker.batches
    batches.add(5, reading.lent(2))
    with monkeypatch.context() as patch:
        patch.setattr(reading.engine.store, "run", refuse)
        with pytest.raises(StoreError):
            run(reading)
    assert len(batches.waiting) == 1

    batches.begin_again()

    [(now_ms, runs)] = batches.waiting
    assert now_ms == 5
    assert {(run.moved, run.place, run.step.name) for run in runs} == {(0, "", "start")}
    assert [run.data.get("b") for run in run_all(reading)] == list(range(10))


# --- Mistakes, and answers ---------------------------------------------------------------------------------------


def test_a_mistake_of_ours_stops_its_task_and_no_other(plain: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    run_ = SetParametersLogic.run

    def wrong(logic: SetParametersLogic, task: Running, ctx: Context) -> Stay | None:
        if task.ref == "b":
            raise ZeroDivisionError
        return run_(logic, task, ctx)

    monkeypatch.setattr(SetParametersLogic, "run", wrong)
    plain.submit(1, *"abc")
    plain.worker.batches.add(5, plain.lent(1))

    [runs] = run(plain)

    assert [run.step.end for run in runs] == ["success", "error", "success"]
    assert "ZeroDivisionError" in runs[1].meta.note


def test_runs_that_begin_again_during_a_commit_are_the_next_batch(plain: Rooms) -> None:
    plain.submit(1, *"ab")
    plain.worker.batches.add(5, plain.lent(1))
    done: list[list[Run]] = []

    def commit(runs: list[Run]) -> None:
        if not done:
            plain.worker.batches.run_again([runs[0].again(careful=True)])
        done.append(runs)

    plain.worker.batches.run(plain.worker.outcalls.free, commit)

    assert refs(done) == [["a", "b"], ["a"]]
    assert done[1][0].meta.path[-1][1] == 5, "by the same clock"


def test_answers_of_outside_calls_are_one_batch_by_the_clock_of_their_conv(
    plain: Rooms, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.worker.batches.time", clock)
    plain.submit(1, *"ab")
    batches = plain.worker.batches
    batches.take_answered()
    assert not batches.is_busy()
    batches.clock(1, int(clock.now * 1000) + 7000)
    for one in plain.lent(1):
        batches.answered(one)
    assert batches.is_busy()
    clock.turn(1.5)

    batches.take_answered()

    [(now_ms, runs)] = batches.waiting
    assert (now_ms, [run.ref for run in runs]) == (int(clock.now * 1000) + 7000, ["a", "b"])
    batches.take_answered()
    assert len(batches.waiting) == 1

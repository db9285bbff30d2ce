"""conv repartition: tasks in every place go over, by any number of partitions, and all goes on."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.app import Engine
from engine.errors import MovedAlready, Rejected, TooManyPartitions
from engine.mover import Mover
from engine.repartition import balanced
from engine.statistics import StepName
from engine.store import calls
from engine.store.ids import BUCKETS, even_share
from engine.store.records import Delivery
from engine.store.sizes import in_parts
from engine.views import TaskView
from tests.running.conftest import Lab

STATES = """
diagram: States
id: 20
nodes:
  start: {go: kept}
  kept:
    set_state: {}
    condition: [{if: {wake: 1}, go: woken}]
  woken: {end: success}
"""

FLOW = """
process: Flow
id: 21
nodes:
  start: {go: sleep}
  sleep: {delay: 1h, go: look}
  look:
    set_parameters: {got: "{{conv[20].ref[{{root.ref}}].n}}"}
    error: failed
    go: tell
  tell:
    modify_task: {conv: 20, ref: "{{root.ref}}", wait: true, data: {wake: 1}}
    error: failed
    go: done
  failed: {end: error}
  done: {end: success}
"""

COUNTED = """
process: Counted
id: 22
nodes:
  start: {go: busy}
  busy: {set_parameters: {a: 1}, task_limit: {count: 3, signal: done}, go: done}
  done: {end: success}
"""

STEPS: tuple[StepName, ...] = ("minute", "hour")
TASKS = 60


@pytest.fixture
def busy(lab: Lab) -> Lab:
    """Tasks at rest, tasks that sleep, and ended ones."""
    lab.deploy(STATES, FLOW)
    for number in range(TASKS):
        lab.engine.submit(20, {"n": number}, ref=f"r{number}")
        lab.engine.submit(21, {}, ref=f"r{number}")
    lab.run()
    for number in range(0, TASKS, 10):
        lab.modify(20, f"r{number}", {"wake": 1})
    return lab


def everything(engine: Engine) -> list[TaskView]:
    return [engine.task(conv, f"r{number}") for conv in (20, 21) for number in range(TASKS)]


def counted(engine: Engine) -> list[Any]:
    """Per conv and node what was counted in each minute and hour."""
    return [
        [(node.node, node.points) for node in engine.statistics(conv, step=step).nodes]
        for conv in (20, 21)
        for step in STEPS
    ]


def places(engine: Engine, conv: int) -> Counter[int]:
    """How many tasks each partition has."""
    found: Counter[int] = Counter()
    for p in engine.current.partitions(conv):
        stats = engine.store.one(calls.stats(p))
        found[p.number] = sum(count.now for count in stats.counts.values())
    return found


@pytest.mark.parametrize("turns", [(4,), (3, 1), (2, 5, 3), (1,)])
def test_every_task_is_found_as_it_was(busy: Lab, turns: tuple[int, ...]) -> None:
    before = everything(busy.engine)
    shown = [busy.engine.show(conv) for conv in (20, 21)]
    moved = counted(busy.engine)

    for partitions in turns:
        for conv in (20, 21):
            busy.engine.repartition(conv, partitions)
        assert everything(busy.engine) == before
        assert [busy.engine.show(conv) for conv in (20, 21)] == shown, "counts, too"
        assert counted(busy.engine) == moved, "and those over time"
        assert busy.engine.audit().findings == []
        held = places(busy.engine, 20)
        assert len(held) == partitions
        assert all(held.values())


def test_tasks_go_on_where_they_are_now(busy: Lab) -> None:
    for conv in (20, 21):
        busy.engine.repartition(conv, 4)

    busy.forward(3601)

    ended = [busy.engine.task(21, f"r{number}") for number in range(TASKS)]
    # The state of every tenth has ended before, so that their look finds nothing.
    assert [view.node for view in ended] == ["failed" if number % 10 == 0 else "done" for number in range(TASKS)]
    assert all(view.data["got"] == int(view.ref[1:]) for view in ended if view.node == "done")
    assert {view.node for view in everything(busy.engine)[:TASKS]} == {"woken"}
    assert busy.engine.audit().findings == []


def test_to_the_number_there_is_moves_nothing(busy: Lab) -> None:
    assert busy.engine.repartition(20, 1) == 0
    assert busy.engine.repartition(20, 2) > 0
    assert busy.engine.repartition(20, 2) == 0


def test_a_conv_that_counts_exactly_stays_in_one_place(lab: Lab) -> None:
    lab.deploy(COUNTED)

    with pytest.raises(TooManyPartitions, match='the task_limit of node "busy" is exact'):
        lab.engine.repartition(22, 2)


def test_two_at_once_are_refused(busy: Lab) -> None:
    Mover(busy.engine.store, busy.engine.registry.load(), 20).lead()

    with pytest.raises(MovedAlready, match="somebody else repartitions conv 20"):
        busy.engine.repartition(20, 2)

    assert issubclass(MovedAlready, Rejected)


def test_what_is_deployed_later_keeps_the_partitions(busy: Lab) -> None:
    busy.engine.repartition(20, 3)
    before = everything(busy.engine)

    busy.deploy(STATES.replace("woken:", "more: {end: error}\n  woken:"))

    assert everything(busy.engine) == before
    assert len(busy.engine.current.partitions(20)) == 3


def test_an_interrupted_move_leaves_everything_working(busy: Lab) -> None:
    before = everything(busy.engine)

    def interrupt(tasks: int, buckets: int, of: int) -> None:
        if buckets > of // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        busy.engine.repartition(20, 4, interrupt)

    assert everything(busy.engine) == before
    assert busy.modify(20, "r1", {"wake": 1}).node == "woken"
    assert busy.engine.repartition(20, 4) > 0
    assert busy.engine.audit().findings == []


def test_a_client_that_does_not_know_yet_is_sent_on(busy: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    with Engine.open(dataclasses.replace(busy.engine.settings)) as late:
        assert late.task(20, "r1").node == "kept"
        monkeypatch.setattr("engine.app.deployed.REFRESH_S", 1e9)  # it thinks that it knows
        busy.engine.repartition(20, 4)

        assert {late.task(20, f"r{number}").ref for number in range(1, TASKS)} == {f"r{n}" for n in range(1, TASKS)}
        for number in range(20):
            late.submit(20, {}, ref=f"new {number}")
            late.modify(20, f"new {number}", {"x": 1})
    busy.run()
    assert {busy.engine.task(20, f"new {number}").data["x"] for number in range(20)} == {1}
    assert busy.engine.audit().findings == []


@given(st.integers(1, 40), st.integers(1, 40))
def test_few_buckets_move_and_all_partitions_get_their_share(before: int, after: int) -> None:
    old = even_share(before)
    new = balanced(old, after)

    held = Counter(new)
    assert set(held) == set(range(after))
    assert max(held.values()) - min(held.values()) <= 1
    moved = sum(a != b for a, b in zip(old, new, strict=True))
    surplus = sum(max(0, count - (held[number] if number < after else 0)) for number, count in Counter(old).items())
    assert moved <= surplus + BUCKETS % after


def test_more_effects_than_fit_a_page_are_remembered_where_their_tasks_go(lab: Lab) -> None:
    lab.deploy(STATES)
    store, engine = lab.engine.store, lab.engine
    made = [Delivery(f"e{n}", "create", f"{n:024x}", node="1", data=b"{}", meta=b"{}") for n in range(4500)]
    first = engine.current.partition(20, made[0].task_id)
    for some in in_parts(made):
        answers = store.one(calls.deliver(first, some))
        assert set(answers) == {"ok"}
    for one in made:
        assert store.one(calls.discard(first, one.task_id)) == "ok"  # else that the task is there would absorb it

    engine.repartition(20, 3)

    again = Counter[str]()
    for one in made:
        answers = store.one(calls.deliver(engine.current.partition(20, one.task_id), [one]))
        again.update(answers)
    assert again == {"same": 4500}

"""queue and get_from_queue: held until taken, in order, once each. Source: reference 3.11."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from engine.config import Settings
from engine.errors import TooManyPartitions
from engine.logic import Context, Event, Running, Stay
from engine.nodes.get_from_queue import GetLogic
from engine.store import calls
from engine.store.call import Partition
from engine.worker import Worker
from engine.worker.parcels import confirmation, from_outbox
from tests.running.conftest import Lab
from tests.waiting import eventually

QUEUE = """
process: Jobs
id: 70
alias: jobs
params: {token: {type: string, secret: true}}
nodes:
  start: {go: held}
  held:
    queue: {data: {n: "{{n}}", twice: "$.math({{n}} * 2)"}}
    types: {n: number}
    time_limit: {after: 1h, go: too old}
    error: failed
    go: fetched
  fetched: {end: success}
  too old: {end: error}
  failed: {end: error}
"""

WHOLE = """
process: Whole
id: 71
params: {token: {type: string, secret: true}}
nodes:
  start: {go: held}
  held: {queue: {}, error: failed, go: fetched}
  fetched: {end: success}
  failed: {end: error}
"""


def taker(conv: str = "'@jobs'", node: str = "held", order: str = "oldest") -> str:
    return f"""
process: Taker
id: 72
nodes:
  start: {{go: take}}
  take:
    get_from_queue: {{conv: {conv}, node: {node}, order: {order}}}
    error: failed
    go: done
  done: {{end: success}}
  failed: {{end: error}}
"""


@pytest.fixture
def queue(lab: Lab) -> Lab:
    lab.deploy(QUEUE, WHOLE, taker())
    return lab


def test_a_task_is_held_until_it_is_taken_and_then_goes_on(queue: Lab) -> None:
    held = queue.submit(70, {"n": 5}, ref="job")
    assert (held.place, held.node) == ("queued", "held")
    why = queue.engine.why(70, "job")
    assert why.reason == 'it lies in the queue "held"', "and needs no worker for that"
    assert why.releases.startswith("a process that takes it from the queue")

    got = queue.submit(72)

    assert got.node == "done"
    assert got.data["__queue_task_id__"] == held.task_id
    assert got.data["__queue_task_data__"] == {"n": 5, "twice": 10}
    assert queue.engine.task(70, "job").node == "fetched"
    assert queue.engine.audit().findings == []


@pytest.mark.parametrize(("order", "expected"), [("oldest", [0, 1, 2]), ("newest", [2, 1, 0])])
def test_the_order_is_that_in_which_they_came(queue: Lab, order: str, expected: list[int]) -> None:
    queue.deploy(taker(order=order))
    for number in range(3):
        queue.submit(70, {"n": number})

    assert [queue.submit(72).data["__queue_task_data__"]["n"] for _ in range(3)] == expected


def test_tasks_that_come_together_keep_their_order(queue: Lab) -> None:
    queue.engine.submit_many(70, [(None, {"n": number}) for number in range(30)])
    queue.run()

    assert [queue.submit(72).data["__queue_task_data__"]["n"] for _ in range(30)] == list(range(30))


def test_an_empty_queue_is_an_error_that_says_so(queue: Lab) -> None:
    view = queue.submit(72)

    assert view.node == "failed"
    assert view.data["__conveyor_get_task_return_type_tag__"] == "get_task_executing_error"
    assert view.data["__conveyor_get_task_return_description__"] == "not_found_task"
    assert view.data["__conveyor_get_task_return_type_error__"] == "software"


def test_without_data_the_taker_gets_the_whole_task_and_its_secrets_stay_secret(queue: Lab) -> None:
    queue.deploy(taker(conv="71"))
    queue.submit(71, {"a": 1, "token": "hidden"})

    view = queue.submit(72)

    assert view.data["__queue_task_data__"] == {"a": 1, "token": "hidden"}
    assert view.masked().data["__queue_task_data__"] == "***"


def test_a_task_that_nobody_takes_leaves_by_its_timer(queue: Lab) -> None:
    queue.submit(70, {"n": 1}, ref="old")

    queue.forward(3601)

    assert queue.engine.task(70, "old").node == "too old"
    assert queue.submit(72).node == "failed"


def test_what_cannot_be_made_for_the_taker_is_an_error_at_once(queue: Lab) -> None:
    view = queue.submit(70, {"n": "many"})

    assert view.node == "failed"
    assert view.data["__conveyor_queue_return_type_tag__"] in ("queue_wrong_convert_param", "missing_reference")


@pytest.mark.parametrize("node", ["fetched", "nowhere"])
def test_a_node_that_is_no_queue_is_an_error(queue: Lab, node: str) -> None:
    queue.deploy(taker(node=node))

    view = queue.submit(72)

    assert view.data["__conveyor_get_task_return_type_tag__"] == "queue_wrong_logic"
    assert view.data["__conveyor_get_task_return_description__"] == "No queue logic in conv_id: 70"


def test_a_paused_queue_gives_nothing_out(queue: Lab) -> None:
    queue.submit(70, {"n": 1})
    queue.engine.pause(70)

    view = queue.submit(72)

    assert view.data["__conveyor_get_task_return_type_tag__"] == "conveyor_is_not_active"


def test_many_takers_take_each_task_once(queue: Lab) -> None:
    queue.engine.submit_many(70, [(None, {"n": number}) for number in range(50)])
    queue.run()
    tasks = queue.engine.submit_many(72, [(None, {}) for _ in range(60)])
    queue.run()

    views = [queue.engine.task(72, task.task_id) for task in tasks]
    taken = [view.data["__queue_task_data__"]["n"] for view in views if view.node == "done"]
    assert sorted(taken) == list(range(50))
    assert sum(view.node == "failed" for view in views) == 10


def test_a_process_with_a_queue_has_one_partition(queue: Lab) -> None:
    with pytest.raises(TooManyPartitions, match='the queue "held" keeps its order in one place only'):
        queue.engine.repartition(70, 2)


# --- Several at once, waiting, and full queues ----------------------------------------------------------------


def counting(more: str) -> str:
    return taker().replace("order: oldest", f"order: oldest, {more}")


@pytest.mark.parametrize(("held", "expected"), [(5, [0, 1, 2]), (3, [0, 1, 2]), (2, [0, 1])])
def test_several_are_taken_in_order_as_many_as_there_are(queue: Lab, held: int, expected: list[int]) -> None:
    queue.deploy(counting("count: 3"))
    for number in range(held):
        queue.submit(70, {"n": number, "token": "hidden"}, ref=f"r{number}")

    view = queue.submit(72)

    assert view.node == "done"
    assert [data["n"] for data in view.data["__queue_task_data__"]] == expected
    ids = [queue.engine.task(70, f"r{number}").task_id for number in expected]
    assert view.data["__queue_task_id__"] == ids
    assert len(queue.engine.archive(70, "fetched")) == len(expected)
    assert queue.engine.audit().findings == []


def test_none_of_several_is_an_error(queue: Lab) -> None:
    queue.deploy(counting("count: 3"))

    assert queue.submit(72).node == "failed"


def test_takers_of_several_take_each_task_once(queue: Lab) -> None:
    queue.deploy(counting("count: 7"))
    queue.engine.submit_many(70, [(None, {"n": number}) for number in range(50)])
    queue.run()
    tasks = queue.engine.submit_many(72, [(None, {}) for _ in range(10)])
    queue.run()

    views = [queue.engine.task(72, task.task_id) for task in tasks]
    taken = [data["n"] for view in views if view.node == "done" for data in view.data["__queue_task_data__"]]
    assert sorted(taken) == list(range(50))


def test_a_taker_waits_for_the_first_task(queue: Lab) -> None:
    queue.deploy(counting("timeout: 1h"))
    waiting = queue.submit(72, ref="taker")
    assert (waiting.node, waiting.place) == ("take", "delayed")
    queue.forward(100)
    assert queue.engine.task(72, "taker").place == "delayed"
    queue.submit(70, {"n": 8})

    queue.forward(2)

    view = queue.engine.task(72, "taker")
    assert (view.node, view.data["__queue_task_data__"]["n"]) == ("done", 8)


def test_a_taker_gives_up_when_its_time_is_over(queue: Lab) -> None:
    queue.deploy(counting("timeout: 30s"))
    queue.submit(72, ref="taker")

    for _ in range(6):
        queue.forward(4)
    assert queue.engine.task(72, "taker").place == "delayed"
    queue.forward(7)

    view = queue.engine.task(72, "taker")
    assert (view.node, view.data["__conveyor_get_task_return_description__"]) == ("failed", "not_found_task")


def test_the_time_limit_of_the_node_ends_the_waiting(queue: Lab) -> None:
    limited = counting("timeout: 1h").replace("error: failed", "error: failed\n    time_limit: {after: 20s, go: late}")
    queue.deploy(limited + "  late: {end: error}\n")
    queue.submit(72, ref="taker")

    for _ in range(4):
        queue.forward(3)
    assert queue.engine.task(72, "taker").place == "delayed"
    queue.forward(9)

    assert queue.engine.task(72, "taker").node == "late"


def test_the_time_limit_of_the_node_is_one_for_all_that_it_takes(queue: Lab) -> None:
    limited = counting("count: 3").replace("error: failed", "error: failed\n    time_limit: {after: 1h, go: late}")
    queue.deploy(limited + "  late: {end: error}\n")
    queue.engine.submit_many(70, [(None, {"n": number}) for number in range(3)])
    queue.run()
    queue.engine.submit(72, {}, ref="taker")
    dues: set[int | None] = set()
    worker = Worker(queue.engine.store, queue.engine.settings)

    def has_ended() -> bool:
        worker.round(0.0)
        view = queue.engine.task(72, "taker")
        dues.add(view.due_ms if view.node == "take" else None)
        return view.place == "final"

    eventually(has_ended)
    worker.close()
    assert len([due for due in dues if due]) == 1, "it does not begin anew with each"


def test_a_full_queue_refuses_what_comes(queue: Lab) -> None:
    queue.deploy(QUEUE.replace('"$.math({{n}} * 2)"}', '"$.math({{n}} * 2)"}, capacity: 3'))
    queue.engine.submit_many(70, [(f"r{number}", {"n": number}) for number in range(5)])
    queue.run()

    places = [queue.engine.task(70, f"r{number}").node for number in range(5)]
    assert places == ["held", "held", "held", "failed", "failed"]
    refused = queue.engine.task(70, "r4")
    assert refused.data["__conveyor_queue_return_type_tag__"] == "queue_overflow"
    assert refused.data["__conveyor_queue_return_type_error__"] == "hardware"

    queue.submit(72)
    assert queue.submit(70, {"n": 9}).node == "held"
    assert queue.submit(70, {"n": 10}).node == "failed"


def test_a_task_is_counted_once_whose_data_must_be_read_first(queue: Lab) -> None:
    reading = QUEUE.replace("{{n}}", "{{conv[73].ref[kept].n}}").replace('* 2)"}', '* 2)"}, capacity: 3')
    queue.deploy(reading, "diagram: Kept\nid: 73\nnodes:\n  start: {go: kept}\n  kept: {set_state: {}}\n")
    queue.submit(73, {"n": 1}, ref="kept")
    queue.engine.submit_many(70, [(f"r{number}", {}) for number in range(4)])
    queue.run()

    places = [queue.engine.task(70, f"r{number}").node for number in range(4)]
    assert places == ["held", "held", "held", "failed"]


def test_what_was_taken_stays_when_the_next_cannot_be_had(queue: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    queue.deploy(counting("count: 3"))
    queue.submit(70, {"n": 1})
    resume = GetLogic.resume

    def paused_in_between(logic: GetLogic, task: Running, ctx: Context, event: Event) -> Stay | None:
        if event.type == "reply":
            queue.engine.pause(70)
        return resume(logic, task, ctx, event)

    monkeypatch.setattr(GetLogic, "resume", paused_in_between)
    view = queue.submit(72)

    assert view.node == "failed"
    assert [data["n"] for data in view.data["__queue_task_data__"]] == [1]


def test_each_of_two_takers_in_a_node_has_its_own_time(queue: Lab) -> None:
    one = "{get_from_queue: {conv: 70, node: held, timeout: 30s}}"
    two = f"[{one}, {one}]"
    queue.deploy(
        f"""
        process: Two
        id: 73
        nodes:
          start: {{go: take}}
          take: {{actions: {two}, error: failed, go: done}}
          done: {{end: success}}
          failed: {{end: error}}
        """
    )
    queue.submit(73, ref="two")
    for _ in range(25):
        queue.forward(1)
    queue.submit(70, {"n": 1})
    for _ in range(15):
        queue.forward(1)

    assert queue.engine.task(73, "two").place == "delayed", "the second began its own 30 seconds"


JOBS, TAKERS = Partition(70, 0), Partition(72, 0)


def taken_by_a_dead_worker(lab: Lab, settings: Settings) -> None:
    """The task "job" was taken by "taker"; the worker that was to run it has died, and its lease is over."""
    lab.submit(70, {"n": 5}, ref="job")
    worker = Worker(lab.engine.store, dataclasses.replace(settings, lease_ms=50))
    lab.engine.submit(72, {}, ref="taker")

    def is_lent() -> bool:
        worker.round(0.0)
        return lab.engine.task(70, "job").place == "leased"

    eventually(is_lent)
    worker.close()
    store = lab.engine.store
    for entry in store.one(calls.outbox(TAKERS, 10)):  # it may have died before the taker was told
        store.one(calls.confirm(TAKERS, [confirmation(from_outbox(TAKERS, entry, store.box), "same")]))
    eventually(lambda: lab.engine.store.one(calls.expire(JOBS, 10)).freed)
    assert (lab.engine.task(70, "job").place, lab.engine.task(72, "taker").place) == ("ready", "waiting")


def another_queue(lab: Lab) -> None:
    waits = "  held: {wait_for_callback: {}, go: fetched}\n  other:\n    queue:"
    lab.deploy(QUEUE.replace("  held:\n    queue:", waits), taker(node="other"))


def set_aside(lab: Lab) -> None:
    def is_aside() -> bool:
        lab.engine.store.one(calls.claim(JOBS, "alone", 1, "lost", 0, max_attempts=2))
        lab.engine.store.one(calls.expire(JOBS, 10))
        return lab.engine.task(70, "job").place == "aside"

    eventually(is_aside)


def lose_all_attempts(lab: Lab) -> None:
    """So that the next claim sets the task aside."""
    for _ in range(lab.engine.settings.poison_attempts):
        lab.engine.store.one(calls.claim(JOBS, "alone", 1, "lost", 0, max_attempts=9))
        lab.engine.store.one(calls.expire(JOBS, 10))


def noted(act: Callable[[Lab], str]) -> Callable[[Lab], None]:
    """While a second worker holds the task, which dies too."""

    def do(lab: Lab) -> None:
        lab.engine.store.one(calls.claim(JOBS, "alone", 1, "lost", 0))
        assert act(lab) == "noted"

    return do


LOST: dict[str, Callable[[Lab], object]] = {
    "cancelled": lambda lab: lab.engine.cancel(70, "job"),
    "retried": lambda lab: lab.engine.retry(70, "job"),
    "deleted": lambda lab: lab.engine.delete(70, "job"),
    "a cancel noted": noted(lambda lab: lab.engine.cancel(70, "job")),
    "a delete noted": noted(lambda lab: lab.engine.delete(70, "job")),
    "set aside": set_aside,
    "set aside by the same run, which is not idle before it has told": lose_all_attempts,
    "its queue is gone": another_queue,
}


@pytest.mark.parametrize("lost", LOST)
def test_who_took_a_task_is_told_when_it_can_bring_no_data_any_more(queue: Lab, settings: Settings, lost: str) -> None:
    taken_by_a_dead_worker(queue, settings)

    LOST[lost](queue)
    queue.run()

    view = queue.engine.task(72, "taker")
    assert view.node == "failed", queue.engine.why(72, "taker")
    assert view.data["__conveyor_get_task_return_type_tag__"] == "get_task_fatal_error"
    assert view.data["__conveyor_get_task_return_type_error__"] == "hardware"
    assert queue.engine.audit().findings == []


def test_a_taken_task_whose_worker_died_brings_its_data_all_the_same(queue: Lab, settings: Settings) -> None:
    taken_by_a_dead_worker(queue, settings)

    queue.run()

    assert queue.engine.task(72, "taker").data["__queue_task_data__"] == {"n": 5, "twice": 10}
    queue.engine.delete(70, "job")  # who was answered is not answered again
    assert queue.engine.store.one(calls.stats(JOBS)).outbox == 0

"""Jobs on many tasks: planned, done once, resumed, stopped; what has moved on is refused."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from engine.app import Engine, Filter, JobView, bulk
from engine.errors import NotFound, Refused, UnknownNode, WrongCondition, WrongData
from engine.store import jobs
from engine.store.client import Store
from tests.running.conftest import Lab

ORDERS = """
    process: Orders
    id: 1
    nodes:
      start: {go: judge}
      judge:
        set_parameters: {runs: "$.math({{runs | default(0)}} + 1)"}
        condition: [{if: {kind: wait}, go: wait}, {if: {kind: good}, go: done}]
        go: failed
      wait: {wait_for_callback: {}, go: done}
      done: {end: success}
      failed: {end: error}
    """


@pytest.fixture
def orders(lab: Lab) -> Lab:
    lab.deploy(ORDERS)
    return lab


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 5)


def put(lab: Lab, count: int, kind: str = "bad", prefix: str = "t") -> list[str]:
    refs = [f"{prefix}{number}" for number in range(count)]
    lab.engine.submit_many(1, [(ref, {"kind": kind}) for ref in refs])
    lab.run()
    return refs


def done(lab: Lab, kind: str, what: Filter | None = None, **more: Any) -> JobView:
    if what is None and "refs" not in more:
        what = Filter()
    plan = lab.engine.plan_job(kind, 1, what, **more)
    view = lab.engine.run_job(plan.job_id)
    lab.run()
    return view


def runs(lab: Lab, refs: list[str]) -> set[int]:
    return {lab.engine.task(1, ref).data["runs"] for ref in refs}


# --- What they do -------------------------------------------------------------------------------


def test_a_plan_counts_and_changes_nothing(orders: Lab) -> None:
    put(orders, 12)
    put(orders, 3, "wait", "w")

    plan = orders.engine.plan_job("retry", 1, Filter(), who="somebody")

    assert plan.counts == (("failed", "final", 12), ("wait", "waiting", 3))
    assert (plan.total, plan.unknown, plan.more) == (15, 0, False)
    view = orders.engine.job(plan.job_id)
    assert (view.state, view.total, view.done, view.who) == ("planned", 15, 0, "somebody")
    orders.run()
    assert runs(orders, ["t0", "w0"]) == {1}


def test_many_tasks_are_retried_once_each(orders: Lab) -> None:
    refs = put(orders, 23)
    put(orders, 3, "good", "g")
    told: list[tuple[int, int, int]] = []

    plan = orders.engine.plan_job("retry", 1, Filter(failed=True))
    view = orders.engine.run_job(plan.job_id, lambda *numbers: told.append(numbers))
    orders.run()

    assert (view.state, view.done, view.refused, view.total) == ("done", 23, 0, 23)
    assert told == [(0, 0, 23), (5, 0, 23), (10, 0, 23), (15, 0, 23), (20, 0, 23)]
    assert (runs(orders, refs), runs(orders, ["g0"])) == ({2}, {1})
    with pytest.raises(Refused, match="ended already"):
        orders.engine.run_job(plan.job_id)


def test_a_retry_goes_on_in_a_node_and_a_cancel_leaves_out_what_has_ended(orders: Lab) -> None:
    put(orders, 4)
    put(orders, 3, "wait", "w")

    assert done(orders, "retry", Filter(failed=True), node="done").done == 4
    assert {view.node for view in orders.engine.search(1, Filter(places=("final",))).tasks} == {"done"}
    view = done(orders, "cancel")
    assert (view.done, view.refused) == (3, 0)
    assert orders.engine.task(1, "w0").node == "error"


def test_many_tasks_are_deleted(orders: Lab) -> None:
    put(orders, 7)
    put(orders, 7, "wait", "w")

    assert done(orders, "delete", Filter(where='kind = "bad"')).done == 7

    assert {view.ref[0] for view in orders.engine.search(1).tasks} == {"w"}


def test_many_tasks_are_modified(orders: Lab) -> None:
    refs = put(orders, 7, "wait", "w")
    put(orders, 2, "good", "g")

    assert done(orders, "modify", data={"paid": "hush"}).done == 7

    assert all(orders.engine.task(1, ref).data["paid"] == "hush" for ref in refs)
    [view] = orders.engine.jobs()
    assert "hush" not in str(view.as_dict()), "values of a modify may be secret"


def test_tasks_are_named_by_refs(orders: Lab) -> None:
    refs = put(orders, 12)
    task_id = orders.engine.task(1, "t11").task_id
    named = [*refs[:8], "nobody", "t0", task_id, "t11"]

    plan = orders.engine.plan_job("retry", 1, refs=iter(named))
    assert (plan.total, plan.unknown) == (9, 1)
    view = orders.engine.run_job(plan.job_id)
    orders.run()

    assert (view.done, view.refused, view.reasons) == (9, 1, {"not_found": 1})
    assert [(one.ref, one.reason) for one in orders.engine.job_refused(view.job_id)] == [("nobody", "not_found")]
    assert runs(orders, refs[:8]) == {2} == runs(orders, ["t11"])
    assert runs(orders, refs[8:11]) == {1}


def test_what_moved_on_since_the_plan_is_refused(orders: Lab) -> None:
    refs = put(orders, 6)
    waits = put(orders, 4, "wait", "w")
    plan = orders.engine.plan_job("retry", 1, Filter())
    orders.engine.retry(1, refs[0])
    orders.engine.modify(1, waits[0], {})
    orders.run()
    orders.engine.delete(1, refs[1])

    view = orders.engine.run_job(plan.job_id)
    orders.run()

    assert (view.done, view.refused) == (7, 3)
    assert view.reasons == {"moved": 2, "not_found": 1}
    found = {one.ref: one.reason for one in orders.engine.job_refused(plan.job_id)}
    assert found == {"t0": "moved", "w0": "moved", "t1": "not_found"}
    assert runs(orders, [refs[0]]) == {2}


def test_two_jobs_over_the_same_tasks_do_each_once(orders: Lab) -> None:
    refs = put(orders, 8)
    first, second = (orders.engine.plan_job("retry", 1, Filter(failed=True)) for _ in range(2))

    orders.run()
    assert orders.engine.run_job(first.job_id).done == 8
    orders.run()
    view = orders.engine.run_job(second.job_id)
    orders.run()

    assert (view.done, view.reasons) == (0, {"moved": 8})
    assert runs(orders, refs) == {2}


def test_a_taken_ref_and_a_paused_conv_are_reasons(orders: Lab) -> None:
    put(orders, 3)
    waits = put(orders, 2, "wait", "w")
    old = orders.engine.task(1, "t0").task_id
    orders.engine.submit(1, {"kind": "wait"}, ref="t0")
    orders.run()

    assert done(orders, "retry", refs=[old]).reasons == {"ref_taken": 1}
    assert done(orders, "cancel", refs=[old]).reasons == {"final": 1}
    orders.engine.pause(1)
    plan = orders.engine.plan_job("modify", 1, refs=waits, data={"a": 1})
    assert orders.engine.run_job(plan.job_id).reasons == {"inactive": 2}


def test_a_job_works_while_its_conv_is_repartitioned(orders: Lab) -> None:
    refs = put(orders, 60)
    plan = orders.engine.plan_job("retry", 1, Filter(failed=True))
    with ThreadPoolExecutor(1) as executor:
        moving = executor.submit(orders.engine.repartition, 1, 4)
        view = orders.engine.run_job(plan.job_id)
        moving.result()
    orders.run()

    assert (view.done, view.refused) == (60, 0)
    assert runs(orders, refs) == {2}


def test_a_job_under_load_does_each_task_once(orders: Lab) -> None:
    """Tasks move while they are planned and while they are retried: each is retried, or refused because it moved."""
    refs = put(orders, 60)
    stop = threading.Event()

    def load() -> None:
        number = 0
        with Engine.open(orders.engine.settings) as engine:
            while not stop.is_set():
                engine.submit_many(1, [(None, {"kind": "good"})] * 10)
                engine.retry(1, refs[number % len(refs)])
                engine.run_until_idle()
                number += 1

    before = {ref: orders.engine.task(1, ref).data["runs"] for ref in refs}
    with ThreadPoolExecutor(1) as executor:
        loading = executor.submit(load)
        views = [orders.engine.run_job(orders.engine.plan_job("retry", 1, refs=refs, who="x").job_id) for _ in range(3)]
        stop.set()
        loading.result()
    orders.run()

    assert all(view.done + view.refused == 60 for view in views)
    assert all(set(view.reasons) <= {"moved"} for view in views)
    assert all(orders.engine.task(1, ref).data["runs"] > before[ref] for ref in refs)


# --- Whoever works dies -------------------------------------------------------------------------


class Dies(Exception):
    """As kill -9: nothing is said to anybody any more."""


class Killed:
    """Lets so many calls of a store through, then the process is dead: before the next is sent, or after."""

    def __init__(self, store: Store, after: int, *, sent: bool) -> None:
        self._run, self._left, self._sent = store.run, after, sent
        self.is_dead = False
        store.run = self  # type: ignore[method-assign, assignment]

    def __call__(self, requests: Any) -> Any:
        if self.is_dead:
            raise Dies
        if self._left == 0:
            self.is_dead = True
            if self._sent:
                self._run(requests)
            raise Dies
        self._left -= 1
        return self._run(requests)


def forget_lease(lab: Lab, job_id: str) -> None:
    """As if the lease had run out."""
    store = lab.engine.store
    store.client.hset(f"{{{store.namespace}:reg}} job:{job_id}", "until", 1)


@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize("kind", ["retry", "modify", "delete", "cancel"])
def test_a_job_goes_on_after_its_holder_was_killed_anywhere(orders: Lab, kind: str, sent: bool) -> None:
    count, after, was_killed = 12, 0, True
    while was_killed:
        refs = put(orders, count, "wait" if kind in ("modify", "cancel") else "bad", f"{kind}{after}-")
        task_ids = [orders.engine.task(1, ref).task_id for ref in refs]
        more: Any = {"data": {"paid": 1}} if kind == "modify" else {}
        plan = orders.engine.plan_job(kind, 1, refs=task_ids, **more)
        with Engine.open(orders.engine.settings) as engine:
            engine.find(1)
            killed = Killed(engine.store, after, sent=sent)
            with contextlib.suppress(Dies):
                engine.run_job(plan.job_id)
            was_killed = killed.is_dead
        orders.run()
        if orders.engine.job(plan.job_id).state != "done":
            forget_lease(orders, plan.job_id)
            assert orders.engine.job(plan.job_id).state in ("left", "planned", "stopped")
            orders.engine.run_job(plan.job_id)
            orders.run()

        view = orders.engine.job(plan.job_id)
        assert (view.state, view.done, view.refused) == ("done", count, 0), f"killed at call {after}"
        if kind == "retry":
            assert runs(orders, refs) == {2}
        elif kind == "delete":
            assert not any(orders.engine.find_ref(ref) for ref in refs)
        else:
            assert {orders.engine.task(1, ref).place for ref in refs} == {"final"}
        after += 1
    assert after > 8


def test_a_job_without_its_memory_still_does_each_task_once(orders: Lab) -> None:
    """The answers to a step are remembered for a day; after that the tasks themselves tell."""
    refs = put(orders, 5)
    plan = orders.engine.plan_job("retry", 1, Filter(failed=True))
    with Engine.open(orders.engine.settings) as engine:
        engine.find(1)
        Killed(engine.store, 3, sent=True)
        with pytest.raises(Dies):
            engine.run_job(plan.job_id)
    orders.run()
    assert runs(orders, refs) == {2}
    store = orders.engine.store
    store.client.delete(f"{{{store.namespace}:1.0}} seen", f"{{{store.namespace}:1.0}} answers")

    forget_lease(orders, plan.job_id)
    view = orders.engine.run_job(plan.job_id)
    orders.run()

    assert (view.done, view.reasons) == (0, {"moved": 5})
    assert runs(orders, refs) == {2}


def test_one_holder_at_a_time(orders: Lab) -> None:
    refs = put(orders, 20)
    plan = orders.engine.plan_job("retry", 1, Filter(failed=True))
    other = Engine.open(orders.engine.settings)
    met: list[str] = []

    def meanwhile(done: int, refused: int, total: int) -> None:
        if done == 10:
            with pytest.raises(Refused, match="somebody works"):
                other.run_job(plan.job_id)
            met.append(other.job(plan.job_id).state)

    with other:
        view = orders.engine.run_job(plan.job_id, meanwhile)
    orders.run()

    assert (view.done, met) == (20, ["working"])
    assert runs(orders, refs) == {2}


def test_a_holder_that_was_silent_has_lost_the_job_and_doubles_nothing(orders: Lab) -> None:
    refs = put(orders, 20)
    plan = orders.engine.plan_job("retry", 1, Filter(failed=True))

    def meanwhile(done: int, refused: int, total: int) -> None:
        if done == 10:  # as after a SIGSTOP
            forget_lease(orders, plan.job_id)
            with Engine.open(orders.engine.settings) as other:
                assert other.run_job(plan.job_id).done == 20

    with pytest.raises(Refused, match="went on elsewhere"):
        orders.engine.run_job(plan.job_id, meanwhile)
    orders.run()

    view = orders.engine.job(plan.job_id)
    assert (view.state, view.done, view.refused) == ("done", 20, 0)
    assert runs(orders, refs) == {2}


def test_a_job_is_stopped_and_goes_on(orders: Lab) -> None:
    refs = put(orders, 20)
    plan = orders.engine.plan_job("retry", 1, Filter(failed=True))

    def stop(done: int, refused: int, total: int) -> None:
        if done == 5:
            assert orders.engine.stop_job(plan.job_id).stops

    view = orders.engine.run_job(plan.job_id, stop)

    assert (view.state, view.done) == ("stopped", 10)
    assert orders.engine.stop_job(plan.job_id).state == "stopped"
    assert orders.engine.run_job(plan.job_id).done == 20
    orders.run()
    assert runs(orders, refs) == {2}
    with pytest.raises(Refused, match="ended"):
        orders.engine.stop_job(plan.job_id)


def test_ctrl_c_lets_go_of_the_job(orders: Lab) -> None:
    put(orders, 20)
    plan = orders.engine.plan_job("retry", 1, Filter(failed=True))

    def interrupt(done: int, refused: int, total: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        orders.engine.run_job(plan.job_id, interrupt)

    view = orders.engine.job(plan.job_id)
    assert (view.state, view.done) == ("stopped", 10)
    assert orders.engine.run_job(plan.job_id).done == 20


# --- What is kept -------------------------------------------------------------------------------


def test_jobs_are_kept_for_a_week_and_plans_for_an_hour(orders: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    put(orders, 3)
    old = done(orders, "retry", Filter(failed=True)).job_id
    kept = done(orders, "retry", Filter(failed=True)).job_id
    plan = orders.engine.plan_job("retry", 1, Filter()).job_id
    store = orders.engine.store
    key = f"{{{store.namespace}:reg}} job:"
    now = orders.engine.store.one(jobs.listed())[0].now_ms
    store.client.hset(f"{key}{old}", "changed", now - 7 * 86_400_000 - 60_000)
    store.client.hset(f"{key}{kept}", "changed", now - 7 * 86_400_000 + 600_000)
    store.client.hset(f"{key}{plan}", "changed", now - 3_700_000)

    new = orders.engine.plan_job("retry", 1, Filter()).job_id

    assert [view.job_id for view in orders.engine.jobs()] == [new, kept]
    for gone in (old, plan):
        with pytest.raises(NotFound):
            orders.engine.job(gone)
        assert not store.client.keys(f"{{{store.namespace}:reg}} job*:{gone}")


def test_there_are_so_many_jobs_at_most(orders: Lab) -> None:
    store = orders.engine.store
    said = jobs.JobSaid("retry", 1, {}, "", 0, "")
    assert {store.one(jobs.plan(f"j{n}", said, 0, [])) for n in range(200)} == {"ok"}
    assert store.one(jobs.plan("more", said, 0, [])) == "full"
    with pytest.raises(Refused, match="200 jobs"):
        orders.engine.plan_job("retry", 1, Filter())

    orders.engine.run_job("j7")

    orders.engine.plan_job("retry", 1, Filter())
    assert "j7" not in {view.job_id for view in orders.engine.jobs()}, "one that has ended makes room"


def test_a_plan_has_so_many_tasks_at_most(orders: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    put(orders, 12)
    monkeypatch.setattr(bulk, "MOST_TASKS", 10)

    plan = orders.engine.plan_job("retry", 1, Filter(failed=True))

    assert (plan.total, plan.more) == (10, True)
    assert orders.engine.run_job(plan.job_id).done == 10


def test_a_large_plan_is_sent_in_parts(orders: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    put(orders, 40)
    monkeypatch.setattr(bulk, "_SENT_BYTES", 300)

    assert done(orders, "retry", Filter(failed=True)).done == 40


def test_only_so_many_refusals_are_kept(orders: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 900)
    refs = [f"nobody{n}" for n in range(10_050)]

    view = done(orders, "retry", refs=refs)

    assert (view.refused, view.reasons) == (10_050, {"not_found": 10_050})
    kept = [one.ref for one in orders.engine.job_refused(view.job_id)]
    assert kept == refs[:10_000]


def test_the_audit_and_an_older_look_know_the_keys_of_jobs(orders: Lab) -> None:
    put(orders, 3)
    done(orders, "retry", refs=["t0", "nobody"])
    orders.engine.plan_job("retry", 1, Filter())

    assert not orders.engine.audit().findings


@pytest.mark.parametrize(
    ("kind", "more", "error", "words"),
    [
        ("explode", {"what": Filter()}, WrongData, "one of retry"),
        ("retry", {}, WrongData, "one of them"),
        ("retry", {"what": Filter(), "refs": ["a"]}, WrongData, "one of them"),
        ("retry", {"what": Filter(), "data": {"a": 1}}, WrongData, "has data"),
        ("modify", {"what": Filter()}, WrongData, "has data"),
        ("cancel", {"what": Filter(), "node": "done"}, WrongData, "only a retry"),
        ("retry", {"what": Filter(), "node": "nowhere"}, UnknownNode, "nowhere"),
        ("retry", {"what": Filter(where="a >")}, WrongCondition, "character"),
        ("retry", {"refs": ["a", 3]}, WrongData, "a ref or id"),
    ],
)
def test_a_wrong_job_is_refused_and_leaves_nothing(
    orders: Lab, kind: str, more: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        orders.engine.plan_job(kind, 1, **more)
    assert orders.engine.jobs() == []


@pytest.mark.parametrize("ask", [Engine.job, Engine.run_job, Engine.stop_job])
def test_an_unknown_job_is_not_found(orders: Lab, ask: Callable[[Engine, str], Any]) -> None:
    with pytest.raises(NotFound, match="there is no job"):
        ask(orders.engine, "nothing")

"""Scripts of jobs and of many tasks: each may be sent twice, and only the holder of a job saves."""

from __future__ import annotations

import time

from engine.store import jobs
from engine.store.calls import act
from engine.store.client import Store
from engine.store.jobs import JobSaid, RefusedTask
from engine.store.records import SeenTask
from tests.store.words import P, claimed, contents, place, rest, submit, task
from tests.waiting import eventually

SAID = JobSaid("retry", 1, {}, "all", 3, "me")
RETRY = b'{"type":"retry"}'


def seen(store: Store, ref: str) -> SeenTask:
    found = task(store, ref)
    assert found is not None
    return SeenTask(found.task_id, found.node, found.visit, found.change_ms)


def read(store: Store, job_id: str = "j") -> jobs.Job:
    return store.one(jobs.listed([job_id]))[0]


def taken(store: Store) -> jobs.Job:
    """A job that the token T holds."""
    assert store.one(jobs.plan("j", SAID, 0, [b"one", b"two"])) == "ok"
    assert store.one(jobs.take("j", "T")) == "ok"
    return read(store)


# --- Many tasks -----------------------------------------------------------------------------------


def test_tasks_that_are_as_they_were_seen_are_woken_once(store: Store) -> None:
    for ref in ("a", "b"):
        rest(store, ref, "parked")
    tasks = [seen(store, "a"), seen(store, "b")._replace(visit=9), SeenTask("0" * 24, "1", 1, 1)]
    call = act(P, "job:1", tasks, RETRY, final=True)
    eventually(lambda: time.time() * 1000 > tasks[0].change_ms + 1)  # what is done in the same ms looks unchanged

    assert store.one(call) == ["ok", "moved", "not_found"]
    after = contents(store)

    assert store.one(call) == ["ok", "moved", "not_found"]
    assert contents(store) == after
    assert store.one(act(P, "job:2", tasks[:1], RETRY, final=True)) == ["moved"]
    assert (place(store, "a"), place(store, "b")) == ("ready", "parked")


def test_one_effect_id_for_other_tasks_is_not_taken_for_a_resend(store: Store) -> None:
    for ref in ("a", "b"):
        rest(store, ref, "parked")
    assert store.one(act(P, "job:1", [seen(store, "a")], RETRY)) == ["ok"]

    assert store.one(act(P, "job:1", [seen(store, "b")], RETRY)) == ["ok"]
    assert place(store, "b") == "ready"


def test_many_tasks_are_deleted_and_a_running_one_after_its_run(store: Store) -> None:
    rest(store, "a", "waiting")
    submit(store, "b")
    claimed(store)

    assert store.one(act(P, "job:1", [seen(store, "a"), seen(store, "b")], None)) == ["ok", "noted"]
    assert (place(store, "a"), place(store, "b")) == (None, "leased")


def test_nothing_for_no_tasks(store: Store) -> None:
    assert store.one(act(P, "job:1", [], RETRY)) == []


# --- Jobs -----------------------------------------------------------------------------------------


def test_a_plan_sent_twice_is_there_once(store: Store) -> None:
    for _ in range(2):
        assert store.one(jobs.plan("j", SAID, 0, [b"one", b"two"])) == "ok"
    for _ in range(2):
        assert store.one(jobs.plan("j", SAID, 2, [b"three"])) == "ok"

    assert [store.one(jobs.batch("j", number)) for number in range(4)] == [b"one", b"two", b"three", None]
    assert store.one(jobs.plan("j", SAID, 9, [b"ten"])) == "other"
    assert store.one(jobs.plan("new", SAID, 1, [b"two"])) == "other"
    assert store.one(jobs.take("j", "T")) == "ok"
    assert store.one(jobs.plan("j", SAID, 3, [b"four"])) == "other"


def test_a_save_sent_twice_counts_once(store: Store) -> None:
    job = taken(store)
    call = jobs.save(job, "T", "1", 2, {"moved": 1}, [RefusedTask("a", "id", "moved")], is_over=False)

    assert [store.one(call), store.one(call)] == ["ok", "ok"]

    job = read(store)
    assert (job.cursor, job.done, job.refused, job.reasons) == ("1", 2, 1, {"moved": 1})
    assert store.one(jobs.refused("j", 0, 10)) == [RefusedTask("a", "id", "moved")]


def test_the_last_save_and_one_that_stops_answer_twice_alike(store: Store) -> None:
    job = taken(store)
    assert store.one(jobs.stop("j")) == "stopping"
    call = jobs.save(job, "T", "1", 2, {}, [], is_over=False)
    assert [store.one(call), store.one(call)] == ["stop", "stop"]
    assert (read(store).state, read(store).is_held) == ("stopped", False)

    assert store.one(jobs.take("j", "T2")) == "ok"
    call = jobs.save(read(store), "T2", "end", 3, {}, [], is_over=True)
    assert [store.one(call), store.one(call)] == ["ok", "ok"]
    assert read(store).state == "done"
    assert store.one(jobs.batch("j", 0)) is None
    assert (store.one(jobs.take("j", "T3")), store.one(jobs.stop("j"))) == ("over", "over")


def test_only_the_holder_saves_and_from_where_the_job_stands(store: Store) -> None:
    job = taken(store)
    assert store.one(jobs.take("j", "other")) == "held"
    assert store.one(jobs.save(job, "other", "1", 2, {}, [], is_over=False)) == "lost"
    assert store.one(jobs.save(job._replace(cursor="7"), "T", "8", 2, {}, [], is_over=False)) == "lost"
    store.client.hset(f"{{{store.namespace}:reg}} job:j", "until", 1)

    assert store.one(jobs.take("j", "other")) == "ok"

    assert store.one(jobs.save(job, "T", "1", 2, {}, [], is_over=False)) == "lost"
    assert store.one(jobs.stop("j", "T")) == "stopped", "who has lost it stops nobody"
    assert (read(store).state, read(store).is_held) == ("working", True)


def test_what_is_not_there(store: Store) -> None:
    assert (store.one(jobs.take("j", "T")), store.one(jobs.stop("j"))) == ("not_found", "not_found")
    assert store.one(jobs.listed()) == []

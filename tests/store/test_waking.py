"""Timers, cancel and retry, delete, pause and the hints that make workers look."""

from __future__ import annotations

import pytest

from engine.store.call import Partition
from engine.store.calls import (
    claim,
    commit,
    create,
    deliver,
    discard,
    expire,
    fire,
    pause,
    read,
    set_offset,
    stats,
    wake,
)
from engine.store.client import Hint, Store, TaskDone
from engine.store.records import LANE_RUN, Delivery, NewTask, Outcome
from engine.store.sizes import in_parts  # fmt: skip
from tests.store.words import (
    COUNTED,
    LEASE_MS,
    TO_END,
    P,
    claimed,
    committed,
    contents,
    new_task,
    outcome,
    place,
    rest,
    submit,
    task,
)  # fmt: skip

HOUR_MS = 3_600_000
CANCEL = b'{"type":"cancel"}'
RETRY = b'{"type":"retry"}'


# --- Timers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["delayed", "waiting", "parked", "queued", "sending"])
def test_a_timer_fires_when_it_is_due_and_never_before(store: Store, where: str) -> None:
    rest(store, "a", where, delay_ms=HOUR_MS)
    store.one(set_offset(P, HOUR_MS - 30_000))
    early = store.one(fire(P, 10))
    assert early.fired == 0
    assert early.next_in_ms is not None
    assert 0 < early.next_in_ms <= 30_000

    store.one(set_offset(P, HOUR_MS))

    assert store.one(fire(P, 10)) == (1, None)
    [lent] = claimed(store)
    assert (lent.event, lent.due_ms) == (b'{"type":"timeout"}', 0)
    assert store.one(fire(P, 10)).fired == 0


def test_a_due_time_can_be_a_moment(store: Store) -> None:
    rest(store, "a", "delayed", until_ms=1)

    assert store.one(fire(P, 10)).fired == 1


def test_a_timer_ends_an_outside_call_under_way(store: Store) -> None:
    [task_id] = submit(store, "a")
    committed(store, [outcome(claimed(store)[0], "calling", node="5", token="C", request=b"GET", delay_ms=0)])

    assert store.one(fire(P, 10)).fired == 1

    assert committed(store, [outcome(task_id, "final")], "C")[0].status == "lost"
    [lent] = claimed(store, "T2")
    assert (lent.event, lent.request) == (b'{"type":"timeout"}', b"")
    assert "leases" in contents(store)


def test_a_timer_takes_a_task_out_of_a_full_lane(store: Store) -> None:
    rest(store, "a", "ready", lane="5", node="5", request=b"GET", delay_ms=0)

    assert store.one(fire(P, 10)).fired == 1

    assert claimed(store, "T1", "5", calling=True) == []
    assert claimed(store, "T2")[0].event == b'{"type":"timeout"}'


def test_a_timer_of_a_running_task_is_its_commits_business(store: Store) -> None:
    rest(store, "a", "parked", callback=True, delay_ms=0)
    store.one(deliver(P, [Delivery("e", "modify", ref="a", data=b"x")]))
    [lent] = claimed(store)
    assert lent.due_ms > 0

    assert store.one(fire(P, 10)) == (0, None)

    committed(store, [outcome(lent, "parked", callback=True, mail_taken=1, keep_due=True)])
    assert store.one(fire(P, 10)).fired == 1


def test_a_commit_that_does_not_keep_the_timer_drops_it(store: Store) -> None:
    rest(store, "a", "parked", callback=True, delay_ms=HOUR_MS)
    store.one(deliver(P, [Delivery("e", "modify", ref="a", data=b"x")]))
    [lent] = claimed(store)

    committed(store, [outcome(lent, "parked", callback=True, mail_taken=1)])

    assert "due" not in contents(store)
    record = task(store, "a")
    assert record is not None
    assert record.due_ms == 0


def test_the_offset_turns_creation_and_archive_but_not_leases(store: Store) -> None:
    store.one(set_offset(P, 30 * 24 * HOUR_MS))
    before = store.one(read(Partition(1, 0))).now_ms
    submit(store, "a")

    [lent] = claimed(store)

    assert lent.create_ms > before + 29 * 24 * HOUR_MS
    assert contents(store)["leases"][b"T"] < before + HOUR_MS
    assert store.one(expire(P, 10)).freed == 0


# --- Cancel and retry -------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["delayed", "waiting", "parked", "queued", "sending", "ready"])
def test_a_cancel_reaches_a_task_at_rest(store: Store, where: str) -> None:
    rest(store, "a", where)

    assert store.one(wake(P, "a", CANCEL)) == "ok"

    [lent] = claimed(store)
    assert lent.event == CANCEL
    assert committed(store, [outcome(lent, "final")], moves=TO_END)[0].status == "ok"


def test_a_cancel_twice_is_one_cancel(store: Store) -> None:
    rest(store, "a", "parked")
    store.one(wake(P, "a", CANCEL))
    store.one(wake(P, "a", CANCEL))

    assert len(claimed(store)) == 1


def test_a_cancel_of_an_unknown_task_is_told(store: Store) -> None:
    assert store.one(wake(P, "nobody", CANCEL)) == "not_found"


def test_a_cancel_of_a_running_task_takes_effect_at_its_commit(store: Store) -> None:
    submit(store, "a")
    [lent] = claimed(store)

    assert store.one(wake(P, "a", CANCEL)) == "noted"

    record = task(store, "a")
    assert record is not None
    assert record.noted
    assert committed(store, [outcome(lent, "calling", node="5", token="C", request=b"GET")])[0].status == "again"
    [again] = claimed(store, "T2")
    assert (again.event, again.request) == (CANCEL, b"")
    assert committed(store, [outcome(lent, "final")], "C")[0].status == "lost"


def test_a_cancel_of_a_run_that_ends_comes_too_late(store: Store) -> None:
    submit(store, "a")
    [lent] = claimed(store)
    store.one(wake(P, "a", CANCEL))

    assert committed(store, [outcome(lent, "final")], moves=TO_END)[0].status == "ok"
    assert place(store, "a") == "final"


def test_a_noted_cancel_survives_the_workers_death(store: Store) -> None:
    submit(store, "a")
    store.one(claim(P, "run", 1, "T", 0))
    store.one(wake(P, "a", CANCEL))

    store.one(expire(P, 10))

    assert claimed(store, "T2")[0].event == CANCEL


def test_a_cancel_of_an_outside_call_makes_its_answer_late(store: Store) -> None:
    [task_id] = submit(store, "a", lane="5", node="5")
    [lent] = claimed(store, "T", "5", calling=True)

    assert store.one(wake(P, "a", CANCEL)) == "ok"

    assert committed(store, [outcome(task_id, "final")], lent.token)[0].status == "lost"
    assert claimed(store, "T2")[0].event == CANCEL


def test_a_cancel_reaches_a_task_that_waits_for_a_free_slot(store: Store) -> None:
    submit(store, "a", "b", lane="5", node="5")

    store.one(wake(P, "a", CANCEL))

    assert [t.ref for t in claimed(store, "T1", "5", calling=True)] == ["b"]
    assert [t.event for t in claimed(store, "T2")] == [CANCEL]


def test_a_task_that_comes_back_to_a_lane_is_not_lent_twice(store: Store) -> None:
    submit(store, "a", lane="5", node="5")
    store.one(wake(P, "a", CANCEL))
    [lent] = claimed(store)
    committed(store, [outcome(lent, "ready", lane="5", node="5", request=b"GET")])

    # The lane now holds the task's old entry and its new one.
    assert len(claimed(store, "T1", "5", calling=True)) == 1
    assert claimed(store, "T2", "5", calling=True) == []


def test_a_poisoned_task_can_be_retried_with_all_its_attempts(store: Store) -> None:
    submit(store, "a")
    for token, lane in [("T", "run"), ("A1", "alone"), ("A2", "alone")]:
        store.one(claim(P, lane, 1, token, 0, max_attempts=1))
        store.one(expire(P, 10))
    assert place(store, "a") == "aside"

    assert store.one(wake(P, "a", RETRY)) == "ok"

    [lent] = claimed(store)
    assert (lent.event, lent.attempts) == (RETRY, 0)
    record = task(store, "a")
    assert record is not None
    assert record.note == ""
    assert "aside" not in contents(store)


def test_an_ended_task_can_be_retried_while_its_ref_is_free(store: Store) -> None:
    first = rest(store, "a", "final")
    assert store.one(wake(P, "a", CANCEL)) == "final"
    [second] = submit(store, "a")

    assert store.one(wake(P, first, RETRY, final=True)) == "ref_taken"

    committed(store, [outcome(claimed(store)[0], "final")])
    assert store.one(wake(P, first, RETRY, final=True)) == "ok"
    record = task(store, "a")
    assert record is not None
    assert (record.task_id, record.place) == (first, "ready")
    assert place(store, second) == "final"


# --- Delete -----------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["delayed", "waiting", "parked", "queued", "sending", "ready", "final"])
def test_a_deleted_task_leaves_nothing_but_counts(store: Store, where: str) -> None:
    rest(store, "a", where, delay_ms=HOUR_MS)

    assert store.one(discard(P, "a")) == "ok"

    assert store.one(discard(P, "a")) == "not_found"
    assert claimed(store) == []
    assert set(contents(store)) - COUNTED <= {"cnt", "archs"}


def test_a_running_task_is_deleted_at_its_commit(store: Store) -> None:
    submit(store, "a", "b")
    tasks = claimed(store)

    assert store.one(discard(P, "a")) == "noted"

    committed(store, [outcome(tasks[0], "parked", delay_ms=5), outcome(tasks[1], "parked")])
    assert place(store, "a") is None
    assert place(store, "b") == "parked"
    assert store.one(read(P, [], ["1"])).counts[0].now == 1


def test_a_running_task_that_is_deleted_makes_no_outside_call(store: Store) -> None:
    submit(store, "a")
    [lent] = claimed(store)
    assert store.one(discard(P, "a")) == "noted"

    [answer] = committed(store, [outcome(lent, "calling", token="C", request=b"request")])

    assert answer.status == "lost"
    assert place(store, "a") is None
    assert store.one(stats(P)).leases == 0


def test_a_running_task_is_deleted_when_its_worker_dies(store: Store) -> None:
    submit(store, "a")
    store.one(claim(P, "run", 1, "T", 0))
    store.one(discard(P, "a"))

    assert store.one(expire(P, 10)).freed == 0
    assert set(contents(store)) - COUNTED == {"cnt"}


# --- Hints ------------------------------------------------------------------------------------


def test_a_hint_comes_when_a_lane_is_no_longer_empty_and_only_then(store: Store) -> None:
    with store.subscribe() as hints:
        submit(store, "a")
        submit(store, "b")

        assert hints.get(5) == Hint(P.conv_id, P.number, LANE_RUN, None)
        assert hints.get(0.05) is None


def test_what_others_publish_does_not_end_a_listener(store: Store) -> None:
    with store.subscribe() as hints:
        for stray in (b"", b"7", b"x.y lane run", b"\xff", b"7.0 due soon never"):
            store.client.publish(f"{store.namespace}:hint", stray)
        submit(store, "a")

        assert hints.get(5) == Hint(P.conv_id, P.number, LANE_RUN, None)


def test_a_hint_names_the_earliest_timer(store: Store) -> None:
    with store.subscribe() as hints:
        for ref, delay in [("a", HOUR_MS), ("b", 2 * HOUR_MS), ("c", HOUR_MS // 2)]:
            rest(store, ref, "delayed", delay_ms=delay)

        dues: list[Hint] = []
        while len(dues) < 2:
            hint = hints.get(5)
            assert isinstance(hint, Hint)
            if hint.due_ms is not None:
                dues.append(hint)
        assert [hint.in_ms for hint in dues] == [HOUR_MS, HOUR_MS // 2]
        assert hints.get(0.05) is None


def test_resume_hints_at_the_tasks_it_held(store: Store) -> None:
    submit(store, "a")
    store.one(pause(P, True))
    with store.subscribe() as hints:
        store.one(pause(P, False))

        assert hints.get(5) == Hint(P.conv_id, P.number, LANE_RUN, None)


def test_a_watched_commit_is_announced(store: Store) -> None:
    submit(store, "a")
    [lent] = claimed(store)
    with store.subscribe(hints=False) as hints:
        committed(store, [outcome(lent, "final", notify=True)])

        assert hints.get(5) == TaskDone(P.conv_id, P.number, lent.task_id)


def test_a_closed_subscription_ends_its_reader(store: Store) -> None:
    hints = store.subscribe()
    hints.close()

    assert hints.get(60) is None
    assert list(hints) == []


# --- Stats ------------------------------------------------------------------------------------


def test_stats_say_how_many_stand_where(store: Store) -> None:
    rest(store, "parked", "delayed", delay_ms=HOUR_MS)
    submit(store, "a", "b", lane="5", node="5")
    submit(store, "c", "d")
    claimed(store, count=1)

    found = store.one(stats(P))

    assert found.lanes == {"run": 1, "5": 2}
    assert (found.leases, found.dues, found.outbox, found.aside) == (1, 1, 0, 0)
    assert found.next_in_ms is not None
    assert (found.counts["1"].now, found.counts["5"].now) == (3, 2)


def test_what_is_too_much_for_one_call_is_cut_into_parts_in_order() -> None:
    small = [new_task() for _ in range(2500)]
    large = [new_task(data=b"x" * 1_500_000) for _ in range(5)]

    for tasks, sizes in [(small, [1000, 1000, 500]), (large, [2, 2, 1]), ([], [])]:
        parts = list(in_parts(tasks))
        assert [len(part) for part in parts] == sizes
        assert [task for part in parts for task in part] == tasks
        for part in parts:
            create(P, part)


def test_wrong_arguments_are_refused_before_anything_is_sent() -> None:
    with pytest.raises(ValueError, match="not a task id"):
        create(P, [NewTask("x", "", "1", "run", b"", b"")])
    with pytest.raises(ValueError, match="at most 1000"):
        create(P, [new_task()] * 1001)
    with pytest.raises(ValueError, match="bytes in one call"):
        create(P, [new_task(data=b"x" * 4_000_001)])
    with pytest.raises(ValueError, match="cannot end in place"):
        commit(P, "T", [[]], [Outcome("0" * 24, "1", "leased", 1, None, b"", 0)], LEASE_MS)
    with pytest.raises(ValueError, match="lease token"):
        commit(P, "T", [[]], [Outcome("0" * 24, "1", "calling", 1, None, b"", 0)], LEASE_MS)
    with pytest.raises(ValueError, match="no move list"):
        commit(P, "T", [[]], [Outcome("0" * 24, "1", "parked", 1, None, b"", 3)], LEASE_MS)

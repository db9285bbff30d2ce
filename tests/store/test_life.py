"""From creation to the archive: create, claim, commit, renew, expire."""

from __future__ import annotations

from engine.store.calls import claim, commit, confirm, create, expire, pause, read, renew
from engine.store.client import Store
from engine.store.ids import new_task_id
from engine.store.records import Committed, Confirm, Effect, NewTask, Outcome
from tests.store.words import (
    COUNTED,
    DATA,
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
from tests.waiting import eventually


def test_a_created_task_is_found_by_its_ref_and_by_its_id_with_its_bytes_unread(store: Store) -> None:
    new = new_task("order 7")

    assert store.one(create(P, [new])) == ["ok"]

    snapshot = store.one(read(P, ["order 7", new.task_id, "nobody"], ["1"]))
    assert snapshot.tasks[0] == snapshot.tasks[1]
    assert snapshot.tasks[2] is None
    record = snapshot.tasks[0]
    assert record is not None
    assert (record.task_id, record.ref, record.node, record.place) == (new.task_id, "order 7", "1", "ready")
    assert (record.data, record.meta, record.visit) == (DATA, b"meta\xff", 1)
    assert (snapshot.counts[0].entered, snapshot.counts[0].now) == (1, 1)


def test_creating_an_id_twice_is_creating_it_once(store: Store) -> None:
    call = create(P, [new_task("a"), new_task()])
    store.one(call)
    before = contents(store)

    assert store.one(call) == ["same", "same"]
    assert contents(store) == before


def test_an_id_twice_in_one_call_is_one_task(store: Store) -> None:
    new = new_task("a")

    assert store.one(create(P, [new, new])) == ["ok", "same"]
    assert len(claimed(store)) == 1


def test_an_id_twice_in_one_call_is_one_task_under_whatever_ref(store: Store) -> None:
    odd = new_task("0" * 24)
    twice = [odd, odd._replace(ref="a"), new_task("b"), new_task("0" * 24)]

    assert store.one(create(P, twice)) == ["ok", "same", "ok", "ref_taken"]
    assert sorted(t.ref for t in claimed(store)) == ["0" * 24, "b"]


def test_a_ref_is_taken_while_its_task_lives_and_free_after(store: Store) -> None:
    submit(store, "a")

    assert store.one(create(P, [new_task("a"), new_task("b"), new_task("b")])) == ["ref_taken", "ok", "ref_taken"]

    tasks = claimed(store)
    committed(store, [outcome(t, "final") for t in tasks])
    assert place(store, "a") == "final"
    [second] = submit(store, "a")
    record = task(store, "a")
    assert record is not None
    assert record.task_id == second


def test_the_id_of_a_living_task_without_a_ref_is_a_taken_ref(store: Store) -> None:
    [task_id] = submit(store, "")

    assert store.one(create(P, [new_task(task_id)])) == ["ref_taken"]


def test_a_ref_that_looks_like_an_id_works(store: Store) -> None:
    looks = new_task_id(None, 0)
    [task_id] = submit(store, looks)
    record = task(store, looks)

    assert record is not None
    assert record.task_id == task_id
    assert store.one(create(P, [NewTask(looks, "", "1", "run", b"", b"")])) == ["ref_taken"]


def test_a_paused_conv_takes_no_new_tasks_and_lends_none(store: Store) -> None:
    [old] = submit(store, "old")

    assert store.one(pause(P, True)) is False

    assert store.one(create(P, [new_task("new"), NewTask(old, "old", "1", "run", b"", b"")])) == ["inactive", "same"]
    assert claimed(store) == []
    assert place(store, "old") == "held"
    assert store.one(pause(P, False)) is True
    assert [t.task_id for t in claimed(store)] == [old]


def test_claims_lend_the_oldest_first_and_each_task_once(store: Store) -> None:
    ids = submit(store, "a", "b", "c")

    first = claimed(store, "T1", count=2)
    second = claimed(store, "T2", count=2)

    assert [t.task_id for t in first] == ids[:2]
    assert [t.task_id for t in second] == ids[2:]
    assert first[0].data == DATA
    assert place(store, "a") == "leased"


def test_a_resent_claim_gets_the_same_tasks(store: Store) -> None:
    submit(store, "a", "b", "c")
    call = claim(P, "run", 2, "T", LEASE_MS)
    first = store.one(call)
    before = contents(store)

    again = store.one(call)

    assert sorted(t.task_id for t in again.tasks) == sorted(t.task_id for t in first.tasks)
    assert contents(store) == before


def test_a_resent_claim_for_calls_gets_the_same_leases(store: Store) -> None:
    submit(store, "a", "b", lane="5", node="5")
    call = claim(P, "5", 9, "T", LEASE_MS, calling=True)
    first = store.one(call)
    before = contents(store)

    assert store.one(call).tasks == first.tasks
    assert contents(store) == before


def test_a_claim_for_calls_gives_each_task_a_lease_of_its_own(store: Store) -> None:
    submit(store, "a", "b", lane="5", node="5")

    tasks = claimed(store, "T", "5", calling=True)

    assert [t.token for t in tasks] == ["T.0", "T.1"]
    assert place(store, "a") == "calling"
    assert committed(store, [outcome(tasks[0], "final")], "T.0")[0].status == "ok"
    assert committed(store, [outcome(tasks[1], "final")], "T.0")[0].status == "lost"


def test_a_commit_writes_record_place_counts_and_archive_together(store: Store) -> None:
    submit(store, "a")
    [lent] = claimed(store)

    result = committed(store, [outcome(lent, "final", data=b"new", visit=3)], moves=TO_END)

    assert result == [Committed("ok", [])]
    snapshot = store.one(read(P, ["a"], ["1", "9"]))
    record = snapshot.tasks[0]
    assert record is not None
    assert (record.place, record.node, record.data, record.meta, record.visit) == ("final", "9", b"new", b"meta2", 3)
    assert [count.now for count in snapshot.counts] == [0, 1]
    keys = contents(store)
    assert not [key for key in keys if key.startswith(("lease", "q:"))]


def test_a_resent_commit_gets_its_first_answer(store: Store) -> None:
    submit(store, "a", "b")
    tasks = claimed(store)
    outcomes = [outcome(tasks[0], "final"), outcome(tasks[1], "calling", node="5", token="C", request=b"GET")]
    call = commit(P, "T", TO_END, outcomes, LEASE_MS)
    first = store.one(call)
    before = contents(store)

    assert store.one(call) == first == [Committed("ok", [])] * 2
    assert contents(store) == before


def test_a_lost_lease_writes_nothing(store: Store) -> None:
    submit(store, "a")
    [lent] = store.one(claim(P, "run", 1, "T", 0)).tasks
    store.one(expire(P, 10))
    before = contents(store)

    result = committed(store, [outcome(lent, "final", data=b"late")], moves=TO_END)

    assert result == [Committed("lost", [])]
    assert contents(store) == before


def test_a_lost_task_does_not_hold_up_the_others_of_its_commit(store: Store) -> None:
    submit(store, "a", "b")
    tasks = claimed(store)
    committed(store, [outcome(tasks[0], "final")], moves=TO_END)

    both = committed(store, [outcome(tasks[0], "parked"), outcome(tasks[1], "final")], moves=TO_END)

    assert [c.status for c in both] == ["lost", "ok"]
    assert store.one(read(P, [], ["9"])).counts[0].entered == 2


def test_a_batch_can_be_committed_in_parts(store: Store) -> None:
    submit(store, "a", "b")
    tasks = claimed(store)

    committed(store, [outcome(tasks[0], "parked")])
    committed(store, [outcome(tasks[1], "parked")])

    assert (place(store, "a"), place(store, "b")) == ("parked", "parked")
    assert not [key for key in contents(store) if key.startswith("lease")]


def test_unchanged_data_stays(store: Store) -> None:
    rest(store, "a", "parked", data=None)

    record = task(store, "a")
    assert record is not None
    assert record.data == DATA


def test_a_long_run_goes_back_to_its_lane(store: Store) -> None:
    rest(store, "a", "ready")

    assert [t.ref for t in claimed(store, "T2")] == ["a"]


def test_a_task_for_outside_work_waits_in_its_nodes_lane_with_its_request(store: Store) -> None:
    rest(store, "a", "ready", lane="5", node="5", request=b"GET /\xff")

    assert claimed(store) == []
    [lent] = claimed(store, "T2", "5", calling=True)
    assert lent.request == b"GET /\xff"


def test_a_committing_worker_may_make_the_call_itself(store: Store) -> None:
    rest(store, "a", "calling", node="5", token="C", request=b"GET /")

    assert place(store, "a") == "calling"
    record = task(store, "a")
    assert record is not None
    result = committed(store, [outcome(record.task_id, "final")], "C", TO_END)
    assert result[0].status == "ok"
    left = contents(store)
    assert not [key for key in left if key.startswith(("lease", "at:"))]
    assert set(left[f"t:{record.task_id}"]) == {b"n", b"p", b"v", b"d", b"m", b"c", b"x", b"r"}


def test_the_request_of_a_lost_call_is_kept_and_goes_out_again_alone(store: Store) -> None:
    rest(store, "a", "ready", lane="5", node="5", request=b"GET /")
    store.one(claim(P, "5", 1, "T2", 0, calling=True))

    assert store.one(expire(P, 10)).freed == 1

    assert not [key for key in contents(store) if key.startswith(("at:", "lease"))]
    assert claimed(store, "T3", "5", calling=True) == []
    [again] = claimed(store, "T4", "alone")
    assert (again.request, again.attempts) == (b"GET /", 1)


def test_a_call_made_alone_keeps_its_attempts_until_its_answer_is_committed(store: Store) -> None:
    submit(store, "a")
    [lent] = claimed(store)
    store.one(commit(P, "T", TO_END, [outcome(lent, "calling", node="5", token="C", request=b"GET")], 0))
    for attempt in (1, 2):
        store.one(expire(P, 10))
        [lent] = claimed(store, f"A{attempt}", "alone")
        assert (lent.request, lent.attempts) == (b"GET", attempt)
        call = outcome(lent, "calling", node="5", token=f"C{attempt}", request=b"GET")
        store.one(commit(P, f"A{attempt}", TO_END, [call], 0))

    committed(store, [outcome(lent, "parked", node="5")], "C2")

    assert b"a" not in contents(store)[f"t:{lent.task_id}"]


def test_a_renewed_lease_is_kept_and_a_lost_one_is_told(store: Store) -> None:
    submit(store, "a", "b")
    store.one(claim(P, "run", 1, "T1", 0))
    store.one(claim(P, "run", 1, "T2", 0))

    assert store.one(renew(P, ["T1", "gone"], LEASE_MS)) == [True, False]

    assert store.one(expire(P, 10)).freed == 1
    assert (place(store, "a"), place(store, "b")) == ("leased", "ready")


def test_a_lease_in_time_is_not_taken_back(store: Store) -> None:
    submit(store, "a")
    claimed(store)

    assert store.one(expire(P, 10)).freed == 0
    assert place(store, "a") == "leased"


def test_expire_says_in_which_lanes_tasks_are_ready(store: Store) -> None:
    lanes = ["run", "alone", "5"]
    assert store.one(expire(P, 10, lanes)) == (0, (), False)
    rest(store, "b", "ready", lane="5", node="5")
    submit(store, "a")
    assert store.one(expire(P, 10, lanes)) == (0, ("run", "5"), True)
    assert store.one(expire(P, 10, ["alone"])) == (0, (), False)

    store.one(claim(P, "run", 1, "T2", 0))

    assert store.one(expire(P, 10, lanes)) == (1, ("alone", "5"), True)


def test_a_lease_ends_by_the_servers_real_time(store: Store) -> None:
    submit(store, "a")
    store.one(claim(P, "run", 1, "T1", 30))

    eventually(lambda: store.one(expire(P, 10)).freed == 1)


def test_expire_says_whether_anything_is_under_way(store: Store) -> None:
    assert not store.one(expire(P, 10)).is_busy
    submit(store, "a")
    [task] = claimed(store)
    assert store.one(expire(P, 10)).is_busy, "a lease"

    effect = Effect("e", 7, "x", "create", b"{}", blocking=False)
    [done] = committed(store, [outcome(task, "final", effects=(effect,))])
    assert store.one(expire(P, 10)).is_busy, "an effect to deliver"
    store.one(confirm(P, [Confirm(done.out_ids[0], task.task_id, 2, b"", False)]))

    assert not store.one(expire(P, 10)).is_busy


def test_after_a_lost_lease_tasks_are_lent_one_at_a_time(store: Store) -> None:
    submit(store, "a", "b")
    store.one(claim(P, "run", 2, "T", 0))
    store.one(expire(P, 10))

    assert claimed(store, "T1") == []
    [alone] = claimed(store, "T2", "alone", 2)
    assert alone.attempts == 1


def test_only_attempts_alone_set_a_task_aside(store: Store) -> None:
    submit(store, "poison", "innocent")
    store.one(claim(P, "run", 2, "batch", 0))
    store.one(expire(P, 10))
    # The innocent one runs alone once and commits; the other kills its worker each time.
    for attempt in range(1, 4):
        [lent] = store.one(claim(P, "alone", 1, f"A{attempt}", 0, max_attempts=3)).tasks
        if lent.ref == "innocent":
            committed(store, [outcome(lent, "parked")], f"A{attempt}")
        store.one(expire(P, 10))
    for attempt in range(4, 6):
        for lent in store.one(claim(P, "alone", 1, f"A{attempt}", 0, max_attempts=3)).tasks:
            assert lent.ref == "poison"
        store.one(expire(P, 10))

    assert place(store, "innocent") == "parked"
    record = task(store, "poison")
    assert record is not None
    assert (record.place, record.note) == ("aside", "lost its worker 3 times")
    assert len(contents(store)["aside"]) == 1


def test_a_task_has_as_many_attempts_alone_as_it_may(store: Store) -> None:
    submit(store, "poison")
    store.one(claim(P, "run", 1, "batch", 0))
    store.one(expire(P, 10))

    lent = []
    for attempt in range(6):
        lent += [task.attempts for task in store.one(claim(P, "alone", 1, f"A{attempt}", 0, max_attempts=3)).tasks]
        store.one(expire(P, 10))

    assert lent == [1, 2, 3]


def test_a_commit_gives_back_all_attempts(store: Store) -> None:
    submit(store, "a")
    store.one(claim(P, "run", 1, "T", 0))
    store.one(expire(P, 10))
    [lent] = claimed(store, "T1", "alone")

    committed(store, [outcome(lent, "ready")], "T1")

    assert claimed(store, "T2")[0].attempts == 0


def test_a_task_not_to_be_kept_vanishes_with_its_pointer_and_stays_counted(store: Store) -> None:
    submit(store, "a")
    [lent] = claimed(store)

    committed(store, [outcome(lent, "final", save=False)], moves=TO_END)

    assert place(store, "a") is None
    count = store.one(read(P, [], ["9"])).counts[0]
    assert (count.entered, count.removed, count.now) == (1, 1, 0)
    assert set(contents(store)) - COUNTED == {"cnt"}


def test_distinct_move_lists_are_counted_per_task(store: Store) -> None:
    submit(store, "a", "b", "c")
    tasks = claimed(store)
    moves = [[("1", 0, 1), ("9", 1, 0)], [("1", 0, 1), ("2", 3, 2)]]

    committed(
        store,
        [outcome(tasks[0], "final"), outcome(tasks[1], "parked", node="2", moves=1), outcome(tasks[2], "final")],
        moves=moves,
    )

    one, two, nine = store.one(read(P, [], ["1", "2", "9"])).counts
    assert (one.entered, one.left) == (3, 3)
    assert (two.entered, two.left) == (3, 2)
    assert (nine.entered, nine.now) == (2, 2)


def test_a_full_thousand_goes_through_every_call(store: Store) -> None:
    tasks = [new_task(f"r{n}") for n in range(1000)]
    assert store.one(create(P, tasks)) == ["ok"] * 1000

    lent = claimed(store, count=1000)

    assert len(lent) == 1000
    outcomes = [Outcome(t.task_id, "9", "parked", 2, t.data, t.meta, 0, delay_ms=1, callback=True) for t in lent]
    assert {c.status for c in committed(store, outcomes)} == {"ok"}

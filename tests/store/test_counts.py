"""Counts over time: what moved and what failed, by minute and hour, on the partition's clock."""

from __future__ import annotations

import time
from collections import Counter
from typing import Literal

import msgspec
import pytest

from engine.store import move
from engine.store.audit import audit
from engine.store.call import Partition
from engine.store.calls import commit, create, deliver, discard, periods, set_aside, set_offset, stats, sweep
from engine.store.client import Store
from engine.store.ids import BUCKETS, effect_task_id
from engine.store.records import Delivery
from engine.store.wire import KEPT_HOURS, KEPT_MINUTES
from tests.store.words import LEASE_MS, STAY, TO_END, TOKEN, P, claimed, contents, new_task, outcome, submit

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
OTHER = Partition(P.conv_id, 1)
ALL_HERE, NONE_HERE = bytes([move.HERE]) * BUCKETS, bytes([move.ELSEWHERE]) * BUCKETS
FOREVER = 10**9
Kind = Literal["minutes", "hours"]


class Clock:
    """The partition's, at the middle of a minute, so that what a test does lies in one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.offset_ms = 30_000 - int(time.time() * 1000) % MINUTE_MS
        self.forward(0)

    def forward(self, ms: int) -> None:
        self.offset_ms += ms
        self._store.one(set_offset(P, self.offset_ms))

    @property
    def minute(self) -> int:
        return int(time.time() * 1000 + self.offset_ms) // MINUTE_MS


@pytest.fixture
def clock(store: Store) -> Clock:
    return Clock(store)


def counted(
    store: Store, kind: Kind = "minutes", p: Partition = P, since: int = 1
) -> dict[int, Counter[tuple[str, ...]]]:
    """Per minute or hour: ("1", "in"), ("1", "out"), ("1", "tag")."""
    found: dict[int, Counter[tuple[str, ...]]] = {}
    for period in store.one(periods(p, kind, since, FOREVER)).periods:
        counts = found.setdefault(period.number, Counter())
        for node, entered, left in period.moves:
            counts += Counter({(node, "in"): entered, (node, "out"): left})
        counts += Counter({(node, tag): tasks for node, tag, tasks in period.failures})
    return found


def total(store: Store, kind: Kind = "minutes", p: Partition = P) -> Counter[tuple[str, ...]]:
    return sum(counted(store, kind, p).values(), Counter())


def end(store: Store, *tags: str) -> None:
    """Claim what there is, and end it; on the way of each something failed in node 1."""
    tasks = claimed(store)
    failures = [(0, "1", tag) for tag in tags]
    ended = [outcome(task, "final") for task in tasks]
    assert {one.status for one in store.one(commit(P, TOKEN, TO_END, ended, LEASE_MS, failures=failures))} == {"ok"}


# --- What is counted ---------------------------------------------------------------------------------------


def test_what_moves_is_counted_in_its_minute(store: Store, clock: Clock) -> None:
    first = clock.minute
    submit(store, "a", "b")
    clock.forward(MINUTE_MS)
    end(store)
    clock.forward(5 * MINUTE_MS)
    submit(store, "c")

    assert counted(store) == {
        first: {("1", "in"): 2},
        first + 1: {("1", "out"): 2, ("9", "in"): 2},
        first + 6: {("1", "in"): 1},
    }


def test_an_hour_has_what_its_minutes_have(store: Store, clock: Clock) -> None:
    clock.forward(HOUR_MS - (clock.minute % 60) * MINUTE_MS)
    hour = clock.minute // 60
    submit(store, "a")
    clock.forward(MINUTE_MS)
    submit(store, "b")
    clock.forward(HOUR_MS)
    submit(store, "c")

    assert counted(store, "hours") == {hour: {("1", "in"): 2}, hour + 1: {("1", "in"): 1}}


def test_a_task_that_an_effect_creates_is_counted_once(store: Store, clock: Clock) -> None:
    new = [
        Delivery(
            name, "create", effect_task_id(name, ""), "", "1", data=b"0", meta=b"m", read_ms=int(time.time() * 1000)
        )
        for name in ("e1", "e2")
    ]
    assert store.one(deliver(P, new)) == ["ok", "ok"]
    assert store.one(deliver(P, new)) == ["same", "same"]

    assert total(store) == {("1", "in"): 2}


def test_calls_that_are_sent_twice_count_once(store: Store, clock: Clock) -> None:
    call = create(P, [new_task("a")])
    assert [store.one(call), store.one(call)] == [["ok"], ["same"]]
    [task] = claimed(store)
    call2 = commit(P, TOKEN, TO_END, [outcome(task, "final")], LEASE_MS, failures=[(0, "1", "tag")])
    assert store.one(call2) == store.one(call2)

    assert total(store) == {("1", "in"): 1, ("1", "out"): 1, ("9", "in"): 1, ("1", "tag"): 1}


def test_a_lost_lease_counts_nothing(store: Store, clock: Clock) -> None:
    [task_id] = submit(store, "a")

    lost = store.one(commit(P, "other", TO_END, [outcome(task_id, "final")], LEASE_MS, failures=[(0, "1", "tag")]))

    assert [one.status for one in lost] == ["lost"]
    assert total(store) == {("1", "in"): 1}


def test_failures_are_counted_for_each_task_that_took_that_way(store: Store, clock: Clock) -> None:
    submit(store, "a", "b", "c")
    tasks = claimed(store)
    ended = [outcome(task, "final", moves=number % 2) for number, task in enumerate(tasks)]
    lists = [TO_END[0], STAY[0]]

    store.one(commit(P, TOKEN, lists, ended, LEASE_MS, failures=[(0, "1", "timeout"), (0, "1", "x"), (1, "1", "x")]))

    failed = {name: tasks for name, tasks in total(store).items() if name[1] not in ("in", "out")}
    assert failed == {("1", "timeout"): 2, ("1", "x"): 3}


def test_what_is_set_aside_has_failed(store: Store, clock: Clock) -> None:
    submit(store, "a")
    [task] = claimed(store)

    assert store.one(set_aside(P, TOKEN, [(task.task_id, "why")])) == ["ok"]

    assert total(store)["1", "set_aside"] == 1


def test_what_is_deleted_is_neither_in_nor_out(store: Store, clock: Clock) -> None:
    submit(store, "a")
    store.one(discard(P, "a"))

    assert total(store) == {("1", "in"): 1}


# --- Tags are data -----------------------------------------------------------------------------------------


def test_a_node_has_at_most_50_tags_a_day(store: Store, clock: Clock) -> None:
    clock.forward(DAY_MS - (clock.minute % 1440) * MINUTE_MS)
    submit(store, "a", "b")
    end(store, *(f"tag {number}" for number in range(60)))
    clock.forward(HOUR_MS)
    submit(store, "c")
    end(store, "tag 0", "new", "other")

    failed = {tag: tasks for (node, tag), tasks in total(store).items() if tag not in ("in", "out")}
    assert len(failed) == 51
    assert failed["tag 0"] == 3
    assert failed["other"] == 22
    assert "new" not in failed

    clock.forward(DAY_MS)
    submit(store, "d")
    end(store, "new")
    assert total(store)["1", "new"] == 1
    assert total(store)["1", "tag 1"] == 2


def test_tags_of_any_letters_come_back_as_they_are(store: Store, clock: Clock) -> None:
    tags = ["with a space", "é…漢", "1 in", "%d", "", "in"]
    submit(store, "a")
    end(store, *tags)
    clock.forward(MINUTE_MS)
    submit(store, "b")

    entries = [
        failed.tag for period in store.one(periods(P, "minutes", 1, FOREVER)).periods for failed in period.failures
    ]
    assert sorted(entries) == sorted(tags)


# --- Which are read ----------------------------------------------------------------------------------------


def test_a_span_is_read(store: Store, clock: Clock) -> None:
    first = clock.minute
    for number in range(6):
        submit(store, f"r{number}")
        clock.forward(2 * MINUTE_MS)

    def read(since: int, until: int) -> list[int]:
        return [
            period.number - first for period in store.one(periods(P, "minutes", first + since, first + until)).periods
        ]

    assert read(0, 100) == [0, 2, 4, 6, 8, 10]
    assert read(1, 8) == [2, 4, 6]
    assert read(2, 3) == [2]
    assert read(3, 4) == read(4, 4) == read(5, 2) == read(-50, 0) == read(11, 50) == []
    assert read(10, 11) == [10], "what is open"


def test_a_clock_that_was_set_back_finds_its_minute(store: Store, clock: Clock) -> None:
    first = clock.minute
    for number, step in enumerate((3, 2, -4, 1, -3, 8)):
        submit(store, f"r{number}")
        clock.forward(step * MINUTE_MS)
    submit(store, "last")

    ones = {("1", "in"): 1}
    expected = {first: ones, first + 3: ones, first + 5: ones, first + 1: ones, first + 2: ones, first - 1: ones}
    assert counted(store) == {**expected, first + 7: ones}
    numbers = [int(entry.partition(b" ")[0]) for entry in contents(store)["minutes"]]
    assert numbers == sorted(set(numbers))


def test_the_same_minute_twice_has_one_entry(store: Store, clock: Clock) -> None:
    first = clock.minute
    for number, step in enumerate((1, -1, 1, -1)):
        submit(store, f"r{number}")
        clock.forward(step * MINUTE_MS)
    clock.forward(9 * MINUTE_MS)
    submit(store, "last")

    assert counted(store) == {first: {("1", "in"): 2}, first + 1: {("1", "in"): 2}, first + 9: {("1", "in"): 1}}
    assert len(contents(store)["minutes"]) == 2


def test_a_span_that_ends_now_is_read(store: Store, clock: Clock) -> None:
    first = clock.minute
    for number in range(4):
        submit(store, f"r{number}")
        clock.forward(MINUTE_MS)
    submit(store, "now")

    def read(since: int, until: int) -> list[int]:
        return [one.number - first for one in store.one(periods(P, "minutes", since, until)).periods]

    assert read(-2, 0) == [2, 3, 4]
    assert read(-2, -1) == [2, 3]
    assert read(0, 0) == [4]
    assert read(first + 1, 0) == [1, 2, 3, 4]
    assert [one.number for one in store.one(periods(P, "hours", 0, 0)).periods[-1:]] == [clock.minute // 60]


# --- How long they are kept --------------------------------------------------------------------------------


def test_what_is_too_old_goes_with_a_sweep(store: Store, clock: Clock) -> None:
    for number in range(30):
        submit(store, f"r{number}")
        clock.forward(MINUTE_MS)
    clock.forward(KEPT_MINUTES * MINUTE_MS)

    swept = [store.one(sweep(P, 20, 1000 * DAY_MS, 1000)) for _ in range(3)]

    assert [one.more for one in swept] == [True, False, False]
    assert counted(store) == {}
    assert total(store, "hours") == {("1", "in"): 30}
    clock.forward(KEPT_HOURS * HOUR_MS)
    store.one(sweep(P, 20, 1000 * DAY_MS, 1000))
    assert counted(store, "hours") == {}


def test_what_is_too_old_goes_without_a_sweep(store: Store, clock: Clock) -> None:
    for number in range(25):
        submit(store, f"r{number}")
        clock.forward(MINUTE_MS)
    clock.forward(KEPT_MINUTES * MINUTE_MS)
    left = []
    for number in range(4):
        clock.forward(MINUTE_MS)
        submit(store, f"s{number}")
        left.append(len(contents(store)["minutes"]))

    assert left == [15, 6, 2, 3]


def test_a_partition_in_which_nothing_moves_is_left_alone(store: Store, clock: Clock) -> None:
    submit(store, "a")
    clock.forward(MINUTE_MS)
    store.one(sweep(P, 20, DAY_MS, 1000))
    before = contents(store)
    clock.forward(MINUTE_MS)
    store.one(sweep(P, 20, DAY_MS, 1000))
    after = contents(store)

    before["meta"].pop(b"offset"), after["meta"].pop(b"offset")
    assert after == before
    assert store.one(stats(P)).periods == 2


# --- Older workers, moves, audits --------------------------------------------------------------------------


def test_a_store_that_older_workers_have_written_begins_with_nothing(store: Store, clock: Clock) -> None:
    submit(store, "a", "b")
    tag = f"{{{store.namespace}:{P.conv_id}.{P.number}}}"
    store.client.delete(*(f"{tag} {key}" for key in ("was", "errors", "minutes", "hours")))
    store.client.hdel(f"{tag} meta", "minute")

    assert counted(store) == {}
    submit(store, "c")

    assert total(store) == total(store, "hours") == {("1", "in"): 1}


def test_what_an_older_worker_moves_is_counted_in_the_minute_that_is_open(store: Store, clock: Clock) -> None:
    first = clock.minute
    submit(store, "a")
    store.client.hincrby(f"{{{store.namespace}:{P.conv_id}.{P.number}}} cnt", "1.o", 3)  # all that its scripts do
    clock.forward(MINUTE_MS)
    store.one(sweep(P, 20, DAY_MS, 1000))
    store.client.hincrby(f"{{{store.namespace}:{P.conv_id}.{P.number}}} cnt", "1.o", 2)

    assert counted(store) == {first: {("1", "in"): 1, ("1", "out"): 3}, first + 1: {("1", "out"): 2}}


def test_a_mended_miscount_is_no_move(store: Store, clock: Clock) -> None:
    submit(store, "a")
    tag = f"{{{store.namespace}:{P.conv_id}.{P.number}}}"
    for key in ("cnt", "was"):
        store.client.hincrby(f"{tag} {key}", "1.i", 7)
    assert "count" in {finding.what for finding in audit(store, repair=True).findings}

    assert store.client.hget(f"{tag} cnt", "1.i") == b"1"
    assert total(store) == {("1", "in"): 1}


def test_the_auditor_knows_the_keys(store: Store, clock: Clock) -> None:
    submit(store, "a")
    end(store, "tag")
    clock.forward(MINUTE_MS)
    submit(store, "b")

    assert {"was", "errors", "minutes", "hours"} <= set(contents(store))
    assert {finding.what for finding in audit(store).findings} == {"not_deployed"}


def arm_both(store: Store, mover: str = "mover") -> None:
    store.one(move.arm(P, mover, ALL_HERE))
    store.one(move.arm(OTHER, mover, NONE_HERE))


def test_tasks_that_a_mover_brings_or_takes_are_no_moves(store: Store, clock: Clock) -> None:
    [task_id] = submit(store, "a")
    arm_both(store)
    everywhere = range(BUCKETS)
    store.one(move.turn("freeze", P, "mover", everywhere))
    store.one(move.turn("expect", OTHER, "mover", everywhere))
    tasks = store.one(move.export(P, [task_id.encode()]))
    assert [store.one(call) for call in move.adopt(OTHER, "mover", tasks)] == [1]
    store.one(move.turn("release", P, "mover", everywhere))
    store.one(move.turn("activate", OTHER, "mover", everywhere))
    store.one(move.purge(P, "mover", [task_id.encode()]))

    assert total(store) == {("1", "in"): 1}
    assert total(store, p=OTHER) == {}
    assert store.one(create(OTHER, [new_task("b")])) == ["ok"]
    assert total(store, p=OTHER) == {("1", "in"): 1}


def give_up(store: Store, times: int = 1) -> None:
    """P gives what it has counted to OTHER, and each call is made so many times."""
    arm_both(store)
    for kind in move.PERIOD_KINDS:
        for call in move.adopt_periods(OTHER, "mover", P.number, kind, move.all_periods(store.one, P, kind)):
            for _ in range(times):
                store.one(call)


@pytest.mark.parametrize("times", [1, 2])
def test_what_a_given_up_partition_has_counted_is_added(store: Store, clock: Clock, times: int) -> None:
    assert store.one(create(OTHER, [new_task("there")])) == ["ok"]
    for number in range(300):
        submit(store, f"r{number}")
        clock.forward(MINUTE_MS)
    submit(store, "a")
    end(store, "tag")
    before = counted(store), counted(store, "hours"), total(store, p=OTHER)

    give_up(store, times)

    assert total(store, p=OTHER) == total(store, "hours", OTHER) == before[2] + total(store)
    after = counted(store, p=OTHER)
    assert all(after[number][name] >= tasks for number, counts in before[0].items() for name, tasks in counts.items())
    entries = contents(store, OTHER)["minutes"]
    numbers = [int(entry.partition(b" ")[0]) for entry in entries]
    assert numbers == sorted(set(numbers))
    store.one(move.retire(P, "mover"))
    assert not {"cnt", "meta", "was", "errors", "minutes", "hours"} & set(contents(store, P))
    store.one(move.retired(OTHER, "mover", P.number))
    assert not [field for field in contents(store, OTHER)["meta"] if b" of " in field]


def test_an_entry_is_a_few_bytes(store: Store, clock: Clock) -> None:
    submit(store, "a")
    end(store)
    clock.forward(MINUTE_MS)
    submit(store, "b")

    [entry] = contents(store)["minutes"]
    number, _, packed = entry.partition(b" ")
    assert int(number) == clock.minute - 1
    assert len(packed) == len(msgspec.msgpack.encode([["1", 1, 1, "9", 1, 0], []]))

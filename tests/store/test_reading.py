"""Lists of tasks, archives and retention."""

from __future__ import annotations

from engine.store.calls import claim, discard, listing, read, set_offset, stats, sweep
from engine.store.client import Store
from engine.store.records import Record
from tests.store.words import (
    COUNTED,
    DATA,
    LEASE_MS,
    TO_END,
    P,
    claimed,
    committed,
    contents,
    outcome,
    place,
    rest,
    submit,
)  # fmt: skip

DAY_MS = 86_400_000


def end(store: Store, *refs: str) -> None:
    """Tasks that ran from node 1 to the end node 9."""
    submit(store, *refs)
    tasks = claimed(store, f"end {refs}", count=1000)
    committed(store, [outcome(t, "final") for t in tasks], f"end {refs}", TO_END)


def listed(store: Store, node: str, limit: int = 100) -> list[Record]:
    return store.one(listing(P, node, limit))


# --- Listing ----------------------------------------------------------------------------------


def test_a_living_node_lists_what_stands_in_it(store: Store) -> None:
    for where in ["parked", "waiting", "delayed", "queued", "sending"]:
        rest(store, where, where)
    submit(store, "for a slot", lane="5", node="5")

    assert {r.ref: r.place for r in listed(store, "1")} == {
        where: where for where in ["parked", "waiting", "delayed", "queued", "sending"]
    }
    assert [r.ref for r in listed(store, "5")] == ["for a slot"]
    claimed(store, "T", "5", calling=True)
    assert [(r.ref, r.place) for r in listed(store, "5")] == [("for a slot", "calling")]


def test_an_archive_is_listed_newest_first_over_days(store: Store) -> None:
    for day in range(3):
        store.one(set_offset(P, day * DAY_MS))
        end(store, f"day {day}")

    assert [r.ref for r in listed(store, "9")] == ["day 2", "day 1", "day 0"]
    assert [r.ref for r in listed(store, "9", 2)] == ["day 2", "day 1"]


def test_pages_of_an_archive_miss_and_repeat_nothing(store: Store) -> None:
    end(store, *(f"r{n}" for n in range(100)))
    seen: list[str] = []
    page = store.one(listing(P, "9", 7))
    while page:
        seen += [r.task_id for r in page]
        page = store.one(listing(P, "9", 7, page[-1].change_ms, page[-1].task_id))

    assert len(seen) == len(set(seen)) == 100


def test_a_listing_does_not_show_what_left(store: Store) -> None:
    rest(store, "a", "parked")
    rest(store, "b", "parked", node="2")

    assert [r.ref for r in listed(store, "1")] == ["a"]


# --- Retention --------------------------------------------------------------------------------


def test_retention_by_age_deletes_record_entry_and_pointer_together(store: Store) -> None:
    end(store, "old")
    store.one(set_offset(P, 2 * DAY_MS))
    end(store, "new")

    assert store.one(sweep(P, 100, DAY_MS, 1000)).removed == 1

    assert place(store, "old") is None
    assert [r.ref for r in listed(store, "9")] == ["new"]
    count = store.one(read(P, [], ["9"])).counts[0]
    assert (count.entered, count.left, count.removed, count.now) == (2, 0, 1, 1)
    assert "r:old" not in contents(store)
    assert store.one(sweep(P, 100, DAY_MS, 1000)).removed == 0


def test_retention_by_count_keeps_the_newest(store: Store) -> None:
    for number in range(5):
        store.one(set_offset(P, number * DAY_MS))
        end(store, f"r{number}")

    assert store.one(sweep(P, 100, 1000 * DAY_MS, 2)).removed == 3

    assert [r.ref for r in listed(store, "9")] == ["r4", "r3"]


def test_retention_goes_in_steps(store: Store) -> None:
    end(store, *(f"r{n}" for n in range(10)))

    steps = [store.one(sweep(P, 4, 1000 * DAY_MS, 0)) for _ in range(4)]

    assert [(step.removed, step.more) for step in steps] == [(4, True), (4, True), (2, False), (0, False)]
    assert set(contents(store)) - COUNTED == {"cnt"}


def test_retention_says_how_much_room_an_archive_has(store: Store) -> None:
    assert store.one(sweep(P, 100, DAY_MS, 10)).room == 10
    end(store, *(f"r{n}" for n in range(8)))

    assert store.one(sweep(P, 100, DAY_MS, 10)) == (0, False, 2)
    assert store.one(sweep(P, 100, DAY_MS, 5)) == (3, False, 0)


def test_retention_by_bytes_keeps_the_newest(store: Store) -> None:
    size = len(DATA) + len(b"meta2")
    for day in range(3):
        store.one(set_offset(P, day * DAY_MS))
        end(store, f"a{day}", f"b{day}")

    assert store.one(sweep(P, 100, 1000 * DAY_MS, 1000, 3 * size)) == (3, False, 0)

    assert {r.ref for r in listed(store, "9")} > {"a2", "b2"}
    assert len(listed(store, "9")) == 3
    assert store.one(sweep(P, 100, 1000 * DAY_MS, 1000, 3 * size)) == (0, False, 0)
    end(store, "c2")
    assert store.one(sweep(P, 100, 1000 * DAY_MS, 1000, 3 * size)).removed == 1
    assert store.one(sweep(P, 100, 1000 * DAY_MS, 1000, 3 * size - 1)).removed == 1


def test_retention_by_bytes_measures_in_steps(store: Store) -> None:
    size = len(DATA) + len(b"meta2")
    end(store, *(f"r{n}" for n in range(10)))

    steps = [store.one(sweep(P, 4, 1000 * DAY_MS, 1000, 2 * size)) for _ in range(6)]

    assert sum(step.removed for step in steps) == 8
    assert [step.more for step in steps][-2:] == [False, False]
    assert len(listed(store, "9")) == 2
    # Without the limit nothing is left of its measures.
    store.one(sweep(P, 4, 1000 * DAY_MS, 1000))
    assert "sized" not in contents(store)


def test_an_archive_is_measured_anew_when_much_was_taken_out_of_it(store: Store) -> None:
    size = len(DATA) + len(b"meta2")
    end(store, *(f"r{n}" for n in range(10)))
    store.one(sweep(P, 100, 1000 * DAY_MS, 1000, 100 * size))
    for number in range(9):
        store.one(discard(P, f"r{number}"))
    end(store, "new")

    assert store.one(sweep(P, 100, 1000 * DAY_MS, 1000, 2 * size)).removed == 0
    assert len(listed(store, "9")) == 2


def test_retention_removes_what_is_unusual_about_an_ended_task(store: Store) -> None:
    """Mail that came at its end, a ref of its own, an entry of a task that is none: all go in one step."""
    end(store, "usual", "mailed")
    [usual, mailed] = [record.task_id for record in reversed(listed(store, "9"))]
    tag = f"{{{store.namespace}:{P.conv_id}.{P.number}}} "
    store.client.rpush(f"{tag}mail:{mailed}", b"modify 0 0 - 0 e1\nx")
    [archive] = [key for key in contents(store) if key.startswith("arch:")]
    store.client.zadd(tag + archive, {"0" * 24: 0})

    assert store.one(sweep(P, 100, 1000 * DAY_MS, 0)).removed == 2
    assert set(contents(store)) == {"cnt", "meta"}
    assert usual != mailed


def test_retention_leaves_the_pointer_to_a_newer_task_of_the_ref(store: Store) -> None:
    end(store, "a")
    store.one(set_offset(P, 2 * DAY_MS))
    [newer] = submit(store, "a")

    assert store.one(sweep(P, 100, DAY_MS, 1000)).removed == 1

    record = store.one(read(P, ["a"])).tasks[0]
    assert record is not None
    assert record.task_id == newer


def test_retention_never_touches_a_living_task(store: Store) -> None:
    rest(store, "a", "parked")
    store.one(set_offset(P, 1000 * DAY_MS))

    assert store.one(sweep(P, 100, 0, 0)).removed == 0
    assert place(store, "a") == "parked"


def test_reading_writes_nothing(store: Store) -> None:
    end(store, "a")
    rest(store, "b", "parked", delay_ms=0)
    submit(store, "c")
    store.one(claim(P, "run", 1, "T", LEASE_MS))
    before = contents(store)

    store.one(read(P, ["a", "b", "c", "d"], ["1", "9"]))
    listed(store, "1")
    listed(store, "9")
    store.one(stats(P))

    assert contents(store) == before

"""Waiting for the ends of tasks: one subscription and one look at a time, however many wait."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future, wait
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StoreError, StoreUnavailable, UnknownConv
from engine.store import ends as ends_module
from engine.store.call import Call, Partition
from engine.store.calls import claim, commit, create, discard
from engine.store.client import Store
from engine.store.ends import AT_ONCE, Ends
from engine.store.records import NewTask, Outcome, Record
from engine.store.rounds import Round
from tests.store.words import STAY, new_task
from tests.waiting import PATIENCE_S, eventually

CONV = 7
PARTITIONS = 4


def where(conv_id: int, task_id: str) -> Partition:
    return Partition(conv_id, int(task_id, 16) % PARTITIONS)


class Counting(Store):
    """Counts the rounds that the looks take."""

    rounds = 0
    calls = 0

    def begin(self, calls: Sequence[Call[Any]]) -> Round:
        self.rounds += 1
        self.calls += len(calls)
        return super().begin(calls)


@pytest.fixture
def looked(store_url: str, namespace: str) -> Iterator[Counting]:
    """The store as the one who looks has it."""
    with contextlib.closing(Counting.connect(store_url, namespace)) as store:
        assert isinstance(store, Counting)
        yield store


@pytest.fixture
def ends(looked: Counting) -> Iterator[Ends]:
    with contextlib.closing(Ends(looked, where, lambda: None)) as ends:
        yield ends


def submitted(store: Store, number: int) -> list[NewTask]:
    tasks = [new_task() for _ in range(number)]
    for p in (Partition(CONV, n) for n in range(PARTITIONS)):
        mine = [task for task in tasks if where(CONV, task.task_id) == p]
        assert store.one(create(p, mine)) == ["ok"] * len(mine)
    return tasks


def brought(store: Store, place: str, *, notify: bool = True, number: int = 1000) -> None:
    """All ready tasks are brought there by one commit in each partition."""
    for p in (Partition(CONV, n) for n in range(PARTITIONS)):
        lent = store.one(claim(p, "run", number, f"{place} {p.number}", 60_000)).tasks
        outcomes = [
            Outcome(task.task_id, "9" if place == "final" else "1", place, 2, None, b"meta", 0, notify=notify)
            for task in lent
        ]
        if outcomes:
            store.one(commit(p, f"{place} {p.number}", STAY, outcomes, 60_000))


def ask(ends: Ends, tasks: Sequence[NewTask]) -> list[Future[Record | None]]:
    return [ends.ask(CONV, task.task_id) for task in tasks]


def listens(store: Store) -> bool:
    return bool(store.client.pubsub_numsub(f"{store.namespace}:done")[0][1])


@pytest.mark.parametrize("place", ["final", "parked"])
def test_who_waits_is_told_of_the_end_of_his_own_task(store: Store, ends: Ends, place: str) -> None:
    [first] = submitted(store, 1)
    future = ends.ask(CONV, first.task_id)
    brought(store, place)
    found = future.result(PATIENCE_S)
    assert found is not None
    assert (found.task_id, found.place) == (first.task_id, place)

    [second] = submitted(store, 1)
    with pytest.raises(TimeoutError):
        ends.wait(CONV, second.task_id, 0.01)
    assert ends.waiting == 0


def test_an_end_that_nothing_was_published_of_is_found(store: Store, ends: Ends) -> None:
    tasks = submitted(store, 3)
    futures = ask(ends, tasks)
    store.one(discard(where(CONV, tasks[0].task_id), tasks[0].task_id))
    assert futures[0].result(PATIENCE_S) is None
    brought(store, "final", notify=False)
    for future in futures[1:]:
        assert (found := future.result(PATIENCE_S)) is not None
        assert found.place == "final"


def test_one_that_has_ended_before_is_told_at_once(store: Store, ends: Ends) -> None:
    tasks = submitted(store, 2)
    brought(store, "final")

    for task in tasks:
        found = ends.wait(CONV, task.task_id, PATIENCE_S)
        assert found is not None
    assert ends.wait(CONV, "0" * 24, PATIENCE_S) is None


def test_a_thousand_who_wait_share_each_look(store: Store, looked: Counting, ends: Ends) -> None:
    tasks = submitted(store, 1000)
    futures = ask(ends, tasks)
    assert ends.waiting == 1000
    eventually(lambda: listens(store))
    settled = looked.rounds
    eventually(lambda: looked.rounds >= settled + 2)

    # A look at all is one round of as many calls as it takes to read them.
    before = looked.rounds, looked.calls
    eventually(lambda: looked.rounds >= before[0] + 3)
    rounds, calls = looked.rounds - before[0], looked.calls - before[1]
    assert calls <= rounds * (1000 // AT_ONCE + PARTITIONS)

    asked = looked.rounds
    brought(store, "final")
    assert not wait(futures, PATIENCE_S).not_done
    assert {future.result().place for future in futures if future.result()} == {"final"}  # type: ignore[union-attr]
    assert looked.rounds - asked < 200, "1000 words of ends are looked after in a few rounds"
    assert ends.waiting == 0

    # With nobody waiting there is nothing to look at.
    quiet = looked.rounds
    ends.ask(CONV, "0" * 24).result(PATIENCE_S)
    assert looked.rounds <= quiet + 2


def test_many_threads_and_coroutines_wait_for_one_task(store: Store, ends: Ends) -> None:
    [task] = submitted(store, 1)
    told: list[Record | None] = []

    async def coroutines() -> list[Record | None]:
        return await asyncio.gather(*[asyncio.wrap_future(ends.ask(CONV, task.task_id)) for _ in range(20)])

    threads = [
        threading.Thread(target=lambda: told.append(ends.wait(CONV, task.task_id, PATIENCE_S))) for _ in range(20)
    ]
    threads.append(threading.Thread(target=lambda: told.extend(asyncio.run(coroutines()))))
    for thread in threads:
        thread.start()
    eventually(lambda: ends.waiting == 40)
    brought(store, "final")
    for thread in threads:
        thread.join(PATIENCE_S)

    assert [record.task_id for record in told if record] == [task.task_id] * 40


def test_who_waits_no_longer_is_forgotten(store: Store, ends: Ends) -> None:
    tasks = submitted(store, 3)
    futures = ask(ends, [*tasks, tasks[0]])

    async def briefly() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.wrap_future(ends.ask(CONV, tasks[0].task_id)), 0.01)

    asyncio.run(briefly())
    assert ends.waiting == 4
    futures[0].cancel()
    futures[1].cancel()
    assert ends.waiting == 2
    brought(store, "final")
    assert futures[2].result(PATIENCE_S) is not None
    assert futures[3].result(PATIENCE_S) is not None
    with pytest.raises(CancelledError):
        futures[0].result()


def test_a_subscription_that_breaks_is_made_again_and_nobody_waits_for_it(
    store: Store, ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ends_module, "UNHEARD_S", 0.01)
    for _ in range(3):
        futures = ask(ends, submitted(store, 2))
        eventually(lambda: listens(store))
        store.client.client_kill_filter(_type="pubsub")
        brought(store, "final")
        assert all(future.result(PATIENCE_S) for future in futures)
    eventually(lambda: listens(store))


def test_what_lies_elsewhere_is_looked_for_anew(store: Store, looked: Counting) -> None:
    [task] = submitted(store, 1)
    right, wrong = where(CONV, task.task_id), Partition(CONV, 99)
    store.client.set(f"{{{store.namespace}:{CONV}.99}} buckets", "-" * 1024)
    partitions = [right, wrong]  # the last is where it is thought to be
    with contextlib.closing(Ends(looked, lambda *_: partitions[-1], partitions.pop)) as ends:
        future = ends.ask(CONV, task.task_id)
        brought(store, "final")
        assert (found := future.result(PATIENCE_S)) is not None
        assert found.place == "final"


def test_a_conv_that_is_no_more_is_the_error_of_who_waits_for_its_task(store: Store, looked: Counting) -> None:
    [task] = submitted(store, 1)

    def known(conv_id: int, task_id: str) -> Partition:
        if conv_id != CONV:
            raise UnknownConv(f"no conv {conv_id}")
        return where(conv_id, task_id)

    with contextlib.closing(Ends(looked, known, lambda: None)) as ends:
        right, wrong = ends.ask(CONV, task.task_id), ends.ask(8, task.task_id)
        with pytest.raises(UnknownConv):
            wrong.result(PATIENCE_S)
        brought(store, "final")
        assert right.result(PATIENCE_S) is not None


def test_a_store_that_does_not_answer_is_the_error_of_all_who_wait(short_folder: Path) -> None:
    with (
        contextlib.closing(Store.connect(f"unix://{short_folder}/nobody")) as store,
        contextlib.closing(Ends(store, where, lambda: None)) as ends,
    ):
        futures = [ends.ask(CONV, new_task().task_id) for _ in range(3)]
        errors = [future.exception(PATIENCE_S) for future in futures]

    assert [type(error) for error in errors] == [StoreUnavailable] * 3
    assert len({id(error) for error in errors}) == 3


def test_who_still_waits_when_it_is_closed_is_told(store: Store, looked: Counting) -> None:
    ends = Ends(looked, where, lambda: None)
    [future] = ask(ends, submitted(store, 1))
    eventually(lambda: listens(store))

    ends.close()

    with pytest.raises(StoreError, match="closed"):
        future.result(PATIENCE_S)
    with pytest.raises(StoreError, match="closed"):
        ends.ask(CONV, "0" * 24)
    eventually(lambda: not listens(store))
    ends.close()

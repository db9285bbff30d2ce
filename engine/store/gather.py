"""New tasks from an event loop: those that gather for one partition are one call, and each learns what became of it."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Sequence
from typing import Any

from .call import Call, Partition
from .calls import create
from .entries import Gone, Item
from .lane import Lane
from .records import NewTask, QueueLimit
from .sizes import check_bytes, check_ids, in_parts


class Gather:
    """On top of a lane, for its thread. What goes with `Lane.send` and concerns a task goes after its create."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._open: dict[Partition, _Creates] = {}

    def create(self, p: Partition, task: NewTask, queue: QueueLimit | None = None) -> asyncio.Future[str]:
        """What `calls.create` will say of this task; else as `Lane.send`. Raises ValueError for a task that no call
        can hold."""
        self._lane.check_open()
        check_ids([task.task_id])
        check_bytes(task)
        future: asyncio.Future[str] = self._lane.loop.create_future()
        creates = self._open.get(p)
        if creates is None or creates.queue != queue:
            creates = self._open[p] = _Creates(self._open, p, queue)
            self._lane.put(creates, 1)
        else:
            self._lane.waiting += 1
        creates.tasks.append(task)
        creates.futures.append(future)
        return future


class _Creates:
    """New tasks of one partition, in the lane's queue from the first of them on."""

    def __init__(self, of: dict[Partition, _Creates], p: Partition, queue: QueueLimit | None) -> None:
        self.call = create(p, [])
        self.slot = self.call.slot
        self.queue = queue
        self.tasks: list[NewTask] = []
        self.futures: list[asyncio.Future[str]] = []
        self._open = of
        self._p = p
        self._asked = time.monotonic()

    def take(self, gone: Gone) -> tuple[Item | None, bool]:
        self._forget_gone(gone)
        part = next(in_parts(self.tasks), ())
        futures = self.futures[: len(part)]
        del self.tasks[: len(part)], self.futures[: len(part)]
        if not self.tasks and self._open.get(self._p) is self:
            del self._open[self._p]
        if not part:
            return None, False
        try:
            item = _Created(create(self._p, part, self.queue), futures, self._asked)
        except ValueError as error:
            _settle(futures, error)
            gone(len(futures))
            return None, bool(self.tasks)
        return item, bool(self.tasks)

    def settle(self, result: Any) -> None:
        _settle(self.futures, result)

    def _forget_gone(self, gone: Gone) -> None:
        before = len(self.futures)
        left = [pair for pair in zip(self.tasks, self.futures, strict=True) if not pair[1].done()]
        if len(left) < before:
            self.tasks = [task for task, _ in left]
            self.futures = [future for _, future in left]
            gone(before - len(left))


class _Created(Item):
    """One call for many."""

    def __init__(self, call: Call[list[str]], futures: Sequence[asyncio.Future[str]], asked: float) -> None:
        self.call = call
        self.slot = call.slot
        self.asked = asked
        self.weight = len(futures)
        self._futures = futures

    def take(self, gone: Gone) -> tuple[Item | None, bool]:
        return self, False

    def settle(self, result: Any) -> None:
        _settle(self._futures, result)


def _settle(futures: Sequence[asyncio.Future[str]], result: list[str] | Exception) -> None:
    """An error of them all is one of each: who raises an error writes into it."""
    for place, future in enumerate(futures):
        if future.done():
            continue
        if isinstance(result, Exception):
            future.set_exception(copy.copy(result))
        else:
            future.set_result(result[place])

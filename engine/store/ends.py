"""Waiting until tasks end, or come to rest: one subscription, and one look at a time, for all who wait in a process.

A task that was submitted to be waited for is published when it ends or parks. That is a hint: it may be lost, and of
other tasks, or of one that is deleted, there is none. So all that are waited for are looked at every LOOK_S, in one
round; what is published, and who begins to wait, is looked at sooner, together with what came meanwhile.
"""

from __future__ import annotations

import copy
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TypeAlias

from ..errors import Elsewhere, EngineError, StoreError
from ..task import Place
from .call import Partition
from .calls import read
from .client import Hints, Store, TaskDone
from .records import Record

log = logging.getLogger("conv.store")

LOOK_S = 0.25
AT_ONCE = 100  # tasks that one call reads: their data comes along
UNHEARD_S = 1.0  # a subscription that broke is made again after this

AT_REST = frozenset({Place.FINAL, Place.PARKED, Place.ASIDE})

Task: TypeAlias = tuple[int, str]
"""Its conv and its id."""


class Ends:
    """Safe for many threads. Has two threads of its own from the first who waits until `close`.

    `where` says in which partition a task is; `moved` is told when that was not so, and looks anew.
    """

    def __init__(self, store: Store, where: Callable[[int, str], Partition], moved: Callable[[], object]) -> None:
        self._store = store
        self._where = where
        self._moved = moved
        self._changed = threading.Condition()  # of all that follows
        self._waiting: dict[Task, list[Future[Record | None]]] = {}
        self._soon: dict[Task, None] = {}  # to be looked at before their turn, in order
        self._looks_s = 0.0  # monotonic: when all are looked at
        self._threads: list[threading.Thread] = []
        self._hints: Hints | None = None
        self._closed = threading.Event()

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._changed:
            return sum(map(len, self._waiting.values()))

    def ask(self, conv_id: int, task_id: str) -> Future[Record | None]:
        """The task once it has ended, is parked or set aside; None once it is no more. For `asyncio.wrap_future`, too.

        Who waits no longer cancels it. Raises StoreError once this is closed; the future raises EngineError when it
        cannot be looked at.
        """
        task = (conv_id, task_id)
        future: Future[Record | None] = Future()
        with self._changed:
            if self._closed.is_set():
                raise StoreError("nobody looks after who waits any more: closed")
            if not self._threads:
                self._start()
            self._waiting.setdefault(task, []).append(future)
            self._soon[task] = None
            self._changed.notify()
        future.add_done_callback(partial(self._forget, task))
        return future

    def wait(self, conv_id: int, task_id: str, timeout_s: float) -> Record | None:
        """As `ask`. Raises TimeoutError."""
        future = self.ask(conv_id, task_id)
        try:
            return future.result(timeout_s)
        finally:
            future.cancel()

    def close(self) -> None:
        """Who still waits is told by StoreError. To be closed before its store."""
        with self._changed:
            self._closed.set()
            left = [*self._waiting]
            self._changed.notify()
        for task in left:
            self._settle(task, StoreError("nobody looks after who waits any more: closed"))
        if self._hints is not None:
            self._hints.close()  # its thread ends when it has noticed, or when the store is closed
        for thread in self._threads[:1]:
            thread.join(1.0)

    def _start(self) -> None:
        for work, name in ((self._look_on, "conv-ends"), (self._listen_on, "conv-ended")):
            thread = threading.Thread(target=work, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def _forget(self, task: Task, future: Future[Record | None]) -> None:
        with self._changed:
            futures = self._waiting.get(task, [])
            if future in futures:
                futures.remove(future)
                if not futures:
                    del self._waiting[task]

    def _settle(self, task: Task, result: Record | Exception | None) -> None:
        with self._changed:
            futures = self._waiting.pop(task, [])
        for future in futures:
            if not future.set_running_or_notify_cancel():
                continue
            if isinstance(result, Exception):
                future.set_exception(copy.copy(result))  # who raises an error writes into it
            else:
                future.set_result(result)

    # --- Looking --------------------------------------------------------------------------------

    def _look_on(self) -> None:
        while tasks := self._next():
            try:
                self._look(tasks)
            except Exception as error:  # noqa: BLE001 - the thread's edge: who waits is told
                for task in tasks:
                    self._settle(task, error)

    def _next(self) -> list[Task]:
        """Whom to look at; waits until there are some. None of them when this is closed."""
        with self._changed:
            while not self._closed.is_set():
                now = time.monotonic()
                if self._waiting and now >= self._looks_s:
                    self._looks_s = now + LOOK_S
                    self._soon.clear()
                    return [*self._waiting]
                tasks = [task for task in self._soon if task in self._waiting]
                self._soon.clear()
                if tasks:
                    return tasks
                self._changed.wait(self._looks_s - now if self._waiting else None)
        return []

    def _look(self, tasks: Sequence[Task]) -> None:
        by_partition: dict[Partition, list[Task]] = {}
        for task in tasks:
            try:
                by_partition.setdefault(self._where(*task), []).append(task)
            except EngineError as error:
                self._settle(task, error)
        parts = [
            (p, some[start : start + AT_ONCE])
            for p, some in by_partition.items()
            for start in range(0, len(some), AT_ONCE)
        ]
        answers = self._store.run([read(p, [task_id for _, task_id in some]) for p, some in parts])
        has_moved = False
        for (_, some), answer in zip(parts, answers, strict=True):
            if isinstance(answer, Elsewhere):
                has_moved = True
                continue
            for place, task in enumerate(some):
                if isinstance(answer, Exception):
                    self._settle(task, answer)
                elif (record := answer.tasks[place]) is None or record.place in AT_REST:
                    self._settle(task, record)
        if has_moved:
            self._moved()

    # --- Listening ------------------------------------------------------------------------------

    def _listen_on(self) -> None:
        while not self._closed.is_set():
            try:
                self._listen()
            except Exception as error:  # noqa: BLE001 - the thread's edge: without hints each task waits for a look
                log.debug("the ends of tasks are not heard, trying again: %s", error)
            self._closed.wait(UNHEARD_S)

    def _listen(self) -> None:
        with self._store.subscribe(hints=False) as hints:
            self._hints = hints
            if self._closed.is_set():
                return
            for message in hints:
                if isinstance(message, TaskDone):
                    self._heard((message.conv_id, message.task_id))

    def _heard(self, task: Task) -> None:
        with self._changed:
            if task in self._waiting:
                self._soon[task] = None
                self._changed.notify()

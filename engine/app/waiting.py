"""Waiting for the end of a task."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from ..data import check_seconds, kind_of
from ..errors import WrongData
from ..store.call import Partition
from ..store.ends import AT_REST, Ends
from ..store.records import Record
from ..views import TaskView, deleted_task
from .context import Context
from .look import Look
from .submitting import Submitted


class Waiting:
    """All threads of a process that wait share a subscription, and a look (see `store.ends`)."""

    def __init__(self, context: Context, look: Look) -> None:
        self._context = context
        self._look = look
        self._ends = Ends(context.store, self._partition, context.deployed.refreshed)

    def close(self) -> None:
        self._ends.close()

    def wait(self, submitted: Submitted, timeout_s: float) -> TaskView | None:
        """As Engine.wait."""
        self._check(submitted, timeout_s)
        deadline = time.monotonic() + timeout_s
        view = self.settled(submitted)
        if view is not None:
            return view
        try:
            found = self._ends.wait(submitted.conv_id, submitted.task_id, max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            return None
        return self._view(submitted, found)

    def wait_in_loop(
        self, submitted: Submitted, timeout_s: float, given_up: asyncio.Future[None]
    ) -> Coroutine[Any, Any, TaskView | None]:
        """As Engine.wait_in_loop."""
        self._check(submitted, timeout_s)
        return self._waited(submitted, timeout_s, given_up)

    async def _waited(self, submitted: Submitted, timeout_s: float, given_up: asyncio.Future[None]) -> TaskView | None:
        asked = asyncio.wrap_future(self._ends.ask(submitted.conv_id, submitted.task_id))
        try:
            await asyncio.wait((asked, given_up), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                return None
            return await asyncio.to_thread(self._view, submitted, asked.result())
        finally:
            asked.cancel()

    def settled(self, submitted: Submitted) -> TaskView | None:
        """The task if it has ended, is parked or set aside, or is no more; else None."""
        record = self._context.find(submitted.conv_id)
        found = self._context.read(record, submitted.task_id).tasks[0]
        return self._view(submitted, found) if found is None or found.place in AT_REST else None

    def _view(self, submitted: Submitted, found: Record | None) -> TaskView:
        record = self._context.find(submitted.conv_id)
        if found is None:
            return deleted_task(record.conv_id, record.title, submitted.task_id, submitted.ref)
        return self._look.view(record, found)

    def _partition(self, conv_id: int, task_id: str) -> Partition:
        return self._context.current.partition(conv_id, task_id)

    def _check(self, submitted: Submitted, timeout_s: float) -> None:
        if not isinstance(submitted, Submitted):
            raise WrongData(f"what is waited for is what submit answered, not {kind_of(submitted)}")
        check_seconds(timeout_s, "timeout_s")

"""Waiting for the end of a task."""

from __future__ import annotations

import time

from ..data import check_seconds, kind_of
from ..errors import WrongData
from ..views import TaskView, deleted_task
from .context import Context
from .look import Look
from .submitting import Submitted

POLL_S = 0.25  # notifications may be lost; a waiting client also looks


class Waiting:
    def __init__(self, context: Context, look: Look) -> None:
        self._context = context
        self._look = look

    def wait(self, submitted: Submitted, timeout_s: float) -> TaskView | None:
        """As Engine.wait."""
        if not isinstance(submitted, Submitted):
            raise WrongData(f"what is waited for is what submit answered, not {kind_of(submitted)}")
        check_seconds(timeout_s, "timeout_s")
        deadline = time.monotonic() + timeout_s
        with self._context.store.subscribe(hints=False) as messages:
            while True:
                view = self.settled(submitted)
                left = deadline - time.monotonic()
                if view is not None or left <= 0:
                    return view
                messages.get(min(POLL_S, left))

    def settled(self, submitted: Submitted) -> TaskView | None:
        """The task if it has ended, is parked or set aside, or is no more; else None."""
        record = self._context.find(submitted.conv_id)
        found = self._context.read(record, submitted.task_id).tasks[0]
        if found is None:
            return deleted_task(record.conv_id, record.title, submitted.task_id, submitted.ref)
        return self._look.view(record, found) if found.place in ("final", "parked", "aside") else None

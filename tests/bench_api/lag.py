"""How late an event loop is: a task that wants to run every few ms, and says how much later it did."""

from __future__ import annotations

import asyncio
import time

EVERY_S = 0.005


class Lag:
    def __init__(self) -> None:
        self._longest = 0.0
        self._task: asyncio.Task[None] | None = None

    def take(self) -> float:
        """The longest since this was asked before, in ms; the first time it begins to look."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._look())
        longest, self._longest = self._longest, 0.0
        return longest * 1000

    async def _look(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(EVERY_S)
            self._longest = max(self._longest, time.perf_counter() - before - EVERY_S)


LAG = Lag()

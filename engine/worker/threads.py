"""The threads in which outside calls are made."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any

Job = tuple[Callable[..., None], tuple[Any, ...]]


class CallThreads:
    """Up to `most` threads, started when needed.

    They are daemons: a process that has given its calls back ends, and does not wait for answers that nobody takes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._started = 0
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)

    def submit(self, do: Callable[..., None], *args: Any) -> None:
        """Do this in a thread as soon as one is free; `do` raises nothing. Call it from one thread only."""
        self._jobs.put((do, args))
        if not self._idle.acquire(blocking=False) and self._started < self._most:
            self._started += 1
            threading.Thread(target=self._work, name=f"conv-call-{self._started}", daemon=True).start()

    def close(self) -> None:
        """Begin nothing more; each thread ends after the call that it makes."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._jobs.get_nowait()
        for _ in range(self._started):
            self._jobs.put(None)

    def _work(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                self._idle.release()
                job = self._jobs.get()
            if job is None:
                return
            do, args = job
            do(*args)
            del job, do, args  # a thread that waits holds nothing of a task

"""A thread that listens for the store's hints, and says when it begins to hear them anew."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ..errors import StoreError, StoreUnavailable
from ..store.client import Hint, Hints, Store

log = logging.getLogger("conv.worker")

UNAVAILABLE_S = 0.2  # a store that does not answer is asked again after this
REFUSED_S = 1.0  # a subscription that was refused is made again after this


class Hearing:
    """`inbox` is called in the thread: with True when it hears from now on, False when it hears no more, and with each
    hint."""

    def __init__(self, store: Store, inbox: Callable[[Hint | bool], None]) -> None:
        self._store = store
        self._inbox = inbox
        self._hints: Hints | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="conv-hints", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Listen no more. Safe from a signal handler."""
        self._ended.set()

    def close(self) -> None:
        self.end()
        if self._hints is not None:
            self._hints.close()
        self._thread.join(1.0)

    def _listen(self) -> None:
        while not self._ended.is_set():
            pause_s = REFUSED_S
            try:
                self._hear()
            except StoreUnavailable:
                pause_s = UNAVAILABLE_S
            except StoreError as error:
                log.warning("hints of the store are not heard: %s", error)
            except Exception as error:  # noqa: BLE001 - the thread's edge: without hints each task waits for a look
                log.warning("hints of the store are not heard, trying again: %s: %s", type(error).__name__, error)
            self._inbox(False)
            self._ended.wait(pause_s)

    def _hear(self) -> None:
        self._hints = self._store.subscribe(done=False)
        self._inbox(True)
        for hint in self._hints:
            if isinstance(hint, Hint):
                self._inbox(hint)

"""What a worker says and does while its store fails: one line when it begins, one a minute while it lasts, and pauses
that grow."""

from __future__ import annotations

import logging
import time

log = logging.getLogger("conv.worker")

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 5.0
AGAIN_S = 60.0


class Outage:
    """None is under way until `failed` is called, and after `over`. For one thread."""

    def __init__(self) -> None:
        self._pause_s = FIRST_PAUSE_S
        self._began: float | None = None
        self._say_at = 0.0

    def failed(self, error: Exception) -> float:
        """Say what is worth a line; how long to pause before the next try, in seconds."""
        now = time.monotonic()
        pause_s, self._pause_s = self._pause_s, min(self._pause_s * 2, LONGEST_PAUSE_S)
        if self._began is None:
            self._began = now
            log.warning("%s; trying again in %.2f s, then with pauses up to %.0f s", error, pause_s, LONGEST_PAUSE_S)
        elif now >= self._say_at:
            log.warning("%s; so for %.0f s, trying again in %.2f s", error, now - self._began, pause_s)
        else:
            return pause_s
        self._say_at = now + AGAIN_S
        return pause_s

    def over(self) -> None:
        """The store has answered."""
        self._began, self._pause_s = None, FIRST_PAUSE_S

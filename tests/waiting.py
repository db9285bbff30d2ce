"""Waiting for a condition in a test: never for a length of time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# When a wait ends in vain. Nothing is late before: a machine may be busy with other things.
PATIENCE_S = 120.0

_never = threading.Event()


def eventually(condition: Callable[[], T], timeout_s: float = PATIENCE_S, *, every_s: float = 0.005) -> T:
    """Return the first truthy answer of `condition`, asked again every `every_s` seconds.

    Raises AssertionError with the last answer after `timeout_s` seconds. An AssertionError that `condition` raises
    counts as "not yet"; any other exception passes through.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        failed: AssertionError | None = None
        answer: T | None = None
        try:
            answer = condition()
        except AssertionError as error:
            failed = error
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"still {failed or answer!r} after {timeout_s} s") from failed
        _never.wait(every_s)

"""Exit statuses. Scripts depend on them. Which one an error has stands at its class (engine/errors.py)."""

from __future__ import annotations

OK = 0
BROKEN = 1  # the task failed, or a check found something
WRONG_USE = 2
STILL_WAITING = 3
UNREACHABLE = 4
NOT_FOUND = 5
INTERRUPTED = 130


class Interrupted(Exception):
    """Ctrl-C, with a word about what was done by then."""

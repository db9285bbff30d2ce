"""What a worker does from time to time, between its batches: a table of names, distances and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Chore:
    """`every_s`: from one time to the next, at least."""

    name: str
    every_s: float
    do: Callable[[float], None]  # is given the time
    next: float = 0.0  # by the monotonic clock


class Chores:
    """Each is done when its time has come, in the order of the table. The clock is given."""

    def __init__(self, *chores: Chore) -> None:
        self._chores = {chore.name: chore for chore in chores}

    def hurry(self, name: str) -> None:
        """Do it at the next opportunity."""
        self._chores[name].next = 0.0

    def do_due(self, now: float) -> None:
        for chore in self._chores.values():
            if now >= chore.next:
                chore.next = now + chore.every_s
                chore.do(now)

    def next(self) -> float:
        return min(chore.next for chore in self._chores.values())

"""Which partitions are looked at, and when: for what no hint says, or what a lost one said. The clock is given.

A hint cannot be lost while the subscription lives. So where something is under way each look is a second after the one
before, and of the rest a few have their turn; all have it at once after the subscription broke, and when a worker
works without one.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from ..store.call import Partition

A_SECOND = 200  # partitions, of those in which nothing is known to be under way
AT_ONCE = 2_000  # that one round looks at, when all are to be looked at


class Looks:
    """Written by hints and by what looks find; read once a second."""

    def __init__(self) -> None:
        self.hears = False  # whether there is a subscription
        self._heard: dict[Partition, float] = {}  # where something is under way, and when that was heard
        self._turns: list[Partition] = []
        self._next_turn = 0
        self._known: frozenset[Partition] = frozenset()
        self._urgent: dict[Partition, None] = {}

    def at(self, partitions: Iterable[Partition]) -> None:
        """Look at these from now on, at new ones at once."""
        self._turns = list(partitions)
        # Each worker has an order of its own: together they come by more often.
        random.shuffle(self._turns)
        known = frozenset(self._turns)
        self._urgent = {partition: None for partition in self._urgent if partition in known}
        self._urgent.update((partition, None) for partition in self._turns if partition not in self._known)
        self._heard = {partition: at for partition, at in self._heard.items() if partition in known}
        self._known = known

    def hurry(self) -> None:
        """Look at all of them at once: there may have been hints that nobody heard."""
        self._urgent = dict.fromkeys(self._turns)

    def heard(self, partition: Partition, now: float) -> None:
        """Something is under way there."""
        if partition in self._known:
            self._heard[partition] = now

    def quiet(self, partition: Partition, asked: float) -> None:
        """A look that was asked for then found nothing under way."""
        if self._heard.get(partition, asked) <= asked:
            self._heard.pop(partition, None)

    def is_urgent(self) -> bool:
        return bool(self._urgent)

    def take(self) -> tuple[list[Partition], list[Partition]]:
        """Those to look at this second: first those that are looked at each second, then those that have their turn."""
        if not self.hears or len(self._turns) <= A_SECOND:
            self._urgent.clear()
            return self._turns, []
        in_turn = dict.fromkeys([*self.take_urgent(), *self._turn()])
        return [partition for partition in self._heard if partition not in in_turn], list(in_turn)

    def take_urgent(self) -> list[Partition]:
        taken = list(self._urgent)[:AT_ONCE]
        for partition in taken:
            del self._urgent[partition]
        return taken

    def _turn(self) -> list[Partition]:
        start, end = self._next_turn, self._next_turn + A_SECOND
        self._next_turn = end % len(self._turns)
        return self._turns[start:end] + self._turns[: max(0, end - len(self._turns))]

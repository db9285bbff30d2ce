"""When the next timer of each partition is due. The clock is given."""

from __future__ import annotations

import heapq
import math

from ..store.call import Partition


class Timers:
    """Written by hints and by what `fire` answers; read by the worker's thread in each round."""

    def __init__(self) -> None:
        self._due: dict[Partition, float] = {}
        self._heap: list[tuple[float, Partition]] = []

    def set(self, partition: Partition, due: float) -> None:
        """One is due there then, if none is earlier."""
        if due < self._due.get(partition, math.inf):
            self._due[partition] = due
            heapq.heappush(self._heap, (due, partition))

    def take(self, now: float) -> list[Partition]:
        """The partitions in which one is due by now."""
        taken = []
        while self._heap and self._heap[0][0] <= now:
            due, partition = heapq.heappop(self._heap)
            if self._due.get(partition) == due:  # else an earlier one was taken
                del self._due[partition]
                taken.append(partition)
        return taken

    def next(self) -> float:
        return self._heap[0][0] if self._heap else math.inf

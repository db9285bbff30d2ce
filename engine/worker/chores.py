"""What a worker removes between its batches: ended tasks that are kept no longer, and effects remembered for nothing.

Both go on as long as there is more, in small calls: what comes in at full speed must go out at full speed.
"""

from __future__ import annotations

import collections
import time
from collections.abc import Iterable, Sequence

from engine.store.call import Partition
from engine.store.records import Swept

STEP = 250  # tasks removed by one call: some 2 ms of the server
# Other workers end tasks, too: this part of the room that is left is this worker's until it looks again.
SHARE = 16
OVER = 200  # this part of what an archive keeps may be over, before a worker looks again
SETTLE_S = 3.0  # a confirmation that was answered so long ago is on the server's disk (everysec: within 2 s)
UNSETTLED = 100_000  # more confirmed effects than these are remembered for their day


class Retention:
    """Which partitions have ended tasks to remove. A partition is swept again after as many runs as its archives have
    room for, so that none is ever much over its limit, and at once while there is more."""

    def __init__(self) -> None:
        self.due: dict[Partition, None] = {}
        self._left: dict[Partition, int] = {}  # runs until it is swept again

    def all_due(self, partitions: Iterable[Partition]) -> None:
        """Look at all of them, and at no others."""
        self.due = dict.fromkeys(partitions)
        self._left.clear()

    def committed(self, partition: Partition, runs: int) -> None:
        """So many runs were committed: at most so many tasks have ended."""
        left = self._left.get(partition)
        if left is None:
            return  # it is being swept, or will be
        if left > runs:
            self._left[partition] = left - runs
        else:
            del self._left[partition]
            self.due[partition] = None

    def swept(self, partition: Partition, swept: Swept, at_most: int) -> None:
        """What a sweep of an archive that keeps `at_most` tasks left to do."""
        if swept.more:
            self.due[partition] = None
        else:
            self._left[partition] = max(1, swept.room // SHARE, at_most // OVER)


class Settling:
    """Confirmed effects, until their target may be told (`settle`): when the server that confirmed them can no longer
    lose that, even by a power cut."""

    def __init__(self) -> None:
        self._confirmed: dict[Partition, collections.deque[tuple[float, Partition, Sequence[str]]]] = {}
        self._count = 0

    def confirmed(self, source: Partition, target: Partition, effect_ids: Sequence[str]) -> None:
        """`source` has answered that these were confirmed."""
        if effect_ids and self._count < UNSETTLED:
            self._count += len(effect_ids)
            self._confirmed.setdefault(source, collections.deque()).append((time.monotonic(), target, effect_ids))

    def take(self, source: Partition, asked: float) -> dict[Partition, list[str]]:
        """Those by target that were confirmed SETTLE_S before `source` was asked something (monotonic) that it has
        answered: so it was still there by then."""
        settled: dict[Partition, list[str]] = {}
        queue = self._confirmed.get(source)
        while queue and queue[0][0] <= asked - SETTLE_S:
            _, target, effect_ids = queue.popleft()
            self._count -= len(effect_ids)
            settled.setdefault(target, []).extend(effect_ids)
        if queue is not None and not queue:
            del self._confirmed[source]
        return settled

"""Effects that are remembered for nothing: confirmed by their sender, so that no copy of them can come any more."""

from __future__ import annotations

import collections
import time
from collections.abc import Sequence

from ..store.call import Partition

SETTLE_S = 3.0  # a confirmation that was answered so long ago is on the server's disk (everysec: within 2 s)
UNSETTLED = 100_000  # more confirmed effects than these are remembered for their day


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

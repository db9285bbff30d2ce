"""Ended tasks that are kept no longer, removed between the batches.

That goes on as long as there is more, in small calls: what comes in at full speed must go out at full speed.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..config import Settings
from ..store import calls
from ..store.call import Partition
from ..store.records import Swept
from .deployed import Deployed
from .rounds import Rounds

STEP = 250  # tasks removed by one call: some 2 ms of the server
# Other workers end tasks, too: this part of the room that is left is this worker's until it looks again.
SHARE = 16
OVER = 200  # this part of what an archive keeps may be over, before a worker looks again


class Retention:
    """Which partitions have ended tasks to remove: those in which this worker ends some and, if it leads, all of them
    from time to time.

    A partition is swept again after as many runs as its archives have room for, so that none is ever much over its
    limit, and at once while there is more.
    """

    def __init__(self) -> None:
        self.due: dict[Partition, None] = {}
        self._asked: set[Partition] = set()  # being swept
        self._left: dict[Partition, int] = {}  # runs until it is swept again

    def all_due(self, partitions: Iterable[Partition]) -> None:
        """Look at all of them."""
        self.due = dict.fromkeys(partitions)
        self._left.clear()

    def committed(self, partition: Partition, runs: int) -> None:
        """So many runs were committed: at most so many tasks have ended."""
        left = self._left.get(partition, 0)
        if left > runs:
            self._left[partition] = left - runs
        elif partition not in self._asked:
            self._left.pop(partition, None)
            self.due[partition] = None

    def swept(self, partition: Partition, swept: Swept, at_most: int) -> None:
        """What a sweep of an archive that keeps `at_most` tasks left to do."""
        self._asked.discard(partition)
        if swept.more:
            self.due[partition] = None
        else:
            self._left[partition] = max(1, swept.room // SHARE, at_most // OVER)

    def remove(self, rounds: Rounds, deployed: Deployed, settings: Settings) -> None:
        """Sweep those that are due, in the next round."""
        due, self.due = self.due, {}
        for partition in due:
            if partition.conv_id in deployed.runnable:
                self._send(rounds, deployed, partition, max(STEP, 2 * settings.batch))

    def _send(self, rounds: Rounds, deployed: Deployed, partition: Partition, step: int) -> None:
        kept = deployed.convs.kept(partition)
        self._asked.add(partition)

        def handle(swept: Swept) -> None:
            self.swept(partition, swept, kept.tasks)

        rounds.send(
            calls.sweep(partition, step, kept.age_ms, kept.tasks, kept.size_bytes),
            handle,
            lambda: self._asked.discard(partition),
        )

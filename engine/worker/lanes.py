"""Where tasks wait that this worker may claim. No call to the store is made here, and the clock is given.

Hints, answers and the look at a partition wake a lane; the claims take it.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Set

from ..store.call import Partition
from ..store.records import LANE_ALONE, LANE_RUN, Batch

AT_ONCE = 64  # lanes that one round claims from

Lane = tuple[Partition, str]


class Lanes:
    """The lanes in which tasks are ready. Those of convs that cannot be run here are never among them."""

    def __init__(self) -> None:
        self.hot: dict[Lane, None] = {}  # to be claimed from, the longest known first
        self.alone: dict[Partition, None] = {}  # with tasks that lost a lease: see Alone
        self.crowded: set[tuple[int, str]] = set()  # by conv and node: others wait in its lane for a slot
        self._runnable: Set[int] = frozenset()
        self._flowing: set[Lane] = set()  # they had more than was asked for
        self._rated: list[tuple[float, Lane]] = []  # when a rate lets more of a lane be claimed
        self._short: dict[Lane, None] = {}  # not claimed because every thread was busy

    def only(self, runnable: Set[int]) -> None:
        """From now on these convs can be run here, and no others."""
        self._runnable = runnable
        for partition in [partition for partition in self.alone if partition.conv_id not in runnable]:
            del self.alone[partition]

    def wake(self, partition: Partition, lane: str = LANE_RUN) -> None:
        """Tasks are ready there, or may be."""
        if partition.conv_id not in self._runnable:
            return
        if lane == LANE_ALONE:
            self.alone[partition] = None
        else:
            self.hot[(partition, lane)] = None

    def take(self, is_ahead: bool) -> list[Lane]:
        """The lanes to claim from now. `is_ahead`: no claim is under way, so more of what flows is asked for before the
        answer to this one is here; behind the others."""
        lanes = list(self.hot)[:AT_ONCE]
        for lane in lanes:
            del self.hot[lane]
        lanes = [lane for lane in lanes if lane[0].conv_id in self._runnable]
        if is_ahead:
            self.hot.update((lane, None) for lane in lanes if lane in self._flowing)
        return lanes

    def claimed(self, lane: Lane, asked: int, batch: Batch, calling: bool, now: float) -> None:
        """What a claim of so many tasks brought."""
        partition, name = lane
        if len(batch.tasks) >= asked:
            self.wake(partition, name)
            self._flowing.add(lane)
        else:
            self._flowing.discard(lane)
        if batch.more:
            self.crowded.add((partition.conv_id, name))
        elif calling:
            self.crowded.discard((partition.conv_id, name))
        if batch.wait_ms:
            heapq.heappush(self._rated, (now + batch.wait_ms / 1000, lane))

    def refused(self, lane: Lane) -> None:
        """The store did not let us claim there; a look at the partition wakes it again."""
        self.hot.pop(lane, None)

    def is_crowded(self, partition: Partition, node: str) -> None:
        """A task was refused a slot: others are before it in that lane."""
        self.crowded.add((partition.conv_id, node))
        self.wake(partition, node)

    def found_no_thread(self, lane: Lane) -> None:
        self._short[lane] = None

    def thread_freed(self) -> None:
        """Lanes that found no free thread are claimed now."""
        if self._short:
            self.hot.update(self._short)
            self._short.clear()

    def wake_rated(self, now: float) -> None:
        """Wake the lanes of which a rate lets more be claimed by now."""
        while self._rated and self._rated[0][0] <= now:
            self.wake(*heapq.heappop(self._rated)[1])

    def next_rated(self) -> float:
        """When `wake_rated` has something to do."""
        return self._rated[0][0] if self._rated else math.inf


class Alone:
    """The task that is claimed with nothing else in hand, since it lost a lease before: only it can be blamed if this
    process dies (store.md rule 10)."""

    HOLDS_UP_S = 1.0  # its outside call holds up other claims for so long; the last attempt does until its answer

    def __init__(self) -> None:
        self.token = ""  # its lease; "": there is none
        self.until = math.inf  # when others are claimed all the same
        self.is_next = False  # whether it is the turn of one, before the hot lanes

    def claim(self, token: str) -> None:
        self.token, self.until, self.is_next = token, math.inf, False

    def holds_up(self, now: float) -> bool:
        """Whether nothing else is to be claimed now."""
        if self.token and now >= self.until:
            self.token = ""
        return bool(self.token)

    def done(self, token: str) -> None:
        """If this is its lease, it has nothing to do any more."""
        if token == self.token:
            self.token = ""

    def calls_out(self, token: str, is_last: bool, now: float) -> None:
        """Its outside call begins, which may yet end this process.

        A call that takes long holds up the others only for HOLDS_UP_S; but the attempt after which the task would be
        set aside must have been alone to its end, or it would pay for what another did.
        """
        self.token = token
        if not is_last:
            self.until = now + self.HOLDS_UP_S

    def wakes_at(self) -> float:
        return self.until if self.token else math.inf

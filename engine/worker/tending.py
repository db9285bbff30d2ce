"""What brings back what nobody works at: leases that have ended, timers that are due, effects that lie in an outbox."""

from __future__ import annotations

import time

from ..store import calls
from ..store.call import Partition
from ..store.records import LANE_ALONE, LANE_RUN, Expired, Fired
from .deliveries import Deliveries
from .deployed import Deployed
from .lanes import Lanes
from .looks import Looks
from .rounds import Rounds
from .timers import Timers

EXPIRED = 100  # leases that one call ends
FIRED = 1000  # timers that one call fires
OUTBOX_S = 2.0  # effects this old were left by a worker that died


class Tending:
    """For the worker's thread. `looks` says where; hints set the timers, too."""

    def __init__(
        self, rounds: Rounds, deployed: Deployed, lanes: Lanes, deliveries: Deliveries, looks: Looks
    ) -> None:  # fmt: skip
        self.recovers_all = False  # whether effects of any age are taken from an outbox
        self.timers = Timers()
        self._rounds = rounds
        self._deployed = deployed
        self._lanes = lanes
        self._deliveries = deliveries
        self._looks = looks
        self._next_outbox = 0.0

    def hurry(self) -> None:
        """The next look is at everything, outboxes included."""
        self._looks.hurry()
        self._next_outbox = 0.0

    def look(self, now: float) -> None:
        """Look where it is time to, once a second."""
        each_second, in_turn = self._looks.take()
        has_outbox = now >= self._next_outbox
        if has_outbox:
            self._next_outbox = now + OUTBOX_S
        self._look_at(each_second, has_outbox)
        self._look_at(in_turn, True)

    def look_urgently(self) -> None:
        self._look_at(self._looks.take_urgent(), True)

    def fire_due(self, now: float) -> None:
        for partition in self.timers.take(now):
            if partition.conv_id in self._deployed.runnable:
                self._fire(partition)

    def _look_at(self, partitions: list[Partition], has_outbox: bool) -> None:
        older_ms = 0 if self.recovers_all else int(OUTBOX_S * 1000)
        for partition in partitions:
            self._expire(partition)
            self._fire(partition)
            if has_outbox:
                self._deliveries.look(partition, older_ms)

    def _expire(self, partition: Partition) -> None:
        asked = time.monotonic()

        def handle(expired: Expired) -> None:
            if partition.conv_id not in self._deployed.runnable:
                return
            if expired.freed >= EXPIRED:
                self._expire(partition)  # there may be more
            for lane in expired.lanes:
                self._lanes.wake(partition, lane)
            if expired.is_busy:
                self._looks.heard(partition, asked)
            else:
                self._looks.quiet(partition, asked)

        lanes = (LANE_RUN, LANE_ALONE, *self._deployed.convs.program(partition.conv_id).call_lanes)
        self._rounds.send(calls.expire(partition, EXPIRED, lanes), handle)

    def _fire(self, partition: Partition) -> None:
        def handle(fired: Fired) -> None:
            if fired.fired:
                self._lanes.wake(partition)
            if fired.next_in_ms is not None:
                self.timers.set(partition, time.monotonic() + fired.next_in_ms / 1000)

        self._rounds.send(calls.fire(partition, FIRED), handle)

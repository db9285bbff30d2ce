"""Effects between convs: from a sender's outbox to their target, and the answer back to the sender.

The worker that committed an effect delivers it in its next round. What a worker that died has left is found by those
that look into the outbox.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterable

from ..config import Settings
from ..store import calls
from ..store.call import Partition
from ..store.records import Confirm, Delivery, OutEntry
from ..store.sizes import MAX_ITEMS, in_parts
from .deployed import Deployed
from .lanes import Lanes
from .parcels import Parcel, confirmation, delivery, from_outbox
from .rounds import Handler, Rounds, ignore
from .settling import Settling

log = logging.getLogger("conv.worker")

AT_ONCE = 500  # entries of an outbox that one look takes
CONFIRMED_AT_ONCE = 1000
NOT_TAKEN = frozenset({"elsewhere", "stale"})  # answers to a delivery that is to be made again


class Deliveries:
    """For the worker's thread alone."""

    def __init__(self, rounds: Rounds, deployed: Deployed, lanes: Lanes, settings: Settings) -> None:
        self.settles = False  # whether confirmed effects may be settled: the store says so (registry/beat.lua)
        self._rounds = rounds
        self._deployed = deployed
        self._lanes = lanes
        self._settings = settings
        self._settling = Settling()
        self._box = rounds.store.box

    def look(self, partition: Partition, older_ms: int = 0) -> None:
        """Deliver what lies in its outbox for at least so long."""
        asked = time.monotonic()

        def handle(entries: list[OutEntry]) -> None:
            for target, effect_ids in self._settling.take(partition, asked).items():
                self._settle(partition, target, effect_ids)
            parcels = []
            for entry in entries:
                try:
                    parcels.append(from_outbox(partition, entry, self._box))
                except ValueError as error:
                    log.error("the effect %s of %s is set aside: %s", entry.out_id, partition, error)
                    self._rounds.send(calls.set_effect_aside(partition, entry.out_id, str(error)))
            self.deliver(parcels)

        self._rounds.send(calls.outbox(partition, AT_ONCE, older_ms), handle)

    def deliver(self, parcels: list[Parcel]) -> None:
        """Put these into the next round, by target."""
        convs = self._deployed.convs
        by_target: dict[Partition, list[tuple[Parcel, Delivery]]] = {}
        for item in parcels:
            made = delivery(convs, item, self._box)
            if made is None:
                self._confirm(None, [(item, "gone")])
            else:
                by_target.setdefault(made[0], []).append((item, made[1]))
        for partition, items in by_target.items():
            self._lanes.wake(partition)  # claimed in the same round, right behind the delivery
            queue, at = convs.queue_limit(partition.conv_id), 0
            for some in in_parts([made for _, made in items]):
                sent = [item for item, _ in items[at : at + len(some)]]
                call = calls.deliver(partition, some, self._settings.descendants, queue)
                self._rounds.send(call, self._delivered(partition, sent))
                at += len(some)

    def _delivered(self, target: Partition, parcels: list[Parcel]) -> Handler:
        def handle(answers: list[str]) -> None:
            moving = [item for item, answer in zip(parcels, answers, strict=True) if answer == "elsewhere"]
            if moving:
                self._rounds.soon(lambda: self.deliver(moving))
            # What is stale is found in its outbox again, if it is still there.
            self._confirm(target, (pair for pair in zip(parcels, answers, strict=True) if pair[1] not in NOT_TAKEN))

        return handle

    def _confirm(self, target: Partition | None, answered: Iterable[tuple[Parcel, str]]) -> None:
        """`target`: who answered, and remembers it; None: nobody."""
        by_source: dict[Partition, tuple[list[Confirm], list[str]]] = {}
        released: set[Partition] = set()
        for item, answer in answered:
            confirms, effect_ids = by_source.setdefault(item.source, ([], []))
            confirms.append(confirmation(item, answer))
            effect_ids.append(item.effect.effect_id)
            if item.effect.blocking:
                released.add(item.source)
        for source, (confirms, effect_ids) in by_source.items():
            for start in range(0, len(confirms), CONFIRMED_AT_ONCE):
                end = start + CONFIRMED_AT_ONCE
                handler = self._confirmed(source, target, effect_ids[start:end])
                self._rounds.send(calls.confirm(source, confirms[start:end]), handler)
        for source in released:
            self._lanes.wake(source)

    def _confirmed(self, source: Partition, target: Partition | None, effect_ids: list[str]) -> Handler:
        if target is None or not self.settles:
            return ignore

        def handle(first: list[bool]) -> None:
            # Those that another worker confirmed it settles; those that were moved are not confirmed yet.
            mine = effect_ids if all(first) else list(itertools.compress(effect_ids, first))
            self._settling.confirmed(source, target, mine)

        return handle

    def _settle(self, source: Partition, target: Partition, effect_ids: list[str]) -> None:
        for start in range(0, len(effect_ids), MAX_ITEMS):
            some = effect_ids[start : start + MAX_ITEMS]

            def again(some: list[str] = some) -> None:
                self._settling.confirmed(source, target, some)

            def handle(done: bool, again: Callable[[], None] = again) -> None:
                if not done:
                    again()

            self._rounds.send(calls.settle(target, some), handle, again)

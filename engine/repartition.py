"""Changing how many partitions a conv has, while its tasks go on (store rule 12).

Buckets go over in small groups: frozen where they are, copied, released there, activated here, and then everybody is
told. One side has a bucket at any time; for the moment in between calls on it are sent again. Only the calls on the
buckets of the group wait; reads are answered by the old side until the new one has everything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import msgspec

from .deploy import check_partitions
from .errors import MovedAlready
from .load.document import from_document
from .mover import Groups, Mover
from .store import move
from .store.call import Partition
from .store.client import Store
from .store.ids import BUCKETS
from .store.registry import Owners, Registry

CLOCK_MS = 10_000  # a clock may have been set back by so much

Progress = Callable[[int, int, int], None]


def repartition(store: Store, conv_id: int, partitions: int, progress: Progress) -> int:
    """Spread a conv over so many partitions; how many tasks went over.

    `progress` is told that number meanwhile, how many buckets have gone over, and how many there are to go over.
    Raises TooManyPartitions, MovedAlready, StoreUnavailable. Then part of the buckets has gone over, everything works,
    and running it again goes on.
    """
    catalogue = Registry(store).load(keyless=True)
    record = catalogue.convs[conv_id]
    check_partitions(from_document(msgspec.json.decode(record.document)), partitions)
    if conv_id not in catalogue.owners and record.partitions == partitions:
        return 0
    mover = Mover(store, catalogue, conv_id, partitions)
    mover.lead()
    try:
        # From now on workers look at the new partitions, too.
        mover.own(Owners(len(mover.all), list(mover.buckets)))
        mover.arm()
        try:
            tasks = _Moves(mover, partitions, progress).run()
        except BaseException:
            # Tasks must not stay frozen because somebody pressed Ctrl-C, or memory is full.
            mover.arm()
            raise
        _give_up(mover, partitions)
        mover.disarm()
    finally:
        mover.give_back()
    return tasks


def _give_up(mover: Mover, partitions: int) -> None:
    """Partitions without buckets: their totals, and what was counted over time, go to the first, and nobody looks at
    them any more."""
    first, retired = mover.all[0], mover.all[partitions:]
    for p in retired:
        mover.lead()
        mover.one(move.adopt_counts(first, mover.name, p.number, mover.one(move.export_counts(p))))
        for kind in move.PERIOD_KINDS:
            entries = move.all_periods(mover.one, p, kind)
            mover.run(list(move.adopt_periods(first, mover.name, p.number, kind, entries)))
        mover.one(move.retire(p, mover.name))
        mover.one(move.retired(first, mover.name, p.number))
    mover.own(Owners(partitions, list(mover.buckets)))
    mover.all = mover.all[:partitions]


class _Moves:
    """All the buckets that go over."""

    def __init__(self, mover: Mover, partitions: int, progress: Progress) -> None:
        self.mover = mover
        self.tasks = 0
        self._progress = progress
        self._routes: dict[tuple[int, int], list[int]] = defaultdict(list)
        target = balanced(mover.buckets, partitions)
        for bucket, owner in enumerate(mover.buckets):
            if owner != target[bucket]:
                self._routes[owner, target[bucket]].append(bucket)
        self._of = sum(map(len, self._routes.values()))
        self._done = 0

    def run(self) -> int:
        giver: Partition | None = None
        ids: dict[int, list[bytes]] = {}
        for (giving, taking), buckets in sorted(self._routes.items()):
            if giver is None or giving != giver.number:
                giver = self.mover.all[giving]
                ids = self.mover.ids(giver)
            self._move(giver, self.mover.all[taking], buckets, ids)
        return self.tasks

    def _move(self, giver: Partition, taker: Partition, buckets: Sequence[int], ids: dict[int, list[bytes]]) -> None:
        self._since = 0
        self._copy_seen(giver, taker)
        groups = Groups(buckets, ids, giver.conv_id)
        for group in groups:
            self.mover.lead()
            if self._move_group(giver, taker, group, ids):
                groups.done()
                self._done += len(group)
                self._progress(self.tasks, self._done, self._of)
            else:
                groups.again(group)

    def _move_group(
        self, giver: Partition, taker: Partition, buckets: Sequence[int], ids: dict[int, list[bytes]]
    ) -> bool:
        """False: too many batches are under way with tasks of these buckets; all is as before."""
        mover = self.mover
        mine = mover.frozen(giver, buckets, ids)
        if mine is None:
            return False
        mover.one(move.turn("expect", taker, mover.name, buckets))
        for tasks in mover.tasks(giver, mine):
            mover.run(list(move.adopt(taker, mover.name, tasks)))
        effects = mover.one(move.export_effects(giver, buckets))
        mover.run(list(move.adopt_effects(taker, mover.name, effects)))
        self._copy_seen(giver, taker)
        if mover.one(move.turn("release", giver, mover.name, buckets)) != len(buckets):
            raise MovedAlready(f"somebody else repartitions conv {giver.conv_id}")
        mover.one(move.turn("activate", taker, mover.name, buckets))
        for bucket in buckets:
            mover.buckets[bucket] = taker.number
        mover.own(Owners(len(mover.all), list(mover.buckets)))
        mover.purge(giver, mine)
        mover.one(move.purge_effects(giver, mover.name))
        self.tasks += len(mine)
        return True

    def _copy_seen(self, giver: Partition, taker: Partition) -> None:
        """What was applied to the giver since the last look must not be applied to the taker again."""
        mover = self.mover
        armed = mover.one(move.arm(giver, mover.name, move.states_of(mover.buckets, giver.number)))
        offset = 0
        while rows := mover.one(move.export_seen(giver, self._since, offset)):
            mover.one(move.adopt_seen(taker, mover.name, rows))
            offset += len(rows)
        self._since = max(0, armed.now_ms - CLOCK_MS)


def balanced(buckets: Sequence[int], partitions: int) -> list[int]:
    """Which partition shall have each bucket: as many each, give or take one, and as few moved as that takes."""
    size, larger = divmod(BUCKETS, partitions)
    room = [size + (number < larger) for number in range(partitions)]
    target: list[int | None] = []
    for owner in buckets:
        if owner < partitions and room[owner] > 0:
            room[owner] -= 1
            target.append(owner)
        else:
            target.append(None)
    free = iter([number for number in range(partitions) for _ in range(room[number])])
    return [next(free) if owner is None else owner for owner in target]

"""Changing how many partitions a conv has, while its tasks go on (store rule 12).

Buckets go over in small groups: frozen where they are, copied, released there, activated here, and then everybody is
told. One side has a bucket at any time; for the moment in between calls on it are sent again. Only the calls on the
buckets of the group wait; reads are answered by the old side until the new one has everything.

Whoever is broken off leaves something that the next one can go on from: `_settle` tells from the states of the buckets.
"""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from engine.deploy import check_partitions
from engine.errors import Rejected, StoreError
from engine.load.document import from_document
from engine.store import move
from engine.store.calls import Call, Partition
from engine.store.client import Store
from engine.store.ids import BUCKETS, bucket_of, even_share
from engine.store.move import ELSEWHERE, FROZEN, HERE, INCOMING
from engine.store.registry import Owners, Registry

LEAD_MS = 15_000  # a mover that was silent for so long has been broken off
GROUP_TASKS = 500  # about so many go over at once
GROUP_BUCKETS = 64
LEASED_S = 2.0  # for so long a group waits for batches to be committed, before another one is tried
TRIES = 50  # of a group, with growing pauses
CLOCK_MS = 10_000  # a clock may have been set back by so much

_CHUNK = 200


class MovedAlready(Rejected):
    """Somebody else repartitions the conv."""

    code = "stale"


class Repartition:
    """One change of one conv. `run` returns how many tasks went over; `progress` is told that meanwhile, and how many
    buckets of all that are to go.

    Raises TooManyPartitions, MovedAlready, StoreUnavailable; then part of the buckets has gone over, everything works,
    and running it again goes on.
    """

    def __init__(self, store: Store, conv_id: int, partitions: int, progress: Callable[[int, int, int], None]) -> None:
        self.store = store
        self.registry = Registry(store)
        self.conv_id = conv_id
        self.partitions = partitions
        self.name = uuid.uuid4().hex
        self.tasks = 0
        self._progress = progress

    def run(self) -> int:
        catalogue = self.registry.load()
        record = catalogue.convs[self.conv_id]
        check_partitions(from_document(msgspec.json.decode(record.document)), self.partitions)
        self._seen = catalogue.owners.get(self.conv_id)
        if self._seen is None and record.partitions == self.partitions:
            return 0
        self._lead()
        try:
            self._buckets = list(self._seen.buckets) if self._seen else even_share(record.partitions)
            count = max(len(catalogue.partitions(self.conv_id)), self.partitions)
            # From now on workers look at the new partitions, too.
            self._own(Owners(count, list(self._buckets)))
            self._all = [Partition(self.conv_id, number) for number in range(count)]
            self._settle(self._arm())
            try:
                self._move_all()
            except BaseException:
                # Tasks must not stay frozen because somebody pressed Ctrl-C, or memory is full.
                self._settle(self._arm())
                raise
            self._give_up([p for p in self._all if p.number >= self.partitions])
            self._run([move.disarm(p, self.name, unknowing=False) for p in self._all if p.number < self.partitions])
        finally:
            self.registry.lead(self.conv_id, self.name, 0)
        return self.tasks

    # --- Who may ----------------------------------------------------------------------------------------------

    def _lead(self) -> None:
        if not self.registry.lead(self.conv_id, self.name, LEAD_MS):
            raise MovedAlready(
                f"somebody else repartitions conv {self.conv_id} just now; if not, try again in {LEAD_MS // 1000} s"
            )

    def _own(self, owners: Owners) -> None:
        if owners == self._seen:
            return
        if not self.registry.own(self.conv_id, self._seen, owners):
            raise MovedAlready(f"somebody else has repartitioned conv {self.conv_id} meanwhile; look, and try again")
        self._seen = owners

    def _arm(self) -> list[bytes]:
        """The states of each partition's buckets."""
        first, *others = self._all
        known = self._one(move.arm(first, self.name, move.states_of(self._buckets, 0)))
        armed = self._run(
            [
                move.arm(p, self.name, move.states_of(self._buckets, p.number), known.offset, known.paused)
                for p in others
            ]
        )
        return [known.states, *(one.states for one in armed)]

    # --- What was broken off ----------------------------------------------------------------------------------

    def _settle(self, states: Sequence[bytes]) -> None:
        """Bring every bucket to one side: where it is frozen it stays; where it was released it has arrived."""
        for p, mine in zip(self._all, states, strict=True):
            frozen = [bucket for bucket in range(BUCKETS) if mine[bucket] == FROZEN]
            arriving = [bucket for bucket in range(BUCKETS) if mine[bucket] == INCOMING]
            lost = [b for b in arriving if all(other[b] in (ELSEWHERE, INCOMING) for other in states)]
            if lost:
                self._one(move.turn("activate", p, self.name, lost))
            if dropped := set(arriving) - set(lost):
                self._one(move.turn("drop", p, self.name, dropped))
            if frozen:
                self._one(move.turn("thaw", p, self.name, frozen))
            for bucket in range(BUCKETS):
                if mine[bucket] in (HERE, FROZEN) or bucket in lost:
                    self._buckets[bucket] = p.number
        self._own(Owners(len(self._all), list(self._buckets)))

    # --- Moving -----------------------------------------------------------------------------------------------

    def _move_all(self) -> None:
        target = balanced(self._buckets, self.partitions)
        routes: dict[tuple[int, int], list[int]] = defaultdict(list)
        for bucket in range(BUCKETS):
            if self._buckets[bucket] != target[bucket]:
                routes[self._buckets[bucket], target[bucket]].append(bucket)
        self._of = sum(map(len, routes.values()))
        self._done = 0
        giver: int | None = None
        ids: dict[int, list[bytes]] = {}
        for (giving, taking), buckets in sorted(routes.items()):
            if giving != giver:
                giver, ids = giving, self._ids(self._all[giving])
            self._move(self._all[giving], self._all[taking], buckets, ids)

    def _ids(self, p: Partition) -> dict[int, list[bytes]]:
        """The tasks of a partition by bucket; copies that were left behind are taken away."""
        ids: dict[int, list[bytes]] = defaultdict(list)
        behind = []
        for page in self.store.scan(tasks_of=p):
            self._lead()
            for key in page:
                task_id = key.rpartition(b" t:")[2]
                bucket = bucket_of(task_id.decode())
                if self._buckets[bucket] == p.number:
                    ids[bucket].append(task_id)
                else:
                    behind.append(task_id)
        self._purge(p, behind)
        return ids

    def _move(self, giver: Partition, taker: Partition, buckets: Sequence[int], ids: dict[int, list[bytes]]) -> None:
        self._since = 0
        self._copy_seen(giver, taker)
        groups = list(_groups(buckets, ids))
        tries = 0
        while groups:
            group = groups.pop(0)
            self._lead()
            if self._move_group(giver, taker, group, ids):
                tries = 0
                self._done += len(group)
                self._progress(self.tasks, self._done, self._of)
                continue
            tries += 1
            if tries > TRIES:
                raise StoreError(
                    f"batches of conv {self.conv_id} stay uncommitted, so that their tasks cannot be moved; run it "
                    "again when the workers are well"
                )
            groups.append(group)
            time.sleep(min(1.0, 0.05 * tries))

    def _move_group(
        self, giver: Partition, taker: Partition, buckets: Sequence[int], ids: dict[int, list[bytes]]
    ) -> bool:
        """False: too many batches are under way with tasks of these buckets; all is as before."""
        self._run([move.turn("freeze", giver, self.name, buckets), move.turn("expect", taker, self.name, buckets)])
        if not self._wait_for_batches(giver, buckets):
            self._run([move.turn("drop", taker, self.name, buckets), move.turn("thaw", giver, self.name, buckets)])
            return False
        arrived = self._copy(giver, taker, buckets, ids)
        if self._one(move.turn("release", giver, self.name, buckets)) != len(buckets):
            raise MovedAlready(f"somebody else repartitions conv {self.conv_id}")
        self._one(move.turn("activate", taker, self.name, buckets))
        for bucket in buckets:
            self._buckets[bucket] = taker.number
        self._own(Owners(len(self._all), list(self._buckets)))
        self._purge(giver, arrived)
        self._one(move.purge_effects(giver, self.name))
        self.tasks += len(arrived)
        return True

    def _wait_for_batches(self, giver: Partition, buckets: Sequence[int]) -> bool:
        end = time.monotonic() + LEASED_S
        while self._one(move.leased(giver, buckets)):
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    def _copy(
        self, giver: Partition, taker: Partition, buckets: Sequence[int], ids: dict[int, list[bytes]]
    ) -> list[bytes]:
        """Copy what frozen buckets hold; the ids of their tasks."""
        wanted = set(buckets)
        mine = {task_id for bucket in buckets for task_id in ids.get(bucket, ())}
        mine.update(task_id for task_id in self._one(move.born(giver)) if bucket_of(task_id.decode()) in wanted)
        all_ids = sorted(mine)
        for start in range(0, len(all_ids), _CHUNK):
            tasks = self._one(move.export(giver, all_ids[start : start + _CHUNK]))
            self._run(list(move.adopt(taker, self.name, tasks)))
        effects = self._one(move.export_effects(giver, buckets))
        self._run(list(move.adopt_effects(taker, self.name, effects)))
        self._copy_seen(giver, taker)
        return all_ids

    def _copy_seen(self, giver: Partition, taker: Partition) -> None:
        """What was applied to the giver since the last look must not be applied to the taker again."""
        snapshot = self._one(move.arm(giver, self.name, move.states_of(self._buckets, giver.number)))
        offset = 0
        while rows := self._one(move.export_seen(giver, self._since, offset)):
            self._one(move.adopt_seen(taker, self.name, rows))
            offset += len(rows) // 2
        self._since = max(0, snapshot.now_ms - CLOCK_MS)

    def _purge(self, p: Partition, ids: Sequence[bytes]) -> None:
        for start in range(0, len(ids), _CHUNK):
            self._one(move.purge(p, self.name, ids[start : start + _CHUNK]))

    def _give_up(self, retired: Sequence[Partition]) -> None:
        """Partitions without buckets: their totals go to the first, nobody looks at them any more."""
        for p in retired:
            self._lead()
            self._one(move.adopt_counts(self._all[0], self.name, p, self._one(move.export_counts(p))))
            self._one(move.retire(p, self.name))
            self._one(move.retired(self._all[0], self.name, p))
        self._own(Owners(self.partitions, list(self._buckets)))

    # --- Calls ------------------------------------------------------------------------------------------------

    def _one(self, call: Call[Any]) -> Any:
        return self.store.one(call)

    def _run(self, calls: Sequence[Call[Any]]) -> list[Any]:
        results = self.store.run(calls)
        for result in results:
            if isinstance(result, StoreError):
                raise result
        return results


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


def _groups(buckets: Sequence[int], ids: dict[int, list[bytes]]) -> Iterator[list[int]]:
    """Buckets that go over together."""
    group: list[int] = []
    tasks = 0
    for bucket in buckets:
        more = len(ids.get(bucket, ()))
        if group and (tasks + more > GROUP_TASKS or len(group) == GROUP_BUCKETS):
            yield group
            group, tasks = [], 0
        group.append(bucket)
        tasks += more
    if group:
        yield group

"""What a repartition and a backup share: one mover of a conv at a time, who freezes buckets and copies what they hold.

Whoever is broken off leaves something that the next one can go on from: `settle` tells from the states of the buckets.
"""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .errors import MovedAlready, StoreError
from .store import move
from .store.call import Call, Partition
from .store.client import Store
from .store.ids import BUCKETS, bucket_of, even_share
from .store.move import ELSEWHERE, FROZEN, HERE, INCOMING, Carried
from .store.registry import Catalogue, Owners, Registry

LEAD_MS = 15_000  # a mover that was silent for so long has been broken off
GROUP_TASKS = 500  # about so many are frozen at once
GROUP_BUCKETS = 64
LEASED_S = 2.0  # for so long a group waits for batches to be committed, before another one is tried
TRIES = 50  # of a group, with growing pauses
CHUNK = 200  # tasks in one call


class Mover:
    """One who may freeze the buckets of a conv, between `lead` and `give_back`. `partitions`: at least so many.

    Raises MovedAlready, StoreUnavailable. `buckets` says which partition has each.
    """

    def __init__(self, store: Store, catalogue: Catalogue, conv_id: int, partitions: int = 0) -> None:
        self.store = store
        self.registry = Registry(store)
        self.conv_id = conv_id
        self.name = uuid.uuid4().hex
        self.owners = catalogue.owners.get(conv_id)
        self.buckets = list(self.owners.buckets) if self.owners else even_share(catalogue.convs[conv_id].partitions)
        count = max(len(catalogue.partitions(conv_id)), partitions)
        self.all = [Partition(conv_id, number) for number in range(count)]

    # --- Who may ----------------------------------------------------------------------------------------------

    def lead(self) -> None:
        """Also to be called now and then, to stay the one."""
        if not self.registry.lead(self.conv_id, self.name, LEAD_MS):
            raise MovedAlready(
                f"somebody else repartitions conv {self.conv_id} or makes a backup just now; if not, try again in "
                f"{LEAD_MS // 1000} s"
            )

    def give_back(self) -> None:
        self.registry.lead(self.conv_id, self.name, 0)

    def own(self, owners: Owners) -> None:
        """Tell everybody where the buckets are now."""
        if owners == self.owners:
            return
        if not self.registry.own(self.conv_id, self.owners, owners):
            raise MovedAlready(f"somebody else has repartitioned conv {self.conv_id} meanwhile; look, and try again")
        self.owners = owners

    def arm(self) -> None:
        """Become the one whom the partitions obey, and put in order what another was broken off at."""
        first, *others = self.all
        known = self.one(move.arm(first, self.name, move.states_of(self.buckets, 0)))
        armed = self.run(
            [move.arm(p, self.name, move.states_of(self.buckets, p.number), known.offset, known.paused) for p in others]
        )
        self._settle([known.states, *(one.states for one in armed)])

    def disarm(self) -> None:
        self.run([move.disarm(p, self.name, unknowing=self.owners is None) for p in self.all])

    def _settle(self, states: Sequence[bytes]) -> None:
        """Bring every bucket to one side: where it is frozen it stays; where it was released it has arrived."""
        for p, mine in zip(self.all, states, strict=True):
            frozen = [bucket for bucket in range(BUCKETS) if mine[bucket] == FROZEN]
            arriving = [bucket for bucket in range(BUCKETS) if mine[bucket] == INCOMING]
            lost = [b for b in arriving if all(other[b] in (ELSEWHERE, INCOMING) for other in states)]
            if lost:
                self.one(move.turn("activate", p, self.name, lost))
            if dropped := set(arriving) - set(lost):
                self.one(move.turn("drop", p, self.name, dropped))
            if frozen:
                self.one(move.turn("thaw", p, self.name, frozen))
            for bucket in range(BUCKETS):
                if mine[bucket] in (HERE, FROZEN) or bucket in lost:
                    self.buckets[bucket] = p.number
        if self.owners is not None:
            self.own(Owners(len(self.all), list(self.buckets)))

    # --- What there is ----------------------------------------------------------------------------------------

    def ids(self, p: Partition) -> dict[int, list[bytes]]:
        """The tasks of a partition by bucket; copies that were left behind are taken away."""
        ids: dict[int, list[bytes]] = defaultdict(list)
        behind = []
        for page in self.store.scan(tasks_of=p):
            self.lead()
            for key in page:
                task_id = key.rpartition(b" t:")[2]
                bucket = bucket_of(task_id.decode())
                if self.buckets[bucket] == p.number:
                    ids[bucket].append(task_id)
                else:
                    behind.append(task_id)
        self.purge(p, behind)
        return ids

    def frozen(
        self, p: Partition, buckets: Sequence[int], ids: dict[int, list[bytes]], before: Iterable[Call[Any]] = ()
    ) -> list[bytes] | None:
        """Freeze these buckets, after the calls of `before`; the ids of their tasks, which change no more until `thaw`.

        None: batches with tasks of theirs stay uncommitted; nothing is frozen.
        """
        self.run([*before, move.turn("freeze", p, self.name, buckets)])
        end = time.monotonic() + LEASED_S
        while self.one(move.leased(p, buckets)):
            if time.monotonic() > end:
                self.one(move.turn("thaw", p, self.name, buckets))
                return None
            time.sleep(0.005)
        wanted = set(buckets)
        mine = {task_id for bucket in buckets for task_id in ids.get(bucket, ())}
        mine.update(task_id for task_id in self.one(move.born(p)) if bucket_of(task_id.decode()) in wanted)
        return sorted(mine)

    def tasks(self, p: Partition, ids: Sequence[bytes]) -> Iterator[list[Carried]]:
        """All of frozen tasks, in pages."""
        for start in range(0, len(ids), CHUNK):
            yield self.one(move.export(p, ids[start : start + CHUNK]))

    def purge(self, p: Partition, ids: Sequence[bytes]) -> None:
        """Take away copies of tasks that are elsewhere."""
        for start in range(0, len(ids), CHUNK):
            self.one(move.purge(p, self.name, ids[start : start + CHUNK]))

    # --- Calls ------------------------------------------------------------------------------------------------

    def one(self, call: Call[Any]) -> Any:
        return self.store.one(call)

    def run(self, calls: Sequence[Call[Any]]) -> list[Any]:
        results = self.store.run(calls)
        for result in results:
            if isinstance(result, StoreError):
                raise result
        return results


class Groups:
    """Buckets in groups of about GROUP_TASKS tasks; one that could not be frozen is tried again later."""

    def __init__(self, buckets: Sequence[int], ids: dict[int, list[bytes]], conv_id: int) -> None:
        self._waiting = list(_groups(buckets, ids))
        self._conv_id = conv_id
        self._tries = 0

    def __iter__(self) -> Iterator[list[int]]:
        while self._waiting:
            yield self._waiting.pop(0)

    def done(self) -> None:
        self._tries = 0

    def again(self, group: list[int]) -> None:
        """Raises StoreError when that was said too often in a row."""
        self._tries += 1
        if self._tries > TRIES:
            raise StoreError(
                f"batches of conv {self._conv_id} stay uncommitted, so that their tasks cannot be copied; run it again "
                "when the workers are well"
            )
        self._waiting.append(group)
        time.sleep(min(1.0, 0.05 * self._tries))


def _groups(buckets: Sequence[int], ids: dict[int, list[bytes]]) -> Iterator[list[int]]:
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

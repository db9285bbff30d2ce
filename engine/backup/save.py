"""Making a backup while tasks go on.

A group of buckets at a time is frozen, copied and thawed; so each bucket is saved as it was at one moment, and those
moments differ. What went from one to another in between is made good by three things. Effects that are confirmed while
the backup is made are kept, and saved, to be sent again. Of each target the effect ids are saved that it had applied by
its moment. And what a task sends after it was saved has its target saved before it takes it. So after a restore each
effect has been applied, or is applied by being sent again, never both; and nobody has taken what is yet to be sent.
"""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from ..errors import Rejected, StoreError
from ..mover import Groups, Mover
from ..store import move, versions
from ..store import rights as stored
from ..store.call import Partition
from ..store.client import Store
from ..store.ids import BUCKETS
from ..store.move import Carried
from ..store.registry import Catalogue, Registry
from ..vault.state import write_state
from .file import (
    VERSION,
    Counts,
    Deployed,
    Effects,
    Header,
    PartitionHead,
    Seen,
    Summary,
    Tasks,
    Versions,
    Writer,
)

_VERSIONS = 10  # in one round: each may be a megabyte

LEAD_S = 3.0  # how often a mover of each conv says that it is still there


def backup(store: Store, path: Path, progress: Callable[[int], None] = lambda tasks: None) -> Summary:
    """Write all that is deployed, and every task, into one file; `progress` is told how many tasks so far.

    What is deployed while it is made is not in it. Raises MovedAlready (a repartition or another backup is under way),
    StoreUnavailable, OSError; then there is no file.
    """
    catalogue = Registry(store).load(keyless=True)
    for conv_id, why in catalogue.unreadable.items():
        raise Rejected(
            f"what the registry says of conv {conv_id} cannot be read: {why}; a backup would be without its tasks"
        )
    if not catalogue.convs:
        raise Rejected("nothing is deployed: there is nothing to back up")
    return _Backup(store, catalogue, path, progress).run()


class _Backup:
    def __init__(self, store: Store, catalogue: Catalogue, path: Path, progress: Callable[[int], None]) -> None:
        self._store = store
        self._path = path
        self._progress = progress
        self._movers = [Mover(store, catalogue, conv_id) for conv_id in sorted(catalogue.convs)]
        self._frozen_ms: dict[Partition, dict[int, int]] = defaultdict(dict)
        self._name = uuid.uuid4().hex
        self._tasks = 0
        self._next_lead = 0.0

    def run(self) -> Summary:
        made_ms = int(time.time() * 1000)
        leading = []
        try:
            for mover in self._movers:
                mover.lead()
                leading.append(mover)
            with Writer(self._path) as writer:
                writer.put(Header(VERSION, made_ms, self._store.namespace))
                convs = self._write(writer)
        finally:
            for mover in leading:
                mover.give_back()
        return Summary(self._tasks, convs, made_ms)

    def _write(self, writer: Writer) -> int:
        armed = []
        try:
            for mover in self._movers:
                mover.arm()
                armed.append(mover)
            for mover in armed:
                mover.run([move.keep(p, mover.name, self._name) for p in mover.all])
            for mover in armed:
                for p in mover.all:
                    self._write_tasks(writer, mover, p)
            for mover in armed:
                for p in mover.all:
                    self._write_rest(writer, mover, p)
            return self._write_deployed(writer)
        finally:
            for mover in armed:
                mover.arm()  # what was frozen when something went wrong is thawed
                mover.run([move.keep(p, mover.name, "") for p in mover.all])
                mover.disarm()

    def _lead(self) -> None:
        if time.monotonic() >= self._next_lead:
            self._next_lead = time.monotonic() + LEAD_S
            for mover in self._movers:
                mover.lead()

    def _write_tasks(self, writer: Writer, mover: Mover, p: Partition) -> None:
        armed = mover.one(move.arm(p, mover.name, move.states_of(mover.buckets, p.number)))
        writer.put(PartitionHead(p.conv_id, p.number, armed.paused == "1"))
        ids = mover.ids(p)
        groups = Groups([b for b in range(BUCKETS) if mover.buckets[b] == p.number], ids, p.conv_id)
        for group in groups:
            self._lead()
            mine = mover.frozen(p, group, ids)
            if mine is None:
                groups.again(group)
                continue
            for tasks in mover.tasks(p, mine):
                self._put_tasks(writer, tasks)
            effects = mover.one(move.export_effects(p, group))
            if effects.sent or effects.late:
                writer.put(Effects(effects.sent, effects.late))
            now_ms = mover.one(move.arm(p, mover.name, move.states_of(mover.buckets, p.number))).now_ms
            self._frozen_ms[p].update(dict.fromkeys(group, now_ms))
            time.sleep(0.002)  # what is applied from now on has a later millisecond
            mover.run([move.turn("saved", p, mover.name, group), move.turn("thaw", p, mover.name, group)])
            groups.done()
            self._progress(self._tasks)

    def _write_rest(self, writer: Writer, mover: Mover, p: Partition) -> None:
        self._lead()
        writer.put(PartitionHead(p.conv_id, p.number, False))
        offset = 0
        while images := mover.one(move.export_images(p, offset)):
            self._put_tasks(writer, images)
            offset += len(images)
        offset = 0
        while kept := mover.one(move.export_kept(p, offset)):
            writer.put(Effects(kept, []))
            offset += len(kept)
        offset = 0
        after = mover.one(move.export_after(p))
        while rows := mover.one(move.export_seen(p, 0, offset)):
            applied = self._applied(p, rows, after)
            pairs = [part for row in applied for part in (row.effect_id, row.score)]
            writer.put(Seen(pairs, {row.effect_id: row.words for row in applied if row.words}))
            offset += len(rows)
        minutes, hours = (move.all_periods(mover.one, p, kind) for kind in move.PERIOD_KINDS)
        writer.put(Counts(mover.one(move.export_counts(p)), minutes, hours))

    def _put_tasks(self, writer: Writer, tasks: Sequence[Carried]) -> None:
        writer.put(Tasks([(task.task_id, task.has_pointer, task.fields, *task.kept) for task in tasks]))
        self._tasks += len(tasks)

    def _applied(self, p: Partition, rows: list[move.Seen], after: set[bytes]) -> list[move.Seen]:
        """Those that were applied before what was saved of their target."""
        frozen_ms = self._frozen_ms[p]
        applied = []
        for row in rows:
            seen_ms, bucket = move.seen_at(row.score)
            if seen_ms <= frozen_ms.get(bucket, 0) and row.effect_id not in after:
                applied.append(row)
        return applied

    def _write_deployed(self, writer: Writer) -> int:
        catalogue = Registry(self._store).load(keyless=True)
        saved = [mover.conv_id for mover in self._movers if mover.conv_id in catalogue.convs]
        convs = [catalogue.convs[conv_id] for conv_id in saved]
        owners = {conv_id: catalogue.owners[conv_id] for conv_id in saved if conv_id in catalogue.owners}
        variables, instances = msgspec.json.encode(catalogue.variables), msgspec.json.encode(catalogue.instances)
        rights = self._store.one(stored.load())
        keys, groups = rights.keys or {}, rights.groups or {}
        seal = b"" if catalogue.seal is None else write_state(catalogue.seal)
        writer.put(Deployed(convs, variables, owners, instances, keys, groups, rights.last_login, seal))
        for record in convs:
            self._write_versions(writer, record.conv_id, catalogue.version)
        return len(convs)

    def _write_versions(self, writer: Writer, conv_id: int, deployed: int) -> None:
        """Those of a conv that are no newer than what is saved of it."""
        kept = self._store.one(versions.history(conv_id))
        numbers = [one.number for one in kept if one.head is None or one.head.deploy <= deployed]
        for start in range(0, len(numbers), _VERSIONS):
            rows = []
            calls = [versions.kept_version(conv_id, number) for number in numbers[start : start + _VERSIONS]]
            for found in self._store.run(calls):
                if isinstance(found, StoreError):
                    raise found
                if found is not None:  # it may have become too old meanwhile
                    rows.append((conv_id, found.number, found.time_ms or 0, found.head, found.source))
            writer.put(Versions(rows))

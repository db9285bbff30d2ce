"""Bringing a backup back into an empty namespace. Nothing runs before all is there: until then nothing is deployed.

Outside calls that were under way are made again, with the key that they had. Effects are sent again; their targets know
those that they had applied.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..errors import NotEmpty, Rejected, StoreError
from ..rights.actor import actor
from ..rights.trail import entry_text
from ..store import move, versions
from ..store import rights as stored
from ..store.call import Call, Partition
from ..store.client import Store
from ..store.ids import even_share
from ..store.move import ELSEWHERE, INCOMING, Carried, CarriedEffects
from ..store.registry import ConvRecord, Owners, Registry
from ..store.versions import NewVersion
from ..vault import SealState
from ..vault.state import read_state
from .file import Counts, Deployed, Effects, PartitionHead, Seen, Summary, Tasks, Versions, read, verify

RESTORE = -1  # the origin of counts that come from a backup

# Workers may wait in an empty namespace, and an API in which people have signed in.
_OWN_KEYS = (b"beats", b"leader", b"workers", b"restoring", b"sync", b"rights", b"keys", b"groups", b"trail")
_OWN_FAMILIES = (b"session:", b"sessions:")
_CHUNK = 200


def restore(store: Store, path: Path, progress: Callable[[int, int], None] = lambda tasks, of: None) -> Summary:
    """Bring back what a backup holds; `progress` is told how many tasks so far, of how many.

    The namespace must be empty, but for what a restore has left that was broken off. Raises DamagedBackup, NotEmpty,
    SecretKeyError (its secrets are sealed with a key that is not here), StoreFull, StoreUnavailable, OSError.
    """
    summary = verify(path)
    deployed = next(record for record in read(path) if isinstance(record, Deployed))
    seal = read_state(deployed.seal) if deployed.seal else None
    if seal is not None:
        store.box.require(seal, "this backup")
    registry = Registry(store)
    _make_room(store, registry)
    _say_seal(registry, seal)
    loader = _Loader(store, deployed, lambda tasks: progress(tasks, summary.tasks))
    for record in read(path):
        loader.take(record)
    loader.finish()
    for conv_id, owners in deployed.owners.items():
        registry.own(conv_id, None, owners)
    variables, instances = msgspec.json.decode(deployed.variables), msgspec.json.decode(deployed.instances)
    made = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(summary.made_ms / 1000))
    entry = entry_text(
        actor(), "restored", "a backup", about=f"made {made}: {summary.convs} convs, {summary.tasks} tasks"
    )
    if registry.deploy(0, deployed.convs, variables, instances=instances, entry=entry) is None:
        raise NotEmpty("somebody has deployed something meanwhile; nothing of the backup runs")
    _restore_rights(store, deployed)
    registry.mark_restoring(False)
    return summary


def _restore_rights(store: Store, deployed: Deployed) -> None:
    """The keys of the backup take the place of those that there are, whose sessions end. A backup without any, such as
    one of an older version, leaves them as they are."""
    if not deployed.last_login:
        return
    while True:
        there = store.one(stored.load())
        gone: dict[int, bytes | None] = dict.fromkeys(there.keys or {})
        gone_groups: dict[str, bytes | None] = dict.fromkeys(there.groups or {})
        entry = entry_text(actor(), "keys restored", "a backup", about=f"{len(deployed.keys)} keys of the backup")
        change = stored.RightsChange(
            max(there.last_login, deployed.last_login),
            {**gone, **deployed.keys},
            {**gone_groups, **deployed.groups},
            list(gone),
            entry,
        )
        if store.one(stored.change_rights(there.version, change)) is not None:
            return


def _make_room(store: Store, registry: Registry) -> None:
    """Raises NotEmpty. What a restore has left that was broken off is deleted."""
    was_restoring = registry.is_restoring()
    is_new = not registry.load(keyless=True).version  # then it may say a key, and no more
    head = len(store.namespace) + 2
    for page in store.scan():
        by_slot: dict[str, list[bytes]] = {}
        for key in page:
            tag, _, name = key.partition(b" ")
            slot = tag[head:-1].decode(errors="backslashreplace")
            if slot == "reg" and (name in _OWN_KEYS or name.startswith(_OWN_FAMILIES) or (name == b"meta" and is_new)):
                continue
            if not was_restoring:
                raise NotEmpty(
                    f"the namespace {store.namespace} of {store.address} is not empty; restore into another one "
                    "(CONV_NAMESPACE, CONV_HOME or CONV_REDIS_URL)"
                )
            by_slot.setdefault(slot, []).append(name)
        for slot, names in by_slot.items():
            store.one(move.wipe(slot, names))
    registry.mark_restoring(True)


def _say_seal(registry: Registry, seal: SealState | None) -> None:
    """What is restored is sealed as it was saved; what was not is sealed by the workers, if there is a key."""
    registry.versions()
    if seal is None:
        registry.begin_sealing()
    elif registry.say_seal(registry.seal, seal, seal.current.key) < 0:
        raise Rejected(
            f"a worker of this store does not have the key {seal.current.key}, by which the backup is sealed; "
            "stop it, or give it the key"
        )


class _Loader:
    """Takes the records of a backup in their order. Nothing of it can be seen before `finish`, and nothing runs."""

    def __init__(self, store: Store, deployed: Deployed, progress: Callable[[int], None]) -> None:
        self._store = store
        self._name = uuid.uuid4().hex
        self._owners = deployed.owners
        self._convs: dict[int, ConvRecord] = {record.conv_id: record for record in deployed.convs}
        self._progress = progress
        self._partitions: dict[Partition, None] = {}
        self._now_ms = 0
        self._tasks = 0
        self._at = Partition(0, 0)

    def take(self, record: Any) -> None:
        if isinstance(record, PartitionHead):
            self._begin(Partition(record.conv_id, record.number), record.paused)
        elif isinstance(record, Versions):
            self._run([versions.keep_versions([NewVersion(*row)]) for row in record.versions])
        elif self._at.conv_id not in self._convs:
            return  # its conv was taken away while the backup was made
        elif isinstance(record, Tasks):
            carried = [
                Carried(task_id, pointer, b"", _without_lease(fields), kept)
                for task_id, pointer, fields, *kept in record.tasks
                if not _is_deleted(fields)
            ]
            self._run(move.adopt(self._at, self._name, carried))
            self._tasks += len(carried)
            self._progress(self._tasks)
        elif isinstance(record, Effects):
            effects = CarriedEffects(*([(i, self._as_new(fields)) for i, fields in part] for part in _parts_of(record)))
            self._run(move.adopt_effects(self._at, self._name, effects))
        elif isinstance(record, Seen) and record.rows:
            rows = [
                move.Seen(effect_id, move.seen_from(score, self._now_ms), record.words.get(effect_id, b""))
                for effect_id, score in zip(record.rows[::2], record.rows[1::2], strict=True)
            ]
            self._run([move.adopt_seen(self._at, self._name, rows)])
        elif isinstance(record, Counts):
            self._run([move.adopt_counts(self._at, self._name, RESTORE, _totals(record.counts))])
            for kind, entries in zip(move.PERIOD_KINDS, (record.minutes, record.hours), strict=True):
                self._run(move.adopt_periods(self._at, self._name, RESTORE, kind, entries))

    def finish(self) -> None:
        """Every task is ready to go on, as soon as its conv is deployed."""
        for p in self._partitions:
            mine = [bucket for bucket, owner in enumerate(self._buckets(p.conv_id)) if owner == p.number]
            for start in range(0, len(mine), 64):
                self._run([move.turn("activate", p, self._name, mine[start : start + 64])])
            self._run(
                [
                    move.retired(p, self._name, RESTORE),
                    move.disarm(p, self._name, unknowing=p.conv_id not in self._owners),
                ]
            )

    def _begin(self, p: Partition, paused: bool) -> None:
        self._at = p
        if p in self._partitions or p.conv_id not in self._convs:
            return
        states = bytes(INCOMING if owner == p.number else ELSEWHERE for owner in self._buckets(p.conv_id))
        armed = self._store.one(move.arm(p, self._name, states, "", "1" if paused else ""))
        self._partitions[p] = None
        self._now_ms = armed.now_ms

    def _buckets(self, conv_id: int) -> Sequence[int]:
        owners: Owners | None = self._owners.get(conv_id)
        return even_share(self._convs[conv_id].partitions) if owners is None else owners.buckets

    def _as_new(self, fields: list[bytes]) -> list[bytes]:
        """An effect as if it were sent now, or an old backup would find all of its effects too late."""
        return [
            str(self._now_ms).encode() if i % 2 and fields[i - 1] == b"a" else value for i, value in enumerate(fields)
        ]

    def _run(self, calls: Iterable[Call[Any]]) -> None:
        waiting = list(calls)
        for start in range(0, len(waiting), _CHUNK):
            for result in self._store.run(waiting[start : start + _CHUNK]):
                if isinstance(result, StoreError):
                    raise result


def _parts_of(effects: Effects) -> tuple[list[tuple[bytes, list[bytes]]], list[tuple[bytes, list[bytes]]]]:
    return effects.sent, effects.late


def _without_lease(fields: list[bytes]) -> list[bytes]:
    """As after the end of a lease (lua/life/expire.lua): what was under way is begun again, alone, a call with its
    request; a noted cancel takes effect."""
    record = dict(zip(fields[::2], fields[1::2], strict=True))
    if record.get(b"p") not in (b"calling", b"leased"):
        return fields
    record |= {b"p": b"ready", b"l": b"alone", b"x": str(int(time.time() * 1000)).encode()}
    gone = [b"f"]
    if (noted := record.get(b"w", b"")).startswith(b"e"):
        record[b"e"] = noted[1:]
        gone += [b"l", b"q", b"w", b"a"]
    return [part for name, value in record.items() if name not in gone for part in (name, value)]


def _is_deleted(fields: list[bytes]) -> bool:
    """Whether a delete was noted of a task that was under way."""
    return dict(zip(fields[::2], fields[1::2], strict=True)).get(b"w") == b"d"


def _totals(counts: list[bytes]) -> list[bytes | int]:
    """What to add to counts that say how many tasks stand where: those that have left and were removed, entered too."""
    totals: list[bytes | int] = []
    for field, number in zip(counts[::2], counts[1::2], strict=True):
        node, _, kind = field.rpartition(b".")
        if kind in (b"o", b"x") and not field.startswith(b"sum "):
            totals += (field, number, node + b".i", number)
        elif kind == b"s" or field in (b"signals", b"unused") or field.startswith(b"sum "):
            totals += (field, number)
    return totals

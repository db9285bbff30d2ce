"""Looking through a whole namespace: is every task in exactly one place; do indices, pointers, counts, outbox agree?

Each check of a key is one script (lua/audit/), so tasks may be created, run and end meanwhile: what it finds was so
at one moment. Tasks created during the walk may be left out. Source: store rules 1, 2 and 10.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from ..errors import StoreError
from .call import Call, Partition
from .calls import deliver, outbox
from .client import Store
from .keys import KEYS, REGISTRY_FAMILIES, REGISTRY_KEYS, REGISTRY_KEYS_BY_CONV
from .records import Delivery
from .registry import Catalogue, Registry, partition_in
from .roster import roster
from .wire import FindingRow, IndexReply, KeysReply, WaitRow

MOVING = b"moving"
LATE_MS = 12 * 3_600_000  # an effect that is older is set aside; see `outbox`
COUNTED = 100_000  # so many ready and running tasks of a partition are looked at in one script, to compare the counts

_PAGE = 500
_CLOSE_PAGE = 100
_AT_ONCE = 20  # calls in one round

_INDICES = {key.name.encode() for key in KEYS if key.is_index}

_PASSING = {key.name.encode() for key in KEYS if key.passing}
_BY_NODE = {key.name.encode() for key in KEYS if key.by_node}

_NO_TARGET = b'{"type":"refused","tag":"not_found_task","description":"the task that was waited for is no more"}'

_pack = msgspec.msgpack.Encoder().encode

_SENTENCES = {
    "broken": "the task's record lacks its node, its place or its data",
    "not_in_lane": "the task is ready, but not in the lane {detail}: no worker will find it",
    "no_lease": "the task is held by a worker, but in no lease: nobody would take it back",
    "two_leases": "the task is in several leases",
    "not_listed": "the task is not in {detail}, where its place belongs",
    "no_due": "the task's timer would not fire",
    "ended_due": "the task rests for good, but has a timer",
    "ref_lost": "the task lives, but its ref {detail} does not lead to it",
    "two_living": "another living task has the same ref: {detail}",
    "not_noted": "a cancel or delete of the task would not take effect",
    "no_effect": "the task waits for effect {detail}, which is not in the outbox",
    "no_target": "the task waits for the answer of task {detail}, which is no more, and no timer ends that",
    "stray": "lists {member}: {detail}",
    "dangling": "leads to task {detail}, which is not there or has another ref",
    "dead_mail": "modifies wait for a task that has ended",
    "forever": "it should be forgotten after a while, but is kept for good",
    "late_unlisted": "an effect that could not be delivered is not among what is set aside",
    "lease_unlisted": "the lease has no deadline: nobody would take its tasks back",
    "archive_unlisted": "the archive is not among those that are shown and swept",
    "old_effect": "effect {member} has waited for {hours} h, and has not been set aside",
    "count": 'says {counted} tasks in node "{member}", and {actual} are there',
    "unknown": "nothing of ours has this name",
    "wrong_type": "it is a {detail}",
    "broken_off": "a repartition was broken off, and some tasks wait for it; conv repartition goes on with it",
    "left_behind": "its bucket is in another partition: a repartition was broken off; conv repartition goes on with it",
    "unknown_node": "tasks rest in a node that is not deployed",
    "lost": "version {counted} of what is deployed is here, and version {actual} was seen: the store was emptied or "
    "set back, and tasks are gone with it; restore a backup, or deploy again",
    "not_deployed": "belongs to a conv or partition that is not deployed",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not so. `slot`: `conv.partition`; `what`: its short name; `key`: without the tag.

    `outcome` after a repair: "mended", "gone" (it was so no longer) or "left".
    """

    slot: str
    what: str
    key: bytes
    member: bytes = b""
    detail: str = ""
    outcome: str = ""

    @property
    def text(self) -> str:
        """One sentence for people."""
        counted, _, actual = self.detail.partition(" ")
        hours = int(self.detail) // 3_600_000 if self.what == "old_effect" else 0
        return _SENTENCES[self.what].format(
            detail=self.detail, member=_shown(self.member), counted=counted, actual=actual, hours=hours
        )

    @property
    def is_open(self) -> bool:
        """Whether it still is not so."""
        return self.outcome in ("", "left")

    def as_dict(self) -> dict[str, str]:
        """For `--json`."""
        return {
            "slot": self.slot,
            "what": self.what,
            "key": _shown(self.key),
            "member": _shown(self.member),
            "text": self.text,
            "outcome": self.outcome,
        }


@dataclass(slots=True)
class Report:
    """What was looked at, and what is not so. `uncounted`: partitions too busy to compare their counts; `moved`: slots
    of the cluster went to other nodes meanwhile, so keys may have been missed."""

    keys: int = 0
    tasks: int = 0
    partitions: int = 0
    findings: list[Finding] = field(default_factory=list)
    uncounted: list[str] = field(default_factory=list)
    moved: bool = False

    @property
    def is_clean(self) -> bool:
        return not any(finding.is_open for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "keys": self.keys,
            "tasks": self.tasks,
            "partitions": self.partitions,
            "clean": self.is_clean,
            "findings": [finding.as_dict() for finding in self.findings],
            "uncounted": self.uncounted,
            "moved": self.moved,
        }


class _Checked(NamedTuple):
    """The answer about some keys; `open`: (task id, its lane, or b"" when it is leased) that need a closer look.

    `waits`: (task id, visit, "conv ref" of the task whose answer it waits for).
    """

    findings: list[Finding]
    open: list[tuple[bytes, bytes]]
    waits: list[tuple[bytes, int, str]]


def audit(
    store: Store,
    *,
    repair: bool = False,
    late_ms: int = LATE_MS,
    counted: int = COUNTED,
    seen: int = 0,
    progress: Callable[[int], None] = lambda keys: None,
) -> Report:
    """Look through the namespace; `progress` is told how many keys were seen. Raises StoreUnavailable.

    `seen`: a version of what is deployed that the caller knows was in this store; workers say so, too.

    `repair` mends what can be: each finding is looked at again and mended in one step. What only a person can tell (two
    living tasks with one ref, a name that is not ours) is left.
    """
    return _Audit(store, late_ms, counted, progress).run(repair, seen)


class _Audit:
    def __init__(self, store: Store, late_ms: int, counted: int, progress: Callable[[int], None]) -> None:
        self._store = store
        self._late_ms = late_ms
        self._counted = counted
        self._progress = progress
        self._report = Report()
        self._findings: dict[Finding, None] = {}
        self._indices: dict[str, set[bytes]] = defaultdict(set)  # slot → keys of sorted sets and sets of tasks
        self._ready: dict[tuple[str, bytes], set[bytes]] = defaultdict(set)  # (slot, lane) → ids
        self._leased: dict[str, set[bytes]] = defaultdict(set)
        self._waits: dict[tuple[str, bytes], tuple[int, str]] = {}  # (slot, task id) → visit, what it waits for
        self._slots: set[str] = set()
        self._movers: set[bytes] = set()  # who repartitions just now
        self._of_convs: dict[int, bytes] = {}  # what the registry keeps of each conv beside its entry: one of its keys
        self._foreign: dict[str, bytes] = {}  # slots that nothing deployed has, with one of their keys

    def run(self, repair: bool, seen: int) -> Report:
        catalogue = Registry(self._store).load(keyless=True)
        self._check_version(catalogue, seen)
        self._records = catalogue.convs
        self._deployed = _slots(catalogue)
        self._slots.update(self._deployed)
        report = self._report
        layout = self._store.layout()
        for page in self._store.scan():
            report.keys += len(page)
            self._check_page(page)
            self._progress(report.keys)
        report.moved = self._store.layout() != layout
        self._check_lanes()
        self._check_held()
        self._check_waits()
        self._check_indices()
        self._check_deployed()
        if repair:
            self._mend([*self._findings])
        counts = self._check_counts()
        for finding in counts:
            self._findings[finding] = None
        if repair:
            self._mend(counts)
        report.findings = sorted(self._findings, key=lambda one: (one.slot, one.key, one.what, one.member))
        report.partitions = len(self._slots)
        return report

    def _check_version(self, catalogue: Catalogue, seen: int) -> None:
        """An empty registry is as it should be only where nobody has seen more."""
        seen = max([seen, *(worker.state.lost for worker in self._store.one(roster()))])
        if seen > catalogue.version:
            self._findings[Finding("reg", "lost", b"meta", detail=f"{catalogue.version} {seen}")] = None

    def _check_page(self, keys: Iterable[bytes]) -> None:
        names: dict[str, list[bytes]] = defaultdict(list)
        head = len(self._store.namespace) + 2
        for key in keys:
            tag, _, name = key.partition(b" ")
            slot = tag[head:-1].decode(errors="backslashreplace")
            if slot == "reg":
                own, _, conv = name.decode(errors="backslashreplace").partition(":")
                if own == "mover" and conv:
                    self._movers.add(name)
                elif own in REGISTRY_KEYS_BY_CONV and conv.isascii() and conv.isdigit() and len(conv) < 20:
                    self._of_convs[int(conv)] = name
                elif not _is_of_registry(name.decode(errors="backslashreplace")):
                    self._findings[Finding(slot, "unknown", name)] = None
            elif not _is_partition(slot):
                self._findings[Finding(slot, "unknown", name)] = None
            else:
                names[slot].append(name)
        calls = []
        for slot, its_names in names.items():
            kept = [name for name in its_names if name.partition(b":")[0] not in _PASSING]
            if slot not in self._deployed and kept:
                self._foreign.setdefault(slot, kept[0])
                self._slots.add(slot)
            for name in its_names:
                kind = name.partition(b":")[0]
                self._report.tasks += kind == b"t"
                if kind in _INDICES:
                    self._indices[slot].add(name)
            calls += [self._keys_call(slot, part) for part in _parts(its_names, _PAGE)]
        for call, checked in self._run(calls):
            for task_id, lane in checked.open:
                if lane:
                    self._ready[call.slot, lane].add(task_id)
                else:
                    self._leased[call.slot].add(task_id)
            for task_id, visit, target in checked.waits:
                self._waits[call.slot, task_id] = visit, target

    def _check_waits(self) -> None:
        """Tasks that wait for another one's answer, which is no more; those that do not any longer are forgotten."""
        if not self._waits:
            return
        catalogue = Registry(self._store).load(keyless=True)
        for page in _parts([*self._waits.items()], _AT_ONCE):
            asked = []
            for (slot, task_id), (_, target) in page:
                conv_id, _, ref = target.partition(" ")
                record = catalogue.convs.get(int(conv_id))
                if record is not None:
                    place = partition_in(record, catalogue.owners.get(record.conv_id), ref)
                    asked.append((slot, task_id, Call("audit_target", place, [ref, task_id], bool, read_only=True)))
            answers = self._store.run([call for _, _, call in asked])
            for (slot, task_id, _), is_answered in zip(asked, answers, strict=True):
                if is_answered:  # or will be; or it is being moved just now
                    del self._waits[slot, task_id]
        again = [self._keys_call(slot, [b"t:" + task_id]) for slot, task_id in self._waits]
        for call, checked in self._run(again):
            for task_id, visit, target in checked.waits:
                if self._waits[call.slot, task_id] == (visit, target):
                    self._findings[Finding(call.slot, "no_target", b"t:" + task_id, b"%d" % visit, target)] = None

    def _check_lanes(self) -> None:
        """Forget the ready tasks that are in their lane."""
        for (slot, lane), waiting in self._ready.items():
            read = 0
            while waiting:
                ids = self._store.one(Call("audit_lane", _partition(slot), [lane, read], list, read_only=True))
                if not ids:
                    break
                waiting.difference_update(ids)
                read += len(ids)

    def _check_held(self) -> None:
        """Look closely at ready tasks that were not seen in their lane, and at all that are leased."""
        held: dict[str, list[bytes]] = defaultdict(list)
        for (slot, _), ids in self._ready.items():
            held[slot] += ids
        for slot, ids in self._leased.items():
            held[slot] += ids
        self._run(
            self._keys_call(slot, [b"t:" + task_id for task_id in part], closely=True)
            for slot, ids in held.items()
            for part in _parts(ids, _CLOSE_PAGE)
        )

    def _check_indices(self) -> None:
        pages = [(slot, index, b"0") for slot, indices in self._indices.items() for index in sorted(indices)]
        while pages:
            now, pages = pages[:_AT_ONCE], pages[_AT_ONCE:]
            calls = [
                Call("audit_index", _partition(slot), [index, cursor], _index_reply(slot), read_only=True)
                for slot, index, cursor in now
            ]
            for (slot, index, _), (cursor, findings) in zip(now, self._results(calls), strict=True):
                self._findings.update(dict.fromkeys(findings))
                if cursor != b"0":
                    pages.append((slot, index, cursor))

    def _check_deployed(self) -> None:
        """What lies under names that nothing deployed has; the catalogue may have changed during the walk."""
        catalogue = Registry(self._store).load(keyless=True)
        records = self._records = catalogue.convs
        deployed = _slots(catalogue)
        for slot, key in self._foreign.items():
            if slot not in deployed:
                self._findings[Finding(slot, "not_deployed", key)] = None
        for conv_id in self._of_convs.keys() - records.keys() - catalogue.unreadable.keys():
            self._findings[Finding("reg", "not_deployed", self._of_convs[conv_id])] = None
        for slot, indices in self._indices.items():
            record = records.get(_partition(slot).conv_id)
            nodes = set() if record is None else {node_id.encode() for node_id in record.node_ids.values()}
            for index in indices if record is not None else ():
                kind, _, node = index.partition(b":")
                if kind in (b"at", b"queue") and node not in nodes:
                    self._findings[Finding(slot, "unknown_node", index)] = None

    def _check_counts(self) -> list[Finding]:
        slots = sorted(self._slots)
        calls = [
            Call(
                "audit_counts",
                _partition(slot),
                [self._counted, self._nodes(slot)],
                _counts_reply(slot),
                read_only=True,
            )
            for slot in slots
        ]
        found: list[Finding] = []
        for slot, findings in zip(slots, self._results(calls), strict=True):
            if findings is None:
                self._report.uncounted.append(slot)
            elif findings == MOVING:
                if f"mover:{_partition(slot).conv_id}".encode() not in self._movers:
                    found.append(Finding(slot, "broken_off", b"meta"))
            else:
                found += findings
        return found

    def _mend(self, findings: Iterable[Finding]) -> None:
        by_slot: dict[str, list[Finding]] = defaultdict(list)
        for finding in findings:
            if finding.what in ("unknown_node", "not_deployed", "broken_off") or not _is_partition(finding.slot):
                self._note(finding, "left")
            else:
                by_slot[finding.slot].append(finding)
        for slot, its_findings in by_slot.items():
            for finding in [finding for finding in its_findings if finding.what == "no_target"]:
                its_findings.remove(finding)
                self._note(finding, "mended" if self._refuse(finding) else "gone")
            if any(finding.what == "old_effect" for finding in its_findings):
                self._store.one(outbox(_partition(slot), 1000, self._late_ms, self._late_ms))
            for part in _parts(its_findings, _CLOSE_PAGE):
                args: list[bytes | str | int] = [self._counted, self._late_ms, self._nodes(slot)]
                for finding in part:
                    args += (finding.what, finding.key, finding.member)
                outcomes = self._store.one(Call("mend", _partition(slot), args, list))
                for finding, outcome in zip(part, outcomes, strict=True):
                    self._note(finding, outcome.decode())

    def _refuse(self, finding: Finding) -> bool:
        """Tell a task that what it waits for is no more; False: it waits no longer."""
        task_id, visit = finding.key[2:].decode(), int(finding.member)
        refusal = Delivery(f"audit:{task_id}:{visit}", "reply", task_id, visit=visit, event=_NO_TARGET)
        return self._store.one(deliver(_partition(finding.slot), [refusal])) in (["ok"], ["same"])

    def _note(self, finding: Finding, outcome: str) -> None:
        del self._findings[finding]
        if finding.what == "old_effect" and outcome == "gone":
            outcome = "mended"  # by the outbox itself, which has set it aside
        self._findings[replace(finding, outcome=outcome)] = None

    def _nodes(self, slot: str) -> bytes:
        """The ids of all nodes whose tasks are counted, packed."""
        record = self._records.get(_partition(slot).conv_id)
        names = {index.split(b":")[1].decode() for index in self._indices[slot] if index.partition(b":")[0] in _BY_NODE}
        return _pack(sorted(names.union(record.node_ids.values() if record else ())))

    def _keys_call(self, slot: str, names: Sequence[bytes], *, closely: bool = False) -> Call[_Checked]:
        args: list[bytes | str | int] = ["1" if closely else "", self._late_ms, *names]
        return Call("audit_keys", _partition(slot), args, _keys_reply(slot), read_only=True)

    def _run(self, calls: Iterable[Call[_Checked]]) -> Iterable[tuple[Call[_Checked], _Checked]]:
        answered = []
        waiting = iter(calls)
        while part := list(islice(waiting, _AT_ONCE)):
            for call, checked in zip(part, self._results(part), strict=True):
                self._findings.update(dict.fromkeys(checked.findings))
                answered.append((call, checked))
        return answered

    def _results(self, calls: Sequence[Call[Any]]) -> Iterator[Any]:
        for part in _parts(calls, _AT_ONCE):
            for result in self._store.run(part):
                if isinstance(result, StoreError):
                    raise result
                yield result


def _slots(catalogue: Catalogue) -> set[str]:
    return {f"{conv_id}.{number}" for conv_id in catalogue.convs for _, number in catalogue.partitions(conv_id)}


def _is_of_registry(name: str) -> bool:
    family, colon, _ = name.partition(":")
    return family in REGISTRY_FAMILIES if colon else name in REGISTRY_KEYS


def _is_partition(slot: str) -> bool:
    conv, dot, number = slot.partition(".")
    return bool(dot) and slot.isascii() and conv.isdigit() and number.isdigit()


def _partition(slot: str) -> Partition:
    conv, _, number = slot.partition(".")
    return Partition(int(conv), int(number))


def _parts(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _shown(name: bytes) -> str:
    return name.decode(errors="backslashreplace")


def _finding(slot: str, row: list[Any]) -> Finding:
    it = FindingRow(*row)
    return Finding(slot, it.what.decode(), it.key, it.member or b"", _shown(it.detail or b""))


def _keys_reply(slot: str) -> Callable[[Any], _Checked]:
    def decode(reply: Any) -> _Checked:
        it = KeysReply(*reply)
        waits = [WaitRow(*row) for row in it.waits]
        return _Checked(
            [_finding(slot, row) for row in it.findings],
            list(zip(it.open[::2], it.open[1::2], strict=True)),
            [(wait.task_id, int(wait.visit), wait.target.decode()) for wait in waits],
        )

    return decode


def _index_reply(slot: str) -> Callable[[Any], tuple[bytes, list[Finding]]]:
    def decode(reply: Any) -> tuple[bytes, list[Finding]]:
        it = IndexReply(*reply)
        return it.cursor, [_finding(slot, row) for row in it.findings]

    return decode


def _counts_reply(slot: str) -> Callable[[Any], Any]:
    return lambda reply: [_finding(slot, row) for row in reply] if isinstance(reply, list) else reply

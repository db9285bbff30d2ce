"""What templates of one batch read of other tasks: wanted first, fetched in one round trip, then answered.

The first evaluation of a template that reads elsewhere raises ReadNeeded after noting what it wants; `calls` asks for
all of it at once (one call per partition), `take` keeps the answers, and the same template is evaluated again. A
reference inside a reference takes a second round.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from decimal import Decimal
from typing import Any

import msgspec

from ..convs import Convs
from ..errors import CannotOpen, DefinitionError, LogicError, NotFound, TemplateError, UnknownNode
from ..meta import decode_meta, unreadable_record
from ..program import Program
from ..store.call import Call, Partition
from ..store.calls import read
from ..store.records import Record, Snapshot
from ..store.registry import ConvRecord
from ..task import Place
from ..template import ReadNeeded
from ..vault import Box
from ..vault.record import opened

_decode_data = msgspec.json.Decoder(dict[str, Any]).decode

# What a template asks a node for its callbacks' address by; the second was for a mail service's own format.
CALLBACK_URLS = ("public_callback_corezoid", "public_callback_mandrill")

Found = tuple[Mapping[str, Any], Set[str]]


class BatchReader:
    """A template's Reader for tasks that run in one batch. `program` is the conv of the task that runs just now."""

    def __init__(self, convs: Convs, box: Box) -> None:
        self.convs = convs
        self._box = box
        self.program: Program | None = None
        self._tasks: dict[tuple[int, str], Found | str | None] = {}  # a text: why it cannot be read
        self._counts: dict[tuple[int, str], int] = {}
        self._sums: dict[tuple[int, str, str], Decimal] = {}
        self._asked: list[tuple[Partition, list[str], list[str], list[tuple[str, str]]]] = []
        self._wanted_sums: set[tuple[int, str, str]] = set()
        self._wanted_tasks: set[tuple[int, str]] = set()
        self._wanted_counts: set[tuple[int, str]] = set()

    def clear(self) -> None:
        """Forget what was read, and what was asked for."""
        if self._tasks or self._counts or self._sums:
            self._tasks.clear()
            self._counts.clear()
            self._sums.clear()
            self._asked = []

    # --- Reader -------------------------------------------------------------------------------

    def task(self, conv: str, ref: str) -> Found:
        """Data and secret names of a living task of a state diagram."""
        record = self.convs.find(conv)
        if record.kind != "diagram":
            raise LogicError(
                "access_refused", f"Param: conv[{conv}].ref[{ref}], Conv_id: {record.conv_id} is not state type"
            )
        self._check_access(record, f"conv[{conv}].ref[{ref}]")
        key = (record.conv_id, ref)
        if key not in self._tasks:
            self._wanted_tasks.add(key)
            raise ReadNeeded
        found = self._tasks[key]
        if isinstance(found, str):
            reference = f"conv[{conv}].ref[{ref}]"
            raise TemplateError(f'the task "{ref}" of "{record.title}" cannot be read: {found}', reference=reference)
        if found is None:
            raise NotFound(f'"{record.title}" ({record.conv_id}) has no living task with ref "{ref}"')
        return found

    def count(self, conv: str | None, node: str, sum_id: str | None) -> float | int | str:
        """How many tasks stand in a node now, a total of a `sum` node, or where others call back (reference 3.10)."""
        reference = f"node[{node}]" if conv is None else f"conv[{conv}].node[{node}]"
        if conv is None and self.program is None:
            raise TemplateError(f"{reference}: of which conv? say conv[…].{reference}", reference=reference)
        record = self.convs.records[self.program.conv_id] if conv is None and self.program else self.convs.find(conv)
        self._check_access(record, reference)
        node_id = record.node_ids.get(node)
        if node_id is None:
            raise UnknownNode(f'"{record.title}" ({record.conv_id}) has no node "{node}"')
        if sum_id in CALLBACK_URLS:
            return self._callback_url(record.conv_id, node)
        if sum_id is not None:
            return self._total(record.conv_id, node, node_id, sum_id)
        key = (record.conv_id, node_id)
        if key not in self._counts:
            self._wanted_counts.add(key)
            raise ReadNeeded
        return self._counts[key]

    def _check_access(self, record: ConvRecord, reference: str) -> None:
        """Raises LogicError where the conv of the task that runs is not among the readers of this one.

        A person with a shell, who has no such conv, may read all.
        """
        if self.program is None:
            return
        try:
            refusal = self.convs.refusal("readers", record.conv_id, self.program.conv_id)
        except DefinitionError as error:
            raise TemplateError(f"{reference}: {error.message}", reference=reference) from error
        if refusal:
            raise LogicError("access_denied", f"{reference}: {refusal}")

    def _callback_url(self, conv_id: int, node: str) -> str:
        found = self.convs.program(conv_id).definition.nodes.get(node)
        actions = found.all_actions if found is not None else ()
        for action in actions:
            if action.callback_address:
                return action.callback_address
        raise NotFound(f'the node "{node}" has no callback_url: the address that others call back')

    def _total(self, conv_id: int, node: str, node_id: str, name: str) -> float | int:
        found = self.convs.program(conv_id).definition.nodes.get(node)
        totals = [total for action in found.all_actions for total in action.totals] if found is not None else []
        if name not in totals:
            there = f"there are {', '.join(totals)}" if totals else "it is no sum"
            raise TemplateError(f'the node "{node}" has no total "{name}"; {there}', reference=f"node[{node}].{name}")
        key = (conv_id, node_id, name)
        if key not in self._sums:
            self._wanted_sums.add(key)
            raise ReadNeeded
        total = self._sums[key]
        return int(total) if total == total.to_integral_value() else float(total)

    def variable(self, name: str) -> tuple[Any, bool]:
        """A variable's value and whether it is secret."""
        return self.convs.variable(name)

    # --- Fetching -----------------------------------------------------------------------------

    def calls(self) -> list[Call[Snapshot]]:
        """One read per partition of all that is wanted now."""
        self._asked = []
        sums: dict[Partition, list[tuple[str, str]]] = {}
        refs: dict[Partition, list[str]] = {}
        nodes: dict[Partition, list[str]] = {}
        for conv_id, ref in self._wanted_tasks:
            refs.setdefault(self.convs.partition(conv_id, ref), []).append(ref)
        for conv_id, node in self._wanted_counts:
            self._counts[(conv_id, node)] = 0
            for partition in self.convs.partitions(conv_id):
                nodes.setdefault(partition, []).append(node)
        for conv_id, node, name in self._wanted_sums:
            self._sums[(conv_id, node, name)] = Decimal(0)
            for partition in self.convs.partitions(conv_id):
                sums.setdefault(partition, []).append((node, name))
        calls = []
        for partition in {**refs, **nodes, **sums}:
            its_refs, its_nodes, its_sums = refs.get(partition, []), nodes.get(partition, []), sums.get(partition, [])
            for start in range(0, max(len(its_refs), len(its_nodes), len(its_sums)), 1000):
                some_refs, some_nodes = its_refs[start : start + 1000], its_nodes[start : start + 1000]
                some_sums = its_sums[start : start + 1000]
                self._asked.append((partition, some_refs, some_nodes, some_sums))
                calls.append(read(partition, some_refs, some_nodes, some_sums))
        self._wanted_tasks.clear()
        self._wanted_counts.clear()
        self._wanted_sums.clear()
        return calls

    def ask_again(self) -> None:
        """The answers to `calls` were of no use: the next `calls` wants the same."""
        for partition, refs, nodes, sums in self._asked:
            self._wanted_tasks.update((partition.conv_id, ref) for ref in refs)
            self._wanted_counts.update((partition.conv_id, node) for node in nodes)
            self._wanted_sums.update((partition.conv_id, node, name) for node, name in sums)

    def take(self, answers: list[Snapshot]) -> None:
        """Keep the answers to the calls of `calls`, in their order."""
        for (partition, refs, nodes, sums), answer in zip(self._asked, answers, strict=True):
            for ref, record in zip(refs, answer.tasks, strict=True):
                self._tasks[(partition.conv_id, ref)] = self._found(partition.conv_id, record)
            for node, count in zip(nodes, answer.counts, strict=True):
                self._counts[(partition.conv_id, node)] += count.now
            for (node, name), total in zip(sums, answer.sums, strict=True):
                self._sums[(partition.conv_id, node, name)] += Decimal(total)

    def _found(self, conv_id: int, record: Record | None) -> Found | str | None:
        if record is None or record.place == Place.FINAL:
            return None
        try:
            declared = self.convs.program(conv_id).secrets
            record = opened(conv_id, record, self._box)
            return _decode_data(record.data), declared.union(decode_meta(record.meta).secrets)
        except (DefinitionError, CannotOpen) as error:
            return error.message
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return unreadable_record(record.data, record.meta)

"""Which tasks a task comes from, and which came from it, as far as records say; and what cannot be known.

A record names who waits for it, whom it waits for, and the first task that it descends from. The id of a copy is made
of its sender, visit and ref, so a task's children are found by asking for the ids that they would have: exactly, but
only where the definition, or the task's data now, tells conv and ref.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import DefinitionError, EngineError
from ..program import Step
from ..sending import Sending
from ..store import calls
from ..store.call import Call, Partition
from ..store.ids import effect_task_id
from ..store.records import Record
from ..store.sizes import MAX_ITEMS
from ..template import ReadNeeded, Scope, Template
from ..vault.record import opened_or_not
from ..views import readable
from .context import Context, found_in
from .searching import Searching

VISITS = 200  # the last of a task that are looked through
INDICES = 4  # of the effects of a visit
MOST = 20_000  # ids that are asked for

_UNTOLD = object()


@dataclass(frozen=True, slots=True)
class Relative:
    """A task of the family. `relation`, of parents: "called it", "waits for it", "first ancestor"; of children: "made
    by it", "waited for". `place` and `node` are "" where it is no more."""

    relation: str
    conv_id: int
    conv: str
    task_id: str
    ref: str
    node: str
    place: str


@dataclass(frozen=True, slots=True)
class Family:
    """`unknown`: in words, what may be missing, and why."""

    parents: tuple[Relative, ...]
    children: tuple[Relative, ...]
    unknown: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


class Families:
    def __init__(self, context: Context, searching: Searching) -> None:
        self._context = context
        self._searching = searching

    def of(self, conv: str | int, ref_or_id: str) -> Family:
        """As Engine.family."""
        record = self._context.find(conv)
        found = found_in(self._context.read(record, ref_or_id), record, ref_or_id)
        found = opened_or_not(record.conv_id, found, self._context.store.box)
        unknown: list[str] = []
        parents = [*self._parents(found, unknown)]
        children = {
            one.task_id or f"{one.conv_id} {one.ref}": one for one in self._children(record.conv_id, found, unknown)
        }
        return Family(tuple(parents), tuple(children.values()), tuple(dict.fromkeys(unknown)))

    def _parents(self, found: Record, unknown: list[str]) -> Iterator[Relative]:
        _, meta, unreadable = readable(found.data, found.meta)
        if unreadable:
            unknown.append(unreadable)
        known: set[str] = set()
        if meta.reply_to is not None:
            known.add(meta.reply_to.task_id)
            yield self._relative("called it", meta.reply_to.conv_id, meta.reply_to.task_id)
        for waiting in meta.answer_to:
            if waiting.task_id not in known:
                known.add(waiting.task_id)
                yield self._relative("waits for it", waiting.conv_id, waiting.task_id)
        if not meta.ancestor or meta.ancestor in known:
            return
        ancestors = [view for view in self._searching.find_ref(meta.ancestor) if view.task_id == meta.ancestor]
        if ancestors:
            first = ancestors[0]
            yield Relative(
                "first ancestor", first.conv_id, first.conv, first.task_id, first.ref, first.node, first.place
            )
        else:
            unknown.append(f"the first task that it descends from, {meta.ancestor}, is no more")
        if meta.reply_to is None and meta.hops > 1:
            unknown.append(
                f"it is {meta.hops} copies and calls away from its first ancestor; who made it is known only to callers"
            )

    def _children(self, conv_id: int, found: Record, unknown: list[str]) -> Iterator[Relative]:
        if found.waits_for:
            other_id, _, ref = found.waits_for.partition(" ")
            yield self._relative("waited for", int(other_id), ref)
        try:
            program = self._context.current.program(conv_id)
        except DefinitionError as error:
            unknown.append(error.message)
            return
        data, meta, _ = readable(found.data, found.meta)
        scope = Scope(data, secrets=program.secrets.union(meta.secrets))
        visits = range(found.visit, max(0, found.visit - VISITS), -1)
        if found.visit > VISITS:
            unknown.append(f"what it made more than {VISITS} visits ago")
        wanted: dict[tuple[int, str], set[str]] = {}
        passed = {node for node, _ in meta.path}
        for step in program.steps.values():
            if isinstance(step.logic, Sending) and not step.logic.finds and step.id in passed:
                self._guess(step, step.logic, scope, wanted, unknown)
        ids = [
            (target, effect_task_id(f"{found.task_id}:{visit}:{index}", ref))
            for target, ref in wanted
            for visit in visits
            for index in range(INDICES)
        ]
        if len(ids) > MOST:
            unknown.append("it has made too many kinds of tasks to look for all")
        for target, task_id in self._there(ids[:MOST]):
            yield self._relative("made by it", target, task_id)

    def _guess(
        self, step: Step, logic: Sending, scope: Scope, wanted: dict[tuple[int, str], set[str]], unknown: list[str]
    ) -> None:
        """Adds the conv and ref of what this node makes, as it would make it now."""
        conv, ref = _told(logic.conv, scope), "" if logic.ref is None else _told(logic.ref, scope)
        if conv is _UNTOLD or not isinstance(ref, str):
            unknown.append(f'what node "{step.name}" made: its conv and ref cannot be told from the task alone')
            return
        if logic.ref is not None and not logic.ref.constant:
            unknown.append(f'what node "{step.name}" made when the parameters of its ref had other values')
        try:
            wanted.setdefault((self._context.find(conv).conv_id, ref), set()).add(step.name)
        except EngineError:
            unknown.append(f'what node "{step.name}" made: its conv is not deployed')

    def _there(self, ids: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        """Those of these ids that there are."""
        groups: dict[Partition, list[str]] = {}
        for conv_id, task_id in ids:
            groups.setdefault(self._context.current.partition(conv_id, task_id), []).append(task_id)
        sent: list[tuple[Partition, list[str], Call[Any]]] = []
        for partition, some in groups.items():
            for start in range(0, len(some), MAX_ITEMS):
                part = some[start : start + MAX_ITEMS]
                sent.append((partition, part, calls.rows(partition, part, short=True)))
        for (partition, part, _), rows in zip(sent, self._context.all([call for _, _, call in sent]), strict=True):
            for task_id, row in zip(part, rows, strict=True):
                if row is not None:
                    yield partition.conv_id, task_id

    def _relative(self, relation: str, conv_id: int, ref_or_id: str) -> Relative:
        record = self._context.current.records.get(conv_id)
        if record is None:
            return Relative(relation, conv_id, "", ref_or_id, "", "", "")
        found = self._context.read(record, ref_or_id).tasks[0]
        if found is None:
            return Relative(relation, conv_id, record.title, "", ref_or_id, "", "")
        node = self._context.current.program(conv_id).name_of(found.node) or f"(removed node {found.node})"
        return Relative(relation, conv_id, record.title, found.task_id, found.ref, node, found.place)


def _told(template: Template, scope: Scope) -> Any:
    """What a template gives for the task alone, as it is now."""
    if template.outside:
        return _UNTOLD
    try:
        return template(scope)
    except (EngineError, ReadNeeded):
        return _UNTOLD

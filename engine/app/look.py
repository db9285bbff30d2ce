"""Looking: tasks, archives, convs and their counts. Nothing is changed."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from typing import Any

from ..convs import definition_of, kept_of
from ..data import check_count, check_name, encode_given
from ..errors import DefinitionError, EngineError, StoreError, TemplateError
from ..graph.drawing import Drawing, drawing_of
from ..graph.picture import picture_of
from ..logic import resolve
from ..program import Program, implicit_error
from ..statistics import LATELY, lately
from ..store import calls
from ..store.records import Record
from ..store.registry import ConvRecord
from ..store.sizes import MAX_ITEMS
from ..task import Failure
from ..template import ReadNeeded, Scope, compile_text
from ..vault.record import opened_or_not
from ..views import ConvView, FailureView, Keeps, Lately, NodeView, TaskView, Visit, Why, readable
from ..worker.reader import BatchReader
from .context import Context, found_in

FAILED_AFTER_READ = "failed_after_read"  # the tag of a template that failed after it had read a secret
DRAWINGS = 256  # that are kept; one of 300 nodes takes a second to make
START = "start"


class Look:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._drawings: dict[tuple[int, str], Drawing] = {}

    def task(self, conv: str | int, ref_or_id: str) -> TaskView:
        """As Engine.task."""
        record = self._context.find(conv)
        snapshot = self._context.read(record, ref_or_id, mails=True)
        return replace(self.view(record, found_in(snapshot, record, ref_or_id)), mails=snapshot.mails[0])

    def archive(self, conv: str | int, node: str, limit: int = 100) -> list[TaskView]:
        """As Engine.archive."""
        check_count(limit, "a limit")
        record = self._context.find(conv)
        node_id = self._context.current.node_id(record, node)
        partitions = self._context.current.partitions(record.conv_id)
        views: list[TaskView] = []
        for partition in partitions:
            before: Record | None = None
            left = limit
            while left > 0:
                call = calls.listing(
                    partition,
                    node_id,
                    left,
                    before.change_ms if before is not None else None,
                    before.task_id if before is not None else "",
                )
                page = self._context.all([call])[0]
                views += [self.view(record, found) for found in page]
                left -= len(page)
                if len(page) < min(left + len(page), MAX_ITEMS):
                    break
                before = page[-1]
        views.sort(key=lambda view: view.change_ms, reverse=True)
        return views[:limit]

    def convs(self) -> list[ConvView]:
        """As Engine.convs."""
        return [self._conv_view(record) for _, record in sorted(self._context.current.records.items())]

    def show(self, conv: str | int) -> ConvView:
        """As Engine.show."""
        return self._conv_view(self._context.find(conv))

    def definition(self, conv: str | int) -> Any:
        """As Engine.definition."""
        return definition_of(self._context.find(conv))

    def drawing(self, conv: str | int) -> Drawing:
        """As Engine.drawing."""
        record = self._context.find(conv)
        key = (record.conv_id, record.text_hash)
        found = self._drawings.get(key)
        if found is None:
            found = drawing_of(picture_of(self._context.current.program(record.conv_id).definition))
            while len(self._drawings) >= DRAWINGS:
                with contextlib.suppress(KeyError):
                    del self._drawings[next(iter(self._drawings))]
            self._drawings[key] = found
        return found

    def why(self, conv: str | int, ref_or_id: str) -> Why:
        """As Engine.why."""
        from ..why import explain

        record = self._context.find(conv)
        snapshot = self._context.read(record, ref_or_id, mails=True)
        found = opened_or_not(record.conv_id, found_in(snapshot, record, ref_or_id), self._context.store.box)
        view = replace(self.view(record, found), mails=snapshot.mails[0])
        waited_for = self._waited_for(found)
        return explain(
            view, found, self._context.current, self._context.store.listeners(), waited_for, paused=snapshot.paused
        )

    def _waited_for(self, found: Record) -> TaskView | None:
        """The task whose answer this one waits for; None: it waits for none, or for one that is no more."""
        conv_id, _, ref = found.waits_for.partition(" ")
        record = self._context.current.records.get(int(conv_id)) if conv_id else None
        other = self._context.read(record, ref).tasks[0] if record is not None else None
        return self.view(record, other) if record is not None and other is not None else None

    def evaluate(
        self, template: str, data: dict[str, Any] | None = None, conv: str | int | None = None
    ) -> tuple[Any, bool]:
        """As Engine.evaluate."""
        convs = self._context.current
        reader = BatchReader(convs, self._context.store.box)
        secrets: frozenset[str] = frozenset()
        check_name(template, "a template")
        if conv is not None:
            program = convs.program(self._context.find(conv).conv_id)
            reader.program, secrets = program, program.secrets
        if data is not None:
            encode_given(data, self._context.settings.depth)
        compiled = compile_text(template)
        scope = Scope(data or {}, reader=reader, secrets=secrets, now_ms=int(time.time() * 1000))
        while True:
            try:
                values, reads = resolve({"value": compiled}, scope)
                return values["value"], bool(reads.fields)
            except ReadNeeded:
                reader.take(self._context.all(reader.calls()))
            except StoreError:
                raise
            except EngineError as error:
                if not scope.reads:
                    raise
                # It may quote what was read, or tell of it by being there.
                raise TemplateError(
                    "the template fails after it has read a secret; what it says is not shown", tag=FAILED_AFTER_READ
                ) from error

    def held(self) -> dict[str, int]:
        """As Engine.held."""
        held = {}
        for view in self.convs():
            held[f'tasks that have not ended of "{view.title}"'] = view.living
            held[f'ended tasks of "{view.title}"'] = view.archived
        partitions = [p for conv_id in self._context.current.records for p in self._context.current.partitions(conv_id)]
        stats = self._context.all([calls.stats(partition) for partition in partitions])
        held["remembered effects"] = sum(one.seen for one in stats)
        held["effects under way"] = sum(one.outbox for one in stats)
        held["minutes and hours with counts of their own"] = sum(one.periods for one in stats)
        return held

    def view(self, record: ConvRecord, found: Record) -> TaskView:
        """A task as people see it, by the definition that is deployed now."""
        program = self._context.current.program(record.conv_id)
        found = opened_or_not(record.conv_id, found, self._context.store.box)
        data, meta, unreadable = readable(found.data, found.meta)
        note = found.note or meta.note
        names = {node_id: step.name for node_id, step in program.by_id.items()}
        step = program.by_id.get(found.node)
        return TaskView(
            conv_id=record.conv_id,
            conv=record.title,
            task_id=found.task_id,
            ref=found.ref,
            node=names.get(found.node, f"(removed node {found.node})"),
            place=found.place,
            end=step.end if step is not None else None,
            data=data,
            secrets=tuple(sorted(program.secrets.union(meta.secrets))),
            path=tuple(Visit(names.get(node, node), time_ms) for node, time_ms in meta.path),
            create_ms=found.create_ms,
            change_ms=found.change_ms,
            due_ms=found.due_ms,
            attempts=found.attempts,
            note=f"{unreadable}; {note}" if unreadable and note else unreadable or note,
            unused=found.unused,
            failure=_failure_view(program, meta.failure),
        )

    def _conv_view(self, record: ConvRecord) -> ConvView:
        try:
            definition = definition_of(record)
        except DefinitionError:
            return self._unreadable_view(record)
        names = list(dict.fromkeys([*definition.nodes, implicit_error(definition)]))
        ids = [record.node_ids[name] for name in names]
        partitions = self._context.current.partitions(record.conv_id)
        answers = self._context.all(
            [
                *(calls.read(partition, nodes=ids, mails=True, oldest=True) for partition in partitions),
                *(calls.periods(partition, "minutes", 1 - LATELY, 0) for partition in partitions),
            ]
        )
        snapshots = answers[: len(partitions)]
        late = lately(answers[len(partitions) :])
        kept = kept_of(definition, self._context.settings)
        nodes = []
        living = archived = ended_1m = 0
        for index, name in enumerate(names):
            counts = [snapshot.counts[index] for snapshot in snapshots]
            now = sum(count.now for count in counts)
            node = definition.nodes.get(name)
            is_end = node is None or node.end is not None
            if is_end:
                archived += now
            else:
                living += now
            if node is None and not any(count.entered for count in counts):
                continue
            kind = "end: error" if node is None else node.kind
            keeps = None
            if is_end and (node is None or node.save_task):
                oldest_ms = min((s.oldest_ms[index] for s in snapshots if s.oldest_ms[index]), default=0)
                until_ms = oldest_ms + kept.age_ms if oldest_ms else 0
                keeps = Keeps(kept.tasks, kept.age_ms, kept.size_bytes, until_ms)
            entered, left = sum(c.entered for c in counts), sum(c.left for c in counts)
            nodes.append(NodeView(name, ids[index], kind, now, entered, left, keeps, late.get(ids[index], Lately())))
            if is_end:
                ended_1m += nodes[-1].lately.entered_1m
        return ConvView(
            conv_id=record.conv_id,
            kind=record.kind,
            title=record.title,
            aliases=tuple(record.aliases),
            status=record.status,
            paused=any(snapshot.paused for snapshot in snapshots),
            living=living,
            archived=archived,
            unused=sum(snapshot.unused for snapshot in snapshots),
            nodes=tuple(nodes),
            folder=record.folder,
            version=record.version,
            lately=Lately(
                next(node.lately.entered_1m for node in nodes if node.name == START),
                ended_1m,
                sum(one.failed_1h for one in late.values()),
            ),
        )

    def _unreadable_view(self, record: ConvRecord) -> ConvView:
        """A conv whose deployed definition cannot be read here: nobody can tell which of its tasks have ended."""
        return ConvView(
            conv_id=record.conv_id,
            kind=record.kind,
            title=record.title,
            aliases=tuple(record.aliases),
            status="unreadable",
            paused=False,
            living=0,
            archived=0,
            folder=record.folder,
            version=record.version,
        )


def _failure_view(program: Program, failed: Failure | None) -> FailureView | None:
    if failed is None:
        return None
    node = program.name_of(failed.node) or f"(removed node {failed.node})"
    return FailureView(node, failed.tag, failed.type, failed.text, failed.attempt)

"""Tasks that come in: checked, then created in as few round trips as partitions need."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from ..config import Settings
from ..convs import Convs
from ..data import check_flag, check_ref, encode_given, pairs_of
from ..errors import (
    Elsewhere,
    EngineError,
    KeyReused,
    NotActive,
    QueueFull,
    RefTaken,
    Rejected,
    StoreError,
    StoreFull,
    TaskTooLarge,
)
from ..idempotency import call_key, reused, submit_again, unanswered
from ..params import check_params
from ..store import calls
from ..store.call import Partition
from ..store.ids import effect_task_id, new_task_id
from ..store.records import LANE_RUN, Modify, NewTask
from ..store.registry import ConvRecord
from ..store.sizes import in_parts
from ..task import Meta
from ..vault import Box, owner_of
from .context import MOVE_S, Context

_encode = msgspec.json.Encoder().encode

Pairs = Sequence[tuple[str | None, dict[str, Any]]]


class Submitted(NamedTuple):
    """A task that was accepted. `ref`: its id where it was given none."""

    task_id: str
    ref: str
    conv_id: int


class Submitting:
    def __init__(self, context: Context) -> None:
        self._context = context

    def one(
        self, conv: str | int, ref: str | None, data: dict[str, Any], *, watched: bool, key: str | None
    ) -> Submitted:
        """Raises Rejected, StoreError."""
        check_flag(watched, "watched")
        [(ref, data)] = pairs_of([(ref, data)])
        record = self._context.find(conv)
        try:
            new_task = maker(self._context.current, self._context.settings, record, watched=watched)(ref, data)
            if key is not None:
                new_task = keyed(new_task, record, ref, data, key)
            [outcome] = self._create_each(record, [new_task], key)
        except Rejected as error:
            outcome = error
        if not isinstance(outcome, EngineError):
            return outcome
        # A call that was made before under this key is answered as then, also where it would be refused by now.
        if key is not None and isinstance(outcome, Rejected | StoreFull) and not isinstance(outcome, KeyReused):
            known = self._submitted_before(record, ref, data, key)
            if known is not None:
                return known
        raise outcome

    def many(self, conv: str | int, tasks: Pairs, *, watched: bool) -> list[Submitted]:
        """All are checked before the first is sent. Raises what the first that the store refuses met."""
        check_flag(watched, "watched")
        tasks = pairs_of(tasks)
        record = self._context.find(conv)
        make = maker(self._context.current, self._context.settings, record, watched=watched)
        submitted = []
        for outcome in self._create_each(record, [make(ref, data) for ref, data in tasks]):
            if isinstance(outcome, EngineError):
                raise outcome
            submitted.append(outcome)
        return submitted

    def each(
        self, conv: str | int, tasks: Pairs, *, watched: bool, key: str | None = None
    ) -> list[Submitted | EngineError]:
        """An outcome per task, in order: one that is wrong, or refused, stops no other."""
        check_flag(watched, "watched")
        tasks = pairs_of(tasks)
        record = self._context.find(conv)
        if key is not None:
            call_key(key, record.conv_id, "", "submit")  # what is no key is wrong for all of them
        make = maker(self._context.current, self._context.settings, record, watched=watched)
        outcomes: list[Submitted | EngineError | None] = []
        new_tasks = []
        for number, (ref, data) in enumerate(tasks):
            try:
                task = make(ref, data)
                if key is not None:  # each has a key of its own, by its place
                    task = keyed(task, record, ref, data, f"{key} {number}")
                new_tasks.append(task)
                outcomes.append(None)
            except Rejected as error:
                outcomes.append(error)
        created = iter(self._create_each(record, new_tasks, key))
        return [next(created) if outcome is None else outcome for outcome in outcomes]

    def _submitted_before(
        self, record: ConvRecord, ref: str | None, data: dict[str, Any], key: str
    ) -> Submitted | None:
        """The first answer to this call, also where it would be refused by now; None when there was none."""
        sent = recall_of(record, ref, data, key, self._context.settings.depth)
        with unanswered(lambda: submit_again([ref], key)):
            answer = self._context.routed(
                record, sent.name, lambda partition: calls.modify(partition, sent, only_recall=True)
            )
        return recalled(record, ref, sent, answer.status, key)

    def _create_each(
        self, record: ConvRecord, tasks: Sequence[NewTask], key: str | None = None
    ) -> list[Submitted | EngineError]:
        """Raises StoreUnavailable, and Elsewhere when buckets are being moved for too long."""
        convs, box = self._context.current, self._context.store.box
        tasks = [sealed(box, convs, record, task) for task in tasks]
        outcomes: dict[int, Submitted | EngineError] = {}
        left: Sequence[int] = range(len(tasks))
        until = time.monotonic() + MOVE_S
        while left := self._create(record, tasks, left, key, outcomes):
            self._context.look_again(until)
        return [outcomes[index] for index in range(len(tasks))]

    def _create(
        self,
        record: ConvRecord,
        tasks: Sequence[NewTask],
        indices: Sequence[int],
        key: str | None,
        outcomes: dict[int, Submitted | EngineError],
    ) -> list[int]:
        """Fills in outcomes of these tasks; returns those whose bucket is being moved just now."""
        convs = self._context.current
        groups: dict[Partition, list[int]] = {}
        for index in indices:
            partition = convs.partition(record.conv_id, tasks[index].ref or tasks[index].task_id)
            groups.setdefault(partition, []).append(index)
        queue = convs.queue_limit(record.conv_id)
        sent: list[list[int]] = []
        creates = []
        for partition, group in groups.items():
            position = iter(group)
            for part in in_parts([tasks[index] for index in group]):
                sent.append([next(position) for _ in part])
                creates.append(calls.create(partition, part, queue))
        with unanswered(lambda: submit_again([tasks[index].ref for index in indices], key)):
            answers = self._context.store.run(creates)
        left = []
        for some, answer in zip(sent, answers, strict=True):
            statuses = [answer] * len(some) if isinstance(answer, StoreError) else answer
            for index, status in zip(some, statuses, strict=True):
                if status == "elsewhere" or isinstance(status, Elsewhere):
                    left.append(index)
                else:
                    outcomes[index] = outcome_of(record, tasks[index], status, key)
        return left


def maker(
    convs: Convs, settings: Settings, record: ConvRecord, *, watched: bool
) -> Callable[[str | None, dict[str, Any]], NewTask]:
    """Makes the tasks of one submit, or raises BadParameter, WrongData, TaskTooLarge. Raises NotActive."""
    program = convs.program(record.conv_id)
    if record.status not in ("active", "debug"):
        raise NotActive(f'"{record.title}" is {record.status}; conv resume {record.conv_id} lets tasks in')
    start = program.start.id
    meta = _encode(Meta(watched=watched))
    now_s = time.time()
    params = program.definition.params
    limit, depth = settings.task_size_bytes, settings.depth

    def make(ref: str | None, data: dict[str, Any]) -> NewTask:
        if ref is not None:
            check_ref(ref)
        body = encode_given(data, depth)
        if params and (full := check_params(params, data)) is not data:
            body = encode_given(full, depth)
        if len(body) > limit:
            raise TaskTooLarge(
                f"Your task size: {len(body)} bytes, Max available task size: {limit} bytes (CONV_TASK_SIZE_BYTES)"
            )
        return NewTask(new_task_id(ref, now_s), ref or "", start, LANE_RUN, body, meta)

    return make


def keyed(task: NewTask, record: ConvRecord, ref: str | None, data: dict[str, Any], key: str) -> NewTask:
    """The task as the one that is made under this key."""
    effect_id, digest = call_key(key, record.conv_id, ref or "", "submit", data)
    return task._replace(task_id=effect_task_id(effect_id, ref), effect_id=effect_id, digest=digest)


def sealed(box: Box, convs: Convs, record: ConvRecord, task: NewTask) -> NewTask:
    """The task as it goes to the store: what may hold a secret is sealed, where there is a key."""
    if not box.key or not convs.program(record.conv_id).may_hold_secrets(task.data):
        return task
    return task._replace(data=box.seal(task.data, owner_of(record.conv_id, task.task_id, "data")))


def recall_of(record: ConvRecord, ref: str | None, data: dict[str, Any], key: str, depth: int) -> Modify:
    """What asks the store whether this submit was made before, under the name where its task would be."""
    if ref is not None:
        check_ref(ref)
    encode_given(data, depth)
    effect_id, digest = call_key(key, record.conv_id, ref or "", "submit", data)
    return Modify(ref or effect_task_id(effect_id, ref), effect_id, b"", digest)


def recalled(record: ConvRecord, ref: str | None, sent: Modify, status: str, key: str) -> Submitted | None:
    """The first answer; None: there was none. Raises KeyReused."""
    if status == "other_call":
        raise reused(key)
    task_id = effect_task_id(sent.effect_id, ref)
    return Submitted(task_id, ref or task_id, record.conv_id) if status != "new" else None


def outcome_of(record: ConvRecord, task: NewTask, status: str | StoreError, key: str | None) -> Submitted | EngineError:
    """What the store said of a new task."""
    match status:
        case StoreError():
            return status
        case "ref_taken":
            return RefTaken(f'"{record.title}" has a living task with ref "{task.ref}" (not unical reference)')
        case "other_call":
            return reused(str(key))
        case "inactive":
            return NotActive(f'"{record.title}" is paused; conv resume {record.conv_id} lets tasks in')
        case "queue_full":
            return QueueFull(
                f'"{record.title}" has as many tasks waiting for a worker as its queue_limit allows; submit '
                f"again when workers have caught up (conv watch {record.conv_id}), or start more of them"
            )
    return Submitted(task.task_id, task.ref or task.task_id, record.conv_id)

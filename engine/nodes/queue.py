"""queue: holds the task until another process takes it. Source: reference 3.11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
from pydantic import Field

from ..definition import Action
from ..errors import CastError, LogicError
from ..fields import Integer, TemplateMap
from ..logic import Builder, Context, EffectBody, Event, Rest, Running, Stay, check_depth, resolve, wrong_cast
from ..sending import QUEUE_TASK_DATA, QUEUE_TASK_ID
from ..task import NodeMeta, Place
from ..template import Template

_encode = msgspec.json.Encoder().encode


class QueueMeta(msgspec.Struct, NodeMeta, tag="queue", omit_defaults=True):
    """What the taker gets, where it is not the whole task, and whether some of it is secret."""

    was_flat: ClassVar[bool] = True

    queued: dict[str, Any] = {}
    queued_secret: bool = False

    @property
    def has_secrets(self) -> bool:
        return self.queued_secret


class Queue(Action):
    """Holds the task until get_from_queue takes it, or until its time_limit; then it goes on."""

    key: ClassVar[str] = "queue"
    error_prefix: ClassVar[str] = "queue"
    in_diagram: ClassVar[bool] = True
    later: ClassVar[frozenset[str]] = frozenset({"alert_threshold"})
    is_queue: ClassVar[bool] = True
    keeps: ClassVar[type[NodeMeta] | None] = QueueMeta
    icon: ClassVar[str] = "M2.5 5h3v6h-3zM6.5 5h3v6h-3zM10.5 5h3v6h-3z"

    data: TemplateMap = Field(default_factory=dict, description="what the taker gets; none: the whole task")
    capacity: Integer | None = Field(
        None, ge=1, description="so many tasks lie in it at most, give or take what enters at once; more are refused"
    )

    def one_partition_because(self, node: str) -> str:
        return f'the queue "{node}" keeps its order in one place only'

    def build(self, builder: Builder) -> QueueLogic:
        return QueueLogic(builder.fields(self.data), builder.node, self.capacity, builder.depth_of(self.data))


class QueueLogic:
    """What the taker gets is made when the task enters; it goes out with the commit in which the task leaves."""

    def __init__(self, fields: Mapping[str, Template], node: str, capacity: int | None, depth: int) -> None:
        self.fields = fields
        self.depth = depth
        self.node = node
        self.capacity = capacity

    def run(self, task: Running, ctx: Context) -> Stay | None:
        if self.capacity is not None:
            self._check_room(task, ctx, self.capacity)
        if self.fields:
            try:
                values, reads = resolve(self.fields, ctx.scope)
            except CastError as error:
                raise wrong_cast("queue", error) from error
            check_depth(values, self.depth, "queue_depth_overflow_limit")
            task.meta.node = QueueMeta(values, bool(reads.fields))
        if self.capacity is not None:
            ctx.entered[task.conv_id, self.node] += 1
        return Rest(Place.QUEUED)

    def _check_room(self, task: Running, ctx: Context, capacity: int) -> None:
        """Raises LogicError `queue_overflow`, and ReadNeeded."""
        held = int(ctx.scope.reader.count(None, self.node, None)) + ctx.entered[task.conv_id, self.node]
        if held >= capacity:
            raise LogicError(
                "queue_overflow", f"the queue holds {held} tasks; its capacity is {capacity}", kind="hardware"
            )

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        if event.type != "taken":
            return self.run(task, ctx)
        if self.fields:
            kept = task.meta.node if isinstance(task.meta.node, QueueMeta) else QueueMeta()
            data, is_secret = kept.queued, kept.queued_secret
        else:
            data, is_secret = task.data, bool(task.secrets & task.data.keys())
        taker = event.data
        answer = Event(
            type="reply",
            data={QUEUE_TASK_ID: task.task_id, QUEUE_TASK_DATA: dict(data)},
            secrets=[QUEUE_TASK_DATA] if is_secret else [],
        )
        task.effects.append(
            EffectBody("reply", taker["conv_id"], task_id=taker["task_id"], visit=taker["visit"], event=_encode(answer))
        )
        return None

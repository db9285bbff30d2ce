"""get_from_queue: takes a task out of a queue and has its data. Source: reference 3.11.

The queue's task is woken, answers with its data in the commit in which it leaves the queue, and goes on: so it is taken
once, whatever dies on the way.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec
from pydantic import Field

from ..data import is_deeper, too_deep
from ..definition import Action
from ..errors import CastError, LogicError
from ..fields import ConvName, Duration, Integer, TemplateText
from ..logic import (
    Builder,
    Context,
    EffectBody,
    Event,
    Rest,
    Running,
    Send,
    Stay,
    keep_secret,
    resolve,
    wrong_cast,
)
from ..sending import QUEUE_TASK_DATA, QUEUE_TASK_ID, refused
from ..task import NodeMeta, Place
from ..template import ReadNeeded, Template

AGAIN_MS = 1000  # an empty queue is asked again after so long, while the timeout lasts


class GetMeta(msgspec.Struct, NodeMeta, tag="get_from_queue", omit_defaults=True):
    """How many tasks it has taken, and until when it asks an empty queue again, in ms of server time."""

    was_flat: ClassVar[bool] = True

    taken: int = 0
    wait_until: int = 0

    @property
    def tries_again(self) -> bool:
        return self.wait_until > 0


class GetFromQueue(Action):
    """Takes a task from a queue: its id is __queue_task_id__, its data __queue_task_data__."""

    key: ClassVar[str] = "get_from_queue"
    error_prefix: ClassVar[str] = "get_task"
    in_diagram: ClassVar[bool] = True
    icon: ClassVar[str] = "M2.5 5h3v6h-3zM8 8h5.5M11 5.5L13.5 8 11 10.5"
    keeps: ClassVar[type[NodeMeta] | None] = GetMeta
    conv: ConvName = Field(description='where the queue is: an id, "@alias", a title or a template')
    node: TemplateText = Field(description="the name of the queue's node, or a template")
    order: Literal["oldest", "newest"] = Field("oldest", description="which task is taken")
    count: Integer = Field(1, ge=1, le=100, description="so many at most; more than 1: ids and data come in lists")
    timeout: Duration | None = Field(None, description="how long it waits for a first task; none: an empty queue fails")

    def waits_for(self, node: str) -> tuple[str, str] | None:
        return f'it waits for the task that "{node}" took from a queue', "that task going on"

    def build(self, builder: Builder) -> GetLogic:
        return GetLogic(self, builder)


class GetLogic:
    """Sends a take effect, and waits for the answer of the task that was taken."""

    def __init__(self, action: GetFromQueue, builder: Builder) -> None:
        self.fields: dict[str, Template] = {
            "conv": builder.value(action.conv),
            "node": builder.value(action.node, "string"),
        }
        self.newest = action.order == "newest"
        self.count = action.count
        self.timeout_ms = action.timeout
        self.depth = builder.settings.depth

    def run(self, task: Running, ctx: Context) -> Stay | None:
        try:
            values, _ = resolve(self.fields, ctx.scope)
        except CastError as error:
            raise wrong_cast("get_task", error) from error
        target = ctx.target(values["conv"])
        if values["node"] not in target.queues:
            raise LogicError("queue_wrong_logic", f"No queue logic in conv_id: {target.conv_id}")
        return Send(EffectBody("take", target.conv_id, node=values["node"], queue=self.newest, wait=True))

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        if event.type == "refused":
            if event.tag == "not_found_task":
                return self._empty(task, ctx)
            raise refused(event, "get_task")
        if is_deeper(event.data, self.depth - (self.count > 1)):  # what was a task's data lies one deeper now, or two
            text = f"the data of {event.data[QUEUE_TASK_ID]}, which has left the queue: {too_deep(self.depth)}"
            raise LogicError("get_task_depth_overflow_limit", text)
        if event.secrets:
            keep_secret(task, event.secrets)
        if self.count == 1:
            task.data.update(event.data)
            return None
        # Into the task one by one: what was taken stays with it, however the next attempt ends.
        kept, data = _kept(task), dict(task.data)
        for name in (QUEUE_TASK_ID, QUEUE_TASK_DATA):
            task.data[name] = [*(task.data[name] if kept.taken else ()), event.data[name]]
        task.meta.node = GetMeta(kept.taken + 1, kept.wait_until)
        if kept.taken + 1 == self.count:
            return None
        try:
            asks = self.run(task, ctx)
        except ReadNeeded:  # this is called again, with the same event
            task.data.clear()
            task.data.update(data)
            task.meta.node = kept
            raise
        task.visit += 1  # the next one is asked for under an id of its own
        return asks

    def _empty(self, task: Running, ctx: Context) -> Stay | None:
        kept = _kept(task)
        if kept.taken:
            return None
        now_ms = ctx.scope.now_ms
        until = kept.wait_until or now_ms + (self.timeout_ms or 0)
        if now_ms >= until:
            raise LogicError("get_task_executing_error", "not_found_task")
        task.meta.node = GetMeta(0, until)
        return Rest(Place.DELAYED, min(AGAIN_MS, until - now_ms))


def _kept(task: Running) -> GetMeta:
    return task.meta.node if isinstance(task.meta.node, GetMeta) else GetMeta()

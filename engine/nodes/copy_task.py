"""copy_task: a new task in another conv. Source: reference 3.8."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ..definition import Action
from ..errors import LogicError
from ..fields import ConvName, Flag, TemplateMap, TemplateText
from ..logic import Builder, Context, Event, Running, Stay
from ..sending import Sending, accepted, new_meta, new_task
from ..task import Address, encode_data


class CopyTask(Action):
    """Creates an independent task; this one goes on when the target has accepted it."""

    key: ClassVar[str] = "copy_task"
    error_prefix: ClassVar[str] = "copy_task"
    in_diagram: ClassVar[bool] = True
    icon: ClassVar[str] = "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3"

    conv: ConvName = Field(description='the target: an id, "@alias", a title or a template')
    ref: TemplateText | None = Field(None, description="the new task's ref; none: one is generated")
    data: TemplateMap = Field(default_factory=dict, description="the new task's parameters")
    send_all: Flag = Field(False, description="all parameters of this task too; `data` wins")
    send_parent_data: Flag = Field(False, description="adds where the copy comes from (conv, node and ref)")
    wait: Flag = Field(False, description="wait until the new task first parks or ends")

    def waits_for(self, node: str) -> tuple[str, str] | None:
        return f'it waits until the task that "{node}" created parks or ends', "that task parking or ending"

    def build(self, builder: Builder) -> CopyLogic:
        return CopyLogic(self, builder)


class CopyLogic(Sending):
    """Sends a create effect."""

    prefix = CopyTask.error_prefix

    def __init__(self, action: CopyTask, builder: Builder) -> None:
        super().__init__(action.conv, action.ref, action.data, action.send_all, builder)
        self.wait = action.wait
        self.send_parent_data = action.send_parent_data

    def run(self, task: Running, ctx: Context) -> Stay | None:
        conv, ref, data, secrets = self.resolve(task, ctx)
        target = ctx.target(conv)
        if not target.active:
            raise LogicError("conveyor_is_not_active", "conveyor is not active")
        if self.send_parent_data:
            data["__copy_conv_id__"] = task.conv_id
            data["__copy_node_id__"] = ctx.scope.root["node_id"]
            data["__copy_ref_id__"] = task.ref
        body = self.check_size(encode_data(ctx.check_params(target, data)), ctx)
        meta = new_meta(task, ctx, secrets)
        if self.wait:
            meta.answer_to = [Address(task.conv_id, task.task_id, task.visit)]
        return new_task(target, body, meta, ref=ref, wait=self.wait)

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        return accepted(task, event, self.prefix)

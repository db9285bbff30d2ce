"""modify_task: merges data into a living task of another conv. Source: reference 3.9."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ..definition import Action, Node
from ..errors import LogicError
from ..fields import ConvName, Flag, TemplateMap, TemplateText
from ..logic import Builder, Context, EffectBody, Event, Running, Send, Stay
from ..sending import Sending, accepted
from ..task import encode_data


class ModifyTask(Action):
    """Merges data (shallowly) into the living task with this ref, and wakes it when it waits for a callback."""

    key: ClassVar[str] = "modify_task"
    error_prefix: ClassVar[str] = "copy_task"
    in_diagram: ClassVar[bool] = True
    icon: ClassVar[str] = "M3 13l1-3.5L11 2.5l2.5 2.5-7 7zM9.5 4l2.5 2.5"

    conv: ConvName = Field(description='the target: an id, "@alias", a title or a template')
    ref: TemplateText = Field(description="the ref of the task to modify")
    data: TemplateMap = Field(default_factory=dict, description="the parameters to write")
    send_all: Flag = Field(False, description="all parameters of this task too; `data` wins")
    wait: Flag = Field(False, description="synchronous: answered when the target parks again")
    queue: Flag = Field(
        False, description="with wait: it waits its turn, until the target stands at a callback node or ends"
    )

    def warnings_in(self, node: Node) -> list[str]:
        if not self.queue:
            return []
        if not self.wait:
            return ["queue does nothing without wait: true"]
        if node.time_limit is None:
            return ["with queue it may wait for ever, and two that modify each other do; give the node a time_limit"]
        return []

    def waits_for(self, node: str) -> tuple[str, str] | None:
        reason = f'it waits until the task that "{node}" modifies has taken the event, or ends'
        return reason, "that task taking it, or ending"

    def build(self, builder: Builder) -> ModifyLogic:
        return ModifyLogic(self, builder)


class ModifyLogic(Sending):
    """Sends a modify effect."""

    prefix = ModifyTask.error_prefix
    finds = True

    def __init__(self, action: ModifyTask, builder: Builder) -> None:
        super().__init__(action.conv, action.ref, action.data, action.send_all, builder)
        self.wait = action.wait
        self.queue = action.queue

    def run(self, task: Running, ctx: Context) -> Stay | None:
        conv, ref, data, secrets, has_secret_ref = self.resolved(task, ctx)
        target = ctx.target(conv)
        if not ref:
            raise LogicError("not_found_task", "not found task: the ref is empty")
        if self.queue and target.conv_id == task.conv_id and ref in (task.ref, task.task_id):
            raise LogicError("copy_task_fatal_error", "a task that waits its turn at itself would wait for ever")
        body = self.check_size(encode_data(data), ctx)
        return Send(
            EffectBody(
                "modify",
                target.conv_id,
                ref=ref,
                data=body,
                secrets=secrets,
                secret_ref=has_secret_ref,
                sync=self.wait,
                queue=self.queue,
                wait=self.wait,
            )
        )

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        return accepted(task, event, self.prefix)

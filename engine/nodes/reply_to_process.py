"""reply_to_process: answers the process that called this one. Source: reference 3.7."""

from __future__ import annotations

from typing import ClassVar

import msgspec
from pydantic import Field, model_validator

from engine.definition import Action
from engine.errors import CastError
from engine.fields import Flag, TemplateMap, TemplateText, Text
from engine.logic import Builder, Context, EffectBody, Event, Outcome, Running, resolve, wrong_cast
from engine.template import Template

_encode = msgspec.json.Encoder().encode


class ReplyToProcess(Action):
    """Sends these parameters to the waiting caller, and goes on. Does nothing when nobody waits."""

    key: ClassVar[str] = "reply_to_process"
    error_prefix: ClassVar[str] = "rpc_reply"

    data: TemplateMap = Field(default_factory=dict, description="what the caller gets")
    keys: tuple[Text, ...] = Field((), description="or: the names of this task's parameters to send")
    exception: Flag | TemplateText = Field(False, description="true or a reason: the caller takes its error route")

    @model_validator(mode="after")
    def _one_of(self) -> ReplyToProcess:
        if self.data and self.keys:
            raise ValueError("reply_to_process takes data or keys, not both")
        return self

    def build(self, builder: Builder) -> ReplyLogic:
        return ReplyLogic(self, builder)


class ReplyLogic:
    """Queues the reply; it leaves with the commit that moves this task."""

    def __init__(self, action: ReplyToProcess, builder: Builder) -> None:
        self.fields = builder.fields(action.data)
        self.keys = action.keys
        self.is_exception = action.exception is not False
        self.reason: Template = builder.value(action.exception if isinstance(action.exception, str) else "", "string")

    def run(self, task: Running, ctx: Context) -> Outcome | None:
        caller = task.meta.reply_to
        if caller is None:
            return None
        scope = ctx.scope
        try:
            values, tainted = resolve({"\0reason": self.reason, **self.fields}, scope)
        except CastError as error:
            raise wrong_cast("rpc_reply", error) from error
        reason = values.pop("\0reason")
        secrets = list(tainted)
        for name in self.keys:
            if name in task.data:
                values[name] = task.data[name]
                if name in task.secrets:
                    secrets.append(name)
        event = Event(
            type="reply",
            data=values,
            secrets=[name for name in secrets if name in values],
            exception=self.is_exception,
            description=reason,
        )
        task.meta.reply_to = None
        task.effects.append(
            EffectBody("reply", caller.conv_id, task_id=caller.task_id, visit=caller.visit, event=_encode(event))
        )
        return None

    def resume(self, task: Running, ctx: Context, event: Event) -> Outcome | None:
        return None

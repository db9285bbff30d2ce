"""reply_to_process: answers the process that called this one. Source: reference 3.7."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ..definition import Action
from ..logic import Builder, Context, EffectBody, Event, Running, Stay
from ..reserved import is_reserved
from ..sending import ReplyFields, Replying

_encode = msgspec.json.Encoder().encode


class ReplyToProcess(ReplyFields, Action):
    """Sends these parameters to the waiting caller, and goes on. Does nothing when nobody waits."""

    key: ClassVar[str] = "reply_to_process"
    error_prefix: ClassVar[str] = "rpc_reply"
    icon: ClassVar[str] = "M6.5 3.5L2.5 7.5l4 4M3 7.5h6a4 4 0 0 1 4 4V13"

    def warnings(self) -> list[str]:
        return [
            f'the caller does not get "{name}": only the engine writes it; send it under another name'
            for name in (*self.data, *self.keys)
            if is_reserved(name)
        ]

    def build(self, builder: Builder) -> ReplyLogic:
        return ReplyLogic(Replying(self, builder.types, builder))


class ReplyLogic:
    """Queues the reply; it leaves with the commit that moves this task."""

    def __init__(self, replying: Replying) -> None:
        self.replying = replying

    def run(self, task: Running, ctx: Context) -> Stay | None:
        caller = task.meta.reply_to
        if caller is None:
            return None
        event = self.replying.event(ctx.scope, "rpc_reply")
        task.meta.reply_to, task.meta.must_reply = None, False
        task.effects.append(
            EffectBody("reply", caller.conv_id, task_id=caller.task_id, visit=caller.visit, event=_encode(event))
        )
        return None

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        return None

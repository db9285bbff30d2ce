"""call_process: a new task in another process, and its reply. Source: reference 3.6."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import Field

from ..condition import compile_condition
from ..definition import Action
from ..errors import LogicError
from ..fields import ConvName, Flag, TemplateMap
from ..logic import Builder, Context, Event, Running, Stay, keep_secret
from ..reserved import without_reserved
from ..sending import Replying, Sending, StubBranch, new_meta, new_task, refused
from ..task import Address, encode_data
from ..template import Scope

STUB_MODE = "__logic_stub_mode__"
NO_MORE: Mapping[str, Any] = MappingProxyType({})


class CallProcess(Action):
    """Creates a task in the target and waits until it replies; without a time_limit until it ends."""

    key: ClassVar[str] = "call_process"
    error_prefix: ClassVar[str] = "rpc"
    overflow_tag: ClassVar[str] = "rpc_task_size_overflow"
    stub_field: ClassVar[str] = "stub"
    icon: ClassVar[str] = "M4 12L12 4M6 4h6v6"

    conv: ConvName = Field(description='the process: an id, "@alias", a title or a template')
    data: TemplateMap = Field(default_factory=dict, description="the new task's parameters")
    send_all: Flag = Field(False, description="all parameters of this task too; `data` wins")
    stub: tuple[StubBranch, ...] = Field(
        (), description="answers in place of the process, which is not called: the first whose tests pass"
    )

    def waits_for(self, node: str) -> tuple[str, str] | None:
        return f'it waits for the reply of the process that "{node}" called', "its reply, or its end"

    @classmethod
    def wrong_target(cls, kind: str) -> str:
        return "is a state diagram, which never replies; use copy_task or modify_task" if kind == "diagram" else ""

    def build(self, builder: Builder) -> CallLogic:
        return CallLogic(self, builder)


class CallLogic(Sending):
    """Sends a create effect that carries who waits for the reply."""

    prefix = "rpc_task"

    def __init__(self, action: CallProcess, builder: Builder) -> None:
        super().__init__(action.conv, None, action.data, action.send_all, builder)
        self.waits_for_ever = builder.definition.nodes[builder.node].time_limit is None
        missing = builder.definition.missing
        self.stub = [
            (
                compile_condition(branch.tests, missing=missing) if branch.tests else None,
                Replying(branch.reply, branch.types, builder),
            )
            for branch in action.stub
        ]

    def run(self, task: Running, ctx: Context) -> Stay | None:
        conv, _, data, secrets = self.resolve(task, ctx)
        if self.stub:
            return self.answer(task, ctx, data, secrets)
        target = ctx.target(conv)
        if not target.active:
            raise LogicError("conveyor_is_not_active", "conveyor is not active")
        body = self.check_size(encode_data(ctx.check_params(target, data)), ctx)
        meta = new_meta(task, ctx, secrets)
        meta.reply_to, meta.must_reply = Address(task.conv_id, task.task_id, task.visit), self.waits_for_ever
        return new_task(target, body, meta, wait=True)

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        if event.type == "refused":
            raise refused(event, self.prefix)
        return self.take(task, event)

    def answer(self, task: Running, ctx: Context, sent: dict[str, Any], secrets: list[str]) -> Stay | None:
        """What the stub says to what would have been sent."""
        scope = Scope(
            sent, root=ctx.scope.root, reader=ctx.scope.reader, secrets=frozenset(secrets), now_ms=ctx.scope.now_ms
        )
        scope.reads = ctx.scope.reads
        for check, replying in self.stub:
            if check is None or check(scope):
                return self.take(task, replying.event(scope, "rpc_reply"), {STUB_MODE: True})
        raise LogicError("rpc_task_fatal_error", "no branch of the stub fits what was sent")

    def take(self, task: Running, event: Event, more: Mapping[str, Any] = NO_MORE) -> Stay | None:
        """The reply, of a process or of the stub; `more` is ours."""
        data = {**without_reserved(event.data), **more}
        if event.exception:
            keep_secret(task, event.secrets)
            raise LogicError(
                "rpc_reply_exception",
                event.description,
                parameters={
                    "__conveyor_rpc_reply_return_type_tag__": "rpc_reply_exception",
                    "__conveyor_rpc_reply_return_description__": event.description,
                    **data,
                },
            )
        task.data.update(data)
        if event.secrets:
            keep_secret(task, event.secrets)
        return None

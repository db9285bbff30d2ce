"""What the actions that send share: the target, the ref and the data of copies, modifies and calls; and a reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
from pydantic import Field, model_validator

from .definition import Test
from .errors import CastError, LogicError
from .fields import Flag, Model, TemplateMap, TemplateText, Text, Types
from .logic import (
    Builder,
    Context,
    EffectBody,
    Event,
    Running,
    Send,
    Stay,
    Target,
    check_depth,
    keep_secret,
    resolve,
    wrong_cast,
)
from .sealing import masked_reads
from .task import Meta, waiters
from .template import Scope, Template

RESULT = "__conveyor_copy_task_result__"

# What a task that took another out of a queue has of it, reference 3.11.
QUEUE_TASK_ID, QUEUE_TASK_DATA = "__queue_task_id__", "__queue_task_data__"

encode_meta = msgspec.json.Encoder().encode


class Sending:
    """What copy_task, modify_task and call_process share: resolving the target, the ref and the data.

    `prefix` is the <x> of its error parameters and tags, reference 3.0. `finds`: the ref is that of a task which is
    there.
    """

    prefix: ClassVar[str]
    finds: ClassVar[bool] = False

    def __init__(self, conv: Any, ref: str | None, data: dict[str, Any], send_all: bool, builder: Builder) -> None:
        self.conv: Template = builder.value(conv)
        self.ref: Template | None = builder.value(ref, "string") if ref is not None else None
        self.fields = builder.fields(data)
        self.depth = builder.depth_of(data)
        self.send_all = send_all
        self.node = builder.node

    def resolve(self, task: Running, ctx: Context) -> tuple[Any, str, dict[str, Any], list[str]]:
        """(conv as resolved, ref, data, names of its secrets). Raises LogicError."""
        return self.resolved(task, ctx)[:4]

    def resolved(self, task: Running, ctx: Context) -> tuple[Any, str, dict[str, Any], list[str], bool]:
        """The same, and whether the ref was made of a secret."""
        scope = ctx.scope
        try:
            wanted = {"\0conv": self.conv, **self.fields}
            if self.ref is not None:
                wanted["\0ref"] = self.ref
            values, reads = resolve(wanted, scope)
        except CastError as error:
            raise wrong_cast(self.prefix, error) from error
        conv, ref = values.pop("\0conv"), values.pop("\0ref", "")
        if not isinstance(ref, str) or len(ref) > 255:
            raise LogicError(f"{self.prefix}_fatal_error", "a ref has 1 to 255 characters")
        if "\0ref" in reads.fields and not self.finds:
            text = "its ref was made of a secret, and refs are shown; make it of something else"
            raise LogicError(f"{self.prefix}_fatal_error", text)
        check_depth(values, self.depth, f"{self.prefix}_depth_overflow_limit")
        secrets = list(reads.fields)
        if self.send_all:
            secrets += [name for name in task.secrets if name in task.data]
            values = {**task.data, **values}
        names = [name for name in dict.fromkeys(secrets) if name in values]
        return conv, ref, values, names, "\0ref" in reads.fields

    def check_size(self, body: bytes, ctx: Context) -> bytes:
        if len(body) > ctx.task_size_bytes:
            raise LogicError(
                f"{self.prefix}_size_overflow_limit",
                f"Your task size: {len(body)} bytes, Max available task size: {ctx.task_size_bytes} bytes",
            )
        return body


class ReplyFields(Model):
    """What a reply carries."""

    data: TemplateMap = Field(default_factory=dict, description="what the caller gets")
    keys: tuple[Text, ...] = Field((), description="or: the names of this task's parameters to send")
    exception: Flag | TemplateText = Field(False, description="true or a reason: the caller takes its error route")

    @model_validator(mode="after")
    def _one_of(self) -> ReplyFields:
        if self.data and self.keys:
            raise ValueError("a reply takes data or keys, not both")
        return self


class StubBranch(Model):
    """An answer of the stub: of the first branch whose tests pass."""

    tests: tuple[tuple[Test, ...], ...] = ()
    reply: ReplyFields
    types: Types = Field(default_factory=dict, description="casts of the reply's data")


class Replying:
    """Makes the event of a reply out of a task's data."""

    def __init__(self, reply: ReplyFields, types: Mapping[str, str], builder: Builder) -> None:
        self.fields = {key: builder.value(value, types.get(key)) for key, value in reply.data.items()}
        self.depth = builder.depth_of(reply.data, types)
        self.keys = reply.keys
        self.is_exception = reply.exception is not False
        self.reason: Template = builder.value(reply.exception if isinstance(reply.exception, str) else "", "string")

    def event(self, scope: Scope, prefix: str) -> Event:
        """Raises LogicError when a cast fails, or what is sent lies too deep."""
        try:
            values, reads = resolve({"\0reason": self.reason, **self.fields}, scope)
        except CastError as error:
            raise wrong_cast(prefix, error) from error
        reason = values.pop("\0reason")
        check_depth(values, self.depth, f"{prefix}_depth_overflow_limit")
        if "\0reason" in reads.fields:
            reason = masked_reads(reason, reads.values)  # for people, in the caller's note
        secrets = list(reads.fields)
        for name in self.keys:
            if name in scope.data:
                values[name] = scope.data[name]
                if name in scope.secrets:
                    secrets.append(name)
        return Event(
            type="reply",
            data=values,
            secrets=[name for name in secrets if name in values],
            exception=self.is_exception,
            description=reason,
        )


def new_meta(task: Running, ctx: Context, secrets: list[str]) -> Meta:
    """What a created task keeps: its secrets, and its hops from the first task. Raises LogicError over the limit."""
    hops = task.meta.hops + 1
    if hops > ctx.hops:
        raise LogicError(
            "hops_limit",
            f"{ctx.hops} copies and calls one after another, as many as CONV_HOPS allows: a circle of processes?",
        )
    return Meta(secrets=secrets, hops=hops, user_id=task.meta.user_id, ancestor=task.meta.ancestor or task.task_id)


def new_task(target: Target, body: bytes, meta: Meta, *, ref: str = "", wait: bool) -> Send:
    """The effect that creates a task; with `wait` the sender waits for an answer after it was created."""
    return Send(
        EffectBody(
            "create",
            target.conv_id,
            ref=ref,
            data=body,
            meta=encode_meta(meta),
            wait=wait,
            told=waiters(meta),
            ancestor=meta.ancestor,
        )
    )


def refused(event: Event, prefix: str) -> LogicError:
    """The error of an effect that the target did not take."""
    return LogicError(event.tag or f"{prefix}_fatal_error", event.description, kind=event.kind)


def accepted(task: Running, event: Event, prefix: str) -> Stay | None:
    """The target took the effect, or (event "reply") has answered; a refusal takes the error route."""
    if event.type == "refused":
        raise refused(event, prefix)
    task.data[RESULT] = "ok"
    if event.secrets:
        keep_secret(task, event.secrets)
    return None

"""A task, the places where it can be, and what is kept beside its data."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, ClassVar

import msgspec


class Place(enum.StrEnum):
    """Where a task is: exactly one of these at any time (store.md 1).

    `held` is what a `ready` task is called while its conv is paused or its lane is full.
    """

    READY = "ready"
    LEASED = "leased"
    CALLING = "calling"
    WAITING = "waiting"
    PARKED = "parked"
    QUEUED = "queued"
    DELAYED = "delayed"
    HELD = "held"
    SENDING = "sending"
    ASIDE = "aside"
    FINAL = "final"


class Address(msgspec.Struct, frozen=True, array_like=True):
    """Who waits for an answer: a task (its conv, id and the visit in which it asked) or, with conv 0, nobody."""

    conv_id: int
    task_id: str
    visit: int


class Failure(msgspec.Struct, omit_defaults=True):
    """What failed first since the task left its regular way (engine.program.Step.regular).

    `node` and `part` (which of its actions) failed with `tag`, `type` (hardware or software) and `text`, the beginning
    of the description; it is the `attempt`-th failure in a row there, from 1. `prefixes`: the <x> of the error
    parameters (reference 3.0) that it and its escalation have left. `mended`: the task is back on its regular way; the
    failure is over, and only counted until the node does its work.
    """

    node: str
    part: int = 0
    tag: str = ""
    type: str = ""
    text: str = ""
    attempt: int = 1
    prefixes: list[str] = []
    mended: bool = False


class NodeMeta:
    """What a node type keeps of a task from one run to the next, while the task is in its node.

    A type that keeps something derives a msgspec.Struct from this, tagged with its key, and names it in `Action.keeps`;
    engine.meta reads it. `was_flat`: older workers know its fields as fields of `Meta` itself.
    """

    __slots__ = ()
    was_flat: ClassVar[bool] = False

    @property
    def tries_again(self) -> bool:
        """Whether the task sleeps until it tries again in its node, so that a timer is not the node's time limit."""
        return False

    @property
    def has_secrets(self) -> bool:
        """Whether some of what it keeps was made of a secret."""
        return False


class Meta(msgspec.Struct, omit_defaults=True):
    """What the engine keeps about a task beside its data. Opaque to the store, like the data.

    `path` holds the last 100 visits as (node id, server time in ms). `secrets` are the top-level parameters whose
    values came from a secret. `answer_to` wait until the task first parks or ends; `reply_to` waits for a
    `reply_to_process`. `watched`: a client listens on the task's channel. `part`: at which of the node's actions it is,
    where it has several. `must_reply`: who waits for the reply has no time limit, and is told when this task ends
    without one. `ancestor`: the first task that this one descends from by copies and calls; "" of the first itself.
    `node`: what the type of its node keeps. `limit_until`: when the time limit of a node in which it tries again is
    over, in ms of server time; 0 where there is none. A move clears these two. `failed`: what failed first.
    """

    path: list[tuple[str, int]] = []
    secrets: list[str] = []
    prev_node: str = ""
    laps: dict[str, int] = {}
    hops: int = 0
    reply_to: Address | None = None
    must_reply: bool = False
    answer_to: list[Address] = []
    watched: bool = False
    user_id: int = 0
    note: str = ""
    part: int = 0
    node: NodeMeta | None = None
    limit_until: int = 0
    ancestor: str = ""
    failed: Failure | None = None

    @property
    def failure(self) -> Failure | None:
        """The failure that is not mended."""
        return self.failed if self.failed is not None and not self.failed.mended else None


def waiters(meta: Meta) -> str:
    """Who is to be told when the task is no more; for scripts, which cannot read meta (store/lua/shared/mail.lua)."""
    lines = [f"a {to.conv_id} {to.task_id} {to.visit}" for to in meta.answer_to]
    if meta.must_reply and (caller := meta.reply_to) is not None:
        lines.append(f"r {caller.conv_id} {caller.task_id} {caller.visit}")
    return "\n".join(lines)


def taken_by(taker: Address) -> str:
    """Who takes a task out of a queue and waits for its data, in the same form."""
    return f"q {taker.conv_id} {taker.task_id} {taker.visit}"


def encode_data(data: dict[str, Any]) -> bytes:
    """Task data as JSON bytes; integers of any size keep their digits."""
    return msgspec.json.encode(data)


def unreadable(name: str, text: bytes, decode: Callable[[bytes], Any]) -> str:
    """Why this part of a task's record cannot be read; "" when it can. Nothing that stands in it is in the reason."""
    try:
        decode(text)
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        return f"its {name} cannot be read: {error}"
    return ""

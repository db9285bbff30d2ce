"""A task, the places where it can be, and what is kept beside its data."""

from __future__ import annotations

import enum
from typing import Any

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


class Meta(msgspec.Struct, omit_defaults=True):
    """What the engine keeps about a task beside its data. Opaque to the store, like the data.

    `path` holds the last 100 visits as (node id, server time in ms). `secrets` are the top-level parameters whose
    values came from a secret. `answer_to` wait until the task first parks or ends; `reply_to` waits for a
    `reply_to_process`. `watched`: a client listens on the task's channel. `queued`: what the taker of a task in a queue
    gets, and whether some of it is secret. `part`: at which of the node's actions it is, where it has several.
    `must_reply`: who waits for the reply has no time limit, and is told when this task ends without one. `ancestor`:
    the first task that this one descends from by copies and calls; "" of the first itself.
    `taken`: how many tasks it has taken out of a queue in this node. `wait_until`, `limit_until`: until when it tries
    again in this node, and when the node's own time limit is over, in ms of server time.
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
    queued: dict[str, Any] = {}
    queued_secret: bool = False
    part: int = 0
    taken: int = 0
    wait_until: int = 0
    limit_until: int = 0
    ancestor: str = ""


def waiters(meta: Meta) -> str:
    """Who is to be told when the task is no more; for scripts, which cannot read meta (store/lua/prelude.lua)."""
    lines = [f"a {to.conv_id} {to.task_id} {to.visit}" for to in meta.answer_to]
    if meta.must_reply and (caller := meta.reply_to) is not None:
        lines.append(f"r {caller.conv_id} {caller.task_id} {caller.visit}")
    return "\n".join(lines)


def encode_data(data: dict[str, Any]) -> bytes:
    """Task data as JSON bytes; integers of any size keep their digits."""
    return msgspec.json.encode(data)

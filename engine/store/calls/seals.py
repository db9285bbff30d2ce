"""Values at rest that are sealed, or sealed anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..call import Args, Call, Partition
from ..sizes import check_items
from ..wire import HeldRow

FIELDS = {"data": "d", "meta": "m", "event": "e", "request": "q"}
"""Of a record, by the name of the kind of value."""


class Held(NamedTuple):
    """The values of a task that may be sealed, as they are kept; b"" where there is none. `mail`: whole entries."""

    task_id: str
    ref: str
    data: bytes
    meta: bytes
    event: bytes
    request: bytes
    mail: list[bytes]


class HeldEffect(NamedTuple):
    """An effect that was set aside: its id in the outbox, who sent it, and its body."""

    out_id: str
    task_id: str
    body: bytes


class Resealed(NamedTuple):
    """A value that says the same, sealed otherwise. `what`: as the script has it; `name`: a task's id, or an effect's
    in the outbox."""

    name: str
    what: str
    old: bytes
    new: bytes


class Unsettled(NamedTuple):
    """`now_ms`: the server's time. `effects` lie in the outbox since before; `is_moving`: tasks are being moved or
    saved."""

    now_ms: int
    effects: int
    is_moving: bool


def held(p: Partition, ids: Sequence[bytes]) -> Call[list[Held]]:
    """Those of these tasks that there are."""
    check_items(ids)
    return Call("held", p, list(ids), _read_held, read_only=True)


def held_effects(p: Partition, out_ids: Sequence[bytes]) -> Call[list[HeldEffect]]:
    check_items(out_ids)

    def decode(reply: list[Any]) -> list[HeldEffect]:
        return [HeldEffect(out_id.decode(), task_id.decode(), body) for out_id, task_id, body in reply]

    return Call("held_effects", p, list(out_ids), decode, read_only=True)


def reseal(p: Partition, values: Sequence[Resealed]) -> Call[list[bool]]:
    """False: that value has changed meanwhile, and stays."""
    check_items(values)
    args: Args = [part for value in values for part in value]
    return Call("reseal", p, args, lambda reply: [done == 1 for done in reply])


def unsettled(p: Partition, before_ms: int = 0) -> Call[Unsettled]:
    """What may hold values that `reseal` does not reach; `before_ms` 0: without a look into the outbox."""

    def decode(reply: list[int]) -> Unsettled:
        now_ms, effects, moving = reply
        return Unsettled(now_ms, effects, moving == 1)

    return Call("unsettled", p, [before_ms], decode, read_only=True)


def _read_held(reply: list[Any]) -> list[Held]:
    return [_held(HeldRow(*row)) for row in reply]


def _held(it: HeldRow) -> Held:
    name = it.task_id.decode()
    ref = name if it.ref is None else it.ref.decode(errors="backslashreplace")
    return Held(name, ref, it.data or b"", it.meta or b"", it.event or b"", it.request or b"", it.mail)

"""What stands in a task's record and is not what the engine writes there: found out only when a run cannot begin."""

from __future__ import annotations

from typing import Any

import msgspec

from ..errors import CannotOpen
from ..logic import EffectBody, Event
from ..meta import unreadable_record
from ..store.ids import is_task_id
from ..store.records import Claimed, Effect
from ..task import unreadable
from ..vault import Box, owner_of

_data = msgspec.json.Decoder(dict[str, Any]).decode
_event = msgspec.json.Decoder(Event).decode
_names = msgspec.json.Decoder(list[str]).decode
_body = msgspec.msgpack.Decoder(EffectBody).decode

KINDS = ("create", "modify", "take", "reply")


def why_unreadable(claimed: Claimed, error: Exception) -> str:
    """Which part of a claimed task cannot be read, and why; `error` is what its run met."""
    if isinstance(error, CannotOpen):
        return error.message
    reasons = [unreadable_record(claimed.data, claimed.meta)]
    if claimed.event:
        reasons.append(unreadable("event", claimed.event, _event))
    for mail in claimed.mail:
        reasons.append(unreadable("mail", mail.data, _data))
        if mail.secrets:
            reasons.append(unreadable("mail", mail.secrets, _names))
    return next(filter(None, reasons), "") or f"its record cannot be read: {type(error).__name__}: {error}"


def read_body(effect: Effect, conv_id: int, task_id: str, box: Box) -> EffectBody:
    """The body of an effect that this task of this conv sends. Raises ValueError with the reason when it cannot be
    delivered."""
    try:
        body = _body(box.open(effect.body, owner_of(conv_id, task_id, "effect")))
    except CannotOpen as error:
        raise ValueError(f"cannot be read: it is {error}") from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ValueError(f"cannot be read: {error}") from error
    if body.kind not in KINDS:
        raise ValueError(f"cannot be read: there is no kind {body.kind!r}")
    if body.kind == "reply":
        check_task_id(body.task_id)
    return body


def check_task_id(task_id: str) -> None:
    """Raises ValueError for what is no task's id."""
    if not is_task_id(task_id):
        raise ValueError(f"cannot be read: {task_id!r} is no task's id")

"""Values of state diagrams: set one, whether it is there or not."""

from __future__ import annotations

from typing import Any

import msgspec

from ...app import Modified, Submitted
from ...errors import (
    BadParameter,
    KeyReused,
    NotActive,
    NotFound,
    RefTaken,
    Refused,
    StoreFull,
    TaskTooLarge,
    WrongData,
)
from ..route import Example, Reply, Request, route
from .showing import value_edited

TRIES = 3  # of a value that comes and goes meanwhile


class NewValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Merged into what is there."""

    data: dict[str, Any]


class ValueSet(msgspec.Struct, frozen=True):
    """`created`: there was none by this ref."""

    task_id: str
    ref: str
    created: bool


@route(
    "PUT",
    "/v1/convs/{conv}/values/{ref}",
    role="modify",
    body=NewValue,
    answers=ValueSet,
    errors=(NotActive, BadParameter, WrongData, TaskTooLarge, Refused, KeyReused, StoreFull),
    example=Example({"conv": "140897", "ref": "token"}, body={"data": {"token": "00D…"}}),
    alters=True,
)
def set_value(request: Request) -> Reply:
    """Sets a value of a state diagram: modifies the task with this ref, or submits one. It is noted in the trail."""
    if request.record.kind != "diagram":
        raise Refused(f'"{request.record.title}" is a process: values stand in state diagrams; submit a task')
    ref, data = request.path["ref"], request.body.data
    with value_edited(request, ref, data):
        for _ in range(TRIES):
            done = _modified(request, ref, data) or _submitted(request, ref, data)
            if done is not None:
                is_new = isinstance(done, Submitted)
                return Reply(ValueSet(done.task_id, ref, is_new), 201 if is_new else 200)
        raise RefTaken(f'the value "{ref}" comes and goes at the same time; try again')


def _modified(request: Request, ref: str, data: dict[str, Any]) -> Modified | None:
    try:
        return request.engine.modify(request.conv, ref, data, key=request.key)
    except NotFound:
        return None


def _submitted(request: Request, ref: str, data: dict[str, Any]) -> Submitted | None:
    try:
        return request.engine.submit(request.conv, data, ref=ref, key=request.key)
    except RefTaken:
        return None

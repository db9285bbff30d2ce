"""Opening what the store holds of a task."""

from __future__ import annotations

from typing import Any, TypeVar

from ..errors import CannotOpen
from .box import SEALED, Box, owner_of

T = TypeVar("T")

RECORD = ("data", "meta")
CLAIMED = ("data", "meta", "event", "request")


def opened(conv_id: int, task: T, box: Box, kinds: tuple[str, ...] = RECORD) -> T:
    """The task (of engine.store.records) with these of its values as they were before they were sealed. Raises
    CannotOpen."""
    it: Any = task
    sealed = {kind: value for kind in kinds if (value := getattr(it, kind))[:1] == SEALED}
    if not sealed:
        return task
    changed: T = it._replace(
        **{kind: open_value(box, value, kind, owner_of(conv_id, it.task_id, kind)) for kind, value in sealed.items()}
    )
    return changed


def open_value(box: Box, value: bytes, kind: str, *owners: bytes) -> bytes:
    """Raises CannotOpen with a whole sentence."""
    try:
        return box.open(value, *owners)
    except CannotOpen as error:
        raise CannotOpen(f"its {kind} is {error.message}") from error


def opened_or_not(conv_id: int, task: T, box: Box) -> T:
    """The same, for people: what does not open stays sealed, and is shown so (engine.views.readable)."""
    try:
        return opened(conv_id, task, box)
    except CannotOpen:
        return task

"""How large a call may be; checked before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from .ids import is_task_id
from .records import Delivery, NewTask, Outcome

Item = TypeVar("Item", bound=NewTask | Outcome | Delivery)

MAX_ITEMS = 1000  # of a call: a script holds the server, and Lua's unpack ends below 8 000 values
MAX_BYTES = 4_000_000  # of a call
MAX_MS = 253_402_300_799_000  # the end of year 9999; Lua's numbers are exact far beyond


def in_parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Cut new tasks, outcomes or deliveries into pieces that fit one call each; mostly there is one piece."""
    start = size = 0
    for end, item in enumerate(items):
        own = 400 + len(item.meta) + len(item.data or b"")
        if isinstance(item, Outcome):
            own += len(item.request) + len(item.event)
            if item.effects:
                own += sum(400 + len(effect.body) for effect in item.effects)
        elif isinstance(item, Delivery):
            own += len(item.event) + len(item.secrets)
        if end > start and (size + own > MAX_BYTES or end - start == MAX_ITEMS):
            yield items[start:end]
            start, size = end, 0
        size += own
    if items:
        yield items[start:]


def check_items(items: Sequence[Any]) -> None:
    if len(items) > MAX_ITEMS:
        raise ValueError(f"{len(items)} items in one call: at most {MAX_ITEMS}")


def check_bytes(args: Iterable[bytes | str | int]) -> None:
    size = sum(len(arg) for arg in args if not isinstance(arg, int))
    if size > MAX_BYTES:
        raise ValueError(f"{size} bytes in one call: at most {MAX_BYTES}")


def check_ids(ids: Iterable[str]) -> None:
    for task_id in ids:
        if not is_task_id(task_id):
            raise ValueError(f"not a task id: {task_id!r}")

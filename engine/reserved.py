"""Names of parameters that the engine writes, and nobody from outside. Source: reference 3, yaml.md 5.

    answers of HTTP, replies    dropped: whoever answers cannot mend it
    modifies and callbacks      refused: the caller can

What an author's own definition passes on keeps them: copies, modifies and calls with `send_all`, what `response` maps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import WrongData

_PREFIX = "__conveyor_"
_NAMES = frozenset(
    [
        "__copy_conv_id__",
        "__copy_node_id__",
        "__copy_ref_id__",
        "__for_each__",
        "__logic_stub_mode__",
        "__missed__",
        "__queue_task_data__",
        "__queue_task_id__",
        "__webhook",
    ]
)


def is_reserved(name: str) -> bool:
    """Whether only the engine writes this parameter."""
    return name.startswith(_PREFIX) or name in _NAMES


def without_reserved(data: dict[str, Any]) -> dict[str, Any]:
    """The data without parameters that only the engine writes; itself when it has none."""
    if not any(map(is_reserved, data)):
        return data
    return {name: value for name, value in data.items() if not is_reserved(name)}


def refuse_reserved(data: Mapping[str, Any]) -> None:
    """Raises WrongData for a parameter that only the engine writes."""
    for name in data:
        if is_reserved(name):
            raise WrongData(f'parameter "{name}": only the engine writes it; leave it out, or give it another name')

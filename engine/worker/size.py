"""How large a task's data may be, and what a careful run remembers to undo a node that makes it larger.

A run is checked once, when it is committed. One that came out too large begins again and is checked after each node
(`Runner._carefully`), so that the node that grows the task can take its error route.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import LogicError
from ..meta import decode_meta

if TYPE_CHECKING:
    from .run import Run

ERROR_BYTES = 2048  # the parameters of failures have room of their own: a full task can still carry why it failed

_ERROR_PARAMETER = re.compile(r"__conveyor_[a-z_]+_return_(?:type_error|type_tag|description|http_code|code)__")
_DESCRIPTION = 500

_encode = msgspec.json.Encoder().encode
_decode_data = msgspec.json.Decoder(dict[str, Any]).decode


class TooLarge(Exception):
    """A run that was not careful came out too large: it begins again, carefully."""


def net_size(data: Mapping[str, Any], encoded_bytes: int) -> int:
    """The bytes that count against the limit: without those of error parameters, of which 2 kB are free."""
    errors = sum(
        len(_encode(name)) + len(_encode(value)) + 2 for name, value in data.items() if _ERROR_PARAMETER.fullmatch(name)
    )
    return encoded_bytes - min(errors, ERROR_BYTES)


def shortened(text: str) -> str:
    """A description that leaves room for other failures' parameters."""
    return text if len(text) <= _DESCRIPTION else text[:_DESCRIPTION] + "…"


def without_answer(error: LogicError) -> LogicError:
    """The failure as a task carries it that has no room for the answer that came with it."""
    said = {name: value for name, value in error.parameters.items() if _ERROR_PARAMETER.fullmatch(name)}
    return LogicError(error.tag, shortened(error.description), kind=error.kind, parameters=said)


class Before:
    """A run as it was before a node, and the size of its data then."""

    def __init__(self, run: Run) -> None:
        self._data = _encode(run.data)
        self._meta = _encode(run.meta)
        self._rest = {name: _copy(getattr(run, name)) for name in _names(run)}
        self.stage = run.stage
        self.size = net_size(run.data, len(self._data))

    def restore(self, run: Run) -> None:
        """Make the run what it was; its data stay the same object, which templates look at."""
        run.data.clear()
        run.data.update(_decode_data(self._data))
        run.meta = decode_meta(self._meta)
        for name, value in self._rest.items():
            setattr(run, name, _copy(value))


class Care:
    """What a careful run keeps: itself as it entered its node, and the size before the last node that was undone."""

    before: Before | None = None
    grown_from = 0


def _names(run: Run) -> list[str]:
    """The attributes of a run that a node may change, but for its data and meta."""
    return [
        name
        for kind in type(run).__mro__
        for name in getattr(kind, "__slots__", ())
        if name not in ("data", "meta", "care") and hasattr(run, name)
    ]


def _copy(value: Any) -> Any:
    return [*value] if isinstance(value, list) else value

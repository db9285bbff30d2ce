"""Each kind of logic as the action of a node, and each action as a logic. Source: reference 3, yaml.md 1."""

from __future__ import annotations

from collections.abc import Mapping

from ...definition import Node, NodePart
from ...errors import ExchangeError
from .api_call import UNUSED_RESPONSE, UNUSED_RESPONSE_TYPE, ApiCallFormat
from .call_process import CallProcessFormat, write_stub
from .code import CodeFormat
from .copy_task import CopyTaskFormat
from .database_call import DatabaseCallFormat
from .get_from_queue import GetFromQueueFormat
from .git_call import GitCallFormat
from .modify_task import ModifyTaskFormat
from .piece import NOTHING, Export, Format, Import, Logic, Piece, unrunnable
from .queue import QueueFormat
from .reply_to_process import ReplyToProcessFormat
from .set_parameters import SetParametersFormat
from .set_state import SetStateFormat
from .sum import SumFormat
from .unsupported import UnsupportedFormat
from .wait_for_callback import WaitForCallbackFormat

__all__ = [
    "FORMATS",
    "NOTHING",
    "UNUSED_RESPONSE",
    "UNUSED_RESPONSE_TYPE",
    "Export",
    "Format",
    "Import",
    "Piece",
    "lean_keys",
    "read_logic",
    "unrunnable",
    "word_of",
    "write_logic",
    "write_stub",
]

FORMATS: Mapping[str, Format] = {
    format.key: format
    for format in (
        SetParametersFormat(),
        ApiCallFormat(),
        CodeFormat(),
        GitCallFormat(),
        DatabaseCallFormat(),
        CopyTaskFormat(),
        ModifyTaskFormat(),
        CallProcessFormat(),
        ReplyToProcessFormat(),
        WaitForCallbackFormat(),
        SetStateFormat(),
        QueueFormat(),
        GetFromQueueFormat(),
        SumFormat(),
        UnsupportedFormat(),
    )
}
_OF_LOGIC: dict[str, list[Format]] = {}
for _format in FORMATS.values():
    for _kind in _format.logics:
        _OF_LOGIC.setdefault(_kind, []).append(_format)


def read_logic(logic: Logic, given: Import) -> Piece:
    """The action of one logic."""
    kind = str(logic.get("type"))
    formats = _OF_LOGIC.get(kind, [])
    for format in formats:
        if (piece := format.read(logic, given)) is not None:
            return piece
    what = f"mode {logic.get('mode')} of {kind}" if formats else f"node type for {kind}"
    return unrunnable(logic, f"there is no {what}")


def write_logic(holder: Node | NodePart, given: Export) -> Logic:
    """The logic of a node's action, without its routes. Raises ExchangeError when the format has none for it."""
    assert holder.action is not None  # noqa: S101 - the caller has looked
    format = FORMATS.get(holder.action.key)
    if format is None:
        raise ExchangeError(f"the exchange format has no word for {holder.action.key}")
    logic = format.write(holder.action, holder, given)
    return {key: value if key in format.as_written else given.rename(value) for key, value in logic.items()}


def word_of(logic: Logic) -> str:
    """What a node is called that has this logic and no title."""
    kind = str(logic.get("type"))
    return next((format.word for format in _OF_LOGIC.get(kind, ()) if format.word), kind.replace("_", " "))


def lean_keys(logic: Logic) -> tuple[str, ...]:
    """The keys that a logic has even in hand-written files."""
    return next((format.lean for format in _OF_LOGIC.get(logic["type"], ()) if format.lean), ())

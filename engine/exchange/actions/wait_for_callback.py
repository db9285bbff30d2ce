"""api_callback in a process."""

from __future__ import annotations

from typing import Any

from ...definition import Node, NodePart
from ...errors import TemplateSyntaxError
from ...grammar import TYPES
from ...template import parse_path
from .piece import Export, Format, Import, Logic, Piece, flag, kept
from .set_state import API_CALLBACK


class WaitForCallbackFormat(Format):
    key = "wait_for_callback"
    logics = (API_CALLBACK,)
    word = "wait"

    def read(self, logic: Logic, given: Import) -> Piece | None:
        if given.is_state:
            return None
        body = kept(
            wait=(flag(logic.get("is_sync"), True), True),
            obj_id_path=(_path(logic.get("obj_id_path")), ""),
            callback_url=(str(logic.get("callback_url") or ""), ""),
            expected_params=(_read_expected(logic.get("expected_params")), {}),
        )
        return Piece(self.key, body)

    def write(self, action: Any, holder: Node | NodePart, given: Export) -> Logic:
        logic: Logic = {"type": API_CALLBACK, "is_sync": action.wait}
        if action.obj_id_path:
            logic["obj_id_path"] = action.obj_id_path
        if action.callback_url:
            logic["callback_url"] = action.callback_url
        if action.expected_params:
            logic["expected_params"] = [
                {"name": name, "type": expected.type, "required": expected.required}
                for name, expected in action.expected_params.items()
            ]
        return logic


def _path(text: Any) -> str:
    """A path that ours can follow; else it is kept for the way back only."""
    written = str(text or "")
    try:
        parse_path(written) if written and "{{" not in written else None
    except TemplateSyntaxError:
        return ""
    return written


def _read_expected(items: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and item.get("name"):
            kind = item["type"] if item.get("type") in TYPES else "string"
            made[str(item["name"])] = {"type": kind, "required": True} if item.get("required") is True else kind
    return made

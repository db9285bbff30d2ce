"""api_copy that creates a task."""

from __future__ import annotations

from typing import Any

from ...definition import Node, NodePart
from ..values import to_texts, to_values
from .piece import Export, Format, Import, Logic, Piece, conv_of, flag, kept


class CopyTaskFormat(Format):
    key = "copy_task"
    logics = ("api_copy",)
    word = "copy task"

    def read(self, logic: Logic, given: Import) -> Piece | None:
        return read_copy(self.key, logic, given) if logic.get("mode", "create") == "create" else None

    def write(self, action: Any, holder: Node | NodePart, given: Export) -> Logic:
        logic = write_copy("create", action, holder)
        if action.send_parent_data:
            logic["send_parent_data"] = True
        return logic


def read_copy(key: str, logic: Logic, given: Import) -> Piece:
    """A copy or a modify, which are one logic in the format."""
    data, types = to_values(given.rename(logic.get("data")), logic.get("data_type"))
    ref, is_copy = logic.get("ref"), key == CopyTaskFormat.key
    body: dict[str, Any] = {"conv": conv_of(logic)}
    if not is_copy or (ref is not None and ref != ""):
        body["ref"] = given.rename(str(ref if ref is not None else ""))
    body |= kept(
        send_all=(logic.get("group") == "all", False),
        send_parent_data=(is_copy and flag(logic.get("send_parent_data"), False), False),
        wait=(flag(logic.get("is_sync"), False), False),
        data=(data, {}),
    )
    return Piece(key, body, types)


def write_copy(mode: str, action: Any, holder: Node | NodePart) -> Logic:
    data, casts = to_texts(action.data, holder.types)
    logic: Logic = {"type": "api_copy", "mode": mode, "conv_id": action.conv, "ref": action.ref or ""}
    logic |= {"data": data, "data_type": casts, "group": "all" if action.send_all else ""}
    return {**logic, "is_sync": action.wait}

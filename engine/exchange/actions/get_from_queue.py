"""api_get_task."""

from __future__ import annotations

from typing import Any

from ...definition import Node, NodePart
from .piece import Export, Format, Import, Logic, Piece, conv_of, is_number


class GetFromQueueFormat(Format):
    key = "get_from_queue"
    logics = ("api_get_task",)
    word = "get task"

    def read(self, logic: Logic, given: Import) -> Piece | None:
        conv, node = conv_of(logic), str(logic.get("node_id") or logic.get("queue_node_id") or "")
        names = given.rename.of(conv).names
        body: dict[str, Any] = {"conv": conv, "node": names.get(node, given.rename(node))}
        if logic.get("order_by") == "DESC":
            body["order"] = "newest"
        notes = []
        if is_number(logic.get("count"), 2, 100):
            body["count"] = logic["count"]
            notes.append("several tasks come as lists, which the reference leaves open")
        if is_number(logic.get("timeout"), 1, 10**6):
            body["timeout"] = f"{logic['timeout']}s"
        if node not in names and "{{" not in node:
            notes.append(f"conv {conv} is not in this file: put the name of its node in place of {node}")
        return Piece(self.key, body, notes=notes)

    def write(self, action: Any, holder: Node | NodePart, given: Export) -> Logic:
        names = given.rename.of(action.conv).names
        logic: Logic = {"type": "api_get_task", "conv_id": action.conv, "node_id": names.get(action.node, action.node)}
        logic["order_by"] = "DESC" if action.order == "newest" else "ASC"
        if action.count != 1:
            logic["count"] = action.count
        if action.timeout is not None:
            logic["timeout"] = action.timeout // 1000
        return logic

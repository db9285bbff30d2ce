"""api_queue."""

from __future__ import annotations

from typing import Any

from ...definition import Node, NodePart
from ..values import to_texts, to_values
from .piece import Export, Format, Import, Logic, Piece, is_number


class QueueFormat(Format):
    key = "queue"
    logics = ("api_queue",)
    word = "queue"

    def read(self, logic: Logic, given: Import) -> Piece | None:
        data, types = to_values(given.rename(logic.get("data")), logic.get("data_type"))
        body: dict[str, Any] = {"data": data} if data else {}
        capacity = logic.get("capacity")
        if is_number(capacity, 1, 10**9):
            body["capacity"] = capacity
        notes = []
        if "alert_threshold" in logic:
            notes.append("a task_limit tells that it grows, not alert_threshold")
        return Piece(self.key, body, types, notes=notes)

    def write(self, action: Any, holder: Node | NodePart, given: Export) -> Logic:
        data, casts = to_texts(action.data, holder.types)
        logic: Logic = {"type": "api_queue", "data": data, "data_type": casts}
        return logic if action.capacity is None else {**logic, "capacity": action.capacity}

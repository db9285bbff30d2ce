"""api_copy that modifies a task."""

from __future__ import annotations

from typing import Any

from ...definition import Node, NodePart
from .copy_task import read_copy, write_copy
from .piece import Export, Format, Import, Logic, Piece


class ModifyTaskFormat(Format):
    key = "modify_task"
    logics = ("api_copy",)
    ours = ("queue",)

    def read(self, logic: Logic, given: Import) -> Piece | None:
        return read_copy(self.key, logic, given) if logic.get("mode") == "modify" else None

    def write(self, action: Any, holder: Node | NodePart, given: Export) -> Logic:
        return write_copy("modify", action, holder)

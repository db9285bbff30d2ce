"""api_callback in a state."""

from __future__ import annotations

from typing import Any

from ...definition import Node, NodePart
from .piece import Export, Format, Import, Logic, Piece

API_CALLBACK = "api_callback"


class SetStateFormat(Format):
    key = "set_state"
    logics = (API_CALLBACK,)

    def read(self, logic: Logic, given: Import) -> Piece | None:
        return Piece(self.key, {}) if given.is_state else None

    def write(self, action: Any, holder: Node | NodePart, given: Export) -> Logic:
        return {"type": API_CALLBACK}

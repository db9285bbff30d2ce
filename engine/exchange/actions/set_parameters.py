"""set_param. Source: reference 3."""

from __future__ import annotations

from typing import Any

from ...definition import Node, NodePart
from ..values import to_texts, to_values
from .piece import Export, Format, Import, Logic, Piece


class SetParametersFormat(Format):
    key = "set_parameters"
    logics = ("set_param",)
    word = "set parameters"

    def read(self, logic: Logic, given: Import) -> Piece | None:
        values, types = to_values(given.rename(logic.get("extra")), logic.get("extra_type"))
        if not values:
            return Piece("code", "// sets nothing", notes=["it sets nothing; a code node stands for it"])
        return Piece(self.key, values, types)

    def write(self, action: Any, holder: Node | NodePart, given: Export) -> Logic:
        extra, casts = to_texts(action.values, holder.types)
        return {"type": "set_param", "extra": extra, "extra_type": casts}

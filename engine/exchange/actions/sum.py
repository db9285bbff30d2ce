"""api_sum: its totals have ids, which references to them name."""

from __future__ import annotations

from typing import Any

from ...definition import Node, NodePart
from ..renaming import API_SUM, sum_items
from ..values import text_of, to_value
from .piece import Export, Format, Import, Logic, Piece


class SumFormat(Format):
    key = "sum"
    logics = (API_SUM,)
    word = "sum"

    def read(self, logic: Logic, given: Import) -> Piece | None:
        items = sum_items(logic)
        notes = []
        if any("reset_interval" in item for item in [logic, *items]):
            notes.append("totals are not set back by themselves (reset_interval)")
        values = {
            name: to_value(given.rename(item.get("value", "")), "number")[0]
            for name, item in zip(logic["__names__"], items, strict=True)
        }
        if not values:
            return Piece("code", "// sums nothing", notes=["it sums nothing; a code node stands for it"])
        return Piece(self.key, values, notes=notes)

    def write(self, action: Any, holder: Node | NodePart, given: Export) -> Logic:
        extra = [
            {"id": given.totals.get(name, name), "name": name, "value": text_of(value)}
            for name, value in action.values.items()
        ]
        return {"type": "api_sum", "extra": extra}

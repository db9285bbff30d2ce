"""db_call."""

from __future__ import annotations

from typing import Any

from ...definition import Node, NodePart
from ..values import to_texts, to_values
from .piece import Export, Format, Import, Logic, Piece, kept


class DatabaseCallFormat(Format):
    key = "database_call"
    logics = ("db_call",)
    word = "database"
    ours = ("rate", "result", "isolation", "autocommit")

    def read(self, logic: Logic, given: Import) -> Piece | None:
        instance = logic.get("instance_id")
        body: dict[str, Any] = {"instance": instance if isinstance(instance, int) else str(instance or "")}
        body["query"] = given.rename(str(logic.get("query") or ""))
        params, types = to_values(given.rename(logic.get("params")), logic.get("params_type"))
        timeout = logic.get("timeout", 30)
        timeout = timeout if isinstance(timeout, int) and 1 <= timeout <= 3600 else 30
        body |= kept(params=(params, {}), params_types=(types, {}), timeout=(f"{timeout}s", "30s"))
        notes = [
            "templates in the query are bound as parameters, never pasted into it",
            'the rows come as "rows", which the reference leaves open',
        ]
        return Piece(self.key, body, notes=notes)

    def write(self, action: Any, holder: Node | NodePart, given: Export) -> Logic:
        instance = action.instance
        if isinstance(instance, str) and instance.isascii() and instance.isdigit():
            instance = int(instance)
        logic: Logic = {"type": "db_call", "instance_id": instance, "query": action.query}
        if action.params:
            logic["params"], logic["params_type"] = to_texts(action.params, action.params_types)
        if action.timeout != 30_000 and action.timeout % 1000 == 0:
            logic["timeout"] = action.timeout // 1000
        return logic

"""The way between the ids of the exchange format and the names of nodes and totals, in templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

API_SUM = "api_sum"

# {{node[ID].count}}, {{conv[ID].node[ID].TOTAL}}, and with << >>.
_NODE = re.compile(r"((?:\{\{|<<)\s*(?:conv\[([^\[\]{}<>]*)\]\.)?node\[)([^\[\]{}<>]+)(\])(?:\.([A-Za-z0-9_-]+))?")


@dataclass(slots=True)
class NodeNames:
    """Of one conv: node id → name, and of its sums, node id → total's id → name."""

    names: dict[str, str] = field(default_factory=dict)
    totals: dict[str, dict[str, str]] = field(default_factory=dict)

    def reversed(self) -> NodeNames:
        """Names → ids."""
        totals = {
            self.names[node]: {name: total for total, name in named.items()} for node, named in self.totals.items()
        }
        return NodeNames({name: node for node, name in self.names.items()}, totals)


@dataclass(slots=True, frozen=True)
class Renaming:
    """Puts the names of one side in place of those of the other, in templates. `others`: by conv id or @alias."""

    own: NodeNames
    others: Mapping[str, NodeNames] = field(default_factory=dict)

    def __call__(self, value: Any) -> Any:
        if isinstance(value, str):
            return _NODE.sub(self._one, value) if "node[" in value else value
        if isinstance(value, dict):
            return {self(key): self(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self(inner) for inner in value]
        return value

    def of(self, conv: Any) -> NodeNames:
        return self.others.get(str(conv).strip(), NodeNames())

    def _one(self, match: re.Match[str]) -> str:
        head, conv, node, end, total = match.groups()
        names = self.own if conv is None else self.of(conv)
        known = node.strip() in names.names
        tail = f".{names.totals.get(node.strip(), {}).get(total, total)}" if total is not None else ""
        return f"{head}{names.names[node.strip()] if known else node}{end}{tail}"


def sum_items(logic: dict[str, Any]) -> list[dict[str, Any]]:
    items = logic.get("extra")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []

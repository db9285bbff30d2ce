"""Names that a person would give to nodes and files, and the way back to the ids of the exchange format."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.exchange.objects import Object, settings

LONGEST = 80
ROUTES = ("go", "go_if_const")
UNITS = {"sec": "s", "min": "m", "hour": "h", "day": "d"}
START = "start"

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


def node_names(
    nodes: Iterable[dict[str, Any]], made_up: Callable[[dict[str, Any], Mapping[str, str]], str]
) -> NodeNames:
    """A unique name for each node: its title, else one made up from what it does."""
    found = NodeNames()
    taken: set[str] = {START}
    nodes = list(nodes)
    for node in sorted(nodes, key=lambda node: not _title(node)):
        is_start = node.get("obj_type") == 1
        name = START if is_start else unique(_title(node) or made_up(node, found.names), taken)
        found.names[node["id"]] = name
    for node in nodes:
        for logic, names in total_names(node):
            ids = [str(item.get("id", "")) for item in sum_items(logic)]
            found.totals.setdefault(node["id"], {}).update(zip(ids, names, strict=True))
    return found


def total_names(node: dict[str, Any]) -> list[tuple[dict[str, Any], list[str]]]:
    """The sums of a node, each with unique names for its totals."""
    taken: set[str] = {"count"}
    made = []
    for logic in node["condition"]["logics"]:
        if logic.get("type") == "api_sum":
            written = [str(item.get("name") or item.get("id") or "") for item in sum_items(logic)]
            cleaned = [re.sub(r"[^\w-]+", "_", name).strip("_-") or "total" for name in written]
            made.append((logic, [unique(name, taken, "_") for name in cleaned]))
    return made


def sum_items(logic: dict[str, Any]) -> list[dict[str, Any]]:
    items = logic.get("extra")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def unique(name: str, taken: set[str], between: str = " ") -> str:
    number, made = 1, name
    while made in taken:
        number += 1
        made = f"{name}{between}{number}"
    taken.add(made)
    return made


def _title(node: dict[str, Any]) -> str:
    """A title without what would end a reference to the node, in one line, of a length that can be read."""
    title = str(node.get("title") or "").translate(str.maketrans("[]{}<>", "()()()"))
    title = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in title)
    return " ".join(title.split())[:LONGEST].strip()


class Naming:
    """Names for nodes without a title, from what they do and who leads to them."""

    def __init__(self, conv: Object) -> None:
        self.escalates: dict[str, str] = {}
        for node in conv["scheme"]["nodes"]:
            for logic in node["condition"]["logics"]:
                if logic.get("err_node_id"):
                    self.escalates.setdefault(logic["err_node_id"], node["id"])

    def made_up(self, node: Object, names: Mapping[str, str]) -> str:
        source = names.get(self.escalates.get(node["id"], ""), "")
        logics, semaphors = node["condition"]["logics"], node["condition"]["semaphors"]
        if node.get("obj_type") == 2:
            if settings(node.get("extra")).get("icon") == "error":
                return f"{source} failed" if source else "failed"
            return "final"
        actions = [logic for logic in logics if logic.get("type") not in ROUTES]
        if actions:
            return _WORDS.get(str(actions[0].get("type")), str(actions[0].get("type")).replace("_", " "))
        times = [one for one in semaphors if one.get("type") == "time"]
        if not logics and times:
            unit = UNITS.get(str(times[0].get("dimension") or "sec"), "s")
            return f"wait {times[0].get('value')}{unit}" if str(times[0].get("value")).isdigit() else "wait"
        return f"{source} errors" if source else "condition"


_WORDS = {
    "set_param": "set parameters",
    "api": "api call",
    "api_code": "code",
    "api_copy": "copy task",
    "api_rpc": "call process",
    "api_rpc_reply": "reply",
    "api_callback": "wait",
    "api_queue": "queue",
    "api_get_task": "get task",
    "api_sum": "sum",
    "db_call": "database",
    "git_call": "git call",
    "api_git": "git call",
}


def new_id(conv_id: int, node: str) -> str:
    """The id of a node that never had one: the same each time."""
    return hashlib.sha256(f"{conv_id}/{node}".encode()).hexdigest()[:24]


def file_name(title: str, taken: set[str]) -> str:
    """A file's name without its ending: small letters, digits and underscores of any alphabet."""
    name = re.sub(r"[^\w]+", "_", unicodedata.normalize("NFKC", title).casefold()).strip("_")[:LONGEST]
    return unique(name or "process", taken, "_")

"""Names that a person would give to nodes and files, and the way back to the ids of the exchange format."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .actions import word_of
from .objects import Object, settings
from .renaming import API_SUM, NodeNames, sum_items

LONGEST = 80
ROUTES = ("go", "go_if_const")
UNITS = {"sec": "s", "min": "m", "hour": "h", "day": "d"}
START = "start"


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
        if logic.get("type") == API_SUM:
            written = [str(item.get("name") or item.get("id") or "") for item in sum_items(logic)]
            cleaned = [re.sub(r"[^\w-]+", "_", name).strip("_-") or "total" for name in written]
            made.append((logic, [unique(name, taken, "_") for name in cleaned]))
    return made


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
            return word_of(actions[0])
        times = [one for one in semaphors if one.get("type") == "time"]
        if not logics and times:
            unit = UNITS.get(str(times[0].get("dimension") or "sec"), "s")
            return f"wait {times[0].get('value')}{unit}" if str(times[0].get("value")).isdigit() else "wait"
        return f"{source} errors" if source else "condition"


def new_id(conv_id: int, node: str) -> str:
    """The id of a node that never had one: the same each time."""
    return hashlib.sha256(f"{conv_id}/{node}".encode()).hexdigest()[:24]


def file_name(title: str, taken: set[str]) -> str:
    """A file's name without its ending: small letters, digits and underscores of any alphabet."""
    name = re.sub(r"[^\w]+", "_", unicodedata.normalize("NFKC", title).casefold()).strip("_")[:LONGEST]
    return unique(name or "process", taken, "_")

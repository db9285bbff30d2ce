"""The objects of an export: whole, with lists where lists belong, or refused. Source: reference 2.2 to 2.4."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import ExchangeError

Object = dict[str, Any]


def complete(conv: Object, where: str) -> Object:
    """The object, if its nodes are there, each with an id of its own, and lead to one another. Raises ExchangeError."""
    scheme: Any = conv.get("scheme")
    nodes = scheme.get("nodes") if isinstance(scheme, dict) else None
    if not isinstance(nodes, list) or not nodes or not all(isinstance(node, dict) for node in nodes):
        raise ExchangeError(f"{where} has no nodes (scheme.nodes)")
    ids: set[str] = set()
    for number, node in enumerate(nodes, 1):
        node_id = node.get("id")
        if not isinstance(node_id, str) or not node_id:
            raise ExchangeError(f"{where}: node {number} has no id")
        if node_id in ids:
            raise ExchangeError(f"{where}: two nodes have the id {node_id}")
        ids.add(node_id)
    starts = [node for node in nodes if node.get("obj_type") == 1]
    if len(starts) != 1:
        word = "no start node" if not starts else f"{len(starts)} start nodes"
        raise ExchangeError(f"{where} has {word} (obj_type 1); it needs one")
    for node in nodes:
        for target in targets(node):
            if target not in ids:
                title = node.get("title") or node["id"]
                raise ExchangeError(f'{where}: node "{title}" leads to {target}, which is not in the file')
    return {**conv, "scheme": {**scheme, "nodes": [filled(node) for node in nodes]}, "__original__": conv}


def filled(node: Object) -> Object:
    """The node with lists where something else or nothing stood."""
    stored: Any = node.get("condition")
    condition: Object = stored if isinstance(stored, dict) else {}
    semaphors = condition.get("semaphors", condition.get("semaphores"))
    made = {
        "logics": [logic for logic in listed(condition.get("logics")) if isinstance(logic, dict)],
        "semaphors": [one for one in listed(semaphors) if isinstance(one, dict)],
        "stub": condition.get("stub"),
    }
    return {**node, "condition": made}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def targets(node: Object) -> Iterable[str]:
    condition = filled(node)["condition"]
    for logic in condition["logics"]:
        yield from (
            logic[key] for key in ("to_node_id", "err_node_id") if isinstance(logic.get(key), str) and logic[key]
        )
    for one in condition["semaphors"]:
        yield from (one[key] for key in ("to_node_id", "esc_node_id") if isinstance(one.get(key), str) and one[key])


def ids_of(convs: list[Object], avoid: set[int], path: Path) -> list[int]:
    """An id for each conv: its own; a free one where it has none (hand-written files have 0, or null)."""
    made: list[int] = []
    for conv in convs:
        conv_id: Any = conv.get("obj_id")
        if isinstance(conv_id, str) and conv_id.isascii() and conv_id.isdigit():
            conv_id = int(conv_id)
        if isinstance(conv_id, int) and not isinstance(conv_id, bool) and conv_id > 0:
            if conv_id in made:
                raise ExchangeError(f"{path}: two objects have the id {conv_id}")
            made.append(conv_id)
        else:
            made.append(0)
    used = {*avoid, *made}
    for index, conv_id in enumerate(made):
        if conv_id == 0:
            made[index] = next(number for number in range(1, len(used) + 2) if number not in used)
            used.add(made[index])
    return made


def folders_of(conv: Object, folders: list[Object]) -> list[str]:
    """The titles of the folders that a conv lies in, the outermost first."""
    by_id = {folder.get("obj_id"): folder for folder in folders}
    titles: list[str] = []
    folder = by_id.pop(conv.get("parent_id"), None)
    while folder is not None:
        titles.insert(0, str(folder.get("title") or folder.get("obj_id")))
        folder = by_id.pop(folder.get("parent_id"), None)
    return titles


def along_routes(nodes: list[Object]) -> list[Object]:
    """The nodes in the order in which tasks meet them: so the first of several equal names is the one met first."""
    by_id = {node["id"]: node for node in nodes}
    ordered: dict[str, Object] = {}
    waiting = [node["id"] for node in nodes if node.get("obj_type") == 1]
    while waiting:
        node_id = waiting.pop(0)
        if node_id not in ordered:
            ordered[node_id] = by_id[node_id]
            waiting = [*targets(by_id[node_id]), *waiting]
    return [*ordered.values(), *(node for node in nodes if node["id"] not in ordered)]


def settings(value: Any) -> Object:
    """`extra` or `options` of a node: an object, or JSON text of one."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}

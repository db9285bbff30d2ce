"""A definition as plain JSON, as the registry keeps it, and back. Imports no yaml: workers use this."""

from __future__ import annotations

from typing import Any

from ..definition import Definition, Node, NodePart
from ..nodes import ACTIONS


def to_document(definition: Definition) -> dict[str, Any]:
    """The definition as plain JSON, without what is at its default. `from_document` gives back an equal definition."""
    document = definition.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    for name, node in definition.nodes.items():
        written = document["nodes"][name]
        holders: list[Node | NodePart] = [node, *node.actions]
        for holder, made in zip(holders, [written, *written.get("actions", ())], strict=True):
            if holder.action is not None:
                fields = holder.action.model_dump(mode="json", exclude_defaults=True, by_alias=True)
                made["action"] = {holder.action.key: fields}
    return document


def from_document(document: dict[str, Any]) -> Definition:
    """The definition of a document that `to_document` made. Raises pydantic.ValidationError for any other."""
    nodes = {name: _with_action(node) for name, node in document["nodes"].items()}
    for node in nodes.values():
        if "actions" in node:
            node["actions"] = [_with_action(part) for part in node["actions"]]
    return Definition.model_validate({**document, "nodes": nodes})


def _with_action(holder: dict[str, Any]) -> dict[str, Any]:
    """A node, or a part of one, with its action as the model of its kind."""
    action = holder.get("action")
    if action is None:
        return {**holder}
    [(key, fields)] = action.items()
    return {**holder, "action": ACTIONS[key].model_validate(fields)}

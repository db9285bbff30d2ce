"""A definition as plain JSON, as the registry keeps it, and back. Imports no yaml: workers use this."""

from __future__ import annotations

from typing import Any

from engine.definition import Definition
from engine.nodes import ACTIONS


def to_document(definition: Definition) -> dict[str, Any]:
    """The definition as plain JSON, without what is at its default. `from_document` gives back an equal definition."""
    document = definition.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    for name, node in definition.nodes.items():
        if node.action is not None:
            document["nodes"][name]["action"] = {
                node.action.key: node.action.model_dump(mode="json", exclude_defaults=True, by_alias=True)
            }
    return document


def from_document(document: dict[str, Any]) -> Definition:
    """The definition of a document that `to_document` made. Raises pydantic.ValidationError for any other."""
    nodes = {}
    for name, node in document["nodes"].items():
        action = node.get("action")
        if action is not None:
            [(key, fields)] = action.items()
            node = {**node, "action": ACTIONS[key].model_validate(fields)}
        nodes[name] = node
    return Definition.model_validate({**document, "nodes": nodes})

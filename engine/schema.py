"""The JSON Schema of definition files, for editors: made from the models, so that it allows what the loader allows.

`python -m engine.schema > engine/schema.json` renews the published file. What a schema cannot say (routes to nodes that
exist, templates that parse) is the loader's to check.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic import BaseModel

from . import grammar
from .condition import FUNCTIONS
from .definition import Access, Action, Archive, Definition, Node, NodePart, Param, TaskLimit, TimeLimit, Timer
from .nodes import ACTIONS
from .sending import ReplyFields

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEMPLATE = r"\{\{|<<"


def json_schema() -> dict[str, Any]:
    """The schema as plain JSON."""
    top = _properties(Definition, leave_out=("kind", "title", "archive", "access", "params", "nodes"))
    for kind, what in (("process", "process"), ("diagram", "state diagram")):
        top[kind] = {"type": "string", "minLength": 1, "maxLength": 255, "description": f"title of the {what}"}
    described = Definition.model_fields
    top["archive"] = {
        **object_of(Archive),
        "minProperties": 1,
        "description": described["archive"].description,
    }
    top["access"] = {**object_of(Access), "minProperties": 1, "description": described["access"].description}
    types = _properties(Param)["type"]
    top["params"] = {
        "type": "object",
        "description": described["params"].description,
        "additionalProperties": {"anyOf": [types, _ref("param")]},
    }
    top["nodes"] = {
        "type": "object",
        "description": described["nodes"].description,
        "required": ["start"],
        "additionalProperties": _ref("node"),
    }
    return {
        "$schema": DIALECT,
        "title": "Conv definition",
        "description": "A process or a state diagram.",
        "type": "object",
        "properties": dict(sorted(top.items())),
        "required": ["id", "nodes"],
        "oneOf": [{"required": [kind]} for kind in grammar.KINDS],
        "additionalProperties": False,
        "$defs": {"param": object_of(Param), "node": _node(), **_conditions()}
        | {key: _action(kind) for key, kind in ACTIONS.items()},
    }


def text() -> str:
    """The published file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


# --- Models -----------------------------------------------------------------------------------


def object_of(kind: type[BaseModel]) -> dict[str, Any]:
    """A model that holds no other model."""
    schema = kind.model_json_schema(by_alias=True)
    made: dict[str, Any] = {"type": "object", "description": schema.get("description", "").split("\n")[0]}
    made["properties"] = _properties(kind)
    if schema.get("required"):
        made["required"] = schema["required"]
    made["additionalProperties"] = False
    return made


def _properties(kind: type[BaseModel], leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    """The schema of each field of a model that holds no other model."""
    properties = kind.model_json_schema(by_alias=True)["properties"]
    return {key: _clean(value) for key, value in properties.items() if key not in leave_out}


def _clean(schema: dict[str, Any]) -> dict[str, Any]:
    """Without pydantic's titles and without null: a key with nothing behind it is refused."""
    made = {key: value for key, value in schema.items() if key != "title" and not (key == "default" and value is None)}
    if "anyOf" in made:
        choices = [_clean(choice) for choice in made.pop("anyOf") if choice != {"type": "null"}]
        made = {**choices[0], **made} if len(choices) == 1 else {"anyOf": choices, **made}
    return made


def _action(kind: type[Action]) -> dict[str, Any]:
    if kind.whole:
        what = (kind.__doc__ or "").split("\n")[0]
        return {"type": "object", "description": what, "minProperties": 1, "additionalProperties": True}
    made = object_of(kind)
    if "stub" in made["properties"]:
        made["properties"]["stub"] = {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "if": {**_ref("tests"), "description": "all of these, of what would be sent; none: always"},
                    "reply": object_of(ReplyFields),
                    "types": {
                        "type": "object",
                        "additionalProperties": {"enum": list(grammar.TYPES)},
                        "description": "casts of the reply's data",
                    },
                },
                "required": ["reply"],
                "additionalProperties": False,
            },
            "description": kind.model_fields["stub"].description,
        }
    if kind.short:
        return {"anyOf": [{"type": "string"}, made], "description": made["description"]}
    for key, words in kind.words.items():
        described = made["properties"][key].get("description", "")
        made["properties"][key] = {
            "anyOf": [{"enum": list(words)}, {"type": "string", "pattern": _TEMPLATE}],
            "description": described,
        }
    return made


def _node() -> dict[str, Any]:
    special = ("name", "action", "actions", "condition", "time_limit", "task_limit", "delay")
    properties = _properties(Node, leave_out=special)
    described = {key: Node.model_fields[key].description for key in special if key in Node.model_fields}
    properties["condition"] = {
        "type": "array",
        "minItems": 1,
        "items": _ref("condition"),
        "description": described["condition"],
    }
    one_time = {"oneOf": [{"required": ["after"]}, {"required": ["until"]}]}
    properties["time_limit"] = {**object_of(TimeLimit), **one_time}
    properties["task_limit"] = object_of(TaskLimit)
    after = _properties(Timer)["after"]
    until = {**object_of(Timer), **one_time}
    properties["delay"] = {"anyOf": [after, until], "description": described["delay"]}
    for key in ("time_limit", "task_limit"):
        properties[key]["description"] = described[key]
    properties |= {key: _ref(key) for key in ACTIONS}
    part = _properties(NodePart, leave_out=("action", "condition"))
    part |= {key: _ref(key) for key in ACTIONS} | {"condition": properties["condition"]}
    properties["actions"] = {
        "type": "array",
        "minItems": 1,
        "items": {"type": "object", "minProperties": 1, "properties": part, "additionalProperties": False},
        "description": described["actions"],
    }
    return {
        "type": "object",
        "description": "A node: one action, a delay, an end, or only routes.",
        "minProperties": 1,
        "properties": dict(sorted(properties.items())),
        "additionalProperties": False,
    }


# --- Conditions -------------------------------------------------------------------------------


def _conditions() -> dict[str, Any]:
    comparisons: dict[str, Any] = {fun: {"description": f"{fun}, after a cast"} for fun in FUNCTIONS}
    comparisons[grammar.CAST] = {"enum": list(grammar.TYPES), "description": "cast both sides; default: as the value"}
    return {
        "condition": {
            "type": "object",
            "description": "A route: taken when its tests pass.",
            "properties": {
                "if": {**_ref("tests"), "description": "all of these"},
                "any": {"type": "array", "minItems": 1, "items": _ref("tests"), "description": "at least one of these"},
                "go": {"type": ["string", "number", "boolean"], "description": "the node for tasks that meet it"},
            },
            "required": ["go"],
            "oneOf": [{"required": ["if"]}, {"required": ["any"]}],
            "additionalProperties": False,
        },
        "tests": {"anyOf": [_ref("test"), {"type": "array", "minItems": 1, "items": _ref("test")}]},
        "test": {
            "type": "object",
            "description": "PARAMETER: VALUE, or PARAMETER: {COMPARISON: VALUE}; all must pass",
            "minProperties": 1,
            "additionalProperties": {
                "anyOf": [
                    {"type": ["string", "number", "boolean", "null", "array"]},
                    {"type": "object", "minProperties": 1, "properties": comparisons, "additionalProperties": False},
                ]
            },
        },
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


if __name__ == "__main__":
    sys.stdout.write(text())

"""Where the YAML that an author writes differs from the models: which keys stand where. Source: yaml.md 1.

Everything else of the grammar is the models themselves (definition.py, nodes/). The loader and the JSON Schema both
read it from here.
"""

from __future__ import annotations

from .definition import Definition, Node, NodePart
from .fields import keys_of
from .nodes import ACTIONS

KINDS = ("process", "diagram")  # each with the title as its value
TOP = frozenset(KINDS) | (keys_of(Definition).keys() - {"kind", "title"})

NODE = (keys_of(Node).keys() - {"name", "action"}) | ACTIONS.keys()
NODE_SIMPLE = keys_of(Node).keys() - {"name", "action", "actions", "condition", "time_limit", "task_limit", "delay"}
"""The keys of a node that hold one value or a map of types."""

PART = (keys_of(NodePart).keys() - {"action"}) | ACTIONS.keys()
"""The keys of one of several actions in a node."""

EDGES = ("go", "error")
"""The keys of a node whose value is a node; further edges are in condition, time_limit and task_limit."""

NOT_IN_END = ("go", "actions", "condition", "error", "time_limit", "task_limit", "delay", "types", "response_types")
NOT_IN_DELAY = ("actions", "condition", "time_limit", "task_limit", "types", "response_types")
ONLY_IN_START = ("direct_url", "auth")

CONDITION = ("if", "any", "go")
CAST = "as"
TYPES = ("string", "number", "boolean", "object", "array")

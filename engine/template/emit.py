"""Tree → the text of a Jinja2 expression, made only of literals and calls of our own functions."""

from __future__ import annotations

import string
from typing import Any

from .functions.text import RAW
from .references import OPTIONAL
from .tree import (
    Count,
    Each,
    Filtered,
    Function,
    Key,
    Literal,
    Math,
    Mixed,
    Moment,
    Node,
    Parameter,
    Random,
    Root,
    TaskRead,
    Variable,
)

_PLAIN = frozenset(string.ascii_letters + string.digits + " _-.,:;/@")


class Emitter:
    """Makes expressions for one text. `base` is what `missing` says: RAISE or EMPTY; inside `default(…)` a reference
    is OPTIONAL instead, but not what its own names are made of.
    """

    def __init__(self, base: int, *, optional: bool = False) -> None:
        self.base = base
        self.outer = OPTIONAL if optional else base

    def whole(self, content: Mixed) -> str:
        """The whole text. With `optional`, one single reference to nothing is MISSING."""
        return self.content(content, self.outer)

    def content(self, content: Mixed, mode: int) -> str:
        """Text with references: one single reference keeps its type."""
        pieces = [literal(part) if isinstance(part, str) else self.node(part, mode) for part in content.parts]
        if len(pieces) == 1:
            return pieces[0]
        for number, part in enumerate(content.parts):
            if isinstance(part, Function) and part.name == "to_string":
                pieces[number] = _call("quoted", pieces[number])
        return _call("text", *pieces)

    def json(self, content: Mixed) -> str:
        """A text that is JSON, for a cast to object or array: values cannot leave the place where they are put."""
        pieces = []
        quoted = False
        for part in content.parts:
            if isinstance(part, str):
                pieces.append(literal(part))
                quoted = _in_string(part, quoted)
            else:
                pieces.append(f"({literal(quoted)}, {self.node(part, self.base)})")
        return _call("fill", *pieces)

    def node(self, node: Node, mode: int) -> str:
        """One reference."""
        start = ("s", str(mode), literal(node.written))
        match node:
            case Literal():
                return literal(node.value)
            case Parameter():
                return _call("parameter", *start, *self.keys(node.keys))
            case Root():
                return _call("root", *start, *self.keys(node.keys))
            case TaskRead():
                return _call("task", *start, self.key(node.conv), self.key(node.ref), *self.keys(node.keys))
            case Count():
                conv = "none" if node.conv is None else self.key(node.conv)
                return _call("count", *start, conv, self.key(node.node), literal(node.sum_id))
            case Variable():
                return _call("variable", *start, self.key(node.name), *self.keys(node.keys))
            case Filtered():
                return self.filtered(node, mode)
            case Math():
                program = _tuple([literal(step) for step in node.program])
                return _call("math", literal(node.written), program, *map(self.operand, node.operands))
            case Random():
                return _call("random", literal(node.written), *map(self.operand, node.arguments))
            case Moment():
                return _call(node.name, "s", literal(node.written), literal(node.zone), *map(self.piece, node.pieces))
            case Function():
                return self.function(node)
            case Each():
                fun, items = literal(node.fun), self.node(node.items, self.base)
                return _call("each", literal(node.name), literal(node.written), fun, items)
        raise TypeError(f"no expression for {type(node).__name__}")

    def function(self, node: Function) -> str:
        inner = node.content.parts
        if node.name == "base64_encode" and len(inner) == 1 and isinstance(inner[0], Function) and inner[0].name in RAW:
            return _call("base64_of_digest", self.node(inner[0], self.base))
        content = self.content(node.content, self.base) if inner else literal("")
        return _call("apply", literal(node.name), literal(node.written), content)

    def filtered(self, node: Filtered, mode: int) -> str:
        has_default = any(filter.name == "default" for filter in node.filters)
        expression = self.node(node.inner, OPTIONAL if has_default else mode)
        for filter in node.filters:
            if filter.argument is None:
                expression = _call(filter.name, expression)
            else:
                fallback = self.node(filter.argument, OPTIONAL)
                expression = _call("default", expression, fallback, str(mode), literal(filter.argument.written))
        return expression

    def operand(self, operand: int | float | Node) -> str:
        return self.node(operand, self.base) if isinstance(operand, Node) else literal(operand)

    def piece(self, piece: Any) -> str:
        if isinstance(piece, str):
            return _tuple(["''", literal(piece)])
        if isinstance(piece, Node):
            return _tuple(["''", self.node(piece, self.base)])
        token, offset = piece
        return _tuple([literal(token), self.operand(offset)])

    def keys(self, keys: tuple[Key, ...]) -> list[str]:
        return [self.key(key) for key in keys]

    def key(self, key: Key) -> str:
        return literal(key) if isinstance(key, str) else self.content(key, self.base)


def _in_string(text: str, quoted: bool) -> bool:
    """Whether a JSON string is open behind `text`."""
    escaped = False
    for char in text:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = quoted
        elif char == '"':
            quoted = not quoted
    return quoted


def _call(name: str, *arguments: str) -> str:
    return f"{name}({', '.join(arguments)})"


def _tuple(items: list[str]) -> str:
    return f"({', '.join(items)},)"


def literal(value: Any) -> str:
    """A JSON value as a Jinja2 literal. Every sign that could mean something to Jinja2 is written as an escape."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + "".join([char if char in _PLAIN else _escape(char) for char in value]) + "'"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    return repr(value)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"

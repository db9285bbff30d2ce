"""The slow way: walks the tree of a text each time it is evaluated. The compiled ways must equal it.

Shares with them the parser and the leaf functions (math, date, filters), nothing of how references are resolved.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from engine.errors import NotFound, TemplateError, UnknownConv, UnknownNode
from engine.template import Scope, cast, text_of
from engine.template.functions import each, filters, math, moment, random, text
from engine.template.parse import parse_text
from engine.template.tree import (
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


class Absent(Exception):
    """A reference to nothing."""


def slow_value(value: Any, type_name: str | None, missing: str, scope: Scope) -> Any:
    """What compile_value(value, type_name, missing=missing)(scope) must give."""
    if isinstance(value, str):
        content = parse_text(value, lenient=missing == "empty").content
        if type_name in ("object", "array") and len(content.parts) > 1:
            result: Any = _Slow(scope, missing).json(content)
        else:
            result = _Slow(scope, missing).content(content)
    elif isinstance(value, dict):
        result = {
            text_of(slow_value(text_of(key), None, missing, scope)): slow_value(item, None, missing, scope)
            for key, item in value.items()
        }
    elif isinstance(value, list):
        result = [slow_value(item, None, missing, scope) for item in value]
    else:
        result = value
    return result if type_name is None else cast(result, type_name)


class _Slow:
    def __init__(self, scope: Scope, missing: str) -> None:
        self.scope = scope
        self.missing = missing

    def content(self, content: Mixed) -> Any:
        values = [part if isinstance(part, str) else self.node(part) for part in content.parts]
        if len(values) == 1:
            return values[0]
        return "".join(
            json.dumps(text_of(value), ensure_ascii=False)
            if isinstance(part, Function) and part.name == "to_string"
            else text_of(value)
            for part, value in zip(content.parts, values, strict=True)
        )

    def json(self, content: Mixed) -> str:
        made = ""
        for part in content.parts:
            if isinstance(part, str):
                made += part
            elif isinstance(part, Literal):
                made += part.value
            else:
                value = self.node(part)
                made += json.dumps(text_of(value))[1:-1] if _inside_string(made) else json.dumps(value)
        return made

    def node(self, node: Node) -> Any:
        try:
            return self.read(node)
        except Absent as error:
            if self.missing == "empty":
                return ""
            raise TemplateError(f"{node.written} is missing") from error

    def read(self, node: Node) -> Any:
        if isinstance(node, Filtered):
            return self.filtered(node)
        return READ[type(node)](self, node)

    def filtered(self, node: Filtered) -> Any:
        nothing = object()
        try:
            value = self.read(node.inner)
        except Absent:
            value = nothing
            if not any(item.name == "default" for item in node.filters):
                if self.missing == "error":
                    raise
                value = ""
        for item in node.filters:
            if item.argument is not None:
                value = self.read(item.argument) if value is nothing or value is None else value
            elif value is not nothing:
                value = {"base64": filters.to_base64, "json": filters.to_json, "urlencode": filters.to_urlencode}[
                    item.name
                ](value)
        return value

    def key(self, key: Key) -> Any:
        return key if isinstance(key, str) else self.content(key)

    def name(self, key: Key) -> str:
        return as_name(self.key(key))

    def dig(self, container: Any, keys: list[Any]) -> Any:
        for key in map(as_name, keys):
            if isinstance(container, dict) and key in container:
                container = container[key]
            elif isinstance(container, list) and key.isascii() and key.isdecimal():
                if int(key) >= len(container):
                    raise Absent
                container = container[int(key)]
            else:
                raise Absent
        return container

    def taint(self, secret: bool, value: Any) -> Any:
        if secret:
            self.scope.reads.append(value)
        return value

    def parameter(self, node: Parameter) -> Any:
        keys = [self.key(key) for key in node.keys]
        value = self.dig(self.scope.data, keys)
        return self.taint(as_name(keys[0]) in self.scope.secrets, value)

    def root(self, node: Root) -> Any:
        return self.dig(dict(self.scope.root), [self.key(key) for key in node.keys])

    def task(self, node: TaskRead) -> Any:
        conv, ref, keys = self.name(node.conv), self.name(node.ref), [self.key(key) for key in node.keys]
        if not ref:
            raise Absent
        try:
            data, secrets = self.scope.reader.task(conv, ref)
        except NotFound as error:
            raise Absent from error
        except UnknownConv as error:
            raise TemplateError(error.message) from error
        if not keys:
            for name in secrets & data.keys():
                self.scope.reads.append(data[name])
            return dict(data)
        return self.taint(as_name(keys[0]) in secrets, self.dig(dict(data), keys))

    def count(self, node: Count) -> Any:
        try:
            conv = None if node.conv is None else self.name(node.conv)
            return self.scope.reader.count(conv, self.name(node.node), node.sum_id)
        except NotFound as error:
            raise Absent from error
        except (UnknownConv, UnknownNode) as error:
            raise TemplateError(error.message) from error

    def variable(self, node: Variable) -> Any:
        try:
            value, secret = self.scope.reader.variable(self.name(node.name).removeprefix("@"))
        except NotFound as error:
            raise Absent from error
        keys = [self.key(key) for key in node.keys]
        if keys and isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError as error:
                raise Absent from error
        return self.taint(secret, self.dig(value, keys))

    def operand(self, value: Any) -> Any:
        return self.node(value) if isinstance(value, Node) else value

    def math(self, node: Math) -> Any:
        return math.calculate(node.written, node.program, *map(self.operand, node.operands))

    def random(self, node: Random) -> Any:
        return random.draw(node.written, *map(self.operand, node.arguments))

    def moment(self, node: Moment) -> Any:
        pieces = [
            (piece[0], self.operand(piece[1])) if isinstance(piece, tuple) else ("", self.operand(piece))
            for piece in node.pieces
        ]
        function: Callable[..., Any] = moment.date if node.name == "date" else moment.unixtime
        return function(self.scope.now_ms, node.written, node.zone, *pieces)

    def function(self, node: Function) -> Any:
        parts = node.content.parts
        if (
            node.name == "base64_encode"
            and len(parts) == 1
            and isinstance(parts[0], Function)
            and parts[0].name in text.RAW
        ):
            return base64.b64encode(self.node(parts[0]).encode("latin-1")).decode()
        return text.apply(node.name, node.written, self.content(node.content) if parts else "")

    def each(self, node: Each) -> Any:
        return each.each(node.name, node.written, node.fun, self.node(node.items))


def as_name(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value == int(value) else text_of(value)


def _inside_string(text: str) -> bool:
    """Whether a JSON string is open at the end of `text`."""
    inside = escaped = False
    for char in text:
        if char == '"' and not escaped:
            inside = not inside
        escaped = inside and char == "\\" and not escaped
    return inside


READ: dict[type[Node], Callable[[_Slow, Any], Any]] = {
    Literal: lambda slow, node: node.value,
    Parameter: _Slow.parameter,
    Root: _Slow.root,
    TaskRead: _Slow.task,
    Count: _Slow.count,
    Variable: _Slow.variable,
    Math: _Slow.math,
    Random: _Slow.random,
    Moment: _Slow.moment,
    Function: _Slow.function,
    Each: _Slow.each,
}

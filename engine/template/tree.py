"""What the parser makes of a text: references with their positions.

A `Key` is a name, or, where the name itself has references, a `Mixed`. Positions are offsets in the text, from 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """One reference; `written` is its source with its marks, for messages."""

    position: int
    written: str


@dataclass(frozen=True, slots=True)
class Mixed:
    """Text and references in order. One single reference keeps its type, anything else is a text."""

    parts: tuple[str | Node, ...]


Key = str | Mixed


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A value written in the text: `{{"{{"}}`, or an argument of default(…)."""

    value: Any


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """`a.b[0]`"""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Root(Node):
    """`root.task_id`; keys without the word root."""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class TaskRead(Node):
    """`conv[C].ref[R].a.b`"""

    conv: Key
    ref: Key
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Count(Node):
    """`node[N].count` (sum_id None) or `node[N].SumID`, with conv None for the own conv."""

    conv: Key | None
    node: Key
    sum_id: str | None


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """`env_var[@name].a.b`; name without the @ when it is written out."""

    name: Key
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Math(Node):
    """`$.math(…)` in postfix order: an int is the index of an operand, "~" the unary minus."""

    program: tuple[int | str, ...]
    operands: tuple[int | float | Node, ...]


@dataclass(frozen=True, slots=True)
class Random(Node):
    """`$.random(…)`"""

    arguments: tuple[int | Node, ...]


@dataclass(frozen=True, slots=True)
class Moment(Node):
    """`$.date(…)` or `$.unixtime(…)`.

    A piece is a text, a reference whose value is put in as text, or a token: ("d", 1) is `%d+1`, and the offset may
    be a reference too.
    """

    name: str
    pieces: tuple[str | Node | tuple[str, int | Node], ...]
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Function(Node):
    """`$.sha256_hex(…)` and the others that take one text."""

    name: str
    content: Mixed


@dataclass(frozen=True, slots=True)
class Each(Node):
    """`$.map(fun, list)` or `$.filter(fun, list)`; `fun` is its source."""

    name: str
    fun: str
    items: Node


@dataclass(frozen=True, slots=True)
class Filter:
    """`| name` or `| default(argument)`"""

    name: str
    argument: Node | None = None


@dataclass(frozen=True, slots=True)
class Filtered(Node):
    inner: Node
    filters: tuple[Filter, ...]


def walk(content: Mixed) -> Iterator[Node]:
    """Every reference in a text, inner before outer: the order in which they are evaluated."""
    for part in content.parts:
        if isinstance(part, Node):
            yield from walk_node(part)


def walk_node(node: Node) -> Iterator[Node]:
    for inner in _inside(node):
        if isinstance(inner, Node):
            yield from walk_node(inner)
        elif isinstance(inner, Mixed):
            yield from walk(inner)
    yield node


def _inside(node: Node) -> Iterator[Any]:
    match node:
        case Parameter() | Root():
            yield from node.keys
        case TaskRead():
            yield from (node.conv, node.ref, *node.keys)
        case Count():
            yield from (node.conv, node.node)
        case Variable():
            yield from (node.name, *node.keys)
        case Math():
            yield from node.operands
        case Random():
            yield from node.arguments
        case Moment():
            for piece in node.pieces:
                yield piece[1] if isinstance(piece, tuple) else piece
        case Function():
            yield node.content
        case Each():
            yield node.items
        case Filtered():
            yield node.inner
            yield from (filter.argument for filter in node.filters)

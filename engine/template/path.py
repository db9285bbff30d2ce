"""Keys of set_parameters: `a.b`, `a[0]`, `{{k}}`, `a\\.b`; and setting what they name without touching the rest.

A key's element is a text (a name inside an object) or an int (an index of a list). Source: reference 3.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from ..errors import TemplateError, TemplateSyntaxError
from .limits import LIST_INDEX, PATH_KEYS
from .marks import Notice
from .parse import joined, parse_text
from .references import EMPTY, RAISE
from .scope import Scope
from .template import NO_SCOPE, Template, of_content
from .tree import Key, Mixed, Node
from .values import MISSING, Missing, dig, index_of, name_of, text_of

Element = str | int
_SIGNS = re.compile(r"[.\[\]\\]")

__all__ = ["MISSING", "Element", "Missing", "Path", "assign", "assign_all", "compile_path", "lookup", "parse_path"]


class Path:
    """A compiled key: call it with a Scope for the elements of the path. Attributes as of Template."""

    __slots__ = ("constant", "elements", "evaluate", "templates", "warnings")

    def __init__(self, parts: list[tuple[Template, bool]], warnings: tuple[Notice, ...]) -> None:
        self.templates = tuple(template for template, _ in parts)
        self.constant = all(template.constant for template in self.templates)
        self.warnings = warnings
        self.elements: tuple[Element, ...] | None = None
        self.evaluate: Callable[[Scope], tuple[Element, ...]] = lambda scope: tuple(
            [_element(template.evaluate(scope), indexed) for template, indexed in parts]
        )
        if self.constant:
            elements = self.evaluate(NO_SCOPE)
            self.elements = elements
            self.evaluate = lambda scope: elements

    def __call__(self, scope: Scope) -> tuple[Element, ...]:
        return self.evaluate(scope)


def _element(value: Any, indexed: bool) -> Element:
    if indexed and (index := index_of(value)) is not None:
        return index
    return name_of(value)


def compile_path(text: str, *, missing: str = "error") -> Path:
    """The path that a key writes. A value put in by a reference is one name, dots and all.

    Raises TemplateSyntaxError with the position in `text`.
    """
    mode = EMPTY if missing == "empty" else RAISE
    content, notices = parse_text(text, lenient=mode == EMPTY)
    parts = [
        (of_content(Mixed((key,)) if isinstance(key, str) else key, (), None, mode), indexed)
        for key, indexed in _split(content, text)
    ]
    return Path(parts, notices)


def parse_path(text: str) -> tuple[Element, ...]:
    """The elements of a path that is written out: `order.items[0]` → ("order", "items", 0). Marks mean nothing here."""
    parts = [(key, indexed) for key, indexed in _split(Mixed((text,)), text)]
    return tuple(_element(key, indexed) for key, indexed in parts)


def lookup(data: Any, path: tuple[Element, ...]) -> Any:
    """The value at a path, or MISSING."""
    return dig(data, path)


def _split(content: Mixed, text: str) -> list[tuple[Key, bool]]:
    """The keys of a path, each with whether it stood in brackets."""
    keys: list[tuple[Key, bool]] = []
    current: list[str | Node] = []
    bracket = after_bracket = False

    def fail(message: str) -> TemplateSyntaxError:
        return TemplateSyntaxError(f"{message} in the key {text!r}", position=max(len(text) - 1, 0))

    def finish() -> None:
        nonlocal current
        key = joined(current)
        if key == "" or key == Mixed(()):
            raise fail("a name is missing")
        keys.append((key, bracket))
        current = []

    for part in content.parts:
        if isinstance(part, Node):
            if after_bracket:
                raise fail("a dot is missing behind a bracket")
            current.append(part)
            continue
        position = 0
        while position < len(part):
            sign = _SIGNS.search(part, position)
            stop = sign.start() if sign else len(part)
            if stop > position:
                if after_bracket:
                    raise fail("a dot is missing behind a bracket")
                current.append(part[position:stop])
            if sign is None:
                break
            position = stop + 1
            char = sign[0]
            if char == "\\":
                following = part[position : position + 1]
                current.append(following if following in (".", "[", "]", "\\") and following else "\\")
                position += bool(following) and following in ".[]\\"
            elif bracket:
                if char == "[":
                    raise fail("a bracket inside brackets")
                if char == "]":
                    finish()
                    bracket, after_bracket = False, True
                else:
                    current.append(char)
            elif char == "]":
                raise fail("a bracket was never opened")
            else:
                if after_bracket:
                    after_bracket = False
                else:
                    finish()
                bracket = char == "["
    if bracket:
        raise fail("a bracket is not closed")
    if not after_bracket:
        finish()
    if len(keys) > PATH_KEYS:
        raise fail(f"more than {PATH_KEYS} names")
    return keys


# --- Setting --------------------------------------------------------------------------------


def assign(data: dict[str, Any], path: tuple[Element, ...], value: Any) -> dict[str, Any]:
    """New data in which `path` has `value`. `data` and everything in it stay as they are.

    Objects and lists on the way are made where there is nothing or null; a list is filled up with nulls.
    Raises TemplateError for an index over 100 and for a path through a text, a number or a boolean.
    """
    return assign_all(data, [(path, value)])


def assign_all(data: dict[str, Any], values: Iterable[tuple[tuple[Element, ...], Any]]) -> dict[str, Any]:
    """`assign` for each pair in order; all of them or, when one raises, none."""
    result = dict(data)
    for path, value in values:
        first = text_of(path[0])
        result[first] = _set(result.get(first), path, 1, value) if len(path) > 1 else value
    return result


def _set(container: Any, path: tuple[Element, ...], depth: int, value: Any) -> Any:
    if depth == len(path):
        return value
    key = path[depth]
    if container is None:
        container = [] if isinstance(key, int) else {}
    if isinstance(container, dict):
        name = text_of(key)
        return {**container, name: _set(container.get(name), path, depth + 1, value)}
    if isinstance(container, list):
        index = index_of(key)
        if index is None:
            raise TemplateError(f"{written(path[:depth])} is a list and has no {key!r}", reference=written(path))
        if index > LIST_INDEX:
            raise TemplateError(f"{written(path)}: a list index may be at most {LIST_INDEX}", reference=written(path))
        copy = container + [None] * (index + 1 - len(container))
        copy[index] = _set(copy[index], path, depth + 1, value)
        return copy
    raise TemplateError(f"{written(path[:depth])} is neither an object nor a list", reference=written(path))


def written(path: tuple[Element, ...]) -> str:
    """A path as an author would write it."""
    names = [f"[{key}]" if isinstance(key, int) else "." + re.sub(r"([.\[\]])", r"\\\1", key) for key in path]
    return "".join(names).removeprefix(".")

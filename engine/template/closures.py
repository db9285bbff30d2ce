"""Tree → plain Python closures, for what definitions are mostly made of: a parameter, a path, a system value, a text.

They must equal what expression.py makes of the same tree; tests/template/test_equal.py compares the two.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .references import absent
from .scope import Scope
from .tree import Literal, Mixed, Parameter, Root
from .values import MISSING, fresh, index_of

Evaluate = Callable[[Scope], Any]


def plain(content: Mixed, mode: int) -> Evaluate | None:
    """The closure of a text, or None when it needs an expression."""
    if not content.parts:
        return constant("")
    if all(isinstance(part, str | Literal) for part in content.parts):
        only = content.parts[0]
        if len(content.parts) == 1:
            return constant(only.value if isinstance(only, Literal) else only)
        return None
    if len(content.parts) != 1:
        return None
    node = content.parts[0]
    if isinstance(node, Parameter) and all(isinstance(key, str) for key in node.keys):
        name, *keys = (str(key) for key in node.keys)
        return path(name, tuple(keys), node.written, mode) if keys else parameter(name, node.written, mode)
    if isinstance(node, Root) and len(node.keys) == 1 and isinstance(node.keys[0], str):
        return root(node.keys[0], node.written, mode)
    return None


def constant(value: Any) -> Evaluate:
    if isinstance(value, dict | list):
        return lambda scope: fresh(value)
    return lambda scope: value


def parameter(name: str, written: str, mode: int) -> Evaluate:
    def evaluate(scope: Scope) -> Any:
        try:
            value = scope.data[name]
        except KeyError:
            return absent(mode, written)
        if name in scope.secrets:
            scope.reads.append(value)
        return value

    return evaluate


def path(name: str, keys: tuple[str, ...], written: str, mode: int) -> Evaluate:
    # What `values.dig` does, with the indexes read once.
    steps = [(key, index_of(key)) for key in keys]

    def evaluate(scope: Scope) -> Any:
        try:
            value = scope.data[name]
            for key, index in steps:
                if type(value) is dict:
                    value = value[key]
                elif type(value) is list and index is not None:
                    value = value[index]
                else:
                    return absent(mode, written)
        except (KeyError, IndexError):
            return absent(mode, written)
        if name in scope.secrets:
            scope.reads.append(value)
        return value

    return evaluate


def root(name: str, written: str, mode: int) -> Evaluate:
    def evaluate(scope: Scope) -> Any:
        value = scope.root.get(name, MISSING)
        return absent(mode, written) if value is MISSING else value

    return evaluate

"""How a value looks inside a text, and how a name finds it inside another value."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ..errors import TemplateError


class Missing:
    """The one value MISSING: nothing is there. Never leaves this package."""


MISSING: Final = Missing()


def text_of(value: Any) -> str:
    """A value in mixed text: null is nothing, booleans are true and false, lists and objects are JSON (yaml.md 3)."""
    kind = type(value)
    if kind is str:
        return str(value)
    if value is None:
        return ""
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is float:
        try:
            return repr(value)
        except ValueError as error:
            raise TemplateError("a number has too many digits to be written as text") from error
    return json_of(value)


def name_of(value: Any) -> str:
    """A value used as a name, an id or a ref: as in mixed text, but 7.0 is "7"."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return text_of(value)


def json_of(value: Any) -> str:
    """A value as JSON on one line, without spaces; integers keep their digits."""
    try:
        return msgspec.json.encode(value).decode()
    except (ValueError, OverflowError, TypeError, RecursionError) as error:
        raise TemplateError(f"a value cannot be written as JSON: {error}") from error


def item(container: Any, key: Any) -> Any:
    """`container.key` or `container[key]`, or MISSING. Only dicts and lists have items; never an attribute.

    A list is read by a whole number from 0, or by a text of digits; an object by the key's name.
    """
    if isinstance(container, dict):
        return container.get(key if type(key) is str else name_of(key), MISSING)
    if isinstance(container, list):
        index = index_of(key)
        if index is not None and index < len(container):
            return container[index]
    return MISSING


def index_of(key: Any) -> int | None:
    """A list index from 0, or None when the key is none."""
    kind = type(key)
    if kind is str:
        return int(key) if 0 < len(key) < 10 and key.isascii() and key.isdigit() else None
    if kind is float and key.is_integer() and 0 <= key < 1e9:
        return int(key)
    return int(key) if kind is int and key >= 0 else None


def dig(container: Any, keys: tuple[Any, ...]) -> Any:
    """The value behind several keys, or MISSING."""
    for key in keys:
        container = item(container, key)
        if container is MISSING:
            return MISSING
    return container


def fresh(value: Any) -> Any:
    """The value with lists and objects copied, so that two tasks never share one."""
    if isinstance(value, dict):
        return {key: fresh(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [fresh(inner) for inner in value]
    return value

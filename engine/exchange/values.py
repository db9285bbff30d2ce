"""Parameters with their casts: texts in the exchange format, YAML values here. Source: reference 3.3, yaml.md 1.

`{"n": "5"}` cast to number is `n: 5`. Where the text is a template, or no such value, it stays a text with a cast.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..data import is_deeper
from ..errors import TemplateSyntaxError
from ..grammar import TYPES
from ..template import compile_text
from .container import DEEPEST

_MARKS = ("{{", "<<", "$.")


def to_values(texts: Any, casts: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Values and the casts that they need besides."""
    texts = texts if isinstance(texts, dict) else {}
    casts = casts if isinstance(casts, dict) else {}
    values, types = {}, {}
    for key, text in texts.items():
        values[key], cast = to_value(text, casts.get(key))
        if cast is not None:
            types[key] = cast
    return values, types


def to_value(text: Any, cast: Any) -> tuple[Any, str | None]:
    """A value and the cast that it needs besides."""
    cast = cast if cast in TYPES else None
    if not isinstance(text, str):
        return text, cast if cast is not None and cast != type_of(text) else None
    if cast == "string":
        return text, "string" if is_reference(text) else None
    if cast is None or any(mark in text for mark in _MARKS):
        return text, cast
    value = _read(text)
    return (value, None) if value is not None and type_of(value) == cast else (text, cast)


def to_texts(values: Mapping[str, Any], types: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Texts and casts. A lone reference without a cast keeps its type: it has none in the exchange format either."""
    texts = {key: text_of(value) for key, value in values.items()}
    casts = {}
    for key, value in values.items():
        cast = types.get(key) or type_of(value)
        if cast is not None:
            casts[key] = cast
    return texts, casts


def text_of(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def type_of(value: Any) -> str | None:
    """The cast that a YAML value stands for; None: it keeps its type."""
    if isinstance(value, str):
        return None if is_reference(value) else "string"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if value is None:
        return None
    return "object" if isinstance(value, dict) else "array"


def is_reference(text: str) -> bool:
    """Whether a text is one reference and nothing else, which keeps the type of what it finds."""
    if not text.startswith(_MARKS):
        return False
    try:
        template = compile_text(text, missing="empty")
    except TemplateSyntaxError:
        return False
    # What is mixed with text, or with another reference, becomes a text.
    return not template.constant and _is_lone(text)


def _is_lone(text: str) -> bool:
    closing = {"{{": "}}", "<<": ">>"}.get(text[:2])
    if closing is None:
        return text.endswith(")") and _closes(text, "(", ")") == len(text)
    return text.endswith(closing) and _closes(text, text[:2], closing) == len(text)


def _closes(text: str, opening: str, closing: str) -> int:
    """Where what opens first in a text is closed: the position behind it, or -1."""
    depth, position, size = 0, 0, len(opening)
    while position < len(text):
        part = text[position : position + size]
        if part == opening:
            depth += 1
            position += size
        elif part == closing:
            depth -= 1
            position += size
            if depth == 0:
                return position
        else:
            position += 1
    return -1


def _read(text: str) -> Any:
    """The value that a text is when it is read as JSON and would be written the same way; None: it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if is_deeper(value, DEEPEST):
        return None  # the text stays, and lint says what its cast does
    if isinstance(value, dict | list):
        return value
    return value if text_of(value) == text else None

"""What an author's program made of a task's data: taken over, with secrets kept secret. For code and git_call."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from engine.logic import Running, keep_secret
from engine.sealing import SHORTEST_SECRET, holds, texts

DEPTH = 100  # levels of objects and lists in a result

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
# An escaped backslash, two halves of a character, or one that is alone.
_ESCAPE = re.compile(
    rb"\\(?:\\|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2}))"
)


def well_formed(text: bytes) -> bytes:
    """JSON with U+FFFD in place of each lone surrogate, which only an escape can write."""
    if b"\\ud" not in text and b"\\uD" not in text:
        return text
    return _ESCAPE.sub(lambda found: b"\\ufffd" if found[1] else found[0], text)


def read_result(text: bytes, depth: int = DEPTH) -> dict[str, Any]:
    """The data in what a program answered. Raises ValueError: it is no object, or nested more than `depth` levels."""
    try:
        data = _decode(well_formed(text))
    except RecursionError:
        data = None
    if data is None or _is_deeper(data, depth):
        raise ValueError(f"data is nested more than {depth} levels deep (CONV_DEPTH)")
    return data


def _is_deeper(data: dict[str, Any], depth: int) -> bool:
    level: list[Any] = [data]
    for _ in range(depth):
        inner = [value for outer in level for value in (outer.values() if isinstance(outer, dict) else outer)]
        level = [value for value in inner if isinstance(value, (dict, list))]
        if not level:
            return False
    return True


def take_changes(task: Running, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Put what differs into the task, and take out what is gone; what is the same in both stays as the task has it.

    A changed parameter that holds the text of a secret one becomes secret too.
    """
    changed = {
        name: value for name, value in after.items() if name not in before or _encode(before[name]) != _encode(value)
    }
    hidden = secret_texts(task)
    for name in before.keys() - after.keys():
        task.data.pop(name, None)
    task.data.update(changed)
    if hidden:
        keep_secret(task, [name for name, value in changed.items() if holds(value, hidden)])


def secret_texts(task: Running) -> list[str]:
    """The texts of the task's secret parameters."""
    return [text for name in task.secrets for text in texts(task.data.get(name)) if len(text) >= SHORTEST_SECRET]

"""What an author's program made of a task's data: taken over, with secrets kept secret. For code and git_call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from engine.logic import Running, keep_secret

SHORTEST_SECRET = 4  # shorter ones would make half of the task secret

_encode = msgspec.json.Encoder().encode


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
        keep_secret(task, [name for name, value in changed.items() if _holds(value, hidden)])


def secret_texts(task: Running) -> list[str]:
    """The texts of the task's secret parameters."""
    return [text for name in task.secrets for text in _texts(task.data.get(name)) if len(text) >= SHORTEST_SECRET]


def masked(text: str, hidden: Iterable[str]) -> str:
    """The text with each of the hidden ones as `***`, the longest first: one may be part of another."""
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _holds(value: Any, hidden: list[str]) -> bool:
    texts = _texts(value)
    return any(secret in text for secret in hidden for text in texts)


def _texts(value: Any) -> list[str]:
    """Every text inside a value."""
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in _texts(item)]

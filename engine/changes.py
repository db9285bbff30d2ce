"""What an author's program made of a task's data: taken over, with secrets kept secret. For code and git_call."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.logic import Running, check_depth, keep_secret
from engine.sealing import SHORTEST_SECRET, holds, texts

_encode = msgspec.json.Encoder().encode


def take_changes(task: Running, before: dict[str, Any], after: dict[str, Any], depth: int, tag: str) -> None:
    """Put what differs into the task, and take out what is gone; what is the same in both stays as the task has it.

    A changed parameter that holds the text of a secret one becomes secret too. Raises LogicError with this tag when one
    lies deeper than `depth`; then nothing is changed.
    """
    changed = {
        name: value for name, value in after.items() if name not in before or _encode(before[name]) != _encode(value)
    }
    check_depth(changed, depth, tag)
    hidden = secret_texts(task)
    for name in before.keys() - after.keys():
        task.data.pop(name, None)
    task.data.update(changed)
    if hidden:
        keep_secret(task, [name for name, value in changed.items() if holds(value, hidden)])


def secret_texts(task: Running) -> list[str]:
    """The texts of the task's secret parameters."""
    return [text for name in task.secrets for text in texts(task.data.get(name)) if len(text) >= SHORTEST_SECRET]

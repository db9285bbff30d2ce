"""What an author's program made of a task's data: taken over, with secrets kept secret. For code and git_call.

What it made of a secret cannot be seen in what it wrote: a part of it, its digits, its hash. So the program is told
apart by what it has *read*: once it has read a secret parameter, whatever it writes is secret, and what it says of a
failure is not shown. An author names in `public` what is to be seen all the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec

from .data import read_answer
from .logic import Running, check_depth, keep_secret, secret_name
from .sealing import holds, long_enough, texts

_encode = msgspec.json.Encoder().encode


def read_result(text: str | bytes) -> dict[str, Any]:
    """The data in what a program answered. Raises ValueError when it cannot be read, or is no object."""
    data = read_answer(text)
    if not isinstance(data, dict):
        raise ValueError("data is no object any more")
    return data


@dataclass(frozen=True, slots=True)
class Seen:
    """What a program has seen of the secrets. `unread`: the other parameters as they were when it first read a secret
    one, None: it read none. `public`: the names of those that are shown all the same. `source`: the program's text,
    where it is known, in which the names of parameters may stand.
    """

    unread: dict[str, Any] | None = None
    public: Collection[str] = ()
    source: str | None = None

    @classmethod
    def of(cls, unread: str | bytes, public: Collection[str], source: str | None = None) -> Seen:
        """`unread` as the program's process says it: a JSON object, or nothing."""
        try:
            return cls(read_result(unread) if unread else None, public, source)
        except ValueError:
            return cls({}, public, source)  # what it was before cannot be told any more

    def secret(self, changed: dict[str, Any]) -> list[str]:
        """Those of these parameters, as they are now, that the program wrote after it had read a secret."""
        if self.unread is None:
            return []
        return [
            name
            for name, value in changed.items()
            if name not in self.public and (name not in self.unread or _encode(self.unread[name]) != _encode(value))
        ]


NOTHING_SEEN = Seen()


def take_changes(
    task: Running, before: dict[str, Any], after: dict[str, Any], depth: int, tag: str, seen: Seen = NOTHING_SEEN
) -> None:
    """Put what differs into the task, and take out what is gone; what is the same in both stays as the task has it.

    A changed parameter that holds the text of a secret one becomes secret too, and one that was written after a secret
    was read. Raises LogicError, and changes nothing: with this tag when one lies deeper than `depth`, and
    `wrong_parameter_name` when the name of a new one was made of a secret.
    """
    changed = {
        name: value for name, value in after.items() if name not in before or _encode(before[name]) != _encode(value)
    }
    check_depth(changed, depth, tag)
    hidden = secret_texts(task)
    secret = seen.secret(changed)
    for name in changed.keys() - before.keys():
        if any(text in name for text in hidden) or (name in secret and _is_made(name, seen.source)):
            raise secret_name()
    for name in before.keys() - after.keys():
        task.data.pop(name, None)
    task.data.update(changed)
    if hidden:
        secret += [name for name, value in changed.items() if holds(value, hidden)]
    keep_secret(task, secret)


def _is_made(name: str, source: str | None) -> bool:
    """Whether a name is nowhere in the program, so that it was put together when the program ran."""
    return source is not None and name not in source


_ERROR = re.compile(r"\s*(\w*(?:Error|Exception))\b")
_PLACE = re.compile(r":([0-9]{1,6})(?::[0-9]+)?\)?\s*$", re.MULTILINE)


def unshown(text: str) -> str:
    """What is said in place of a failure's text after the program has read a secret: its kind and line, no more."""
    kind, place = _ERROR.match(text), _PLACE.search(text)
    what = kind[1] if kind is not None else "the script failed"
    where = f" in line {place[1]}" if place is not None else ""
    return f"{what}{where}; what it says is not shown, for it had read a secret"


def secret_texts(task: Running) -> list[str]:
    """The texts of the task's secret parameters."""
    return long_enough(text for name in task.secrets for text in texts(task.data.get(name)))

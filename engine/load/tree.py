"""A YAML file as a tree that knows where each part stands. Lines and columns count from 0 here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..fields import Scalar


@dataclass(slots=True, eq=False)
class Leaf:
    """A scalar. `text` is its text with quotes and folds undone; `style` is "" when plain, else `'`, `"`, `|` or `>`.

    `value` is what a field gets: the text, or a Scalar when it is plain and means something else.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    style: str
    value: str | Scalar

    @property
    def is_null(self) -> bool:
        return isinstance(self.value, Scalar) and self.value.value is None


@dataclass(slots=True, eq=False)
class List:
    line: int
    column: int
    items: list[Part] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Entry:
    key: Leaf
    value: Part


@dataclass(slots=True, eq=False)
class Map:
    """Keys are always texts, as written: `200: x` has the key "200"."""

    line: int
    column: int
    entries: list[Entry] = field(default_factory=list)

    def entry(self, key: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.key.text == key), None)

    def get(self, key: str) -> Part | None:
        entry = self.entry(key)
        return entry.value if entry is not None else None


Part = Leaf | List | Map


def data_of(part: Part) -> Any:
    """The part as plain dicts, lists, texts and Scalars."""
    if isinstance(part, Leaf):
        return part.value
    if isinstance(part, List):
        return [data_of(item) for item in part.items]
    return {entry.key.text: data_of(entry.value) for entry in part.entries}


def leaves_of(part: Part) -> Iterator[tuple[Leaf, bool]]:
    """Every scalar below a part, and whether it is a key, in the order of the file."""
    if isinstance(part, Leaf):
        yield part, False
    elif isinstance(part, List):
        for item in part.items:
            yield from leaves_of(item)
    else:
        for entry in part.entries:
            yield entry.key, True
            yield from leaves_of(entry.value)

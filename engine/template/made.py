"""Texts that templates make, stopped while they are made: one, all on the way to one value, and all values of a node.

Only what is long is counted: a reference makes nothing, and a short text costs no more than a look at its length.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import msgspec

from ..errors import ValueTooLarge
from .limits import RESULT_CHARS, VALUE_CHARS

FEW = 16  # so many values together are never too large, since each has a limit of its own
LONG = 10_000  # characters; shorter texts are not counted

_encode = msgspec.json.Encoder().encode


class _Made(threading.local):
    """Characters of the long texts made on the way to the value that this thread computes; `expression` resets it."""

    chars = 0


made = _Made()


def limited(text: str, what: str = "a template") -> str:
    """The text that was made. Raises ValueTooLarge."""
    size = len(text)
    if size > LONG:
        check(size, what)
        made.chars += size
        if made.chars > VALUE_CHARS:
            raise ValueTooLarge(f"the texts made for one value have more than {VALUE_CHARS} characters")
    return text


def check(size: int, what: str = "a template") -> None:
    """Refuse a text of this size, best before it is made. Raises ValueTooLarge."""
    if size > RESULT_CHARS:
        raise ValueTooLarge(f"the text made by {what} has more than {RESULT_CHARS} characters")


class Room:
    """What is left for values that are made one by one, in characters."""

    __slots__ = ("left", "most")

    def __init__(self, most: int) -> None:
        self.left = self.most = most

    def take(self, value: Any) -> Any:
        """The value, if there is room for it. Raises ValueTooLarge."""
        kind = type(value)
        if kind is str:
            self.left -= len(value)
        elif kind is dict or kind is list:
            self.left -= _size(value)
        if self.left < 0:
            raise ValueTooLarge(f"the values made here have more than {self.most} characters together")
        return value


def _size(value: Any) -> int:
    try:
        return len(_encode(value))
    except (ValueError, OverflowError, TypeError, RecursionError):
        return 0  # what is no JSON is refused where it is used


def joined(parts: Iterable[str]) -> str:
    """The parts as one text. Raises ValueTooLarge as soon as they are too long."""
    pieces, size = [], 0
    for part in parts:
        size += len(part)
        if size > RESULT_CHARS:
            check(size)
        pieces.append(part)
    return limited("".join(pieces))

"""What is wrong with a tree of definitions, and how it is said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

LONGEST_WORD = 60
LONGEST_PATH = 1000


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake. `line` and `column` count from 1. An error stops a deploy, a warning does not."""

    file: str
    line: int
    column: int
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        word = "warning: " if self.severity == "warning" else ""
        return f"{shown(self.file, LONGEST_PATH)}:{self.line}:{self.column}: {word}{self.message}"


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The one of `words` that was probably meant, or None."""
    if not 0 < len(word) <= LONGEST_WORD:  # comparing costs the product of the lengths
        return None
    by_case = {known.casefold(): known for known in words if len(known) <= LONGEST_WORD}
    found = get_close_matches(word.casefold(), by_case, 1, 0.6)
    return by_case[found[0]] if found else None


def hint(word: str, words: Iterable[str], otherwise: str = "") -> str:
    """`; did you mean "x"?`, or what to say when nothing is near."""
    near = nearest(word, words)
    if near is not None:
        return f"; did you mean {quoted(near)}?"
    return f"; {otherwise}" if otherwise else ""


def shown(text: str, longest: int = LONGEST_WORD) -> str:
    """A text of an author inside a message: one line, not too long, nothing that a terminal obeys."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def quoted(text: str) -> str:
    return f'"{shown(text)}"'


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last

"""How wide texts are, and how they are cut and wrapped to fit."""

from __future__ import annotations

LABEL_LETTERS = 36  # in one line of a label
LABEL_LINES = 3
NARROW = frozenset("iljtfrI.,:;'|!()[]{} ")


def text_width(text: str, size: float) -> float:
    """About how wide a text is, rather too much than too little: the reader's font is unknown."""
    return size * sum(map(_letter_width, text))


def _letter_width(char: str) -> float:
    if char in NARROW:
        return 0.36
    if char.islower() or char.isdigit():
        return 0.61
    return 0.74 if ord(char) < 0x1100 else 1.05


def cut(text: str, width: float, size: float) -> str:
    """The text in at most this width, with … when something was left out."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str) -> list[str]:
    """A label in a few lines, broken between words."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= LABEL_LETTERS:
            lines[-1] += " " + word
        else:
            lines.append(word)
    lines = [line if len(line) <= LABEL_LETTERS else line[: LABEL_LETTERS - 1] + "…" for line in lines]
    if len(lines) > LABEL_LINES:
        lines = [*lines[:LABEL_LINES]]
        lines[-1] = lines[-1][: LABEL_LETTERS - 2] + " …"
    return lines

"""The text of a file: read from disk, mended line by line, and mapped back to what the author sees."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from pathlib import Path

from .problems import Problem
from .tree import Leaf

LARGEST_BYTES = 1_000_000
LONGEST_MAPPED = 400  # columns of longer lines are not mapped back: the mapping costs the square of the length

# What YAML takes for the end of a line; a carriage return before a line feed belongs to it.
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


class Source:
    """The lines of a file. `file` is the name in messages. A mended line keeps where its characters came from.

    `raw`: its bytes, as they were read.
    """

    def __init__(self, file: str, text: str, raw: bytes = b"") -> None:
        self.file = file
        self.raw = raw
        self.lines = _BREAK.split(text)
        self._written: dict[int, str] = {}

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def mend(self, line: int, mended: str) -> None:
        self._written.setdefault(line, self.lines[line])
        self.lines[line] = mended

    def written(self, line: int) -> str:
        """A line as its author wrote it."""
        return self._written.get(line, self.lines[line])

    def is_mended(self, line: int) -> bool:
        return line in self._written

    def problem(self, line: int, column: int, message: str, *, warning: bool = False) -> Problem:
        """A problem at a place that YAML or a template named (both from 0)."""
        line = min(line, len(self.lines) - 1)
        column = self._author_column(line, min(column, len(self.lines[line])))
        return Problem(self.file, line + 1, column + 1, message, "warning" if warning else "error")

    def _author_column(self, line: int, column: int) -> int:
        written = self._written.get(line)
        if written is None:
            return column
        mended = self.lines[line]
        if len(mended) > LONGEST_MAPPED:
            return min(column, len(written))
        for _, from_start, from_end, to_start, to_end in SequenceMatcher(None, mended, written, False).get_opcodes():
            if from_start <= column < from_end:
                return min(to_start + column - from_start, to_end)
        return len(written)

    # --- Places inside a text -------------------------------------------------------------------

    def place(self, leaf: Leaf, position: int) -> tuple[int, int]:
        """Line and column (from 0) of a character of a scalar's text."""
        position = min(position, len(leaf.text))
        if leaf.style in ("|", ">"):
            return self._block_place(leaf, position)
        line, column = leaf.line, leaf.column + (1 if leaf.style else 0)
        for char in leaf.text[:position]:
            line, column = self._behind(leaf, line, column, char)
        return self._at_text(leaf, line, column)

    def _behind(self, leaf: Leaf, line: int, column: int, char: str) -> tuple[int, int]:
        """The place behind one character of the text of a plain or quoted scalar."""
        line, column = self._at_text(leaf, line, column, folded=not char.isspace())
        rest = self.lines[line][column:]
        if not rest and char.isspace() and line < leaf.end_line:
            return line + 1, 0
        if leaf.style == "'" and rest.startswith("''"):
            return line, column + 2
        if leaf.style == '"' and rest.startswith("\\"):
            return line, column + {"x": 4, "u": 6, "U": 10}.get(rest[1:2], 2)
        return line, column + 1

    def _at_text(self, leaf: Leaf, line: int, column: int, *, folded: bool = True) -> tuple[int, int]:
        """Skip the line breaks and the indentation that folding turned into one blank."""
        while folded and line < leaf.end_line and not self.lines[line][column:].strip():
            line += 1
            column = len(self.lines[line]) - len(self.lines[line].lstrip())
        return line, column

    def _block_place(self, leaf: Leaf, position: int) -> tuple[int, int]:
        """In a block scalar. Folding joins lines, so there the line is the one with as many characters before it."""
        first = leaf.line + 1
        last = max(min(leaf.end_line, len(self.lines) - 1), first)
        body = self.lines[first : last + 1]
        first_text = next((line for line in body if line.strip()), "")
        indent = len(first_text) - len(first_text.lstrip(" "))
        left = position
        for number, line in enumerate(body, first):
            length = max(len(line) - indent, 0)
            if left <= length or number == last:
                return number, min(indent + left, len(line))
            # A folded line break is one blank, or nothing where an empty line follows.
            left -= length + 1
        return leaf.line, leaf.column


def read_source(path: Path, file: str) -> tuple[Source, Problem | None]:
    """The file's text; with a problem it is only good for guessing what stands in it."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST_BYTES + 1)
    except OSError as error:
        return Source(file, ""), Problem(file, 1, 1, f"cannot be read: {(error.strerror or str(error)).lower()}")
    if len(raw) > LARGEST_BYTES:
        return Source(file, ""), Problem(file, 1, 1, f"larger than {LARGEST_BYTES} bytes, the limit for a definition")
    return decode(raw, file)


def decode(raw: bytes, file: str) -> tuple[Source, Problem | None]:
    """Bytes as a source; with a problem at the first byte or character that no definition may hold."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Source(file, ""), Problem(file, 1, 1, "the file is UTF-16; save it as UTF-8")
    text = raw.decode("utf-8-sig", "replace")
    source = Source(file, text, raw)
    try:
        raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", "replace")
        message = f"the byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8"
        return source, _at_end(source, before, message)
    found = _FORBIDDEN.search(text)
    if found is None:
        return source, None
    message = f"the character U+{ord(found[0]):04X} may not stand in a YAML file; remove it"
    return source, _at_end(source, text[: found.start()], message)


def _at_end(source: Source, before: str, message: str) -> Problem:
    lines = _BREAK.split(before)
    return source.problem(len(lines) - 1, len(lines[-1]), message)

"""Finds where references open and close in a text, in one pass, before anything is parsed.

The pass is linear in any text: which mark closes which is decided with a stack, never by searching ahead again.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import NamedTuple

from .limits import OPEN_MARKS
from .refusal import Refusal

TOKEN = re.compile(r"\{\{+|<<+|\}\}|>>|\$\.([A-Za-z_]\w*)\(|[()\n\\|]", re.ASCII)
AFTER_ANGLES = re.compile(r'[^\W\d]|\$\.|"|\{\{')
STRING = re.compile(r'[ \t]*"(?:[^"\\\n]|\\.)*"(?=[ \t]*(?:\}\}|>>|\|))')
DEFAULT = re.compile(r"\|[ \t]*default[ \t]*\([ \t]*")
CLOSE_PARENTHESIS = re.compile(r"[ \t]*\)")


class Notice(NamedTuple):
    """Something that is allowed but probably not meant; `position` is an offset in the text."""

    position: int
    message: str


class Mark(NamedTuple):
    """A reference or function whose closer was found: `text[start:end]` with its marks, `text[inner:close]` without."""

    kind: str
    start: int
    inner: int
    close: int
    end: int
    name: str


@dataclass(slots=True)
class _Open:
    kind: str
    start: int
    inner: int
    name: str = ""


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.marks: list[Mark] = []
        self.notices: list[Notice] = []
        self.stack: list[_Open] = []
        self.open = {"{{": 0, "<<": 0, "$.": 0, "(": 0}

    def push(self, kind: str, start: int, inner: int, name: str = "") -> None:
        if len(self.stack) >= OPEN_MARKS:
            raise Refusal(f"more than {OPEN_MARKS} marks are open here", position=start)
        self.stack.append(_Open(kind, start, inner, name))
        self.open[kind] += 1

    def pop(self) -> _Open:
        top = self.stack.pop()
        self.open[top.kind] -= 1
        return top

    def unclosed(self, opened: _Open) -> None:
        closer = {"{{": "}} on its line", "<<": ">> on its line", "$.": "closing parenthesis"}.get(opened.kind)
        if closer is not None:
            written = self.text[opened.start : opened.inner]
            self.notices.append(Notice(opened.start, f"{written} has no {closer}, so it stays text"))

    def top(self) -> str:
        return self.stack[-1].kind if self.stack else ""

    def close(self, kind: str, close: int, end: int) -> None:
        """Close the nearest open mark of this kind; what was opened after it and is still open never closes."""
        if not self.open[kind]:
            return
        while (opened := self.pop()).kind != kind:
            self.unclosed(opened)
        self.marks.append(Mark(kind, opened.start, opened.inner, close, end, opened.name))

    def new_line(self) -> None:
        if self.open["{{"] or self.open["<<"]:
            for opened in self.stack:
                if opened.kind in ("{{", "<<"):
                    self.unclosed(opened)
            self.stack = [opened for opened in self.stack if opened.kind in ("$.", "(")]
            self.open["{{"] = self.open["<<"] = 0

    def after_string(self, position: int) -> int:
        """Behind a quoted string, the only place where marks mean nothing."""
        string = STRING.match(self.text, position)
        return string.end() if string else position

    def after_default(self, position: int) -> int:
        """Behind `| default(VALUE)`, whose value may hold braces and quotes of its own."""
        begin = DEFAULT.match(self.text, position)
        if begin is None:
            return position + 1
        try:
            _, end = json.JSONDecoder().raw_decode(self.text, begin.end())
        except (ValueError, RecursionError):
            return position + 1
        closing = CLOSE_PARENTHESIS.match(self.text, end)
        return position + 1 if closing is None or "\n" in self.text[position:end] else closing.end()

    def run(self) -> None:
        position = 0
        while token := TOKEN.search(self.text, position):
            at, position = token.span()
            first = self.text[at]
            if first == "{":
                # In a run the last two open: {"a":{{b}}} is a map in JSON around a reference.
                self.push("{{", position - 2, position)
                position = self.after_string(position)
            elif first == "<":
                if AFTER_ANGLES.match(self.text, position):
                    for start in range(position - (position - at) // 2 * 2, position, 2):
                        self.push("<<", start, start + 2)
                    position = self.after_string(position)
            elif first == "}":
                self.close("{{", at, position)
            elif first == ">":
                self.close("<<", at, position)
            elif first == "$":
                self.push("$.", at, position, token[1])
            elif first == "(":
                if self.top() in ("$.", "("):
                    self.push("(", at, position)
            elif first == ")":
                if self.top() == "(":
                    self.pop()
                elif self.top() == "$.":
                    self.close("$.", at, position)
            elif first == "\n":
                self.new_line()
            elif self.top() not in ("{{", "<<"):
                continue
            elif first == "|":
                position = self.after_default(at)
            elif not self.text.startswith("\n", position):
                position += 1  # a backslash takes the meaning from the sign behind it
        for opened in self.stack:
            self.unclosed(opened)


def find_marks(text: str) -> tuple[list[Mark], list[Notice]]:
    """The references and functions of a text by their starts, outer before inner, and a notice for each unclosed mark.

    Raises TemplateSyntaxError when more than OPEN_MARKS marks are open at one place.
    """
    scan = _Scan(text)
    scan.run()
    return sorted(scan.marks, key=lambda mark: mark.start), sorted(scan.notices)

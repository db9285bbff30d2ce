"""Lines that YAML reads otherwise than their author meant, and how they should be written. Source: yaml.md 4.

A line is read again with marks of templates taken as units: `{t: <<a | default("x, #1")>>}` is one text to us, and four
pieces to YAML. Texts that YAML would break are put in quotes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import TemplateSyntaxError
from ..template.marks import find_marks
from .problems import shown

LONGEST_LINE = 10_000

_ESCAPES = frozenset('0abt\tnvfre "/\\N_LPxuU')
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*[ \t]*(#.*)?$")
_FLOW_SIGNS = re.compile(r"[\[\]{},]")


class Fix(NamedTuple):
    """One text that needs quotes: where it begins in the line (from 0), and why."""

    column: int
    message: str


class Mending(NamedTuple):
    line: str
    fixes: list[Fix]


def cut_short(text: str) -> bool:
    """Whether a plain text opens a mark that it does not close, as one does that YAML has cut."""
    if "{{" not in text and "<<" not in text and "$." not in text:
        return False
    try:
        return bool(find_marks(text)[1])
    except TemplateSyntaxError:
        return False


def tab_indent(line: str, above: str, above_written: str) -> int:
    """How many spaces the tabs at the beginning of a line stand for, by the line above as it is read and as written.

    A line that its author indented like the one above stays beside it; below `key:` it goes deeper.
    """
    start, start_above = _blanks(line), _blanks(above)
    if above.strip() and start == _blanks(above_written):
        return len(start_above)
    indent = len(start.expandtabs(2))
    if above.rstrip().endswith(":") and indent <= len(start_above):
        return len(start_above) + 2
    return indent


def _blanks(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def mend_line(line: str, *, in_flow: bool, indent: int = 2) -> Mending | None:
    """The line as it should be written, or None when nothing on it needs mending.

    `in_flow`: it begins inside {…}. `indent`: the spaces that tabs at its beginning become.
    """
    if len(line) > LONGEST_LINE:
        return None
    try:
        scan = _Scan(line, in_flow, indent)
    except TemplateSyntaxError:
        return None
    scan.run()
    return Mending("".join(scan.out), scan.fixes) if scan.fixes else None


class _Scan:
    def __init__(self, line: str, in_flow: bool, indent: int) -> None:
        self.line = line
        self.indent = indent
        self.depth = 1 if in_flow else 0
        self.jumps = {mark.start: mark.end for mark in find_marks(line)[0]}
        self.out: list[str] = []
        self.fixes: list[Fix] = []
        self.is_value = False  # behind the `: ` of a block key, where the rest of the line is one text

    def run(self) -> None:
        at, line = 0, self.line
        while at < len(line):
            char = line[at]
            if char == "\t" and not line[:at].strip():
                end = len(line) - len(line.lstrip())
                self.fix(0, "YAML is indented with spaces, not with tabs", " " * self.indent, column=at)
                at = end
            elif char in " \t":
                at = self.keep(at, at + 1)
            elif char == "#" and (at == 0 or line[at - 1] in " \t"):
                at = self.keep(at, len(line))
            elif not self.depth and line.startswith(("- ", "? "), at) and not self.is_value:
                at = self.keep(at, at + 1)
            elif char == ":" and self.ends_key(at):
                self.is_value = not self.depth
                at = self.keep(at, at + 1)
            elif char in "[{" and at not in self.jumps:
                self.depth += 1
                at = self.keep(at, at + 1)
            elif self.depth and char in "]},":
                self.depth -= char != ","
                at = self.keep(at, at + 1)
            elif self.is_value and not self.depth and _BLOCK_HEADER.match(line, at):
                at = self.keep(at, len(line))
            elif char in "\"'":
                at = self.quoted(at)
            else:
                at = self.text(at)

    def keep(self, start: int, end: int) -> int:
        self.out.append(self.line[start:end])
        return end

    def fix(self, start: int, message: str, written: str, *, column: int | None = None) -> None:
        self.out[:] = ["".join(self.out)[:start]] if start == 0 else self.out
        self.out.append(written)
        self.fixes.append(Fix(start if column is None else column, message))

    def ends_key(self, at: int) -> bool:
        if self.is_value and not self.depth:
            return False
        after = self.line[at + 1 : at + 2]
        return after in ("", " ", "\t") or (bool(self.depth) and after in ",[]{}")

    # --- Quoted texts -----------------------------------------------------------------------------

    def quoted(self, start: int) -> int:
        """Keep a quoted text, unless a backslash in it begins no escape, or more text follows it."""
        quote, line = self.line[start], self.line
        at, wrong = start + 1, False
        while at < len(line) and line[at] != quote:
            if quote == '"' and line[at] == "\\":
                wrong = wrong or line[at + 1 : at + 2] not in _ESCAPES
                at += 1
            at += 1
        end = min(at + 1, len(line))
        if at >= len(line):
            return self.keep(start, len(line))
        if wrong:
            inner = line[start + 1 : end - 1]
            message = r"a backslash in double quotes begins an escape such as \n; single quotes keep it"
            self.fix(start, message, f"'{inner.replace(chr(39), chr(39) * 2)}'")
            return end
        if self.is_value and not self.depth:
            rest = line[end:].lstrip()
            if rest and not rest.startswith(("#", ":")) and quote not in rest:
                stop = self.end_of_text(start)
                whole = line[start:stop]
                message = "text follows behind the closing quotes; the quotes go round all of it"
                self.fix(start, message, _in_quotes(whole))
                return stop
        return self.keep(start, end)

    # --- Texts without quotes -----------------------------------------------------------------------

    def text(self, start: int) -> int:
        end = self.end_of_text(start)
        text = self.line[start:end]
        reason = self.reason(start, text)
        if reason:
            self.fix(start, reason, _in_quotes(text))
            return end
        return self.keep(start, max(end, start + 1))

    def end_of_text(self, start: int) -> int:
        """Where the text ends that begins here; marks and, inside {…}, brackets within the text are part of it."""
        at, line, brackets = start, self.line, 0
        while at < len(line):
            char = line[at]
            if at in self.jumps:
                at = self.jumps[at]
                continue
            if char == "#" and at > start and line[at - 1] in " \t":
                break
            if char == ":" and self.ends_key(at):
                break
            if self.depth:
                if char in "[{":
                    brackets += 1
                elif char in "]}":
                    if not brackets:
                        break
                    brackets -= 1
                elif char == "," and not brackets:
                    break
            at += 1
        return start + len(line[start:at].rstrip())

    def reason(self, start: int, text: str) -> str:
        """Why a text needs quotes, or ""."""
        first = text[:1]
        if first == "{":
            return "a text that begins with {{ needs quotes: YAML takes { for a map"
        if first in ("@", "%", "`"):
            return f"a text that begins with {first} needs quotes"
        if first == "*" and not text[1:2].isalnum():
            return "a text that begins with * needs quotes"
        if first in ("*", "&", "!") or text.startswith("- "):
            return ""
        marks = [text[at - start : end - start] for at, end in self.jumps.items() if start <= at < start + len(text)]
        if self.depth and _FLOW_SIGNS.search(text):
            comma = next((mark for mark in marks if "," in mark), None)
            if comma is not None:
                return f"the comma cuts {shown(comma)} in two inside {{…}} or […] unless it is in quotes"
            sign = next(iter(_FLOW_SIGNS.findall(text)))
            return f"{sign} ends a text inside {{…}} or […] unless it is in quotes"
        if " #" in text or "\t#" in text:
            return '" #" begins a comment and cuts this text unless it is in quotes'
        if re.search(r":(\s|$)", text):
            return '": " inside a text needs quotes: YAML takes what stands before it for a key'
        return ""


def _in_quotes(text: str) -> str:
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'

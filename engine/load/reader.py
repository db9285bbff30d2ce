"""YAML text to a tree with places. The only file that imports yaml; sources are yaml.md 4 and engine-choices.md 7.

Scalars are read by the core schema of YAML 1.2: `on`, `12:30` and dates are texts. Duplicate keys, merge keys, tags and
keys that are no texts are refused; aliases may add a limited amount. Line mistakes that have a plain correction
(traps.py) are mended and the rest is read as if they had been written right, so that one reading tells of all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from ..fields import Scalar
from .problems import Problem, quoted, shown
from .source import Source
from .traps import Mending, cut_short, mend_line, tab_indent
from .tree import Entry, Leaf, List, Map, Part

DEEPEST = 100
ALIAS_WEIGHT = 1_000_000  # characters and parts that aliases may add to a file
LONGEST_NUMBER = 1000
MOST_MENDINGS = 50
READ_CHARS = 20_000_000  # characters read again and again while mending one file

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml, six times faster, where the package was built with it."""

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_JSON = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def is_text(text: str) -> bool:
    """Whether a plain scalar is a text: no number, boolean or null of the core schema."""
    if text in _NULL or text in _BOOLEANS:
        return False
    return not any(pattern.fullmatch(text) for pattern in (_INTEGER, _FLOAT, _NOT_JSON))


class _Refused(Exception):
    """A mistake that ends the reading of a file."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line, self.column, self.message = line, column, message


def read_yaml(source: Source) -> tuple[Part | None, list[Problem]]:
    """The tree of a file, or None where it cannot be read; and what is wrong. Mends the source's lines on the way."""
    problems: list[Problem] = []
    budget = READ_CHARS
    for _ in range(MOST_MENDINGS):
        budget -= len(source.text)
        builder = _Builder(source)
        try:
            root = builder.build()
        except yaml.MarkedYAMLError as error:
            mended = _mend(source, error, budget)
            if mended is None:
                return None, [*problems, *builder.problems, _plain_message(source, error)]
            line, mending, spent = mended
            budget -= spent
            problems += _tell(source, line, mending)
            continue
        except yaml.YAMLError as error:
            return None, [*problems, source.problem(0, 0, f"not YAML: {shown(str(error), 200)}")]
        except _Refused as error:
            return None, [*problems, *builder.problems, source.problem(error.line, error.column, error.message)]
        silent = [(line, mending) for line, mending in builder.silent.items() if not source.is_mended(line)]
        if not silent:
            return root, problems + builder.problems
        for line, mending in silent:
            problems += _tell(source, line, mending)
    return None, problems


def _tell(source: Source, line: int, mending: Mending) -> list[Problem]:
    """The problems of a line, which is then read as it should have been written."""
    problems = [
        source.problem(line, fix.column, f"{fix.message}; write: {shown(mending.line.strip(), 200)}")
        for fix in mending.fixes
    ]
    source.mend(line, mending.line)
    return problems


# --- Text that YAML does not take -------------------------------------------------------------


def _mend(source: Source, error: yaml.MarkedYAMLError, budget: int) -> tuple[int, Mending, int] | None:
    """The line whose correction lets the reading go on behind the error; with the number of characters read again."""
    if error.problem_mark is None:
        return None
    last = min(error.problem_mark.line, len(source.lines) - 1)
    first = error.context_mark.line if error.context_mark is not None else last
    left = _left(source.lines, error.problem_mark)
    spent = 0
    for line in dict.fromkeys([last, last - 1, *range(last, max(first, last - 30) - 1, -1), first]):
        if not 0 <= line < len(source.lines) or source.is_mended(line):
            continue
        best: tuple[tuple[int, int], Mending] | None = None
        for in_flow in (False, True):
            mending = mend_line(source.lines[line], in_flow=in_flow, indent=_indent(source, line))
            if mending is None or (best is not None and mending.line == best[1].line):
                continue
            lines = [*source.lines[:line], mending.line, *source.lines[line + 1 :]]
            text = "\n".join(lines)
            spent += len(text)
            if spent > budget:
                return None
            then_left = _left_unread(text, lines)
            if then_left < left and (best is None or then_left < best[0]):
                best = then_left, mending
        if best is not None:
            return line, best[1], spent
    return None


def _indent(source: Source, line: int) -> int:
    above = max(line - 1, 0)
    return tab_indent(source.lines[line], source.lines[above], source.written(above))


def _left(lines: list[str], mark: Any) -> tuple[int, int]:
    """How much of the text stands behind a mark; less is further."""
    line = lines[mark.line] if mark.line < len(lines) else ""
    return len(lines) - mark.line, len(line) - mark.column


def _left_unread(text: str, lines: list[str]) -> tuple[int, int]:
    """How much of the text stands behind its first mistake."""
    try:
        for _ in yaml.parse(text, Loader=LOADER):
            pass
    except yaml.MarkedYAMLError as error:
        return _left(lines, error.problem_mark) if error.problem_mark is not None else (len(lines), 0)
    except yaml.YAMLError:
        return len(lines), 0
    return 0, 0


def _plain_message(source: Source, error: yaml.MarkedYAMLError) -> Problem:
    """What to do about a mistake without a known correction. libyaml and the Python parser put it differently."""
    mark, context = error.problem_mark, error.context_mark
    said, within = error.problem or "", error.context or ""
    if mark is None:
        return source.problem(0, 0, f"not YAML: {shown(said, 200)}")
    if "quoted scalar" in within and "end of stream" in said and context is not None:
        return source.problem(context.line, context.column, "the quotes that open here are never closed")
    if within.startswith("while parsing a flow") and context is not None:
        opening = (
            source.lines[context.line][context.column : context.column + 1] if context.line < len(source.lines) else ""
        )
        if opening in ("{", "["):
            closing = "}" if opening == "{" else "]"
            message = f"this {opening} is not closed: {closing} or a comma is expected in line {mark.line + 1}"
            return source.problem(context.line, context.column, message)
        return source.problem(mark.line, mark.column, "a value, } or ] is missing here")
    if "mapping values" in said:
        return source.problem(
            mark.line, mark.column, "a colon that nothing allows here: is the line before indented as it should be?"
        )
    if "sequence entries" in said:
        return source.problem(
            mark.line,
            mark.column,
            "a list begins on a line of its own, below its key; a text that begins with - needs quotes",
        )
    if "block mapping" in within or "block collection" in within or "block end" in said:
        return source.problem(
            mark.line, mark.column, "this line fits to none above it: compare the indentation with its neighbours"
        )
    if "document start" in said:
        return source.problem(mark.line, mark.column, "a file holds one definition; this begins another document")
    return source.problem(mark.line, mark.column, f"not YAML: {shown(f'{within}: {said}'.strip(': '), 200)}")


# --- Building ---------------------------------------------------------------------------------


class _Builder:
    """Events to a tree. `silent` holds lines that YAML reads otherwise than meant, with their corrections."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.silent: dict[int, Mending] = {}
        self.anchors: dict[str, tuple[Part, int]] = {}
        self.open_anchors: set[str] = set()
        self.unused: dict[str, Any] = {}
        self.added = 0
        self.weight = 0

    def build(self) -> Part | None:
        events = iter(yaml.parse(self.source.text, Loader=LOADER))
        root: Part | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    message = "a file holds one definition; move what follows into a file of its own"
                    self.problem(event.start_mark, message)
                    break
                root = self.part(next(events), events, 0)
        for anchor, mark in self.unused.items():
            message = f"the anchor &{shown(anchor)} is never used; a text that begins with & needs quotes"
            self.problems.append(self.source.problem(mark.line, mark.column, message, warning=True))
        return root

    def problem(self, mark: Any, message: str) -> None:
        self.problems.append(self.source.problem(mark.line, mark.column, message))

    def part(self, event: Any, events: Iterator[Any], depth: int) -> Part:
        mark = event.start_mark
        if depth > DEEPEST:
            raise _Refused(mark.line, mark.column, f"lists and maps are nested deeper than {DEEPEST}")
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        if event.tag is not None and not (isinstance(event, yaml.ScalarEvent) and event.tag == "!"):
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.problem(mark, f"the tag {shown(tag)} has no meaning here; remove it, or put the text in quotes")
        elif event.tag == "!":
            self.problem(mark, "a ! before a text is a tag of YAML; remove it, or quote the text")
        anchor, before = event.anchor, self.weight
        if anchor is not None:
            self.open_anchors.add(anchor)
            self.unused[anchor] = mark
        part: Part
        if isinstance(event, yaml.ScalarEvent):
            part = self.leaf(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            part = List(mark.line, mark.column)
            while not isinstance(inner := next(events), yaml.SequenceEndEvent):
                part.items.append(self.part(inner, events, depth + 1))
        else:
            part = self.map(event, events, depth)
        self.weight += 1
        if anchor is not None:
            self.open_anchors.discard(anchor)
            self.anchors[anchor] = (part, self.weight - before)
        return part

    def alias(self, event: Any) -> Part:
        mark = event.start_mark
        if event.anchor in self.open_anchors:
            raise _Refused(mark.line, mark.column, f"*{shown(event.anchor)} stands inside itself")
        if event.anchor not in self.anchors:
            text = "*" + event.anchor
            self.problem(mark, f'a text that begins with * needs quotes; write: "{shown(text)}"')
            self.weight += len(text) + 1
            return Leaf(mark.line, mark.column, mark.line, mark.column + len(text), text, "", text)
        self.unused.pop(event.anchor, None)
        part, weight = self.anchors[event.anchor]
        self.weight += weight
        self.added += weight
        if self.added > ALIAS_WEIGHT:
            raise _Refused(mark.line, mark.column, f"aliases make this file larger than {ALIAS_WEIGHT} characters")
        return part

    def map(self, event: Any, events: Iterator[Any], depth: int) -> Map:
        made = Map(event.start_mark.line, event.start_mark.column)
        keys: dict[str, Leaf] = {}
        while not isinstance(key_event := next(events), yaml.MappingEndEvent):
            key = self.part(key_event, events, depth + 1)
            value = self.part(next(events), events, depth + 1)
            if isinstance(key, Leaf) and isinstance(value, Leaf) and not value.text and not value.style:
                # Where nothing stands, the parsers disagree about the place; the colon is one to look at.
                value.line, value.column = key.end_line, key.end_column
            if not isinstance(key, Leaf):
                if not self.trap(key.line, (key.column, key.column - 1)):
                    self.problem(key_event.start_mark, "a key must be a text; put it in quotes")
                continue
            if key.text == "<<" and not key.style:
                message = '"<<" merges nothing here: write the keys out, or quote it for a parameter of that name'
                self.problem(key_event.start_mark, message)
                continue
            first = keys.get(key.text)
            if first is not None:
                message = f"{quoted(key.text)} stands here twice; the first is in line {first.line + 1}"
                self.problem(key_event.start_mark, message)
                continue
            keys[key.text] = key
            made.entries.append(Entry(key, value))
        return made

    def leaf(self, event: Any) -> Leaf:
        start, end = event.start_mark, event.end_mark
        text, style = event.value, event.style or ""
        plain = style == ""
        self.weight += len(text)
        value = self.meaning(start, text) if plain and event.implicit[0] else text
        leaf = Leaf(start.line, start.column, end.line, end.column, text, style, value)
        if plain and isinstance(value, str) and cut_short(text):
            self.trap(start.line, (start.column,))
        return leaf

    def meaning(self, mark: Any, text: str) -> str | Scalar:
        """A plain scalar by the core schema."""
        if text in _NULL:
            return Scalar(None, text)
        if text in _BOOLEANS:
            return Scalar(_BOOLEANS[text], text)
        if text[0] not in "-+.0123456789":
            return text
        is_integer = _INTEGER.fullmatch(text) is not None
        if not is_integer and _FLOAT.fullmatch(text) is None:
            if _NOT_JSON.fullmatch(text):
                self.problem(mark, f"{text} is no number in JSON; put it in quotes to keep the text")
                return Scalar(0, text)
            return text
        if len(text) > LONGEST_NUMBER:
            self.problem(mark, f"a number with more than {LONGEST_NUMBER} digits; put it in quotes to keep the text")
            return Scalar(0, text)
        if is_integer:
            return Scalar(int(text, 0) if text[:2] in ("0o", "0x") else int(text), text)
        number = float(text)
        if number in (float("inf"), float("-inf")):
            self.problem(mark, f"{shown(text)} is too large for a number; put it in quotes to keep the text")
            return Scalar(0, text)
        return Scalar(number, text)

    def trap(self, line: int, columns: tuple[int, ...]) -> bool:
        """Note the correction of a line that YAML reads otherwise than meant, if it has one at these columns."""
        if line in self.silent:
            return True
        for in_flow in (False, True):
            mending = mend_line(self.source.lines[line], in_flow=in_flow, indent=_indent(self.source, line))
            if mending is not None and any(fix.column in columns for fix in mending.fixes):
                self.silent[line] = mending
                return True
        return False

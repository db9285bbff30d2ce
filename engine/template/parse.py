"""Text → tree. The grammar is yaml.md 3 and reference 5; which marks belong together is decided in marks.py.

Nothing here evaluates, so a value can never become part of a reference, an operator or an argument.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from difflib import get_close_matches
from typing import NamedTuple

from ..errors import TemplateSyntaxError
from . import limits
from .literal import read_literal
from .marks import Mark, Notice, find_marks
from .parse_functions import FUNCTIONS, FunctionParser, with_zones
from .refusal import Refusal
from .tree import Count, Filter, Filtered, Key, Literal, Mixed, Node, Parameter, Root, TaskRead, Variable

ROOT_NAMES = (
    "task_id", "ref", "conv_id", "node_id", "prev_node_id", "create_time", "change_time", "end_time", "user_id",
    "status", "node_name", "prev_node_name", "error",
)  # fmt: skip
ERROR_NAMES = ("node", "tag", "type", "text", "attempt")
"""The names inside `root.error`."""
FILTERS = ("base64", "default", "json", "urlencode")

# A bare name: words of letters of any language, digits and - _ @ : $ #; anything else needs a backslash.
NAME_TEXT = re.compile(r"[\w\-@:$# ]+")
BRACKET_TEXT = re.compile(r"[^\\\[\]{<$\n]+|[{<$]")
FILTER_NAME = re.compile(r"[A-Za-z_]\w*")
QUOTED_KEY = re.compile(r'[ \t]*("(?:[^"\\\n]|\\.)*")[ \t]*\]')
WORD = re.compile(r"[^ ]+")
SPACES = re.compile(r"[ \t]*")
ESCAPABLE = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


class Parsed(NamedTuple):
    content: Mixed
    notices: tuple[Notice, ...]


def parse_text(text: str, *, lenient: bool = False) -> Parsed:
    """The tree of a text.

    A reference that does not parse raises TemplateSyntaxError, or, with `lenient` (`missing: empty`), stays text with
    a notice. Limits raise in both cases.
    """
    parser = _Parser(text, lenient)
    content = parser.content(0, len(text))
    return Parsed(content, tuple(sorted(parser.notices)))


def parse_bare(text: str, *, lenient: bool = False) -> Parsed:
    """The tree of a reference without marks, as conditions have it: `a.b[{{i}}]`."""
    parser = _Parser(text, lenient)
    node = parser.inside(Mark("", 0, 0, len(text), len(text), ""))
    return Parsed(Mixed((node,)), tuple(sorted(parser.notices)))


class _Parser(FunctionParser):
    def __init__(self, text: str, lenient: bool) -> None:
        if len(text) > limits.TEXT_CHARS:
            raise Refusal(
                f"the text has {len(text)} characters; at most {limits.TEXT_CHARS} are allowed",
                position=limits.TEXT_CHARS,
            )
        self.text = text
        self.lenient = lenient
        marks, notices = find_marks(text)
        marks = with_zones(text, marks)
        self.marks = {mark.start: mark for mark in marks}
        self.starts = [mark.start for mark in marks]
        self.notices = list(notices)
        self.depth = 0
        self.references = 0

    def fail(self, message: str, position: int) -> TemplateSyntaxError:
        return TemplateSyntaxError(message, position=min(position, max(len(self.text) - 1, 0)))

    def forget_notices(self, start: int, end: int) -> None:
        self.notices = [notice for notice in self.notices if not start <= notice.position < end]

    def skip(self, position: int, end: int) -> int:
        spaces = SPACES.match(self.text, position, end)
        return spaces.end() if spaces else position

    # --- Text with references -------------------------------------------------------------------

    def content(self, start: int, end: int) -> Mixed:
        parts: list[str | Node] = []
        literal = position = start
        while (mark := self.next_mark(position, end)) is not None:
            try:
                node = self.reference(mark)
            except Refusal:
                raise
            except TemplateSyntaxError as error:
                if not self.lenient:
                    raise
                self.notices.append(Notice(error.position, f"{error.message}; it stays text"))
                position = mark.inner
                continue
            if mark.start > literal:
                parts.append(self.text[literal : mark.start])
            parts.append(node)
            literal = position = mark.end
        if end > literal:
            parts.append(self.text[literal:end])
        return Mixed(tuple(parts))

    def next_mark(self, position: int, end: int) -> Mark | None:
        index = bisect_left(self.starts, position)
        if index == len(self.starts) or self.starts[index] >= end:
            return None
        return self.marks[self.starts[index]]

    # --- One reference --------------------------------------------------------------------------

    def reference(self, mark: Mark) -> Node:
        if self.depth >= limits.NESTING:
            raise Refusal(
                f"references are nested deeper than {limits.NESTING}; keep a part in a parameter", position=mark.start
            )
        self.references += 1
        if self.references > limits.REFERENCES:
            raise Refusal(f"more than {limits.REFERENCES} references in one text", position=mark.start)
        self.depth += 1
        try:
            return self.function(mark) if mark.kind == "$." else self.inside(mark)
        finally:
            self.depth -= 1

    def function(self, mark: Mark) -> Node:
        if mark.name not in FUNCTIONS:
            near = get_close_matches(mark.name, FUNCTIONS, 1)
            hint = f"; did you mean $.{near[0]}?" if near else f"; there are {', '.join('$.' + f for f in FUNCTIONS)}"
            raise self.fail(f"unknown function $.{mark.name}{hint}", mark.start)
        return self.call(mark)

    def inside(self, mark: Mark) -> Node:
        """What stands between the marks: a quoted string, a function or a path, then filters."""
        begin, end = self.skip(mark.inner, mark.close), mark.close
        while end > begin and self.text[end - 1] in " \t" and self.text[end - 2] != "\\":
            end -= 1
        if begin == end:
            raise self.fail("an empty reference", mark.start)
        written = self.text[mark.start : mark.end]
        node: Node
        if self.text[begin] == '"':
            value, position = self.literal(begin, end)
            node = Literal(begin, written, value)
        elif (nested := self.marks.get(begin)) is not None and nested.kind == "$.":
            node, position = self.reference(nested), nested.end
        else:
            node, position = self.path(begin, end, written)
        position = self.skip(position, end)
        filters: list[Filter] = []
        while position < end:
            if self.text[position] != "|":
                raise self.fail(f"unexpected {self.text[position]!r} in a reference{self.hint(position)}", position)
            if len(filters) == limits.FILTERS:
                raise Refusal(f"more than {limits.FILTERS} filters behind one reference", position=position)
            item, position = self.filter(position + 1, end)
            filters.append(item)
            position = self.skip(position, end)
        return Filtered(node.position, written, node, tuple(filters)) if filters else node

    def hint(self, position: int) -> str:
        return "; arithmetic is written $.math(…)" if self.text[position] in "+*/%-" else ""

    def literal(self, position: int, end: int) -> tuple[object, int]:
        try:
            value, after = read_literal(self.text, position)
        except ValueError as error:
            raise self.fail(str(error), position) from error
        if after > end:
            raise self.fail("the value ends behind the reference", position)
        return value, after

    # --- Filters --------------------------------------------------------------------------------

    def filter(self, position: int, end: int) -> tuple[Filter, int]:
        position = self.skip(position, end)
        found = FILTER_NAME.match(self.text, position, end)
        if found is None:
            raise self.fail("a filter must follow the bar", position)
        name = found[0]
        if name not in FILTERS:
            near = get_close_matches(name, FILTERS, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FILTERS)}"
            raise self.fail(f"unknown filter {name}; {hint}", position)
        after = self.skip(found.end(), end)
        opens = after < end and self.text[after] == "("
        if name != "default":
            if opens:
                raise self.fail(f"the filter {name} takes no argument", after)
            return Filter(name), found.end()
        if not opens:
            raise self.fail('default needs a value: default("")', position)
        begin = self.skip(after + 1, end)
        mark = self.marks.get(begin)
        argument: Node
        if mark is not None and mark.end <= end and mark.kind != "$.":
            argument, after = self.reference(mark), mark.end
        else:
            value, after = self.literal(begin, end)
            argument = Literal(begin, self.text[begin:after], value)
        after = self.skip(after, end)
        if after >= end or self.text[after] != ")":
            raise self.fail("default takes one value and a closing parenthesis", min(after, end))
        return Filter(name, argument), after + 1

    # --- Paths ----------------------------------------------------------------------------------

    def path(self, position: int, end: int, written: str) -> tuple[Node, int]:
        start = position
        first, position = self.name(position, end)
        next_char = self.text[position : min(position + 1, end)]
        if next_char == "[" and first == "conv":
            return self.conv(start, position, end, written)
        if next_char == "[" and first == "node":
            return self.count(start, None, position, end, written)
        if next_char == "[" and first == "env_var":
            name, position = self.bracket(position, end)
            if name == "@":
                raise self.fail("the name of a variable must follow the @", position - 1)
            if isinstance(name, str):
                name = name.removeprefix("@")
            keys, position = self.keys(position, end)
            return Variable(start, written, name, keys), position
        keys, position = self.keys(position, end, before=1)
        if next_char == "." and first == "root":
            return self.root(start, written, keys), position
        return Parameter(start, written, (first, *keys)), position

    def root(self, start: int, written: str, keys: tuple[Key, ...]) -> Root:
        name = keys[0]
        if isinstance(name, str) and name not in ROOT_NAMES:
            self.unknown_root(start, "root", name, ROOT_NAMES)
        if name == "error" and len(keys) > 1 and isinstance(keys[1], str) and keys[1] not in ERROR_NAMES:
            self.unknown_root(start, "root.error", keys[1], ERROR_NAMES)
        return Root(start, written, keys)

    def unknown_root(self, start: int, of: str, name: str, names: tuple[str, ...]) -> None:
        near = get_close_matches(name, names, 1)
        message = f"unknown system value {of}.{name}; " + (
            f"did you mean {of}.{near[0]}?" if near else f"there are {', '.join(names)}"
        )
        if not self.lenient:
            raise self.fail(message, start)
        self.notices.append(Notice(start, message))

    def conv(self, start: int, position: int, end: int, written: str) -> tuple[Node, int]:
        conv, position = self.bracket(position, end)
        if self.text.startswith(".ref[", position, end):
            ref, position = self.bracket(position + 4, end)
            keys, position = self.keys(position, end)
            return TaskRead(start, written, conv, ref, keys), position
        if self.text.startswith(".node[", position, end):
            return self.count(start, conv, position + 5, end, written)
        raise self.fail("conv[…] must be followed by .ref[…] or .node[…]", position)

    def count(self, start: int, conv: Key | None, position: int, end: int, written: str) -> tuple[Node, int]:
        node, position = self.bracket(position, end)
        if not self.text.startswith(".", position, end):
            raise self.fail("node[…] must be followed by .count or by the name of a sum", position)
        sum_id, after = self.name(position + 1, end)
        if not isinstance(sum_id, str):
            raise self.fail("the name of a sum is written out", position + 1)
        return Count(start, written, conv, node, None if sum_id == "count" else sum_id), after

    def keys(self, position: int, end: int, *, before: int = 0) -> tuple[tuple[Key, ...], int]:
        keys: list[Key] = []
        while position < end and self.text[position] in ".[":
            if self.text[position] == ".":
                key, position = self.name(position + 1, end)
            else:
                key, position = self.bracket(position, end, quoted=True)
            keys.append(key)
            if before + len(keys) > limits.PATH_KEYS:
                raise Refusal(f"a path has more than {limits.PATH_KEYS} names", position=position - 1)
        return tuple(keys), position

    def name(self, position: int, end: int) -> tuple[Key, int]:
        """One name of a path, up to the next dot, bracket or bar."""
        start = position
        parts: list[str | Node] = []
        while position < end:
            char = self.text[position]
            if (mark := self.marks.get(position)) is not None and mark.kind != "$.":
                parts.append(self.reference(mark))
                position = mark.end
            elif char == "\\":
                parts.append(self.escaped(position, end))
                position += 2
            elif char in ".[|":
                break
            elif (found := NAME_TEXT.match(self.text, position, end)) is not None and mark is None:
                text = found[0].rstrip() if self.ends_name(found.end(), end) else found[0]
                self.check_words(text, position)
                parts.append(text)
                position = found.end()
            else:
                message = f"unexpected {char!r} in a name{self.hint(position)}"
                raise self.fail(message, position)
        if not parts:
            raise self.fail("a name is expected here", start)
        return joined(parts), position

    def ends_name(self, position: int, end: int) -> bool:
        return position >= end or self.text[position] in ".[|"

    def check_words(self, text: str, position: int) -> None:
        if text.startswith(" "):
            raise self.fail("a space is not part of a name here", position)
        if " " not in text:
            return
        for word in WORD.finditer(text):
            if not any(char.isalnum() or char == "_" for char in word[0]):
                at = position + word.start()
                raise self.fail(f"unexpected {word[0]!r} in a name{self.hint(at)}", at)

    def escaped(self, position: int, end: int) -> str:
        char = self.text[position + 1 : min(position + 2, end)]
        if char not in ESCAPABLE or not char:
            raise self.fail(r"a backslash stands only before a sign, as in \. \[ \]", position)
        return char

    def bracket(self, position: int, end: int, *, quoted: bool = False) -> tuple[Key, int]:
        """The contents of […] at `position`, a template of its own with its ends trimmed; and the place behind ]."""
        start = position
        if quoted and (string := QUOTED_KEY.match(self.text, position + 1, end)) is not None:
            value, _ = self.literal(string.start(1), end)
            return str(value), string.end()
        parts: list[str | Node] = []
        position = self.skip(position + 1, end)
        while position < end and self.text[position] != "]":
            if (mark := self.marks.get(position)) is not None:
                parts.append(self.reference(mark))
                position = mark.end
            elif self.text[position] == "\\":
                parts.append(self.escaped(position, end))
                position += 2
            elif (found := BRACKET_TEXT.match(self.text, position, end)) is not None:
                # A $, { or < may open a mark, so each ends a piece of text and is looked at alone.
                text = found[0]
                if self.text.startswith("]", found.end(), end):
                    text = text.rstrip(" \t")
                parts.append(text)
                position = found.end()
            else:
                hint = r"a bracket inside brackets is written \["
                raise self.fail(hint if self.text[position] == "[" else "a line ends inside brackets", position)
        if position >= end:
            raise self.fail("the bracket is not closed", start)
        if not parts or parts == [""]:
            raise self.fail("the brackets are empty", start)
        return joined(parts), position + 1


def joined(parts: list[str | Node]) -> Key:
    """Parts as a key; text that follows text is put together."""
    whole: list[str | Node] = []
    for part in parts:
        if isinstance(part, str) and whole and isinstance(whole[-1], str):
            whole[-1] += part
        elif part != "":
            whole.append(part)
    if len(whole) == 1 and isinstance(whole[0], str):
        return whole[0]
    return Mixed(tuple(whole))

"""An author's SQL with holes where values belong: what may stand where, and the text for a driver.

A hole in the SQL becomes a placeholder of the driver; `:name` too, when `name` is one of the named values. A text in
quotes that has holes becomes one placeholder as a whole, for the text that it would have been: `'{{name}}'` is bound as
text (null stays null), `'%{{word}}%'` as one text. A list alone in `IN (…)` becomes a placeholder for each value in it.
A hole in the place of a name would have to be text of the query, so it is refused; one in a comment is left out. So the
SQL is made of the author's text alone, whatever the values are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain, pairwise
from typing import Any, NamedTuple

import msgspec

from ..errors import LogicError
from ..template import text_of
from .place import Place, array_of

HOLE = "\0"  # SQL cannot hold it
BIND_ERROR = "db_call_bind_error"
MOST_VALUES = 65_535  # of one statement of PostgreSQL

_encode = msgspec.json.Encoder().encode


class Query(msgspec.Struct, frozen=True):
    """SQL with its values. `texts` are the author's, one more than `values`: each value stands between two of them.

    `names`: what people call these values, as far as it is known. `is_secret`: whether one of them is.
    """

    texts: list[str]
    values: list[Any]
    named: dict[str, Any] = {}
    names: list[str] = []
    is_secret: bool = False


class Bound(NamedTuple):
    """What a driver takes: its text, made of the author's alone, and the values of its placeholders in order.

    `is_empty`: there is nothing but comments in it. `names`: what the author calls each of the values.
    """

    sql: str
    values: list[Any]
    is_empty: bool
    names: list[str]


class Dialect(NamedTuple):
    """How a database reads SQL, as far as it must be known to find the places of holes.

    `pattern` finds what is not plain SQL, by the names of its groups. `escapes`: a backslash means something in a text.
    `nested`: comments may stand in comments. `percent`: the driver reads % as a sign of its own. `arrays`: it has them.
    `nothing`: what in IN (…) is an empty list; None where that needs another operator.
    """

    placeholder: str
    pattern: re.Pattern[str]
    nothing: str | None
    arrays: bool = False
    escapes: bool = False
    nested: bool = False
    percent: bool = False


_PARAM = r"(?P<param>(?<![\w:]):(?P<name>[A-Za-z_]\w*))"
_ANY = rf"(?P<block>/\*)|{_PARAM}|(?P<hole>{HOLE})"
_QUOTES = "['\"`]"
_STANDARD_TEXT = r"(?P<text>'(?:[^']|'')*+')"
_STANDARD_NAME = r'(?P<quoted>"(?:[^"]|"")*+"|`(?:[^`]|``)*+`)'

# `open`: a quote that no other closes; the search for it is not made again from the next one.
DIALECTS = {
    "postgresql": Dialect(
        "%s",
        re.compile(
            r"(?P<line>--[^\n]*)|(?P<prefixed>(?<![\w$])[eE]'(?:[^'\\]|\\.|'')*+')"
            r"|(?P<dollar>(?<![\w$])\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$)"
            rf"|{_STANDARD_TEXT}|{_STANDARD_NAME}|{_ANY}"
            rf"|(?P<open>{_QUOTES}|(?<![\w$])\$(?:[A-Za-z_]\w*)?\$)",
            re.DOTALL,
        ),
        None,
        arrays=True,
        nested=True,
        percent=True,
    ),
    "mysql": Dialect(
        "%s",
        re.compile(
            r"(?P<line>--(?=\s|$)[^\n]*|\#[^\n]*)"
            r"""|(?P<text>'(?:[^'\\]|\\.|'')*+'|"(?:[^"\\]|\\.|"")*+")|(?P<quoted>`(?:[^`]|``)*+`)"""
            rf"|{_ANY}|(?P<open>{_QUOTES})",
            re.DOTALL,
        ),
        "SELECT NULL FROM DUAL WHERE 1 = 0",
        escapes=True,
        percent=True,
    ),
    "sqlite": Dialect(
        "?",
        re.compile(
            rf"(?P<line>--[^\n]*)|{_STANDARD_TEXT}"
            r'|(?P<quoted>"(?:[^"]|"")*+"|`(?:[^`]|``)*+`|\[[^\]]*\])'
            rf"|{_ANY}|(?P<open>{_QUOTES}|\[)",
            re.DOTALL,
        ),
        "",
    ),
}
_PREFIX = re.compile(r"(?<!\w)(?:[bBxXnN]|[uU]&|_\w+)$")
"""What changes the meaning of a text in quotes behind it."""
_BEGUN = re.compile(r"\b(not\s+)?in\s*\(\s*$", re.IGNORECASE)
_PLAIN = {"sql": None, "line": " ", "block": " "}
_NOTHING = re.compile(r"/\*(?!M?!)|[\s;]*$")
"""A comment, or text without a word. Comments that MySQL runs are none."""


def bind(query: Query, dialect: Dialect) -> Bound:
    """The query for a driver. Raises LogicError `db_call_bind_error` where a value cannot be put."""
    made = _Binding(dialect)
    holes = iter(zip(query.values, [*query.names, *["{{…}}"] * len(query.values)], strict=False))
    tokens = chain(_tokens(HOLE.join(query.texts), dialect), [("sql", "")])
    for (kind, text), (after, behind) in pairwise(tokens):
        made.is_empty = made.is_empty and (kind == "line" or _NOTHING.match(text) is not None)
        if kind == "hole":
            made.put(*next(holes), behind if after == "sql" else "")
        elif kind == "param":
            if text[1:] not in query.named:
                raise LogicError(BIND_ERROR, f"the query names {text}, which is not in params")
            made.put(query.named[text[1:]], text, behind if after == "sql" else "")
        elif kind == "open":
            raise LogicError(BIND_ERROR, f"the query has a {text} that is never closed")
        elif HOLE not in text:
            made.write(text, _PLAIN.get(kind, "?"))
        elif kind in ("line", "block"):
            for _ in range(text.count(HOLE)):
                next(holes)
            made.write(text.replace(HOLE, ""), " ")
        else:
            _refuse(kind, text, dialect, made.pieces[-1] if made.pieces else "")
            made.put_one(_quoted(text, lambda: next(holes)[0]), _shown(text))
    if dialect.arrays and len(made.values) > MOST_VALUES:
        text = f"more than {MOST_VALUES} values, which is all that PostgreSQL takes; write = ANY (…) in place of IN (…)"
        raise LogicError(BIND_ERROR, text)
    return Bound("".join(made.pieces), made.values, made.is_empty, made.names)


class _Binding:
    """A query while it is bound."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.place = Place()
        self.pieces: list[str] = []
        self.values: list[Any] = []
        self.names: list[str] = []
        self.is_empty = True

    def write(self, text: str, plain: str | None) -> None:
        """Text of the author's; `plain`: what it is for the meaning of a place, None: itself."""
        self.pieces.append(text.replace("%", "%%") if self.dialect.percent else text)
        self.place.read(text if plain is None else plain)

    def put_one(self, value: Any, name: str) -> None:
        """A placeholder."""
        self.pieces.append(self.dialect.placeholder)
        self.values.append(value)
        self.names.append(name)
        self.place.read("?")

    def put(self, value: Any, name: str, behind: str) -> None:
        """A value where it stands; `behind` is the text after it."""
        if reason := self.place.refused(behind, self.dialect.arrays):
            raise LogicError(BIND_ERROR, reason.format(name))
        if not isinstance(value, list):
            self.put_one(_bindable(value), name)
        elif self.dialect.arrays and self.place.takes_array(behind):
            self.put_one(array_of(value), name)
        elif not self.place.is_in_list:
            self.put_one(_bindable(value), name)
        elif not self.place.is_alone(behind):
            raise LogicError(BIND_ERROR, f"{name} is a list, and a list stands alone in IN (…)")
        elif value:
            for number, item in enumerate(value):
                if number:
                    self.pieces.append(", ")
                self.put_one(_bindable(item), name)
        else:
            self._put_nothing(name)

    def _put_nothing(self, name: str) -> None:
        """An empty list, which matches nothing, in IN (…)."""
        if self.dialect.nothing is not None:
            self.pieces.append(self.dialect.nothing)
            return
        # PostgreSQL has no list without values, but arrays; which type they have is decided by what stands before.
        begun = _BEGUN.search(self.pieces[-1])
        if begun is None:
            raise LogicError(BIND_ERROR, f"{name} is an empty list; write = ANY({name}), or no comment before it")
        every = "OPERATOR(<>) ALL (" if begun[1] else "OPERATOR(=) ANY ("
        self.pieces[-1] = self.pieces[-1][: begun.start()] + every
        self.put_one([], name)


def check(
    texts: list[str], names: set[str], only: str | None = None, called: list[str] | None = None
) -> tuple[str, set[str]]:
    """Why no database could take a query with these texts around its values, or ""; and the names that it uses.

    `only`: the database's dialect, when it is known. `called`: what the values between the texts are called.
    """
    used: set[str] = set()
    reason = ""
    for dialect in DIALECTS.values() if only is None else [DIALECTS[only]]:
        found = {text[1:] for kind, text in _tokens(HOLE.join(texts), dialect) if kind == "param"}
        try:
            bind(Query(texts, [""] * (len(texts) - 1), dict.fromkeys(names), called or []), dialect)
        except LogicError as error:
            reason = reason or error.description
        else:
            return "", found & names
        used |= found
    return reason, used & names


def _tokens(sql: str, dialect: Dialect) -> Iterator[tuple[str, str]]:
    """The whole text in pieces, with what each is: "sql" or the name of a group of the dialect's pattern."""
    position = 0
    while (match := dialect.pattern.search(sql, position)) is not None:
        if match.start() > position:
            yield "sql", sql[position : match.start()]
        kind = match.lastgroup or ""
        position = _comment_end(sql, match.start(), dialect.nested) if kind == "block" else match.end()
        yield kind, sql[match.start() : position]
    yield "sql", sql[position:]


def _comment_end(sql: str, start: int, nested: bool) -> int:
    depth, position = 1, start + 2
    while depth:
        close = sql.find("*/", position)
        inner = sql.find("/*", position) if nested else -1
        if close < 0:
            return len(sql)
        if 0 <= inner < close:
            depth, position = depth + 1, inner + 2
        else:
            depth, position = depth - 1, close + 2
    return position


def _refuse(kind: str, text: str, dialect: Dialect, before: str) -> None:
    """Raises when a quoted piece that has holes cannot become one bound text."""
    shown = _shown(text)
    if kind == "quoted":
        raise LogicError(BIND_ERROR, f"a name cannot be a value: {shown} holds a template; write the name out")
    if kind == "dollar" or kind == "prefixed" or _PREFIX.search(before):
        raise LogicError(BIND_ERROR, f"a template stands in {shown}; put the whole text into params, and :name here")
    if dialect.escapes and "\\" in text:
        raise LogicError(BIND_ERROR, f"a template and a backslash in {shown}; put the whole text into params")


def _quoted(text: str, value: Callable[[], Any]) -> Any:
    """The value of a text in quotes that has holes."""
    quote, inside = text[0], text[1:-1]
    if inside == HOLE:
        only = value()
        return None if only is None else text_of(only)
    first, *rest = (piece.replace(quote * 2, quote) for piece in inside.split(HOLE))
    return first + "".join(text_of(value()) + piece for piece in rest)


def _shown(text: str) -> str:
    return text.replace(HOLE, "{{…}}")[:80]


def _bindable(value: Any) -> Any:
    """A value as drivers take it: maps and lists as JSON."""
    return _encode(value).decode() if isinstance(value, dict | list) else value

"""An author's SQL with holes where values belong: what may stand where, and the text for a driver.

A hole in the SQL becomes a placeholder of the driver; `:name` too, when `name` is one of the named values. A text in
quotes that has holes becomes one placeholder as a whole, for the text that it would have been: `'{{name}}'` is bound as
text (null stays null), `'%{{word}}%'` as one text. A hole in a quoted name would have to be text of the query, so it is
refused; one in a comment is left out. Whatever the values are, the SQL is made of the author's text alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from engine.errors import LogicError
from engine.template import text_of

HOLE = "\0"  # SQL cannot hold it
BIND_ERROR = "db_call_bind_error"

_encode = msgspec.json.Encoder().encode


class Query(msgspec.Struct, frozen=True):
    """SQL with its values. `texts` are the author's, one more than `values`: each value stands between two of them."""

    texts: list[str]
    values: list[Any]
    named: dict[str, Any] = {}


class Bound(NamedTuple):
    """What a driver takes: its text, made of the author's alone, and the values of its placeholders in order.

    `is_empty`: there is nothing but comments in it.
    """

    sql: str
    values: list[Any]
    is_empty: bool


class Dialect(NamedTuple):
    """How a database reads SQL, as far as it must be known to find the places of holes.

    `pattern` finds what is not plain SQL, by the names of its groups. `escapes`: a backslash means something in a text.
    `nested`: comments may stand in comments. `percent`: the driver reads % as a sign of its own.
    """

    placeholder: str
    pattern: re.Pattern[str]
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
    ),
}
_PREFIX = re.compile(r"(?<!\w)(?:[bBxXnN]|[uU]&|_\w+)$")
"""What changes the meaning of a text in quotes behind it."""
_NOTHING = re.compile(r"/\*(?!M?!)|[\s;]*$")
"""A comment, or text without a word. Comments that MySQL runs are none."""


def bind(query: Query, dialect: Dialect) -> Bound:
    """The query for a driver. Raises LogicError `db_call_bind_error` where a value cannot be put."""
    pieces: list[str] = []
    values: list[Any] = []
    holes = iter(query.values)
    is_empty = True

    def put(value: Any) -> None:
        pieces.append(dialect.placeholder)
        values.append(_bindable(value))

    for kind, text in _tokens(HOLE.join(query.texts), dialect):
        is_empty = is_empty and (kind == "line" or _NOTHING.match(text) is not None)
        if kind == "hole":
            put(next(holes))
        elif kind == "param":
            if text[1:] not in query.named:
                raise LogicError(BIND_ERROR, f"the query names {text}, which is not in params")
            put(query.named[text[1:]])
        elif kind == "open":
            raise LogicError(BIND_ERROR, f"the query has a {text} that is never closed")
        elif HOLE not in text:
            pieces.append(text.replace("%", "%%") if dialect.percent else text)
        elif kind in ("line", "block"):
            count = text.count(HOLE)
            pieces.append(text.replace(HOLE, "").replace("%", "%%") if dialect.percent else text.replace(HOLE, ""))
            for _ in range(count):
                next(holes)
        else:
            _refuse(kind, text, dialect, pieces[-1] if pieces else "")
            put(_quoted(text, lambda: next(holes)))
    return Bound("".join(pieces), values, is_empty)


def check(texts: list[str], names: set[str], only: str | None = None) -> tuple[str, set[str]]:
    """Why no database could take a query with these texts around its values, or ""; and the names that it uses.

    `only`: the database's dialect, when it is known.
    """
    used: set[str] = set()
    reason = ""
    for dialect in DIALECTS.values() if only is None else [DIALECTS[only]]:
        found = {text[1:] for kind, text in _tokens(HOLE.join(texts), dialect) if kind == "param"}
        try:
            bind(Query(texts, [""] * (len(texts) - 1), dict.fromkeys(names)), dialect)
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
    shown = text.replace(HOLE, "{{…}}")[:80]
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


def _bindable(value: Any) -> Any:
    """A value as drivers take it: maps and lists as JSON."""
    return _encode(value).decode() if isinstance(value, dict | list) else value

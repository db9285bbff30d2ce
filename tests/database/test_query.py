"""An author's SQL with holes: what a driver gets, for each database, and that no value is ever part of it."""

from __future__ import annotations

import contextlib
import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.database import DIALECTS, Query, bind, check
from engine.errors import LogicError

ALL = tuple(DIALECTS)


def bound(dialect: str, sql: str, *values: Any, **named: Any) -> tuple[str, list[Any]]:
    """What a driver gets for a query in which each @@ is a hole."""
    return bind(Query(sql.split("@@"), list(values), named), DIALECTS[dialect])[:2]


PLACES = [
    (ALL, "a = @@", ["x"], "a = ?", ["x"]),
    (ALL, "a = @@ AND b = @@", [1, None], "a = ? AND b = ?", [1, None]),
    (ALL, "a = @@", [{"k": [1]}], "a = ?", ['{"k":[1]}']),
    (ALL, "a = '@@'", [5], "a = ?", ["5"]),
    (ALL, "a = '@@'", [None], "a = ?", [None]),
    (ALL, "a LIKE '%@@%'", ["x"], "a LIKE ?", ["%x%"]),
    (ALL, "a = 'it''s @@ ''@@'''", ["x", None], "a = ?", ["it's x ''"]),
    (ALL, "-- @@ it's\na = @@", ["gone", "x"], "-- \xa0it's\na = ?".replace("\xa0", " "), ["x"]),
    (ALL, "/* @@ ' */ a = @@", ["gone", "x"], "/*  ' */ a = ?", ["x"]),
    (ALL, "/* never closed @@", ["gone"], "/* never closed ", []),
    (("postgresql",), "/* a /* b */ @@ */ a = @@", ["gone", "x"], "/* a /* b */  */ a = ?", ["x"]),
    (("mysql", "sqlite"), "/* a /* b */ a = @@", ["x"], "/* a /* b */ a = ?", ["x"]),
    (("postgresql",), "a = @@::jsonb", ["x"], "a = ?::jsonb", ["x"]),
    (ALL, "a \\ @@", ["x"], "a \\ ?", ["x"]),
    (("postgresql",), "a #> @@", ["x"], "a #> ?", ["x"]),
    (("postgresql",), "$f$ it's $f$ || @@", ["x"], "$f$ it's $f$ || ?", ["x"]),
    (("postgresql",), r"E'it\'s' || @@", ["x"], r"E'it\'s' || ?", ["x"]),
    (("postgresql", "sqlite"), r"'c:\' || @@", ["x"], r"'c:\' || ?", ["x"]),
    (("postgresql", "sqlite"), r"'c:\@@'", ["x"], "?", ["c:\\x"]),
    (("postgresql", "sqlite"), '"it\'s" = @@', ["x"], '"it\'s" = ?', ["x"]),
    (("mysql",), r"'it\'s' = @@", ["x"], r"'it\'s' = ?", ["x"]),
    (("mysql",), 'a = "@@" # it\'s @@', ["x", "gone"], "a = ? # it's ", ["x"]),
    (("mysql",), "a = 1--@@", [1], "a = 1--?", [1]),
    (("mysql", "sqlite"), "`it's` = @@", ["x"], "`it's` = ?", ["x"]),
    (("sqlite",), "[it's] = @@", ["x"], "[it's] = ?", ["x"]),
]


@pytest.mark.parametrize(
    ("dialect", "sql", "values", "text", "taken"),
    [(dialect, *case) for dialects, *case in PLACES for dialect in dialects],
)
def test_where_a_value_stands(dialect: str, sql: str, values: list[Any], text: str, taken: list[Any]) -> None:
    placeholder = DIALECTS[dialect].placeholder

    assert bound(dialect, sql, *values) == (text.replace("?", placeholder), taken)


@pytest.mark.parametrize("dialect", ALL)
def test_names_are_values_where_they_are_no_other_sign(dialect: str) -> None:
    sql = "SELECT :a, a[1:b], :b::text, ':a', 10:b -- :a\n, :a"

    text, values = bound(dialect, sql, a=1, b="x")

    mark = DIALECTS[dialect].placeholder
    if dialect == "sqlite":
        assert values == [1, "x", 1]
    assert text == f"SELECT {mark}, a[1:b], {mark}::text, ':a', 10:b -- :a\n, {mark}"
    assert values == [1, "x", 1]


@pytest.mark.parametrize("dialect", ["postgresql", "mysql"])
def test_a_percent_sign_stays_one(dialect: str) -> None:
    text, values = bound(dialect, "SELECT 100 % 3, '5%' -- %s\n, @@", "%s")

    assert text % ("'v'",) == "SELECT 100 % 3, '5%' -- %s\n, 'v'"
    assert values == ["%s"]


REFUSED = [
    ("postgresql", 'SELECT "@@"', "a name cannot be a value"),
    ("sqlite", "SELECT [a @@]", "a name cannot be a value"),
    ("mysql", "SELECT `@@`", "a name cannot be a value"),
    ("postgresql", "SELECT $$ @@ $$", "put the whole text into params"),
    ("postgresql", r"SELECT E'\n@@'", "put the whole text into params"),
    ("postgresql", "SELECT U&'@@'", "put the whole text into params"),
    ("sqlite", "SELECT x'@@'", "put the whole text into params"),
    ("mysql", "SELECT _utf8mb4'@@'", "put the whole text into params"),
    ("mysql", r"SELECT '\n@@'", "a template and a backslash"),
    ("postgresql", "SELECT 'it''s @@", "the query has a ' that is never closed"),
    ("mysql", r"SELECT 'it\'", "the query has a ' that is never closed"),
    ("sqlite", 'SELECT "', 'the query has a " that is never closed'),
    ("mysql", "SELECT :who", "the query names :who, which is not in params"),
]


@pytest.mark.parametrize(("dialect", "sql", "text"), REFUSED)
def test_where_no_value_can_stand(dialect: str, sql: str, text: str) -> None:
    with pytest.raises(LogicError, match=re.escape(text)) as raised:
        bound(dialect, sql, *["x"] * sql.count("@@"))

    assert raised.value.tag == "db_call_bind_error"


def test_what_one_database_can_take_is_not_refused_before_it_is_known_which_it_is() -> None:
    assert check(['SELECT "', '" = :a'], {"a", "b"}) == ("", {"a"})
    assert check(["SELECT `", "`"], set())[0]


@pytest.mark.parametrize("dialect", ALL)
@pytest.mark.parametrize("sign", ["'", '"', "`", "$$", "$a$", "$a{}$", "/*", "[", "\\'", "''", ":", "-", "E'"])
def test_no_text_takes_long_to_read(dialect: str, sign: str) -> None:
    """Ten times the text takes ten times the processor's time, and not a hundred times."""

    def reading_s(count: int) -> float:
        text = "".join(sign.replace("{}", str(number)) for number in range(count))
        began = time.thread_time()
        with contextlib.suppress(LogicError):
            bound(dialect, text)
        return time.thread_time() - began

    assert reading_s(200_001) < 40 * max(0.001, reading_s(20_001))


# --- Whatever the values are ------------------------------------------------------------------------

SIGNS = ["'", "--", "*/", "%s", "?", ":n", "\\", "$$"]
sql_pieces = st.sampled_from(
    [*SIGNS, "\0", "SELECT ", "''", '"', "`", "[", "]", "\n", "/*", "#", "$a$", "::", "E'", "a", " "]
)
any_value: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.sampled_from(["\0", *SIGNS]),
    st.lists(st.text(), max_size=2), st.dictionaries(st.text(), st.text(), max_size=2),
)  # fmt: skip


@pytest.mark.parametrize("dialect", ALL)
@given(st.lists(sql_pieces, max_size=14), st.data())
def test_no_value_changes_the_text(dialect: str, pieces: list[str], data: st.DataObject) -> None:
    texts = "".join(pieces).split("\0")
    values = st.lists(any_value, min_size=len(texts) - 1, max_size=len(texts) - 1)

    def made() -> tuple[str, int] | str:
        try:
            one = bind(Query(texts, data.draw(values), {"n": data.draw(any_value)}), DIALECTS[dialect])
        except LogicError as error:
            return error.description
        return one.sql, len(one.values)

    first = made()

    assert made() == first
    if dialect != "sqlite" and isinstance(first, tuple):
        text, count = first
        shown = text % (("\0",) * count)  # as a driver reads it: no sign of the author's is a placeholder
        assert shown.count("\0") == count

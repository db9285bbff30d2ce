"""An author's SQL with holes: what a driver gets, for each database, and that no value is ever part of it."""

from __future__ import annotations

import contextlib
import re
import time
from decimal import Decimal
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


PLACES: list[tuple[tuple[str, ...], str, list[Any], str, list[Any]]] = [
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


PLACES += [
    (ALL, "a in (@@)", [[1, 2]], "a in (?, ?)", [1, 2]),
    (ALL, "a NOT IN ( @@ )", [["x", None]], "a NOT IN ( ?, ? )", ["x", None]),
    (ALL, "a in (@@)", [1], "a in (?)", [1]),
    (ALL, "a in (@@, @@)", [1, 2], "a in (?, ?)", [1, 2]),
    (ALL, "a in ('@@')", [[1, 2]], "a in (?)", ["[1,2]"]),
    (ALL, "f(@@)", [[1, 2]], "f(?)", ["[1,2]"]),
    (ALL, "a in (f(@@))", [[1, 2]], "a in (f(?))", ["[1,2]"]),
    (ALL, "a in (@@)", [[{"k": 1}, [2]]], "a in (?, ?)", ['{"k":1}', "[2]"]),
    (ALL, "main(@@)", [[1]], "main(?)", ["[1]"]),
    (("postgresql",), "a in (@@) and b", [[]], "a OPERATOR(=) ANY (?) and b", [[]]),
    (("postgresql",), "a not  in (@@)", [[]], "a OPERATOR(<>) ALL (?)", [[]]),
    (("mysql",), "a in (@@)", [[]], "a in (SELECT NULL FROM DUAL WHERE 1 = 0)", []),
    (("sqlite",), "a in (@@)", [[]], "a in ()", []),
    (("postgresql",), "a = ANY(@@)", [[1, 2]], "a = ANY(?)", [[1, 2]]),
    (("postgresql",), "@@::int[]", [[1]], "?::int[]", [[1]]),
    (("postgresql",), "unnest(@@::double precision[])", [[]], "unnest(?::double precision[])", [[]]),
    (("postgresql",), "@@::numeric(10,2) []", [[1]], "?::numeric(10,2) []", [[1]]),
    (("postgresql",), "CAST(@@ AS text[])", [["a"]], "CAST(? AS text[])", [["a"]]),
    (("postgresql",), "@@::int array", [[1]], "?::int array", [[1]]),
    (("postgresql",), "@@::jsonb", [[1]], "?::jsonb", ["[1]"]),
    (("postgresql",), "@@::jsonb -> a[1]", [[1]], "?::jsonb -> a[1]", ["[1]"]),
    (("postgresql",), "any(@@)", [[1, "a", True, None, {"k": 1}]], "any(?)", [["1", "a", "true", None, '{"k":1}']]),
    (
        ("postgresql",),
        "any(@@)",
        [[[1, 2.5], [None, 3]]],
        "any(?)",
        [[[Decimal(1), Decimal("2.5")], [None, Decimal(3)]]],
    ),
    # What looks like the place of a name, and is one of a value.
    (ALL, "SELECT extract(year FROM @@)", ["x"], "SELECT extract(year FROM ?)", ["x"]),
    (ALL, "substring(a FROM @@ FOR @@)", [1, 2], "substring(a FROM ? FOR ?)", [1, 2]),
    (ALL, "a IS DISTINCT FROM @@", [1], "a IS DISTINCT FROM ?", [1]),
    (ALL, "ORDER BY a LIMIT @@, @@", [1, 2], "ORDER BY a LIMIT ?, ?", [1, 2]),
    (ALL, "ORDER BY CASE WHEN a = @@ THEN @@ END", [1, 2], "ORDER BY CASE WHEN a = ? THEN ? END", [1, 2]),
    (ALL, "ORDER BY @@ = a, f(a, @@) DESC", [1, 2], "ORDER BY ? = a, f(a, ?) DESC", [1, 2]),
    (ALL, "ORDER BY a FETCH FIRST @@ ROWS ONLY", [1], "ORDER BY a FETCH FIRST ? ROWS ONLY", [1]),
    (ALL, "f(a ORDER BY b), @@", [1], "f(a ORDER BY b), ?", [1]),
    (ALL, "GROUP BY a HAVING count(*) > @@", [1], "GROUP BY a HAVING count(*) > ?", [1]),
    (ALL, "a IS DISTINCT\n  FROM @@", [1], "a IS DISTINCT\n  FROM ?", [1]),
    (ALL, "a IS DISTINCT /* */ FROM @@", [1], "a IS DISTINCT /* */ FROM ?", [1]),
    (ALL, "SUBSTR(a FROM @@)", [1], "SUBSTR(a FROM ?)", [1]),
    (ALL, "GROUP_CONCAT(a ORDER BY b SEPARATOR @@)", [1], "GROUP_CONCAT(a ORDER BY b SEPARATOR ?)", [1]),
    (
        ALL,
        "ORDER BY a ON CONFLICT (b) DO UPDATE SET c = 1 WHERE @@ = d",
        [1],
        "ORDER BY a ON CONFLICT (b) DO UPDATE SET c = 1 WHERE ? = d",
        [1],
    ),
    (ALL, "INSERT INTO t (SELECT @@, a, @@ FROM b)", [1, 2], "INSERT INTO t (SELECT ?, a, ? FROM b)", [1, 2]),
    (ALL, "ORDER BY a || @@, b ->> @@", ["x", "y"], "ORDER BY a || ?, b ->> ?", ["x", "y"]),
    (("postgresql",), "@@::jsonb AND tags[1]", [[1]], "?::jsonb AND tags[1]", ["[1]"]),
    (("postgresql",), "@@::jsonb AS array", [[1]], "?::jsonb AS array", ["[1]"]),
    (("postgresql",), "@@ :: pg_catalog.text []", [["a"]], "? :: pg_catalog.text []", [["a"]]),
    (ALL, "VACUUM INTO @@", ["x"], "VACUUM INTO ?", ["x"]),
    (ALL, "INSERT INTO t VALUES (@@)", ["x"], "INSERT INTO t VALUES (?)", ["x"]),
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
    ("mysql", "SELECT a = ANY (@@)", "write IN ({{…}})"),
    *[
        (dialect, sql, text)
        for dialect in ALL
        for text, queries in {
            "the name of a table": ["SELECT * FROM @@", "SELECT * FROM a JOIN @@ ON 1", "INSERT INTO @@ VALUES (1)",
                                    "UPDATE @@ SET a = 1", "DELETE FROM @@", "DROP TABLE IF EXISTS @@",
                                    "SELECT (SELECT 1 FROM  @@)", "SELECT * FROM /* the */ @@"],
            "the name of a column": ["INSERT INTO t (@@) VALUES (1)", "INSERT INTO a.t (a, @@) VALUES (1)",
                                     'INSERT INTO "t" (@@) VALUES (1)'],
            "write the column out": ["SELECT a ORDER BY @@", "SELECT a ORDER BY a, @@ DESC", "SELECT a GROUP BY @@",
                                     "SELECT a ORDER BY f(a, b), @@ LIMIT 5", "SELECT f(a ORDER BY @@)",
                                     "SELECT a ORDER BY @@, b"],
            "where ASC or DESC does": ["SELECT a ORDER BY a @@", "SELECT a ORDER BY f(a) @@, b"],
        }.items()
        for sql in queries
        if not (dialect == "mysql" and '"' in sql)
    ],
]  # fmt: skip


@pytest.mark.parametrize("dialect", ALL)
@pytest.mark.parametrize("sql", ["a in (@@, 1)", "a in (1, @@)", "a in (@@ , @@)"])
def test_a_list_beside_other_values_is_refused(dialect: str, sql: str) -> None:
    with pytest.raises(LogicError, match=r"\{\{…\}\} is a list, and a list stands alone in IN") as raised:
        bound(dialect, sql, *[[1]] * sql.count("@@"))

    assert raised.value.tag == "db_call_bind_error"


def test_a_refused_value_is_called_by_its_name() -> None:
    with pytest.raises(LogicError, match=r"^\{\{which\}\} in ORDER BY"):
        bind(Query(["SELECT a ORDER BY ", ""], [1], {}, ["{{which}}"]), DIALECTS["mysql"])
    with pytest.raises(LogicError, match=r"^:which stands where the name of a table"):
        bind(Query(["SELECT a FROM :which"], [], {"which": 1}), DIALECTS["mysql"])


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

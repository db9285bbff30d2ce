"""A query is one statement, whatever database it is for and whether a value is bound in it or not."""

from __future__ import annotations

from typing import Any

import pytest

from engine.database import Instance
from tests.database.conftest import InstanceMaker, error_of, made, rows_of

pytestmark = pytest.mark.xdist_group("databases")  # they share two servers

BOUND = {"postgresql": "{}::int", "mysql": "{}", "sqlite": "{}"}


@pytest.fixture
def kept(instance: Instance) -> Any:
    """An instance with an empty table."""
    rows_of(instance, "CREATE TABLE kept (a INTEGER)")
    yield instance
    rows_of(instance, "DROP TABLE kept")


def both(instance: Instance, query: str) -> list[tuple[tuple[str, ...], list[Any]]]:
    """The query with each @ a number that is written out, and a bound value."""
    return [((query.replace("@", "7"),), []), (tuple(query.split("@")), [7] * query.count("@"))]


MANY = [
    "INSERT INTO kept VALUES (@); COMMIT; SELECT 1/0",
    "INSERT INTO kept VALUES (@); COMMIT",
    "INSERT INTO kept VALUES (@); SELECT 5 AS a",
    "SELECT @ AS a; INSERT INTO kept VALUES (1)",
    "SELECT @ AS a; SELECT 5 AS b",
    "SELECT @ AS a; ; SELECT 5 AS b",
    "COMMIT; INSERT INTO kept VALUES (@)",
]


@pytest.mark.parametrize("query", MANY)
def test_two_statements_are_refused_and_none_is_made(kept: Instance, query: str) -> None:
    for texts, values in both(kept, query):
        tag, kind, text = error_of(kept, *texts, values=values, timeout_ms=20_000)

        assert (tag, kind) == ("db_call_executing_error", "software")
        assert "one statement" in text or (kept.dialect == "mysql" and "near" in text)
        assert rows_of(kept, "SELECT a FROM kept") == []


@pytest.mark.parametrize("end", [";", " ; ", ";\n", "; -- that's all", "-- that's all\n;", ";\n/* that's all; */"])
def test_a_sign_at_the_end_is_no_second_statement(instance: Instance, end: str) -> None:
    for texts, values in both(instance, f"SELECT @ AS a{end}"):
        assert rows_of(instance, *texts, values=values) == [{"a": 7}]


@pytest.mark.parametrize("query", ["", " ", ";", "-- nothing", "/* nothing */ ;"])
def test_no_statement_is_an_error(instance: Instance, query: str) -> None:
    tag, kind, text = error_of(instance, query, timeout_ms=20_000)

    assert (tag, kind) == ("db_call_executing_error", "software")
    assert "no statement" in text


def test_a_statement_may_hold_statements(instances: InstanceMaker) -> None:
    sqlite, mysql, postgresql = instances("sqlite"), instances("mysql"), instances("postgresql")
    rows_of(sqlite, "CREATE TABLE kept (a INTEGER)")
    rows_of(sqlite, "CREATE TRIGGER twice AFTER INSERT ON kept BEGIN SELECT 1; UPDATE kept SET a = 2; END")
    rows_of(mysql, "CREATE PROCEDURE two() BEGIN SET @a = 1; SELECT @a + 1 AS a; END")
    try:
        rows_of(postgresql, "CREATE FUNCTION two() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END")

        assert rows_of(mysql, "CALL two()") == [{"a": 2}]
        assert rows_of(postgresql, "SELECT two() AS a") == [{"a": 2}]
    finally:
        rows_of(mysql, "DROP PROCEDURE two")
        rows_of(postgresql, "DROP FUNCTION IF EXISTS two")


def test_a_procedure_with_two_tables_of_rows_is_an_error(instances: InstanceMaker) -> None:
    instance = instances("mysql")
    rows_of(instance, "CREATE TABLE kept (a INTEGER)")
    rows_of(instance, "CREATE PROCEDURE two() BEGIN INSERT INTO kept VALUES (1); SELECT 1 AS a; SELECT 2 AS b; END")
    try:
        tag, _, text = error_of(instance, "CALL two()", timeout_ms=20_000)

        assert tag == "db_call_executing_error"
        assert "one table of rows" in text
        assert rows_of(instance, "SELECT a FROM kept") == []
    finally:
        rows_of(instance, "DROP PROCEDURE two")
        rows_of(instance, "DROP TABLE kept")


def test_a_change_is_counted_with_and_without_a_value(kept: Instance) -> None:
    for texts, values in both(kept, "INSERT INTO kept VALUES (@), (2)"):
        assert made(kept, *texts, values=values)[:2] == ([], 2)

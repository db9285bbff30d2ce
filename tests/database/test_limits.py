"""How long and how large a call may be, on real PostgreSQL and SQLite, and on MariaDB where one is installed."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.database import Instance
from engine.database.pool import pool_of
from tests import mariadb_server
from tests.database.conftest import SERVERS, InstanceMaker, error_of, file_instance, instance_of, rows_of
from tests.muted_proxy import MutedProxy, muted_proxy
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.xdist_group("databases")  # they share two servers

SILENT = ("db_call_timeout", "hardware", "the database has not answered in time")


@pytest.fixture(params=SERVERS)
def behind(request: pytest.FixtureRequest) -> Iterator[tuple[Instance, MutedProxy]]:
    """An instance behind a proxy."""
    server = request.getfixturevalue(request.param)
    with muted_proxy(server.port) as proxy:
        yield instance_of(server, request.param, port=proxy.port), proxy


def text_type(instance: Instance) -> str:
    return "CHAR" if instance.dialect == "mysql" else "TEXT"


# --- How large a row may be --------------------------------------------------------------------------


@pytest.mark.parametrize("size", [30_000, 33_000, 200_000, 1_900_000])
def test_a_large_row_arrives(instance: Instance, size: int) -> None:
    text = "x" * (size - 1) + "y"

    (row,) = rows_of(instance, "SELECT CAST(", f" AS {text_type(instance)}) AS a", values=[text])

    assert row == {"a": text}


def test_many_large_rows_arrive(instance: Instance) -> None:
    one = f" AS {text_type(instance)}) AS a"
    texts = ["x" * 40_000, "y" * 600_000, "z" * 40_000]

    rows = rows_of(instance, "SELECT CAST(", f"{one} UNION ALL SELECT CAST(", f"{one} UNION ALL SELECT CAST(", one,
                   values=texts)  # fmt: skip

    assert [row["a"] for row in rows] == texts


def test_a_large_row_comes_back_from_a_change(instance: Instance) -> None:
    rows_of(
        instance, "CREATE TABLE large (a TEXT)" if instance.dialect != "mysql" else "CREATE TABLE large (a LONGTEXT)"
    )
    try:
        rows = rows_of(instance, "INSERT INTO large VALUES (", ") RETURNING a", values=["x" * 120_000])
    finally:
        rows_of(instance, "DROP TABLE large")

    assert rows == [{"a": "x" * 120_000}]


@pytest.mark.parametrize("dialect", SERVERS)
def test_a_large_row_leaves_the_connection_as_it_was(instances: InstanceMaker, dialect: str) -> None:
    instance = instances(dialect)
    rows_of(instance, "SELECT CAST(", f" AS {text_type(instance)}) AS a", values=["x" * 200_000])
    before = connection_of(instance)

    assert rows_of(instance, "SELECT 1 AS one") == [{"one": 1}]
    assert connection_of(instance) is before


def connection_of(instance: Instance) -> Any:
    """The driver's connection that waits in the pool."""
    connection = pool_of(instance).engine.raw_connection()
    with contextlib.closing(connection):
        return connection.driver_connection


# --- A server that has gone silent -------------------------------------------------------------------


def test_a_server_that_says_nothing_to_a_new_connection(behind: tuple[Instance, MutedProxy]) -> None:
    instance, proxy = behind
    proxy.mute()

    assert error_of(instance, "SELECT 1 AS one") == SILENT


def test_a_server_that_goes_silent_while_it_is_met(behind: tuple[Instance, MutedProxy]) -> None:
    instance, proxy = behind
    proxy.mute(after_bytes=150)

    assert error_of(instance, "SELECT 1 AS one") == SILENT


def test_a_connection_whose_server_has_gone_silent(behind: tuple[Instance, MutedProxy]) -> None:
    instance, proxy = behind
    rows_of(instance, "SELECT 1 AS one")
    proxy.mute()

    assert error_of(instance, "SELECT 1 AS one") == SILENT
    # Its connection is in use by nobody: else all would be busy.
    assert error_of(instance, "SELECT 1 AS one") == SILENT


def test_a_server_that_goes_silent_within_a_row(behind: tuple[Instance, MutedProxy]) -> None:
    instance, proxy = behind
    rows_of(instance, "SELECT 1 AS one")
    proxy.mute(after_bytes=100_000)

    error = error_of(instance, "SELECT CAST(", f" AS {text_type(instance)}) AS a", values=["x" * 1_900_000],
                     timeout_ms=1000)  # fmt: skip

    assert error == SILENT


def test_a_server_that_answers_byte_by_byte(behind: tuple[Instance, MutedProxy]) -> None:
    instance, proxy = behind
    rows_of(instance, "SELECT 1 AS one")
    proxy.slow_down()

    error = error_of(instance, "SELECT CAST(", f" AS {text_type(instance)}) AS a", values=["x" * 100_000],
                     timeout_ms=500)  # fmt: skip

    assert error[0] == "db_call_timeout"


def test_a_change_that_goes_silent_is_not_committed(behind: tuple[Instance, MutedProxy]) -> None:
    instance, proxy = behind
    direct = msgspec.structs.replace(instance, name="direct", port=proxy.target)
    rows_of(direct, "CREATE TABLE kept (a INTEGER)")
    try:
        rows_of(instance, "SELECT 1 AS one")
        proxy.mute()

        assert error_of(instance, "INSERT INTO kept VALUES (1)") == SILENT
        assert rows_of(direct, "SELECT a FROM kept") == []
    finally:
        proxy.close()
        rows_of(direct, "DROP TABLE kept")


def test_the_next_call_after_silence_opens_a_connection(behind: tuple[Instance, MutedProxy]) -> None:
    instance, proxy = behind
    rows_of(instance, "SELECT 1 AS one")
    proxy.mute()
    error_of(instance, "SELECT 1 AS one")
    proxy.speak()

    assert rows_of(instance, "SELECT 1 AS one") == [{"one": 1}]


# --- A statement that takes too long -----------------------------------------------------------------


def test_the_server_ends_a_statement_that_takes_too_long(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy server is late, and still the one that ends it.
    monkeypatch.setattr(sys.modules["engine.database.call"], "GRACE_S", PATIENCE_S)
    endless = {
        "postgresql": "SELECT pg_sleep(300)",
        "mysql": "UPDATE slow SET a = SLEEP(300)",
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS most FROM n",
    }
    if instance.dialect == "mysql":
        rows_of(instance, "CREATE TABLE slow (a INTEGER)")
        rows_of(instance, "INSERT INTO slow VALUES (1)")
    rows_of(instance, "SELECT 1 AS one")
    before = connection_of(instance)

    assert error_of(instance, endless[instance.dialect], timeout_ms=1000)[0] == "db_call_timeout"
    # The connection of a server can be used again, so it was the server that ended the statement.
    assert rows_of(instance, "SELECT 1 AS one") == [{"one": 1}]
    assert instance.dialect == "sqlite" or connection_of(instance) is before
    if instance.dialect == "mysql":
        rows_of(instance, "DROP TABLE slow")


def test_what_the_server_does_not_end_is_left(mysql: mariadb_server.MariaDbServer) -> None:
    """MySQL ends only SELECTs by itself; this statement tells MariaDB to be like it."""
    instance = instance_of(mysql, "mysql")
    endless = "SET STATEMENT max_statement_time = 0 FOR SELECT SLEEP(3) AS a"

    assert error_of(instance, endless) == SILENT
    assert rows_of(instance, "SELECT 1 AS one") == [{"one": 1}]


def test_a_large_answer_is_left_unread(instance: Instance) -> None:
    digits = f"({' UNION ALL '.join(f'SELECT {digit} AS d' for digit in range(10))})"
    endless = "SELECT a.d FROM D a, D b, D c, D d, D e, D f, D g, D h, D i".replace("D ", digits + " ")

    assert error_of(instance, endless, timeout_ms=20_000)[0] == "db_call_rows_overflow_limit"
    assert rows_of(instance, "SELECT 1 AS one") == [{"one": 1}]


# --- What a task brings to SQLite --------------------------------------------------------------------


def test_a_hostile_expression_in_sqlite_ends(tmp_path: Path) -> None:
    instance = file_instance(tmp_path / "data.db")

    assert rows_of(instance, "SELECT 'abc' REGEXP ", " AS a", values=["b+"]) == [{"a": 1}]
    tag, kind, text = error_of(
        instance, "SELECT ", " REGEXP '(a|a)+$' AS a", values=["a" * 60 + "b"], timeout_ms=20_000
    )

    assert (tag, kind) == ("db_call_executing_error", "software")
    assert "REGEXP" in text

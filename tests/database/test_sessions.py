"""What a call changes of its connection is gone before the next call, whose task is another's."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from engine.database import Instance
from engine.database.pool import close_all
from engine.errors import LogicError
from tests.database.conftest import InstanceMaker, error_of, instance_of, rows_of
from tests.mariadb_server import MariaDbServer
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.xdist_group("databases")  # they share two servers

# dialect, what a task does, what the next one asks, and what it is to be told.
LEFT: list[tuple[str, str, str, Any]] = [
    ("postgresql", "SET ROLE other", "SELECT current_user = 'postgres' AS a", True),
    ("postgresql", "SET SESSION AUTHORIZATION other", "SELECT session_user = 'postgres' AS a", True),
    ("postgresql", "SET search_path TO nowhere", "SHOW search_path", '"$user", public'),
    ("postgresql", "SELECT set_config('timezone', 'Asia/Tokyo', false)", "SELECT '2024-01-01Z'::timestamptz::text",
     "2024-01-01 00:00:00+00"),
    ("postgresql", "SET my.own TO 'x'", "SELECT current_setting('my.own', true) IN ('', NULL)", True),
    ("postgresql", "CREATE TEMP TABLE mine AS SELECT 1", "SELECT to_regclass('mine') IS NULL", True),
    ("postgresql", "SELECT pg_advisory_lock(7)", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", 0),
    ("postgresql", "LISTEN here", "SELECT count(*) FROM pg_listening_channels()", 0),
    ("postgresql", "PREPARE one AS SELECT 1", "SELECT count(*) FROM pg_prepared_statements", 0),
    ("postgresql", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "SELECT count(*) FROM pg_cursors WHERE name = 'c'", 0),
    ("postgresql", "SET default_transaction_read_only = on", "SHOW transaction_read_only", "off"),
    ("postgresql", "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
     "SHOW transaction_isolation", "read committed"),
    ("postgresql", "SET client_encoding TO latin1", "SHOW client_encoding", "UTF8"),
    ("postgresql", "SET NAMES 'gbk'", "SELECT '你' AS a", "你"),
    ("postgresql", "SET datestyle TO 'German'", "SELECT '2024-02-29'::date", "2024-02-29"),
    ("mysql", "SET @mine = 1", "SELECT @mine AS a", None),
    ("mysql", "SET sql_mode = 'ANSI_QUOTES'", "SELECT \"a\" AS a", "a"),
    ("mysql", "SET sql_mode = 'NO_BACKSLASH_ESCAPES'", r"SELECT '\n' AS a", "\n"),
    ("mysql", "SELECT GET_LOCK('mine', 0)", "SELECT IS_FREE_LOCK('mine') AS a", 1),
    ("mysql", "CREATE TEMPORARY TABLE mine (a INTEGER)", "SELECT COUNT(*) AS a FROM information_schema.tables "
     "WHERE table_name = 'mine'", 0),
    ("mysql", "SET time_zone = '+09:00'", "SELECT @@time_zone AS a", "SYSTEM"),
    ("mysql", "SET autocommit = 1", "SELECT @@autocommit AS a", 0),
    ("mysql", "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SELECT @@tx_isolation AS a", "REPEATABLE-READ"),
    ("mysql", "SET NAMES gbk", "SELECT '你' AS a", "你"),
    ("mysql", "SET character_set_client = latin1", "SELECT '你' AS a", "你"),
    ("mysql", "SET foreign_key_checks = 0", "SELECT @@foreign_key_checks AS a", 1),
    ("mysql", "USE mysql", "SELECT DATABASE() AS a", "test"),
    ("sqlite", "PRAGMA foreign_keys = 1", "PRAGMA foreign_keys", 0),
    ("sqlite", "PRAGMA query_only = 1", "PRAGMA query_only", 0),
    ("sqlite", "PRAGMA case_sensitive_like = 1", "SELECT 'A' LIKE 'a' AS a", 1),
    ("sqlite", "PRAGMA locking_mode = exclusive", "PRAGMA locking_mode", "normal"),
    ("sqlite", "CREATE TEMP TABLE mine (a)", "SELECT count(*) AS a FROM sqlite_temp_master", 0),
    ("sqlite", "CREATE TABLE kept (a)", "SELECT changes() + last_insert_rowid() AS a", 0),
]  # fmt: skip


@pytest.mark.parametrize("option", ["init_command=set+names+gbk", "sql_mode=NO_BACKSLASH_ESCAPES"])
def test_an_option_of_the_instance_makes_no_value_sql(mysql: MariaDbServer, option: str) -> None:
    place = f"{mysql.user}:{quote(mysql.password, safe='')}@{mysql.host}:{mysql.port}/{mysql.database}"
    instance = instance_of(mysql, "mysql", url=f"mysql://{place}?{option}")

    assert rows_of(instance, "SELECT 1 AS a WHERE 'p' = ", "", values=["你' or 1=1 -- "]) == []
    with contextlib.suppress(LogicError):
        [row] = rows_of(
            instance, "SELECT 'c:\\' AS p, '", "' AS q -- don't", values=[", USER() AS u, VERSION() AS w -- "]
        )
        assert "u" not in row


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # newer Pythons warn where there are threads
@pytest.mark.parametrize("dialect", ["postgresql", "mysql"])
def test_a_fork_opens_connections_of_its_own(instances: InstanceMaker, dialect: str) -> None:
    instance = instances(dialect)
    assert rows_of(instance, "SELECT 1 AS a") == [{"a": 1}]
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            seen = {json.dumps(rows_of(instance, "SELECT 2 AS a")) for _ in range(50)}
        except BaseException as error:  # noqa: BLE001 - the parent is told
            seen = {repr(error)}
        os.write(write, json.dumps(sorted(seen)).encode())
        os._exit(0)
    mine = {json.dumps(rows_of(instance, "SELECT 1 AS a")) for _ in range(50)}
    os.waitpid(child, 0)
    theirs = json.loads(os.read(read, 10_000))
    os.close(read)
    os.close(write)

    assert mine == {'[{"a": 1}]'}
    assert theirs == ['[{"a": 2}]']
    assert rows_of(instance, "SELECT 3 AS a") == [{"a": 3}]


@pytest.mark.parametrize(("dialect", "does", "asks", "expected"), LEFT)
def test_nothing_is_left_for_the_next_task(
    instances: InstanceMaker, postgresql: PostgresServer, dialect: str, does: str, asks: str, expected: Any
) -> None:
    instance = instances(dialect)
    with contextlib.closing(postgresql.connect()) as connection:
        connection.execute("DROP ROLE IF EXISTS other")
        connection.execute("CREATE ROLE other")
    rows_of(instance, does)

    (row,) = rows_of(instance, asks)

    assert [*row.values()] == [expected]


@pytest.mark.parametrize("does", ["SET NAMES gbk", "SET character_set_client = gbk"])
def test_a_value_stays_a_value_whatever_an_earlier_task_has_set(mysql: MariaDbServer, does: str) -> None:
    instance = instance_of(mysql, "mysql")
    rows_of(instance, "CREATE TABLE people (name VARCHAR(99)) CHARACTER SET utf8mb4")
    rows_of(instance, "INSERT INTO people VALUES ('Ada')")
    try:
        rows_of(instance, does)

        assert rows_of(instance, "SELECT name FROM people WHERE name = ", "", values=["你' or 1=1 -- "]) == []
        assert rows_of(instance, "SELECT ", " AS a", values=["你' or 1=1 -- "]) == [{"a": "你' or 1=1 -- "}]
    finally:
        rows_of(instance, "DROP TABLE people")


@pytest.mark.parametrize("does", ["SET search_path TO nowhere", "SET client_encoding TO latin1"])
def test_what_failed_leaves_nothing_either(postgresql: PostgresServer, does: str) -> None:
    instance = instance_of(postgresql, "postgresql")
    block = f"DO $$ BEGIN EXECUTE '{does}'; PERFORM pg_advisory_lock(8); PERFORM 1/0; END $$"

    assert error_of(instance, block, timeout_ms=20_000)[0] == "db_call_executing_error"
    assert rows_of(instance, "SELECT count(*) AS a FROM pg_locks WHERE locktype = 'advisory'") == [{"a": 0}]
    assert rows_of(instance, "SHOW search_path") == [{"search_path": '"$user", public'}]


def test_a_lock_is_free_as_soon_as_the_call_is_made(postgresql: PostgresServer) -> None:
    rows_of(instance_of(postgresql, "postgresql"), "SELECT pg_advisory_lock(9)")

    with contextlib.closing(postgresql.connect()) as connection:
        assert connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)


def test_a_connection_that_cannot_be_made_as_new_is_not_used_again(postgresql: PostgresServer) -> None:
    instance = instance_of(postgresql, "postgresql")
    first = process_of(instance)

    # It commits, and then nothing of the connection is left that could be reset.
    rows_of(instance, "CREATE TABLE IF NOT EXISTS ended AS SELECT pg_backend_pid() AS a")
    with contextlib.closing(postgresql.connect()) as connection:
        connection.execute(f"SELECT pg_terminate_backend({first})")

    assert process_of(instance) != first


def test_the_same_connection_serves_the_next_call(postgresql: PostgresServer, mysql: MariaDbServer) -> None:
    for server, dialect, asks in (
        (postgresql, "postgresql", "SELECT pg_backend_pid() AS a"),
        (mysql, "mysql", "SELECT CONNECTION_ID() AS a"),
    ):
        instance = instance_of(server, dialect)

        assert rows_of(instance, asks) == rows_of(instance, asks)


def process_of(instance: Instance) -> int:
    (row,) = rows_of(instance, "SELECT pg_backend_pid() AS a")
    return int(row["a"])


def test_what_the_operator_has_set_holds_for_every_call(postgresql: PostgresServer, mysql: MariaDbServer) -> None:
    place = "{0.user}:{1}@{0.host}:{0.port}/{0.database}"
    url = "mysql://" + place.format(mysql, "my-p%40ss%2Fword") + "?sql_mode=ANSI_QUOTES&init_command=SET+@own=5"
    maria = Instance("any", "mysql", 10, 1, url=url)
    url = "postgresql://" + place.format(postgresql, "pg-p%40ss%2Fword") + "?options=-c+search_path%3Down"
    postgres = Instance("other", "postgresql", 10, 1, url=url)
    for _ in range(2):
        assert rows_of(maria, "SELECT @own AS own, @@sql_mode AS mode") == [{"own": 5, "mode": "ANSI_QUOTES"}]
        assert rows_of(postgres, "SHOW search_path") == [{"search_path": "own"}]
        rows_of(maria, "SET sql_mode = '', @own = 6")
        rows_of(postgres, "SET search_path TO other")


def test_a_write_ahead_log_is_not_written_back_after_each_call(instances: InstanceMaker) -> None:
    instance = instances("sqlite")
    rows_of(instance, "CREATE TABLE t (a)")
    with contextlib.closing(sqlite3.connect(instance.database)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
    close_all()

    rows_of(instance, "INSERT INTO t VALUES (1)")

    assert Path(instance.database + "-wal").stat().st_size > 0
    close_all()
    assert not Path(instance.database + "-wal").exists()

"""A statement's transaction: how it is isolated, and that there may be none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import get_args

import pymysql  # type: ignore[import-untyped]
import pytest

from engine.database import Instance, Mode
from engine.database.drivers.base import ISOLATIONS
from engine.nodes.database_call import DatabaseCall
from tests.database.conftest import SERVERS, InstanceMaker, error_of, failed, instance_of, made, rows_of
from tests.mariadb_server import MariaDbServer
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.xdist_group("databases")  # they share two servers

NONE = Mode(autocommit=True)


@pytest.fixture
def kept(instance: Instance) -> Iterator[Instance]:
    """An instance with an empty table."""
    rows_of(instance, "CREATE TABLE kept (a INTEGER)")
    yield instance
    rows_of(instance, "DROP TABLE kept")


# --- Isolation ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_transaction_is_isolated_as_the_author_says(
    kept: Instance, postgresql: PostgresServer, isolation: str
) -> None:
    made(kept, "INSERT INTO kept VALUES (1)", mode=Mode(isolation))
    assert rows_of(kept, "SELECT a FROM kept", mode=Mode(isolation)) == [{"a": 1}]

    if kept.dialect == "postgresql":
        assert rows_of(kept, "SHOW transaction_isolation", mode=Mode(isolation)) == [
            {"transaction_isolation": isolation}
        ]
        # And the next one as the database says.
        assert rows_of(kept, "SHOW transaction_isolation") == [{"transaction_isolation": "read committed"}]


def test_what_an_author_can_say_is_what_databases_have() -> None:
    word, _ = get_args(DatabaseCall.model_fields["isolation"].annotation)

    assert get_args(word) == ISOLATIONS


def test_a_serializable_transaction_of_mariadb_waits_for_others(mysql: MariaDbServer) -> None:
    instance = instance_of(mysql, "mysql")
    rows_of(instance, "CREATE TABLE kept (a INTEGER PRIMARY KEY)")
    rows_of(instance, "INSERT INTO kept VALUES (1)")
    place = {"user": mysql.user, "password": mysql.password, "database": mysql.database}
    try:
        with contextlib.closing(pymysql.connect(host=mysql.host, port=mysql.port, **place)) as other:
            other.cursor().execute("SELECT a FROM kept FOR UPDATE")

            assert rows_of(instance, "SELECT a FROM kept") == [{"a": 1}]
            error = failed(instance, "SELECT a FROM kept", timeout_ms=500, mode=Mode("serializable"))
            assert error.kind == "hardware"
            assert rows_of(instance, "SELECT a FROM kept") == [{"a": 1}]
    finally:
        rows_of(instance, "DROP TABLE kept")


# --- No transaction ----------------------------------------------------------------------------------


def test_a_change_without_a_transaction_stays(kept: Instance) -> None:
    assert made(kept, "INSERT INTO kept VALUES (", "), (2)", values=[1], mode=NONE)[:2] == ([], 2)
    assert rows_of(kept, "SELECT a FROM kept ORDER BY a", mode=NONE) == [{"a": 1}, {"a": 2}]

    # The next one is in a transaction again.
    if kept.dialect == "mysql":
        assert rows_of(kept, "SELECT @@autocommit AS a") == [{"a": 0}]
    if kept.dialect == "postgresql":
        assert rows_of(kept, "SELECT now() = statement_timestamp() AS a") == [{"a": False}]
    assert error_of(kept, "INSERT INTO kept VALUES (3); SELECT 1", timeout_ms=20_000)[1] == "software"
    assert len(rows_of(kept, "SELECT a FROM kept")) == 2


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_what_no_transaction_can_do(instances: InstanceMaker, dialect: str) -> None:
    instance = instances(dialect)

    assert failed(instance, "VACUUM").tag == "db_call_executing_error"
    assert made(instance, "VACUUM", mode=NONE).rows == []


COMMITS = {
    "postgresql": "CREATE PROCEDURE many() LANGUAGE plpgsql AS $$ BEGIN "
    "INSERT INTO kept VALUES (1); COMMIT; INSERT INTO kept VALUES (2); PERFORM 1/0; END $$",
    "mysql": "CREATE PROCEDURE many() BEGIN START TRANSACTION; INSERT INTO kept VALUES (1); COMMIT; START TRANSACTION; "
    "INSERT INTO kept VALUES (2); SELECT * FROM nowhere; END",
}


@pytest.mark.parametrize("dialect", SERVERS)
def test_a_procedure_may_commit(instances: InstanceMaker, dialect: str) -> None:
    instance = instances(dialect)
    rows_of(instance, "CREATE TABLE kept (a INTEGER)")
    rows_of(instance, COMMITS[dialect])
    try:
        assert failed(instance, "CALL many()", mode=NONE).tag == "db_call_executing_error"
        assert rows_of(instance, "SELECT a FROM kept") == [{"a": 1}]
    finally:
        rows_of(instance, "DROP PROCEDURE many")
        rows_of(instance, "DROP TABLE kept")


def test_the_server_ends_what_takes_too_long_without_a_transaction_too(postgresql: PostgresServer) -> None:
    instance = instance_of(postgresql, "postgresql")

    assert error_of(instance, "SELECT pg_sleep(300)", mode=NONE)[:2] == ("db_call_timeout", "hardware")
    assert rows_of(instance, "SHOW statement_timeout", mode=NONE) != [{"statement_timeout": "0"}]


def test_whether_a_lost_statement_was_done_is_not_known(postgresql: PostgresServer) -> None:
    instance = instance_of(postgresql, "postgresql")

    error = failed(instance, "SELECT pg_terminate_backend(pg_backend_pid())", mode=NONE)

    assert (error.kind, error.tag) == ("hardware", "db_call_connection_error")
    assert error.description.endswith("it is not known whether the database has committed")


# --- The number of a new row -------------------------------------------------------------------------


def test_the_number_of_a_new_row(mysql: MariaDbServer) -> None:
    instance = instance_of(mysql, "mysql")
    rows_of(instance, "CREATE TABLE numbered (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, a INTEGER)")
    try:
        assert made(instance, "INSERT INTO numbered (a) VALUES (1)").last_insert_id == 1
        assert made(instance, "INSERT INTO numbered (a) VALUES (2), (3)").last_insert_id == 2
        assert made(instance, "UPDATE numbered SET a = 5 WHERE id = 1").last_insert_id == 0
        assert made(instance, "SELECT a FROM numbered").last_insert_id is None
        rows_of(instance, "ALTER TABLE numbered AUTO_INCREMENT = 18446744073709551614")
        large = made(instance, "INSERT INTO numbered (a) VALUES (4)").last_insert_id
        assert large == "18446744073709551614"
    finally:
        rows_of(instance, "DROP TABLE numbered")


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_others_give_it_by_returning(instances: InstanceMaker, dialect: str) -> None:
    instance = instances(dialect)
    rows_of(instance, "CREATE TABLE numbered (id INTEGER PRIMARY KEY, a INTEGER)")
    try:
        answer = made(instance, "INSERT INTO numbered VALUES (7, 1) RETURNING id")
        assert (answer.rows, answer.last_insert_id) == ([{"id": 7}], None)
    finally:
        rows_of(instance, "DROP TABLE numbered")

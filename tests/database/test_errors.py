"""What an error says: its tag, the database's own code, the author's names, and what helps."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from engine.database import Instance, Query, call
from engine.errors import LogicError
from tests.database.conftest import SERVERS, InstanceMaker, failed, instance_of, rows_of
from tests.mariadb_server import MariaDbServer
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.xdist_group("databases")  # they share two servers

CODE = "__conveyor_db_call_return_code__"


def told(error: LogicError) -> tuple[str, str, Any]:
    return error.kind, error.tag.removeprefix("db_call_"), error.parameters[CODE]


# --- What the database calls it ----------------------------------------------------------------------


@pytest.fixture
def tables(instance: Instance) -> Iterator[Instance]:
    rows_of(instance, "CREATE TABLE owners (id INT PRIMARY KEY, name VARCHAR(9) UNIQUE, age INT CHECK (age > 0))")
    rows_of(
        instance, "CREATE TABLE things (a INTEGER NOT NULL, owner INTEGER, FOREIGN KEY (owner) REFERENCES owners (id))"
    )
    rows_of(instance, "INSERT INTO owners VALUES (1, 'Ada', 36)")
    yield instance
    rows_of(instance, "DROP TABLE things")
    rows_of(instance, "DROP TABLE owners")


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("INSERT INTO owners VALUES (1, 'x', 1)", "unique_violation",
     {"postgresql": "23505", "mysql": 1062, "sqlite": 1555}),
    ("INSERT INTO owners VALUES (2, 'Ada', 1)", "unique_violation",
     {"postgresql": "23505", "mysql": 1062, "sqlite": 2067}),
    ("INSERT INTO owners VALUES (2, 'x', 0)", "check_violation", {"postgresql": "23514", "mysql": 4025, "sqlite": 275}),
    ("INSERT INTO things VALUES (NULL, 1)", "not_null_violation",
     {"postgresql": "23502", "mysql": 1048, "sqlite": 1299}),
    ("INSERT INTO things (owner) VALUES (1)", "not_null_violation",
     {"postgresql": "23502", "mysql": 1364, "sqlite": 1299}),
    ("INSERT INTO things VALUES (1, 9)", "foreign_key_violation", {"postgresql": "23503", "mysql": 1452}),
    ("DROP TABLE nowhere", "executing_error", {"postgresql": "42P01", "mysql": 1051, "sqlite": 1}),
    ("SELEC 1", "executing_error", {"postgresql": "42601", "mysql": 1064, "sqlite": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("query", "tag", "codes"), REFUSED)
def test_a_constraint_has_a_tag_and_a_code(tables: Instance, query: str, tag: str, codes: dict[str, Any]) -> None:
    if tables.dialect in codes:
        assert told(failed(tables, query)) == ("software", tag, codes[tables.dialect])


def test_a_row_that_others_name_cannot_go(tables: Instance) -> None:
    rows_of(tables, "INSERT INTO things VALUES (1, 1)")
    if tables.dialect != "sqlite":  # which looks at foreign keys only where a connection says so
        assert failed(tables, "DELETE FROM owners").tag == "db_call_foreign_key_violation"


def test_what_is_not_the_databases_has_no_code(instances: InstanceMaker) -> None:
    with pytest.raises(LogicError) as caught:
        call(instances("sqlite"), Query([""], []), timeout_ms=1000, cap_bytes=1000)

    assert caught.value.parameters == {CODE: ""}


def test_a_code_in_a_condition_of_hardware(instances: InstanceMaker) -> None:
    error = failed(instances("postgresql"), "DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$")

    assert told(error) == ("hardware", "conflict_error", "40001")


# --- The author's names ------------------------------------------------------------------------------

NAMED = [
    ("SELECT pg_typeof(@)", "could not determine data type of parameter {{word}}; say it with a cast, such as "
     "CAST({{word}} AS text)"),
    ("SELECT CASE WHEN @ IS NULL THEN 1 ELSE 2 END AS a", "could not determine data type of parameter {{word}}; say it "
     "with a cast, such as CAST({{word}} AS text)"),
    ("SELECT 1 AS a LIMIT 1 @", 'syntax error at or near "{{word}}": no value can stand there'),
    ("SET search_path TO @", 'syntax error at or near "{{word}}": no value can stand there'),
]  # fmt: skip


@pytest.mark.parametrize(("query", "text"), NAMED)
def test_an_error_of_postgresql_names_the_authors_parameter(postgresql: PostgresServer, query: str, text: str) -> None:
    instance = instance_of(postgresql, "postgresql")

    assert failed_with_names(instance, query, ["w"]) == text


def test_the_second_of_two_is_named(postgresql: PostgresServer) -> None:
    instance = instance_of(postgresql, "postgresql")

    assert "parameter {{second}};" in failed_with_names(instance, "SELECT @::int, pg_typeof(@)", [1, "w"])
    with pytest.raises(LogicError, match=r"data type of parameter :a; say it with a cast, such as CAST\(:a AS text\)"):
        call(instance, Query(["SELECT pg_typeof(:a)"], [], {"a": "x"}), timeout_ms=9000, cap_bytes=1000)


def test_a_dollar_in_a_value_stays(postgresql: PostgresServer) -> None:
    text = failed_with_names(instance_of(postgresql, "postgresql"), "SELECT @::int AS a", ["$1 near"])

    assert text == 'invalid input syntax for type integer: "$1 near"'


def test_a_number_of_the_authors_own_has_a_cure(postgresql: PostgresServer) -> None:
    text = failed(instance_of(postgresql, "postgresql"), "SELECT $1::int AS a").description

    assert text.endswith(": a query has no $1 of its own; write {{name}} there, or :name for one of params")


def test_an_error_of_sqlite_names_the_authors_parameter(instances: InstanceMaker) -> None:
    text = failed_with_names(instances("sqlite"), "CREATE TABLE t (a @)", ["x"])

    assert text == "near {{word}}: syntax error: no value can stand there"


def failed_with_names(instance: Instance, query: str, values: list[Any]) -> str:
    names = [f"{{{{{name}}}}}" for name in (["word"] if len(values) == 1 else ["first", "second"])]
    with pytest.raises(LogicError) as caught:
        call(instance, Query(query.split("@"), values, {}, names), timeout_ms=9000, cap_bytes=1000)
    return caught.value.description


# --- Instances that cannot be used -------------------------------------------------------------------


def url_instance(server: Any, dialect: str, options: str) -> Instance:
    place = f"{server.user}:{quote(server.password, safe='')}@{server.host}:{server.port}/{server.database}"
    return Instance("shop", dialect, 10, 1, url=f"{dialect}://{place}?{options}")


WRONG = [
    ("postgresql", "sslmod=require", 'its URL has the option "sslmod", which cannot be set; did you mean "sslmode"?'),
    ("postgresql", "connect_timeout=5", 'the option "connect_timeout", which cannot be set'),
    ("postgresql", "autocommit=true", 'the option "autocommit", which cannot be set'),
    ("postgresql", "row_factory=x", 'the option "row_factory", which cannot be set'),
    ("postgresql", "sslmode=always", "sslmode"),
    ("postgresql", "sslmode=require", "does not support SSL"),
    ("postgresql", "options=-c+nonsense%3D1", "nonsense"),
    ("mysql", "ssl_cq=x", 'the option "ssl_cq", which cannot be set; did you mean "ssl_ca"?'),
    ("mysql", "connect_timeout=5", 'the option "connect_timeout", which cannot be set'),
    ("mysql", "local_infile=1", 'the option "local_infile", which cannot be set'),
    ("mysql", "cursorclass=x", 'the option "cursorclass", which cannot be set'),
    ("mysql", "charset=gbk", "its charset is UTF-8 always"),
    ("mysql", "ssl_ca=/nowhere", "No such file"),
    ("mysql", "ssl_check_hostname=maybe", "maybe"),
    ("mysql", "ssl_disabled=maybe", "maybe"),
    ("mysql", "collation=nonsense", "nonsense"),
    ("mysql", "init_command=SELEC+1", "SELEC"),
    ("mysql", "sql_mode=NONSENSE", "NONSENSE"),
    ("sqlite", "mode=ro", "a URL of SQLite has no options"),
]


@pytest.mark.parametrize(("dialect", "options", "text"), WRONG)
def test_a_wrong_option_of_a_url(request: pytest.FixtureRequest, dialect: str, options: str, text: str) -> None:
    if dialect == "sqlite":
        instance = Instance("shop", "sqlite", 10, 1, url=f"sqlite:////tmp/never.db?{options}")
    else:
        instance = url_instance(request.getfixturevalue(dialect), dialect, options)

    error = failed(instance, "SELECT 1 AS one")

    assert (error.kind, error.tag) == ("software", "db_call_wrong_instance")
    assert 'database instance "shop": ' in error.description
    assert text in error.description
    assert "p@ss" not in error.description


@pytest.mark.parametrize(
    ("dialect", "options"),
    [
        ("postgresql", "sslmode=prefer&application_name=conv&keepalives_idle=5"),
        ("mysql", "charset=utf8&program_name=conv&ssl_disabled=true"),
        ("mysql", "charset=utf8mb4&collation=utf8mb4_bin"),
    ],
)
def test_a_right_option_of_a_url(request: pytest.FixtureRequest, dialect: str, options: str) -> None:
    instance = url_instance(request.getfixturevalue(dialect), dialect, options)

    assert rows_of(instance, "SELECT '😀' AS a") == [{"a": "😀"}]


@pytest.mark.parametrize("change", [{"password": "wrong"}, {"user": "nobody"}, {"database": "nowhere"}])
@pytest.mark.parametrize("dialect", SERVERS)
def test_who_is_not_let_in_is_not_let_in_by_waiting(
    request: pytest.FixtureRequest, dialect: str, change: dict[str, Any]
) -> None:
    error = failed(instance_of(request.getfixturevalue(dialect), dialect, **change), "SELECT 1 AS one")

    assert (error.kind, error.tag) == ("software", "db_call_wrong_instance")
    assert 'database instance "any": ' in error.description
    assert "wrong" not in error.description


def test_a_right_that_is_missing_is_software(postgresql: PostgresServer, mysql: MariaDbServer) -> None:
    for server, dialect, role, gone, asks in (
        (postgresql, "postgresql", "CREATE ROLE guest LOGIN PASSWORD 'guest'", "DROP ROLE guest",
         {"SELECT * FROM pg_authid": "42501", "SET SESSION AUTHORIZATION postgres": "42501"}),
        (mysql, "mysql", "CREATE USER guest IDENTIFIED BY 'guest'", "DROP USER guest",
         {"USE mysql": 1044, "CREATE DATABASE other": 1044, "SELECT * FROM mysql.user": 1142}),
    ):  # fmt: skip
        rows_of(instance_of(server, dialect), role)
        database = "postgres" if dialect == "postgresql" else ""
        guest = instance_of(server, dialect, user="guest", password="guest", database=database)
        try:
            for query, code in asks.items():
                assert told(failed(guest, query)) == ("software", "executing_error", code)
        finally:
            rows_of(instance_of(server, dialect), gone)


def test_a_folder_is_no_file_of_sqlite(instances: InstanceMaker, tmp_path: Any) -> None:
    (tmp_path / "data.db").mkdir()

    assert failed(instances("sqlite"), "SELECT 1 AS one").kind == "software"


# --- What the terminal shows -------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", SERVERS)
def test_a_lost_connection_is_told_to_the_task_alone(
    request: pytest.FixtureRequest, dialect: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.WARNING)
    instance = instance_of(request.getfixturevalue(dialect), dialect)
    me = {"postgresql": "pg_terminate_backend(pg_backend_pid())", "mysql": "CONNECTION_ID() AS a"}[dialect]
    rows = rows_of(instance, "SELECT 1 AS one")
    if dialect == "mysql":
        (row,) = rows_of(instance, f"SELECT {me}")
        error = failed(instance, f"KILL {row['a']}")
    else:
        error = failed(instance, f"SELECT {me}")

    assert (error.kind, error.tag) == ("hardware", "db_call_connection_error")
    assert rows_of(instance, "SELECT 1 AS one") == rows
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_a_warning_of_the_server_is_not_shown(
    postgresql: PostgresServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    with contextlib.suppress(LogicError):
        rows_of(instance_of(postgresql, "postgresql"), "DO $$ BEGIN RAISE WARNING 'hidden-1'; END $$")

    assert "hidden-1" not in caplog.text
    assert capfd.readouterr() == ("", "")


# --- Secrets -----------------------------------------------------------------------------------------


def test_a_column_named_by_a_secret_value_is_refused_before_anything_is_written(instances: InstanceMaker) -> None:
    instance = instances("mysql")
    rows_of(instance, "CREATE TABLE secrets (a VARCHAR(40))")
    query = Query(["INSERT INTO secrets VALUES ('x') RETURNING MD5(", ")"], ["hunter2"], is_secret=True)
    try:
        with pytest.raises(LogicError, match="SELECT … AS name") as caught:
            call(instance, query, timeout_ms=9000, cap_bytes=1000)
        assert "hunter2" not in str(caught.value)
        assert rows_of(instance, "SELECT COUNT(*) AS a FROM secrets") == [{"a": 0}]

        named = Query(["SELECT MD5(", ") AS m"], ["hunter2"], is_secret=True)
        assert call(instance, named, timeout_ms=9000, cap_bytes=1000).rows[0].keys() == {"m"}
    finally:
        rows_of(instance, "DROP TABLE secrets")

"""database_call in a running process, against a real PostgreSQL and files of SQLite. Source: reference 3.13.

There is no wheel with a MySQL server: what is sent to one is tested by its text, and on a MariaDB where one is
installed, in tests/database.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
import os
import re
import signal
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.app import Engine
from engine.config import Settings
from engine.database import Instance, Query, call
from engine.database.pool import close_all
from engine.load import read_tree
from engine.store import calls
from engine.store.call import Partition
from engine.template import text_of
from engine.views import TaskView
from tests.held import texts_held
from tests.postgres_server import PASSWORD, PostgresServer, running_postgres
from tests.running.conftest import Lab
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.xdist_group("postgres")  # they share a server

PREFIX = "__conveyor_db_call_return_"

# What is checked when a transaction is committed: a late note is refused, a slow one takes its time.
LATE = """
    CREATE FUNCTION checked() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.text = 'late' THEN RAISE EXCEPTION 'too late'; END IF;
        IF NEW.text = 'slow' THEN PERFORM pg_sleep(300); END IF;
        RETURN NEW;
    END $$;
    CREATE CONSTRAINT TRIGGER late AFTER INSERT ON notes
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION checked();
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """A server with two users and an empty table of notes."""
    with running_postgres() as server:
        with server.connect() as connection:
            connection.execute("CREATE TABLE users (id int PRIMARY KEY, name text, born date)")
            connection.execute("INSERT INTO users VALUES (1, 'Ada', '1815-12-10'), (2, 'O''Hara', NULL)")
            connection.execute("CREATE TABLE notes (id serial, text text UNIQUE)")
            connection.execute(LATE)
        yield server


@pytest.fixture(autouse=True)
def _no_connection_stays() -> Iterator[None]:
    yield
    close_all()


class Databases:
    """A lab whose instances are `main`, a PostgreSQL, and `file`, a SQLite."""

    def __init__(self, lab: Lab, postgres: PostgresServer) -> None:
        self.lab, self.postgres = lab, postgres
        self.file = lab.folder / "data.db"
        self.instances: dict[str, Any] = {
            "main": {
                "id": 227,
                "driver": "postgresql",
                "host": postgres.host,
                "port": postgres.port,
                "database": postgres.database,
                "user": postgres.user,
                "password": "{{env_var[@pg_password]}}",
            },
            "file": {"url": f"sqlite:///{self.file}"},
        }
        (lab.folder / "variables.yaml").write_text("pg_password: {secret: true}\n")

    def deploy(self, query: str, **more: Any) -> None:
        """A process of one call; `missing` and `params` are the process's."""
        (self.lab.folder / "instances.yaml").write_text(json.dumps(self.instances))
        call = {"instance": "main", "query": query, **{k: v for k, v in more.items() if k != "declared"}}
        self.lab.deploy(f"""
process: Query
id: 70
params: {json.dumps(more.get("declared", {}))}
nodes:
  start: {{go: call}}
  call: {{database_call: {json.dumps(call)}, error: failed, go: done}}
  done: {{end: success}}
  failed: {{end: error}}
""")

    def ran(self, query: str, data: dict[str, Any] | None = None, **more: Any) -> TaskView:
        self.deploy(query, **more)
        return self.lab.submit(70, data or {})

    def rows(self, query: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        view = self.ran(query, data, **more)
        assert view.node == "done", view.data
        return view.data["rows"]

    def error(self, query: str, data: dict[str, Any] | None = None, **more: Any) -> tuple[str, str, str]:
        return error_of(self.ran(query, data, **more))

    def asked(self, query: str) -> list[Any]:
        """What the server says, asked by the test itself."""
        with self.postgres.connect() as connection:
            return connection.execute(query.encode()).fetchall()


def error_of(view: TaskView) -> tuple[str, str, str]:
    assert view.node == "failed", view.data
    kind, tag, text = (view.data[PREFIX + part + "__"] for part in ("type_error", "type_tag", "description"))
    return kind, tag, text


@pytest.fixture
def databases(lab: Lab, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Databases:
    monkeypatch.setenv("CONV_VAR_PG_PASSWORD", PASSWORD)
    return Databases(lab, postgres)


# --- What comes back --------------------------------------------------------------------------------


def test_rows_come_back_as_objects_with_their_number(databases: Databases) -> None:
    view = databases.ran("SELECT id, name, born FROM users WHERE id = {{user}} OR name = '{{name}}' ORDER BY id",
                         {"user": 1, "name": "O'Hara"})  # fmt: skip

    assert view.node == "done", view.data
    assert view.data["rows"] == [
        {"id": 1, "name": "Ada", "born": "1815-12-10"},
        {"id": 2, "name": "O'Hara", "born": None},
    ]
    assert view.data["rows_count"] == 2


def test_no_rows_are_an_empty_list(databases: Databases) -> None:
    view = databases.ran("SELECT id FROM users WHERE id = {{user}}", {"user": 9}, result="found")

    assert (view.data["found"], view.data["found_count"]) == ([], 0)


def test_a_change_is_committed_and_counted(databases: Databases) -> None:
    view = databases.ran("INSERT INTO notes (text) VALUES ({{a}}), (:b)", {"a": "x", "n": 5}, params={"b": "<<n>>"},
                         params_types={"b": "string"})  # fmt: skip

    assert (view.data["rows"], view.data["rows_count"]) == ([], 2)
    assert databases.asked("SELECT text FROM notes WHERE text IN ('x', '5') ORDER BY id") == [("x",), ("5",)]


def test_a_change_may_return_rows(databases: Databases) -> None:
    assert databases.rows("INSERT INTO notes (text) VALUES ({{root.ref}}) RETURNING text <> '' AS kept") == [
        {"kept": True}
    ]


def test_values_come_back_as_json(databases: Databases) -> None:
    columns = {
        "12.30::numeric": 12.3,
        "0.1000000000000000000000001::numeric": "0.1000000000000000000000001",
        "7::numeric(10,2)": 7,
        "'NaN'::float8": "nan",
        "9007199254740993::int8": 9007199254740993,
        "'2024-02-29 10:00:00.5'::timestamp": "2024-02-29T10:00:00.500000",
        "'2024-02-29 10:00+02'::timestamptz AT TIME ZONE 'UTC'": "2024-02-29T08:00:00",
        "interval '1 day 90 min'": "1 day 01:30:00",
        "'\\xff00'::bytea": "/wA=",
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "'{\"a\": [1, null]}'::jsonb": {"a": [1, None]},
        "ARRAY[1, NULL]": [1, None],
        "'10.0.0.1'::inet": "10.0.0.1",
        "true": True,
        "NULL": None,
        "'100%'": "100%",
        "'{{\"{{\"}}'": "{{",
    }
    query = "SELECT " + ", ".join(f"{written} AS c{index}" for index, written in enumerate(columns))

    (row,) = databases.rows(query)

    assert list(row.values()) == list(columns.values())


def test_half_a_character_in_json_becomes_a_replacement(databases: Databases) -> None:
    (row,) = databases.rows(r"""SELECT '{"a\ud83d": ["x\udc00", "\ud83d\ude00"]}'::json AS found""")

    assert row == {"found": {"a\ufffd": ["x\ufffd", "😀"]}}


def test_a_number_that_json_cannot_hold_is_a_text(databases: Databases) -> None:
    (row,) = databases.rows(
        "SELECT '[1e400, -1e999]'::json AS found, 'Infinity'::float8 AS inf, 1e400::numeric AS large"
    )

    assert row == {"found": ["1e400", "-1e999"], "inf": "inf", "large": "1" + "0" * 400}


@pytest.mark.parametrize("depth", [97, 98, 600, 50_000])
def test_an_answer_may_lie_as_deep_as_a_task_and_else_changes_nothing(databases: Databases, depth: int) -> None:
    text = "[" * depth + "]" * depth
    query = "INSERT INTO notes (text) VALUES ({{note}}) RETURNING {{deep}}::json AS deep"

    view = databases.ran(query, {"note": f"deep {depth}", "deep": text})

    # The data, the list of rows, and a row lie around it.
    if depth == 97:
        assert view.node == "done"
    else:
        assert error_of(view)[0] == "software"
        assert error_of(view)[1] in ("db_call_depth_overflow_limit", "db_call_bind_error", "db_call_executing_error")
        assert (f"deep {depth}",) not in databases.asked("SELECT text FROM notes")


def test_a_template_is_a_value_wherever_it_stands(databases: Databases) -> None:
    query = """
        SELECT {{text}} AS plain, '{{text}}' AS quoted, 'a {{text}} ''b'' {{n}}' AS inside, -- {{text}}
               {{n}} + 1 AS sum, {{list}}::jsonb AS list, $.math({{n}} * 2) AS twice, {{none}}::text AS none,
               ':no' AS colon, {{yes}} AS yes
        /* {{text}} */
    """

    (row,) = databases.rows(query, {"text": "'; DROP TABLE users; --", "n": 3, "list": [1], "none": None, "yes": True})

    evil = "'; DROP TABLE users; --"
    assert row == {
        "plain": evil, "quoted": evil, "inside": f"a {evil} 'b' 3", "sum": 4, "list": [1], "twice": 6, "none": None,
        "colon": ":no", "yes": True,
    }  # fmt: skip
    assert databases.asked("SELECT count(*) FROM users") == [(2,)]


@pytest.mark.parametrize("instance", ["main", "227", 227, "{{where}}"])
def test_an_instance_is_named_or_numbered_or_comes_with_the_task(databases: Databases, instance: Any) -> None:
    assert databases.rows("SELECT 1 AS one", {"where": "main"}, instance=instance) == [{"one": 1}]


def test_a_url_with_its_password_escaped(databases: Databases) -> None:
    server = databases.postgres
    databases.instances["main"] = {
        "url": f"postgresql://{server.user}:{{{{env_var[@pg_password]}}}}@{server.host}:{server.port}/{server.database}"
    }

    assert databases.rows("SELECT 1 AS one") == [{"one": 1}]


def test_a_changed_instance_is_used_after_a_deploy(databases: Databases) -> None:
    databases.rows("SELECT 1 AS one")
    databases.instances["main"] = databases.instances["file"]

    assert databases.rows("SELECT sqlite_version() IS NOT NULL AS lite") == [{"lite": 1}]


def test_a_backup_has_the_instances_too(databases: Databases, tmp_path: Path) -> None:
    databases.rows("SELECT 1 AS one")
    of_the_lab = databases.lab.engine.settings
    databases.lab.engine.backup(tmp_path / "b")

    with Engine.open(dataclasses.replace(of_the_lab, namespace=of_the_lab.namespace + "b")) as other:
        other.restore(tmp_path / "b")
        task = other.submit(70, {}, ref="again")
        assert other.run_until_idle()

        assert other.task(70, task.task_id).data["rows"] == [{"one": 1}]
        assert other.audit().findings == []
        assert PASSWORD.encode() not in gzip.decompress((tmp_path / "b").read_bytes())


def test_the_room_in_the_task_is_what_the_answer_leaves(databases: Databases) -> None:
    size = databases.lab.engine.settings.task_size_bytes
    numbers = {"rows_count": sys.maxsize, "rows_last_insert_id": str(2**64)}
    around = len(json.dumps({"rows": [{"x": ""}], **numbers}, separators=(",", ":"))) + 1

    assert databases.error("INSERT INTO notes (text) VALUES ('too large') RETURNING repeat('x', {{n}}) AS x",
                           {"n": size})[1] == "db_call_size_overflow_limit"  # fmt: skip
    assert databases.asked("SELECT 1 FROM notes WHERE text = 'too large'") == []
    view = databases.ran(f"SELECT repeat('x', {size - around}) AS x")
    assert view.node == "done"


def test_rows_may_be_locked_while_they_are_read(databases: Databases) -> None:
    assert databases.rows("SELECT id FROM users WHERE id = 1 FOR UPDATE") == [{"id": 1}]


def test_a_statement_in_no_transaction(databases: Databases) -> None:
    assert databases.ran("VACUUM users", autocommit=True).node == "done"
    assert databases.error("VACUUM users")[1] == "db_call_executing_error"


def test_a_transaction_as_the_author_wants_it(databases: Databases) -> None:
    assert databases.rows("SHOW transaction_isolation", isolation="serializable") == [
        {"transaction_isolation": "serializable"}
    ]


# --- SQLite -----------------------------------------------------------------------------------------


def test_a_file_of_sqlite(databases: Databases) -> None:
    databases.rows("CREATE TABLE t (a, b)", instance="file")
    view = databases.ran("INSERT INTO t VALUES ({{a}}, '{{b}}')", {"a": 1.5, "b": {"x": "'"}}, instance="file")
    assert view.data["rows_count"] == 1

    assert databases.rows("SELECT a, b, x'00ff' AS c FROM t", instance="file") == [
        {"a": 1.5, "b": '{"x":"\'"}', "c": "AP8="}
    ]
    with sqlite3.connect(databases.file) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)
    connection.close()


@pytest.mark.parametrize("query", ["ATTACH DATABASE {{path}} AS other", "VACUUM INTO {{path}}"])
def test_no_task_names_a_file_of_sqlite(databases: Databases, query: str) -> None:
    other = databases.lab.folder / "other.sqlite"

    kind, tag, _ = databases.error(query, {"path": str(other)}, instance="file")

    assert (kind, tag) == ("software", "db_call_executing_error")
    assert not other.exists()


def test_a_locked_file_is_a_conflict(databases: Databases) -> None:
    databases.rows("CREATE TABLE t (a)", instance="file")
    connection = sqlite3.connect(databases.file, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")

    error = databases.error("INSERT INTO t VALUES (1)", instance="file", timeout="100ms")
    connection.close()

    assert error[:2] == ("hardware", "db_call_conflict_error")


def test_a_query_of_sqlite_that_does_not_end_is_ended(databases: Databases) -> None:
    query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS most FROM n"

    assert databases.error(query, instance="file", timeout="100ms") == (
        "hardware", "db_call_timeout", "the statement took too long"
    )  # fmt: skip


def test_no_call_takes_longer_than_the_setting(settings: Settings, postgres: PostgresServer, tmp_path: Path) -> None:
    query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS most FROM n"
    with Engine.open(dataclasses.replace(settings, api_timeout_ms=100)) as engine:
        databases = Databases(Lab(engine, tmp_path), postgres)

        assert databases.error(query, instance="file", timeout="1h")[:2] == ("hardware", "db_call_timeout")


# --- What fails -------------------------------------------------------------------------------------

REFUSED = [
    ("SELEC 1", "db_call_executing_error", "syntax error"),
    ("SELECT * FROM nowhere", "db_call_executing_error", 'relation "nowhere" does not exist'),
    ("INSERT INTO users VALUES (1, 'again')", "db_call_unique_violation", "duplicate key"),
    ("SELECT 1 AS a, 2 AS a", "db_call_executing_error", 'two columns are called "a"'),
    ("SELECT $1 AS a", "db_call_executing_error", "bind message"),
    ("UPDATE users SET name = $2 WHERE id = 1", "db_call_executing_error", "could not determine data type"),
    ("SELECT {{text}}::int AS a", "db_call_executing_error", "invalid input syntax for type integer"),
    ("INSERT INTO notes (text) VALUES ('late')", "db_call_executing_error", "too late"),
    ("SELECT '{{nul}}' AS a", "db_call_executing_error", "NUL"),
    ("SELECT generate_series(1, 1001) AS n", "db_call_rows_overflow_limit", "more than 1000 rows"),
    ("SELECT repeat('x', 130000) AS x", "db_call_size_overflow_limit", "room for"),
]


@pytest.mark.parametrize(("query", "tag", "text"), REFUSED)
def test_what_cannot_be_done_is_software(databases: Databases, query: str, tag: str, text: str) -> None:
    error = databases.error(query, {"text": "abc", "nul": "a\0"})

    assert error[:2] == ("software", tag)
    assert text in error[2]


def test_the_code_of_the_database_comes_with_the_failure(databases: Databases) -> None:
    query = "INSERT INTO users VALUES ({{id}}, 'again')"

    view = databases.ran(query, {"id": 1})

    assert error_of(view)[:2] == ("software", "db_call_unique_violation")
    assert view.data[PREFIX + "code__"] == "23505"


def test_no_code_stays_of_an_earlier_failure(databases: Databases) -> None:
    databases.deploy("INSERT INTO users VALUES ({{id}}, {{name}})")
    before = databases.lab.submit(70, {"id": 1, "name": "again"}).data

    view = databases.lab.submit(70, {**before, "id": 5, "name": "\0"})

    assert error_of(view)[1] == "db_call_executing_error"
    assert (before[PREFIX + "code__"], view.data[PREFIX + "code__"]) == ("23505", "")


def test_an_error_names_the_parameter(databases: Databases) -> None:
    _, _, text = databases.error("SELECT pg_typeof({{who}}) AS a, :b AS b", {"who": "x"}, params={"b": 1})

    assert "parameter {{who}}; say it with a cast, such as CAST({{who}} AS text)" in text


def test_a_wrong_cast_takes_the_error_route(databases: Databases) -> None:
    error = databases.error("SELECT :n AS n", {"n": "many"}, params={"n": "{{n}}"}, params_types={"n": "number"})

    assert error == ("software", "db_call_wrong_convert_param", "Value: many, Try convert to: number")


def test_an_instance_that_only_the_task_knew(databases: Databases) -> None:
    assert databases.error("SELECT 1 AS one", {"where": "mian"}, instance="{{where}}") == (
        "software", "db_call_unknown_instance", 'no database instance "mian" is deployed; did you mean "main"?'
    )  # fmt: skip


def test_an_instance_whose_variable_has_no_value(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONV_VAR_PG_PASSWORD")

    kind, tag, text = databases.error("SELECT 1 AS one")

    assert (kind, tag) == ("software", "db_call_wrong_instance")
    assert "CONV_VAR_PG_PASSWORD" in text


@pytest.mark.parametrize(
    "variable", ["oracle://host/db", "sqlite://", "sqlite:///:memory:", "postgresql://host:port/db", "no url"]
)
def test_a_place_that_cannot_be_read(databases: Databases, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv("CONV_VAR_PG_PASSWORD", variable)
    databases.instances["main"] = {"url": "{{env_var[@pg_password]}}"}

    kind, tag, text = databases.error("SELECT 1 AS one")

    assert (kind, tag) == ("software", "db_call_wrong_instance")
    assert variable not in text


def test_a_value_too_large_for_the_database(databases: Databases) -> None:
    assert databases.error("SELECT {{n}} AS n", {"n": 2**64 - 1}, instance="file")[1] == "db_call_bind_error"


def test_after_an_error_nothing_is_committed(databases: Databases) -> None:
    query = "INSERT INTO notes (text) SELECT 'many' || n FROM generate_series(1, 1001) AS n RETURNING text"

    assert databases.error(query)[1] == "db_call_rows_overflow_limit"
    assert databases.asked("SELECT count(*) FROM notes WHERE text LIKE 'many%'") == [(0,)]


def test_a_large_answer_is_not_read_to_its_end(databases: Databases) -> None:
    query = "SELECT repeat('x', 1000) AS x, generate_series(1, 100000000) AS n"
    databases.instances["main"]["rows"] = 100_000

    assert databases.error(query, timeout="10s")[1] == "db_call_size_overflow_limit"


# --- What may pass by itself ------------------------------------------------------------------------


def test_nobody_listens(databases: Databases) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        databases.instances["main"]["port"] = taken.getsockname()[1]
        kind, tag, text = databases.error("SELECT 1 AS one")

    assert (kind, tag) == ("hardware", "db_call_connection_error")
    assert "refused" in text


def test_a_host_that_says_nothing(databases: Databases) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        databases.instances["main"]["port"] = silent.getsockname()[1]
        kind, tag, _ = databases.error("SELECT 1 AS one", timeout="200ms")

    assert (kind, tag) == ("hardware", "db_call_timeout")


def test_a_wrong_password_is_not_shown(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONV_VAR_PG_PASSWORD", "not-this-one")

    kind, tag, text = databases.error("SELECT 1 AS one")

    assert (kind, tag) == ("software", "db_call_wrong_instance")
    assert "not-this-one" not in text


def test_a_statement_that_takes_too_long_is_ended_by_the_server(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy server is late, and still the one that ends it.
    monkeypatch.setattr(sys.modules["engine.database.call"], "GRACE_S", PATIENCE_S)
    databases.rows("SELECT 1 AS one")  # the connection is there

    assert databases.error("SELECT pg_sleep(600)", timeout="1s") == (
        "hardware", "db_call_timeout", "canceling statement due to statement timeout"
    )  # fmt: skip
    assert (
        databases.asked("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'  AND state = 'active'")
        == []
    )


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03"])
def test_a_conflict_may_pass_by_itself(databases: Databases, state: str) -> None:
    error = databases.error(f"DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '{state}'; END $$")

    assert error == ("hardware", "db_call_conflict_error", "again")


def test_a_lock_that_is_not_to_be_had(databases: Databases) -> None:
    with databases.postgres.connect() as connection, connection.transaction():
        connection.execute("SELECT 1 FROM users WHERE id = 1 FOR UPDATE")

        error = databases.error("SELECT 1 AS one FROM users WHERE id = 1 FOR UPDATE NOWAIT")

    assert error[:2] == ("hardware", "db_call_conflict_error")


def backends(databases: Databases, query: str) -> list[int]:
    """The server's processes that do this just now."""
    with databases.postgres.connect() as connection:
        found = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE query LIKE %s AND state = 'active' AND pid <> pg_backend_pid()",
            [query + "%"],
        )
        return [row[0] for row in found]


SLEEP = "SELECT pg_sleep(300)"


def while_it_works(
    databases: Databases, do: Callable[[int], Any], timeout: str, query: str = SLEEP, shown: str = SLEEP
) -> tuple[str, str, str]:
    """What becomes of a call whose server process meets with something; `shown` is what that does meanwhile."""
    databases.deploy(query, timeout=timeout)
    done: list[TaskView] = []
    thread = threading.Thread(target=lambda: done.append(databases.lab.submit(70)))
    thread.start()
    (pid,) = eventually(lambda: backends(databases, shown))
    do(pid)
    thread.join(PATIENCE_S)
    return error_of(done[0])


def test_a_connection_that_is_lost(databases: Databases) -> None:
    error = while_it_works(databases, lambda pid: databases.asked(f"SELECT pg_terminate_backend({pid})"), "20s")

    assert error == ("hardware", "db_call_connection_error", "terminating connection due to administrator command")


def test_a_connection_that_is_lost_at_the_end(databases: Databases) -> None:
    kill: Callable[[int], Any] = lambda pid: databases.asked(f"SELECT pg_terminate_backend({pid})")  # noqa: E731

    kind, tag, text = while_it_works(databases, kill, "20s", "INSERT INTO notes (text) VALUES ('slow')", "COMMIT")

    assert (kind, tag) == ("hardware", "db_call_connection_error")
    assert text.endswith("; it is not known whether the database has committed")


def test_a_server_that_does_not_answer_any_more(databases: Databases) -> None:
    stopped: list[int] = []

    def stop(pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        stopped.append(pid)

    try:
        error = while_it_works(databases, stop, "300ms")
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)

    assert error == ("hardware", "db_call_timeout", "the database has not answered in time")


def test_connections_that_died_in_the_pool_are_replaced(databases: Databases) -> None:
    databases.rows("SELECT 1 AS one")
    killed = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> "
    databases.asked(killed + "pg_backend_pid()")

    assert databases.rows("SELECT 1 AS one") == [{"one": 1}]


def test_a_connection_is_used_again(databases: Databases) -> None:
    first = databases.rows("SELECT pg_backend_pid() AS pid")

    assert databases.rows("SELECT pg_backend_pid() AS pid") == first


def test_a_pool_has_no_more_connections_than_it_says(databases: Databases) -> None:
    databases.instances["main"]["pool"] = 2
    databases.deploy("SELECT pg_sleep(0.01), pg_backend_pid() AS pid", max_threads=20)

    databases.lab.engine.submit_many(70, [(f"t{n}", {}) for n in range(20)])
    databases.lab.run()

    views = [databases.lab.engine.task(70, f"t{n}") for n in range(20)]
    assert {view.node for view in views} == {"done"}
    assert len({view.data["rows"][0]["pid"] for view in views}) <= 2


def test_without_the_extra_it_is_said_what_to_install(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)

    kind, tag, text = databases.error("SELECT 1 AS one")

    assert (kind, tag) == ("software", "db_call_wrong_instance")
    assert "pip install 'conv-engine[databases]'" in text
    (problem,) = read_tree([databases.lab.folder]).problems
    assert (problem.severity, "pip install" in problem.message) == ("warning", True)


# --- Values -----------------------------------------------------------------------------------------

# What JSON holds and PostgreSQL's jsonb too: no NUL.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
signs = st.sampled_from(["'", "\\'", "%s", "?", ":a", "--"])
values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | texts
    | st.sampled_from(["'", "\\'", "%s", "?", ":a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_whatever_a_value_is_it_comes_back_and_nothing_else_happens(
    postgres: PostgresServer, tmp_path: Path, dialect: str
) -> None:
    parts = {"host": postgres.host, "port": postgres.port, "user": postgres.user, "password": PASSWORD}
    place = {"database": postgres.database, **parts} if dialect == "postgresql" else {"database": str(tmp_path / "x")}
    instance = Instance("any", dialect, 10, 1, **place)
    kept = {"postgresql": "::text", "sqlite": ""}[dialect]

    @given(texts, values)
    @settings(max_examples=150)
    def check(text: str, value: Any) -> None:
        query = Query(["SELECT ", f"{kept} AS a, '", "' AS b, 'it''s %", "' AS c"], [text, value, text])

        (row,) = call(instance, query, timeout_ms=10_000, cap_bytes=1_000_000).rows

        assert row == {"a": text, "b": None if value is None else text_of(value), "c": f"it's %{text}"}

    check()


# --- Secrets ----------------------------------------------------------------------------------------


def test_the_stored_call_holds_no_secret(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.nodes.database_call import _decode

    kept: list[bytes] = []
    commit = calls.commit

    def commit_and_keep(p: Partition, token: str, moves: Any, outcomes: Any, *more: Any) -> Any:
        kept.extend(outcome.request for outcome in outcomes)
        return commit(p, token, moves, outcomes, *more)

    monkeypatch.setattr(calls, "commit", commit_and_keep)
    declared = {"token": {"type": "string", "secret": True}}

    view = databases.ran(
        "SELECT {{token}} AS token, :p AS p, 'b' AS b",
        {"token": "t0ken-of-the-task"},
        params={"p": "{{env_var[@pg_password]}}!"},
        declared=declared,
    )

    stored = next(request for request in kept if request)
    assert PASSWORD.encode() not in stored
    assert "t0ken-of-the-task" not in json.dumps([_decode(stored).values, _decode(stored).named])
    assert view.data["rows"] == [{"token": "t0ken-of-the-task", "p": PASSWORD + "!", "b": "b"}]
    assert view.masked().data["rows"] == "***"


def test_an_error_does_not_quote_a_secret(databases: Databases) -> None:
    declared = {"token": {"type": "string", "secret": True}}

    error = databases.error("SELECT {{token}}::int AS n", {"token": "hunter2-hunter2"}, declared=declared)

    assert error == ("software", "db_call_executing_error", "invalid input syntax for type integer: ***")


@pytest.mark.parametrize("token", ["a'b\\c-of-the-key", "k" * 610, 'with "quotes" of-the-key'])
def test_an_error_does_not_quote_a_part_of_a_secret(databases: Databases, token: str) -> None:
    declared = {"token": {"type": "string", "secret": True}}

    error = databases.error("SELECT {{token}}::int AS n", {"token": token}, declared=declared)

    assert error == ("software", "db_call_executing_error", "invalid input syntax for type integer: ***")


def test_rows_without_a_secret_are_shown(databases: Databases) -> None:
    declared = {"token": {"type": "string", "secret": True}}

    view = databases.ran("SELECT length({{token}}) AS n", {"token": "hunter2"}, declared=declared)

    assert view.masked().data["rows"] == [{"n": 7}]


def test_an_open_connection_keeps_no_value(databases: Databases) -> None:
    declared = {"token": {"type": "string", "secret": True}}
    for instance in ("main", "file"):
        databases.deploy("SELECT {{token}} AS token", instance=instance, declared=declared)
        databases.lab.engine.submit_many(70, [(None, {"token": f"h1dden-{number:06}"}) for number in range(20)])
        databases.lab.run()

        assert not databases.lab.engine.archive(70, "failed")
        assert texts_held(re.compile(rb"h1dden-\d{6}")) == []

"""What differs between databases: how a call is limited in time, how rows come in, and what an error means.

Everything that needs to know a driver is here; each is loaded when its first instance is used.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import socket
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from engine.http.watchdog import Line

CONNECTION, TIMEOUT, CONFLICT, EXECUTING = "connection_error", "timeout", "conflict_error", "executing_error"
HARDWARE = frozenset({CONNECTION, TIMEOUT, CONFLICT})


class Failure(NamedTuple):
    """What a database's error is for a task: the end of its tag, and the driver's text without parameters."""

    tag: str
    text: str


class Answer(NamedTuple):
    """A statement's answer while it comes in. `names`: of the columns, in order; None for a statement without rows."""

    names: list[str] | None
    rows: Iterable[Any]
    affected: int


class Driver(Protocol):
    """One kind of database. Connections are those of the driver (DB-API)."""

    sqlalchemy: str
    connects_in_time: bool

    def connect_arguments(self) -> dict[str, Any]: ...

    def connected(self, connection: Any) -> None:
        """Prepare a new connection."""
        ...

    def begin(self, connection: Any, left_s: float) -> None:
        """Open a transaction whose statements end by themselves. Changes nothing, so that it may be tried again."""
        ...

    def execute(self, connection: Any, sql: str, values: list[Any]) -> contextlib.AbstractContextManager[Answer]: ...

    def line(self, connection: Any) -> Line | None:
        """The network connection, to shut when the server does not answer any more. The caller closes it."""
        ...

    def failure(self, error: Exception) -> Failure: ...


class Postgres:
    """psycopg 3. A query's rows come one by one, so that a large answer is never held as a whole."""

    sqlalchemy = "postgresql+psycopg"
    connects_in_time = True
    _READS = re.compile(
        r"(?:\s|--[^\n]*\n|(?>/\*.*?\*/)|\()*+(?:select|values|table|with|show)\b", re.IGNORECASE | re.DOTALL
    )
    _WRITES = re.compile(r"\b(?:insert|delete|merge|into|(?<!for )(?<!key )update)\b", re.IGNORECASE)

    def connect_arguments(self) -> dict[str, Any]:
        # Statements are not kept prepared: a pooler in between may not know them.
        return {"prepare_threshold": None, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}

    def connected(self, connection: Any) -> None:
        return

    def begin(self, connection: Any, left_s: float) -> None:
        connection.execute("SELECT set_config('statement_timeout', %s, true)", [str(max(1, math.ceil(left_s * 1000)))])

    @contextlib.contextmanager
    def execute(self, connection: Any, sql: str, values: list[Any]) -> Iterator[Answer]:
        with connection.cursor() as cursor:
            # Only a statement that gives rows can be streamed; what a change returns is as large as what it changed.
            if self._READS.match(sql) and not self._WRITES.search(sql):
                with contextlib.closing(cursor.stream(sql, values)) as stream:
                    first = next(stream, None)
                    yield Answer(
                        [column.name for column in cursor.description or ()],
                        stream if first is None else _after(first, stream),
                        -1,
                    )
                return
            cursor.execute(sql, values)
            names = None if cursor.description is None else [column.name for column in cursor.description]
            yield Answer(names, cursor, cursor.rowcount)

    def line(self, connection: Any) -> Line | None:
        return _line(os.dup(connection.fileno()))

    def failure(self, error: Exception) -> Failure:
        state = getattr(error, "sqlstate", None)
        diagnostic = getattr(error, "diag", None)
        text = getattr(diagnostic, "message_primary", None) or str(error).split("\n")[0]
        if state is None:
            return Failure(CONNECTION if _is_a(error, "OperationalError") else EXECUTING, text)
        if state == "57014":
            return Failure(TIMEOUT, text)
        if state in ("40001", "40P01", "55P03"):
            return Failure(CONFLICT, text)
        is_lost = state[:2] in ("08", "28", "3D", "53", "58") or state in ("57P01", "57P02", "57P03", "57P05")
        return Failure(CONNECTION if is_lost else EXECUTING, text)


class MySql:
    """PyMySQL, for MySQL and MariaDB. This driver puts values into the text itself, quoted, and sends one text."""

    sqlalchemy = "mysql+pymysql"
    connects_in_time = True
    _JSON = 245  # the type of a column in the protocol
    # Besides the client's own: refused at the door, or sent away by the server.
    _LOST = frozenset({0, 1040, 1044, 1045, 1049, 1053, 1077, 1129, 1130, 1203, 1927, 4031})

    def connect_arguments(self) -> dict[str, Any]:
        return {"local_infile": False}

    def connected(self, connection: Any) -> None:
        return

    def begin(self, connection: Any, left_s: float) -> None:
        # MySQL ends SELECTs by itself, MariaDB every statement; the rest is ended by the line.
        if "MariaDB" in connection.get_server_info():
            limit = f"max_statement_time = {max(0.001, left_s):.3f}"
        else:
            limit = f"max_execution_time = {max(1, math.ceil(left_s * 1000))}"
        with connection.cursor() as cursor:
            cursor.execute(f"SET SESSION {limit}, SESSION innodb_lock_wait_timeout = {max(1, math.ceil(left_s))}")
            cursor.execute("BEGIN")

    @contextlib.contextmanager
    def execute(self, connection: Any, sql: str, values: list[Any]) -> Iterator[Answer]:
        from pymysql.cursors import SSCursor  # type: ignore[import-untyped]

        cursor = SSCursor(connection)
        try:
            cursor.execute(sql, values)
            if cursor.description is None:
                yield Answer(None, (), cursor.rowcount)
            else:
                kinds = [column[1] for column in cursor.description]
                rows = (self._row(kinds, row) for row in cursor)
                yield Answer([column[0] for column in cursor.description], rows, -1)
        except BaseException:
            # To close the cursor would read all rows that are left, however many; the driver has no other way out.
            result = connection._result
            if result is not None and result.unbuffered_active:
                result.unbuffered_active = False
                connection._force_close()
            cursor.connection = None
            raise
        cursor.close()

    def _row(self, kinds: list[int], row: tuple[Any, ...]) -> list[Any]:
        return [
            json.loads(value) if kind == self._JSON and isinstance(value, str) else value
            for kind, value in zip(kinds, row, strict=True)
        ]

    def line(self, connection: Any) -> Line | None:
        return _line(os.dup(connection._sock.fileno()))

    def failure(self, error: Exception) -> Failure:
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        text = str(error.args[1]) if len(error.args) > 1 else str(error)
        if number in (3024, 1969, 1317):
            return Failure(TIMEOUT, text)
        if number in (1205, 1213, 3572):
            return Failure(CONFLICT, text)
        is_lost = 2000 <= number < 3000 or number in self._LOST
        is_lost = is_lost and _is_a(error, "OperationalError", "InterfaceError", "InternalError")
        return Failure(CONNECTION if is_lost else EXECUTING, text)


class Sqlite:
    """The standard library's. Only the instance's own file can be reached: nothing attaches another."""

    sqlalchemy = "sqlite"
    connects_in_time = False
    _STEPS = 1000  # of SQLite's machine between two looks at the clock

    def connect_arguments(self) -> dict[str, Any]:
        return {"check_same_thread": False, "isolation_level": None, "timeout": 0}

    def connected(self, connection: Any) -> None:
        import sqlite3

        refused = (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH)
        connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action in refused else sqlite3.SQLITE_OK)

    def begin(self, connection: Any, left_s: float) -> None:
        until = time.monotonic() + left_s
        connection.set_progress_handler(lambda: time.monotonic() > until, self._STEPS)
        connection.execute(f"PRAGMA busy_timeout = {max(1, math.ceil(left_s * 1000))}")
        connection.execute("BEGIN")

    @contextlib.contextmanager
    def execute(self, connection: Any, sql: str, values: list[Any]) -> Iterator[Answer]:
        with contextlib.closing(connection.execute(sql, values)) as cursor:
            names = None if cursor.description is None else [column[0] for column in cursor.description]
            yield Answer(names, cursor, cursor.rowcount)

    def line(self, connection: Any) -> Line | None:
        return None

    def failure(self, error: Exception) -> Failure:
        import sqlite3

        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        tags = {
            sqlite3.SQLITE_BUSY: CONFLICT,
            sqlite3.SQLITE_LOCKED: CONFLICT,
            sqlite3.SQLITE_INTERRUPT: TIMEOUT,
            sqlite3.SQLITE_CANTOPEN: CONNECTION,
            sqlite3.SQLITE_IOERR: CONNECTION,
            sqlite3.SQLITE_FULL: CONNECTION,
        }
        tag = tags.get(code, EXECUTING)
        return Failure(tag, "the statement took too long" if tag == TIMEOUT else str(error))


DRIVERS: dict[str, Driver] = {"postgresql": Postgres(), "mysql": MySql(), "sqlite": Sqlite()}


def _is_a(error: Exception, *names: str) -> bool:
    """Whether it is one of these errors of DB-API, whose classes each driver has of its own."""
    return any(kind.__name__ in names for kind in type(error).__mro__)


def _after(first: Any, rest: Iterable[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def _line(descriptor: int) -> Line:
    with socket.socket(fileno=descriptor) as connection:
        return Line(connection)

"""What differs between databases: how a call is limited in time, how rows come in, and what an error means.

Everything that needs to know a driver is here, but for its connections (postgres.py, mysql.py); each is loaded when its
first instance is used. A call is limited twice: the server is told to end its statement, and the connection gives up by
itself when the server keeps it waiting longer than that.
"""

from __future__ import annotations

import contextlib
import math
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from engine.database.values import exact_json
from engine.errors import LogicError
from engine.regexp import search
from engine.template import text_of
from engine.template.limits import REGEXP_S

CONNECTION, TIMEOUT, CONFLICT, EXECUTING = "connection_error", "timeout", "conflict_error", "executing_error"
ONE_STATEMENT = "a query is one statement, and this one has more"
HARDWARE = frozenset({CONNECTION, TIMEOUT, CONFLICT})


class Failure(NamedTuple):
    """What a database's error is for a task: the end of its tag, and the driver's text without parameters."""

    tag: str
    text: str


class Answer(NamedTuple):
    """A statement's answer while it comes in. `names`: of the columns, in order; None for a statement without rows.

    `late` is asked when all rows have come: the places of columns whose texts are still to be read, and how.
    """

    names: list[str] | None
    rows: Iterable[Any]
    affected: int
    late: Callable[[], dict[int, Callable[[str], Any]]] = dict


class Driver(Protocol):
    """One kind of database. Connections are those of the driver (DB-API)."""

    sqlalchemy: str

    def connect(self, place: Sequence[Any], arguments: dict[str, Any], until: float) -> Any:
        """A new connection, opened by `until` (monotonic seconds); `place` and `arguments` are SQLAlchemy's."""
        ...

    def keep(self, place: Sequence[Any], arguments: dict[str, Any]) -> Any:
        """A connection that only is there, or None where it does nothing for the others."""
        ...

    def prepare(self, connection: Any) -> None:
        """Change what SQLAlchemy has set on a new connection."""
        ...

    def limit(self, connection: Any, until: float) -> None:
        """Let it give up, as lost, whatever it waits for at `until` (monotonic seconds)."""
        ...

    def begin(self, connection: Any, left_s: float) -> None:
        """Open a transaction whose statements end by themselves. Changes nothing, so that it may be tried again."""
        ...

    def as_new(self, connection: Any, sql: str) -> bool:
        """Undo what is not committed, and all that the call with this statement has changed of the connection itself.

        False: the connection is not to be used again. Raises what the driver raises, which means the same.
        """
        ...

    def execute(self, connection: Any, sql: str, values: list[Any]) -> contextlib.AbstractContextManager[Answer]: ...

    def failure(self, error: Exception) -> Failure: ...


class Postgres:
    """psycopg 3. A query's rows come one by one, so that a large answer is never held as a whole."""

    sqlalchemy = "postgresql+psycopg"
    _READS = re.compile(
        r"(?:\s|--[^\n]*\n|(?>/\*.*?\*/)|\()*+(?:select|values|table|with|show)\b", re.IGNORECASE | re.DOTALL
    )
    _WRITES = re.compile(r"\b(?:insert|delete|merge|into|(?<!for )(?<!key )update)\b", re.IGNORECASE)

    def connect(self, place: Sequence[Any], arguments: dict[str, Any], until: float) -> Any:
        from engine.database.postgres import Connection, Context, adapters

        mine = {"context": Context(adapters())}  # SQLAlchemy has one of its own
        return Connection.connect(
            *place,
            connect_timeout=max(1, math.ceil(until - time.monotonic())),
            prepare_threshold=None,  # a pooler in between may not know what is kept prepared
            autocommit=True,  # `begin` opens the transaction, with its limit in one question
            client_encoding="utf8",
            **{"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, **arguments, **mine},
        )

    def keep(self, place: Sequence[Any], arguments: dict[str, Any]) -> Any:
        return None

    def prepare(self, connection: Any) -> None:
        return

    def limit(self, connection: Any, until: float) -> None:
        connection.until = until

    def begin(self, connection: Any, left_s: float) -> None:
        connection.execute(f"BEGIN; SET LOCAL statement_timeout = {max(1, math.ceil(left_s * 1000))}")

    def as_new(self, connection: Any, sql: str) -> bool:
        connection.as_new()
        return True

    @contextlib.contextmanager
    def execute(self, connection: Any, sql: str, values: list[Any]) -> Iterator[Answer]:
        from engine.database.postgres import Cursor

        def late() -> dict[int, Callable[[str], Any]]:
            oids = [column.type_code for column in columns]
            readers = connection.arrays(oids)
            return {place: readers[oid] for place, oid in enumerate(oids) if oid in readers}

        with Cursor(connection) as cursor:
            # Only a statement that gives rows can be streamed; what a change returns is as large as what it changed.
            if self._READS.match(sql) and not self._WRITES.search(sql):
                with contextlib.closing[Any](cursor.stream(sql, values)) as stream:
                    first = next(stream, None)
                    columns = cursor.description or []
                    rows = stream if first is None else _after(first, stream)
                    try:
                        yield Answer([column.name for column in columns], rows, -1, late)
                    except BaseException:
                        # Else closing the stream would cancel the statement by a second connection, and read the rest.
                        connection.close()
                        raise
                return
            cursor.execute(sql, values)
            columns = cursor.description or []
            names = None if cursor.description is None else [column.name for column in columns]
            yield Answer(names, cursor, cursor.rowcount, late)

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
        if state == "08P01" and getattr(diagnostic, "severity_nonlocalized", None) == "ERROR":
            is_lost = False  # a query that asks for values of its own; poolers end a connection with this state too
        if state == "42601" and "multiple commands" in text:
            text = ONE_STATEMENT
        return Failure(CONNECTION if is_lost else EXECUTING, text)


class MySql:
    """PyMySQL, for MySQL and MariaDB. This driver puts values into the text itself, quoted, and sends one text."""

    sqlalchemy = "mysql+pymysql"
    _USES = re.compile(r"\b(?:use|execute|call)\b", re.IGNORECASE)  # what may have chosen another database
    _TINY, _BIT, _JSON = 1, 16, 245  # types of columns in the protocol
    # Besides the client's own: refused at the door, or sent away by the server.
    _LOST = frozenset({0, 1040, 1044, 1045, 1049, 1053, 1077, 1129, 1130, 1203, 1927, 4031})

    def connect(self, place: Sequence[Any], arguments: dict[str, Any], until: float) -> Any:
        from engine.database.mysql import SHORTEST_S, Connection

        timeout_s = max(SHORTEST_S, until - time.monotonic())
        password = arguments.get("password")
        if isinstance(password, str):
            arguments = {**arguments, "password": password.encode()}  # the driver would take Latin-1
        mine = {"until": until, "connect_timeout": timeout_s, "local_infile": False, "autocommit": None}
        return Connection(*place, **{**arguments, **mine})

    def keep(self, place: Sequence[Any], arguments: dict[str, Any]) -> Any:
        return None

    def prepare(self, connection: Any) -> None:
        return

    def limit(self, connection: Any, until: float) -> None:
        connection.until = until

    def begin(self, connection: Any, left_s: float) -> None:
        # MariaDB ends every statement by itself, MySQL only SELECTs: any other goes on until it is done, and is rolled
        # back then. A KILL over a second connection might meet another server behind the same address.
        if "MariaDB" in connection.get_server_info():
            limit = f"max_statement_time = {max(0.001, left_s):.3f}"
        else:
            limit = f"max_execution_time = {max(1, math.ceil(left_s * 1000))}"
        waits = f"innodb_lock_wait_timeout = {max(1, math.ceil(left_s))}"
        connection.begin(f"SESSION autocommit = 0, SESSION {limit}, SESSION {waits}")

    def as_new(self, connection: Any, sql: str) -> bool:
        connection.as_new(self._USES.search(sql) is not None)
        return True

    @contextlib.contextmanager
    def execute(self, connection: Any, sql: str, values: list[Any]) -> Iterator[Answer]:
        from pymysql.cursors import SSCursor  # type: ignore[import-untyped]

        cursor = SSCursor(connection)
        try:
            cursor.execute(sql, values)
            if cursor.description is None:
                yield Answer(None, (), cursor.rowcount)
            else:
                readers = [self._reader(kind, length) for _, kind, _, length, *_ in cursor.description]
                rows = (
                    [value if reader is None else reader(value) for reader, value in zip(readers, row, strict=True)]
                    for row in cursor
                )
                yield Answer([column[0] for column in cursor.description], rows, -1)
            # What a procedure answers ends with an answer that has no columns.
            if cursor.nextset() and cursor.description is not None:
                raise LogicError(f"db_call_{EXECUTING}", "a query gives one table of rows, and this one gives more")
        except BaseException:
            # To close the cursor would read all rows that are left, however many; the driver has no other way out.
            result = connection._result
            if result is not None and result.unbuffered_active:
                result.unbuffered_active = False
                connection._force_close()
            cursor.connection = None
            raise
        cursor.close()

    def _reader(self, kind: int, length: int) -> Callable[[Any], Any] | None:
        """How a value of this type and length in the protocol is read, where the driver does not do it."""
        if kind == self._JSON:
            return _json_or_text
        if kind == self._BIT:
            return lambda value: value if value is None else _truth(int.from_bytes(value, "big"), length)
        if kind == self._TINY and length == 1:  # what BOOLEAN is
            return lambda value: _truth(value, length)
        return None

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
    _STEPS = 1000  # of SQLite's machine between two looks at the clock

    def connect(self, place: Sequence[Any], arguments: dict[str, Any], until: float) -> Any:
        import sqlite3

        options = {"check_same_thread": False, "isolation_level": None, "timeout": 0}
        return sqlite3.connect(*place, **{**arguments, **options})

    def keep(self, place: Sequence[Any], arguments: dict[str, Any]) -> Any:
        # Each time the last connection to a file with a write-ahead log is closed, all of the log goes to the disk.
        connection = self.connect(place, arguments, 0)
        with contextlib.suppress(connection.Error):  # busy, just now: the next call tries again
            connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
            return connection
        connection.close()
        return None

    def prepare(self, connection: Any) -> None:
        import sqlite3

        refused = (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH)
        connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action in refused else sqlite3.SQLITE_OK)
        # SQLAlchemy's own looks for a pattern without end, and nothing else in the process runs meanwhile.
        connection.create_function("regexp", 2, _regexp, deterministic=True)

    def limit(self, connection: Any, until: float) -> None:
        return  # there is no server to wait for

    def begin(self, connection: Any, left_s: float) -> None:
        until = time.monotonic() + left_s
        connection.set_progress_handler(lambda: time.monotonic() > until, self._STEPS)
        connection.execute(f"PRAGMA busy_timeout = {max(1, math.ceil(left_s * 1000))}")
        connection.execute("BEGIN")

    def as_new(self, connection: Any, sql: str) -> bool:
        return False  # pragmas and temporary tables go with the connection alone; a new one takes 40 us

    @contextlib.contextmanager
    def execute(self, connection: Any, sql: str, values: list[Any]) -> Iterator[Answer]:
        with contextlib.closing(connection.execute(sql, values)) as cursor:
            names = None if cursor.description is None else [column[0] for column in cursor.description]
            yield Answer(names, cursor, cursor.rowcount)

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
        text = str(error).replace("user-defined function raised exception", _WRONG_REGEXP)
        if tag == TIMEOUT:
            text = "the statement took too long"
        elif "one statement at a time" in text:
            text = ONE_STATEMENT
        return Failure(tag, text)


DRIVERS: dict[str, Driver] = {"postgresql": Postgres(), "mysql": MySql(), "sqlite": Sqlite()}


def _is_a(error: Exception, *names: str) -> bool:
    """Whether it is one of these errors of DB-API, whose classes each driver has of its own."""
    return any(kind.__name__ in names for kind in type(error).__mro__)


def _json_or_text(value: Any) -> Any:
    """Functions of MariaDB say that they give JSON, whatever it is."""
    try:
        return exact_json(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _truth(value: int | None, length: int) -> int | bool | None:
    return bool(value) if length == 1 and value in (0, 1) else value


def _after(first: Any, rest: Iterable[Any]) -> Iterator[Any]:
    yield first
    yield from rest


_WRONG_REGEXP = f"REGEXP: not a regular expression, or one that took longer than {REGEXP_S} s"


def _regexp(pattern: Any, text: Any) -> bool | None:
    """`text REGEXP pattern`, as conditions have it (engine/regexp.py)."""
    return None if pattern is None or text is None else search(text_of(pattern), text_of(text))

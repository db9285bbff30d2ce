"""MySQL and MariaDB, by PyMySQL."""

from __future__ import annotations

import contextlib
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ...errors import LogicError
from ..values import exact_json
from .base import (
    CHECK,
    CONFLICT,
    CONNECTION,
    EXECUTING,
    FOREIGN_KEY,
    ISOLATIONS,
    NOT_NULL,
    TIMEOUT,
    UNIQUE,
    Answer,
    Failure,
    Mode,
    is_a,
    wrong_option,
)


class MySql:
    """PyMySQL, for MySQL and MariaDB. This driver puts values into the text itself, quoted, and sends one text."""

    sqlalchemy = "mysql+pymysql"
    options: ClassVar[Mapping[str, Any]] = {}
    _USES = re.compile(r"\b(?:use|execute|call)\b", re.IGNORECASE)  # what may have chosen another database
    _TINY, _BIT, _JSON = 1, 16, 245  # types of columns in the protocol
    # Besides the client's own: no room, or sent away by the server.
    _LOST = frozenset({0, 1040, 1053, 1077, 1129, 1203, 1927, 4031})
    _TAGS: ClassVar = {
        3024: TIMEOUT, 1969: TIMEOUT, 1317: TIMEOUT,
        1205: CONFLICT, 1213: CONFLICT, 3572: CONFLICT,
        1062: UNIQUE, 1169: UNIQUE, 1586: UNIQUE,
        1216: FOREIGN_KEY, 1217: FOREIGN_KEY, 1451: FOREIGN_KEY, 1452: FOREIGN_KEY,
        1048: NOT_NULL, 1364: NOT_NULL,
        3819: CHECK, 4025: CHECK,
    }  # fmt: skip
    _SWITCHES = ("ssl_disabled", "ssl_verify_cert", "ssl_verify_identity")
    _OPTIONS = frozenset(
        {"charset", "collation", "sql_mode", "init_command", "program_name", "unix_socket", "bind_address",
         "ssl_ca", "ssl_capath", "ssl_cert", "ssl_key", "ssl_key_password", "ssl_cipher", "ssl_check_hostname",
         *_SWITCHES}
    )  # fmt: skip

    def connect(self, place: Sequence[Any], arguments: dict[str, Any], until: float) -> Any:
        from ..connections.mysql import SHORTEST_S, Connection

        timeout_s = max(SHORTEST_S, until - time.monotonic())
        password = arguments.get("password")
        if isinstance(password, str):
            arguments = {**arguments, "password": password.encode()}  # the driver would take Latin-1
        arguments = {**arguments, **{key: _switch(arguments[key]) for key in self._SWITCHES if key in arguments}}
        mine: dict[str, Any] = {"charset": "utf8mb4", "autocommit": None, "local_infile": False}
        mine |= {"until": until, "connect_timeout": timeout_s}
        return Connection(*place, **{**arguments, **mine})

    def keep(self, place: Sequence[Any], arguments: dict[str, Any]) -> Any:
        return None

    def prepare(self, connection: Any) -> None:
        return

    def limit(self, connection: Any, until: float) -> None:
        connection.until = until

    def begin(self, connection: Any, left_s: float, mode: Mode) -> None:
        # MariaDB ends every statement by itself, MySQL only SELECTs: any other goes on until it is done, and is rolled
        # back then. A KILL over a second connection might meet another server behind the same address.
        if "MariaDB" in connection.get_server_info():
            limit = f"max_statement_time = {max(0.001, left_s):.3f}"
        else:
            limit = f"max_execution_time = {max(1, math.ceil(left_s * 1000))}"
        waits = f"innodb_lock_wait_timeout = {max(1, math.ceil(left_s))}"
        level = mode.isolation if mode.isolation in ISOLATIONS else ""
        connection.begin(f"SESSION autocommit = {int(mode.autocommit)}, SESSION {limit}, SESSION {waits}", level)

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
                yield Answer(None, (), cursor.rowcount, last_insert_id=cursor.lastrowid or 0)
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

    def failure(self, error: Exception, names: Sequence[str], is_new: bool) -> Failure:
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        text = str(error.args[1]) if len(error.args) > 1 else str(error)
        is_lost = 2000 <= number < 3000 or number in self._LOST
        is_lost = is_lost and is_a(error, "OperationalError", "InterfaceError", "InternalError")
        return Failure(self._TAGS.get(number, CONNECTION if is_lost else EXECUTING), text, number or "")

    def wrong_option(self, options: Mapping[str, Any]) -> str:
        if str(options.get("charset", "utf8mb4")).lower() not in ("utf8mb4", "utf8mb3", "utf8"):
            return "its charset is UTF-8 always"
        return wrong_option(options, self._OPTIONS)


def _json_or_text(value: Any) -> Any:
    """Functions of MariaDB say that they give JSON, whatever it is."""
    try:
        return exact_json(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _truth(value: int | None, length: int) -> int | bool | None:
    return bool(value) if length == 1 and value in (0, 1) else value


def _switch(word: Any) -> bool:
    if str(word).lower() not in ("true", "1", "yes", "on", "false", "0", "no", "off"):
        raise ValueError(f'an option is on or off, not "{word}"')
    return str(word).lower() in ("true", "1", "yes", "on")

"""PostgreSQL, by psycopg 3."""

from __future__ import annotations

import contextlib
import math
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from .base import (
    CHECK,
    CONFLICT,
    CONNECTION,
    EXECUTING,
    FOREIGN_KEY,
    ISOLATIONS,
    NOT_NULL,
    ONE_STATEMENT,
    TIMEOUT,
    UNIQUE,
    Answer,
    Failure,
    Mode,
    is_a,
    wrong_option,
)


class Postgres:
    """psycopg 3. A query's rows come one by one, so that a large answer is never held as a whole."""

    sqlalchemy = "postgresql+psycopg"
    # Else hstore would be a map on the first connection, and a text on others.
    options: ClassVar[Mapping[str, Any]] = {"use_native_hstore": False}
    _READS = re.compile(
        r"(?:\s|--[^\n]*\n|(?>/\*.*?\*/)|\()*+(?:select|values|table|with|show)\b", re.IGNORECASE | re.DOTALL
    )
    _TAGS: ClassVar = {
        "57014": TIMEOUT,
        "40001": CONFLICT, "40P01": CONFLICT, "55P03": CONFLICT,
        "57P01": CONNECTION, "57P02": CONNECTION, "57P03": CONNECTION, "57P05": CONNECTION,
        "23505": UNIQUE, "23503": FOREIGN_KEY, "23001": FOREIGN_KEY, "23502": NOT_NULL, "23514": CHECK,
    }  # fmt: skip
    # A server that turns somebody away says why in words only.
    _REFUSED = re.compile(
        r"FATAL: +(?:password authentication failed|no pg_hba\.conf entry|pg_hba\.conf rejects|permission denied"
        r"|(?:role|database) \".*\" (?:does not exist|is not permitted)|unrecognized configuration parameter"
        r"|invalid value for parameter|parameter .* cannot)"
        r"|invalid \S+ value|invalid integer value|invalid port number|no password supplied|does not support SSL"
        r"|certificate file .* not exist"
    )
    _NUMBERED = re.compile(r"(parameter |near \")\$(\d+)(\b)")
    _WRITES = re.compile(r"\b(?:insert|delete|merge|into|(?<!for )(?<!key )update)\b", re.IGNORECASE)

    def connect(self, place: Sequence[Any], arguments: dict[str, Any], until: float) -> Any:
        from ..connections.postgresql import Connection, Context, adapters

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

    def begin(self, connection: Any, left_s: float, mode: Mode) -> None:
        limit = f"statement_timeout = {max(1, math.ceil(left_s * 1000))}"
        if mode.autocommit:
            connection.execute(f"SET {limit}")
            return
        level = f" ISOLATION LEVEL {mode.isolation}" if mode.isolation in ISOLATIONS else ""
        connection.execute(f"BEGIN{level}; SET LOCAL {limit}")

    def as_new(self, connection: Any, sql: str) -> bool:
        connection.as_new()
        return True

    @contextlib.contextmanager
    def execute(self, connection: Any, sql: str, values: list[Any]) -> Iterator[Answer]:
        from ..connections.postgresql import Cursor

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

    def failure(self, error: Exception, names: Sequence[str], is_new: bool) -> Failure:
        state = getattr(error, "sqlstate", None)
        diagnostic = getattr(error, "diag", None)
        text = getattr(diagnostic, "message_primary", None) or str(error).split("\n")[0]
        if state is None:
            is_lost = is_a(error, "OperationalError") and not (is_new and self._REFUSED.search(str(error)))
            return Failure(CONNECTION if is_lost else EXECUTING, text)
        return Failure(self._tag(state, diagnostic), self._named(state, text, names), state)

    def _tag(self, state: str, diagnostic: Any) -> str:
        if state in self._TAGS:
            return self._TAGS[state]
        is_lost = state[:2] in ("08", "53", "58") and state not in ("58P01", "58P02")  # a file that is not there, or is
        if state == "08P01" and getattr(diagnostic, "severity_nonlocalized", None) == "ERROR":
            is_lost = False  # a query that asks for values of its own; poolers end a connection with this state too
        return CONNECTION if is_lost else EXECUTING

    def _named(self, state: str, text: str, names: Sequence[str]) -> str:
        """The text with what the author calls a value in place of its number, and with what helps."""
        if state == "42601" and "multiple commands" in text:
            return ONE_STATEMENT
        if state == "08P01" and text.startswith("bind message supplies"):
            return f"{text}: a query has no $1 of its own; write {{{{name}}}} there, or :name for one of params"

        def name(found: re.Match[str]) -> str:
            place = int(found[2]) - 1
            return found[1] + names[place] + found[3] if place < len(names) else found[0]

        named = self._NUMBERED.sub(name, text)
        if named == text:
            return text
        if state in ("42P18", "42P08"):
            return f"{named}; say it with a cast, such as CAST({self._first(text, names)} AS text)"
        if state == "42601":
            return f"{named}: no value can stand there"
        return named

    def _first(self, text: str, names: Sequence[str]) -> str:
        found = self._NUMBERED.search(text)
        return names[int(found[2]) - 1] if found is not None else ""

    def wrong_option(self, options: Mapping[str, Any]) -> str:
        from ..connections.postgresql import OPTIONS

        return wrong_option(options, OPTIONS)


def _after(first: Any, rest: Iterable[Any]) -> Iterator[Any]:
    yield first
    yield from rest

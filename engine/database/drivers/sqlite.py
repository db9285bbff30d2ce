"""SQLite, by the standard library."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ...regexp import search
from ...template import text_of
from ...template.limits import REGEXP_S
from .base import (
    CHECK,
    CONFLICT,
    CONNECTION,
    EXECUTING,
    FOREIGN_KEY,
    NOT_NULL,
    ONE_STATEMENT,
    TIMEOUT,
    UNIQUE,
    Answer,
    Failure,
    Mode,
)

_WRONG_REGEXP = f"REGEXP: not a regular expression, or one that took longer than {REGEXP_S} s"


class Sqlite:
    """The standard library's. Only the instance's own file can be reached: nothing attaches another."""

    sqlalchemy = "sqlite"
    options: ClassVar[Mapping[str, Any]] = {}
    _STEPS = 1000  # of SQLite's machine between two looks at the clock

    def connect(self, place: Sequence[Any], arguments: dict[str, Any], until: float) -> Any:
        import sqlite3

        options = {"check_same_thread": False, "isolation_level": None, "timeout": 0}
        try:
            return sqlite3.connect(*place, **{**arguments, **options})
        except sqlite3.OperationalError:
            _check_rights(Path(place[0]))
            raise

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

        def allowed(action: int, name: str | None, *_: Any) -> int:
            # VACUUM attaches a nameless file of its own, which nobody else can reach.
            return sqlite3.SQLITE_DENY if action in refused and name != "" else sqlite3.SQLITE_OK

        connection.set_authorizer(allowed)
        # SQLAlchemy's own looks for a pattern without end, and nothing else in the process runs meanwhile.
        connection.create_function("regexp", 2, _regexp, deterministic=True)

    def limit(self, connection: Any, until: float) -> None:
        return  # there is no server to wait for

    def begin(self, connection: Any, left_s: float, mode: Mode) -> None:
        until = time.monotonic() + left_s
        connection.set_progress_handler(lambda: time.monotonic() > until, self._STEPS)
        connection.execute(f"PRAGMA busy_timeout = {max(1, math.ceil(left_s * 1000))}")
        if not mode.autocommit:  # its transactions are serializable, all of them
            connection.execute("BEGIN")

    def as_new(self, connection: Any, sql: str) -> bool:
        return False  # pragmas and temporary tables go with the connection alone; a new one takes 40 us

    @contextlib.contextmanager
    def execute(self, connection: Any, sql: str, values: list[Any]) -> Iterator[Answer]:
        with contextlib.closing(connection.execute(sql, values)) as cursor:
            names = None if cursor.description is None else [column[0] for column in cursor.description]
            yield Answer(names, cursor, cursor.rowcount)

    def failure(self, error: Exception, names: Sequence[str], is_new: bool) -> Failure:
        import sqlite3

        code = getattr(error, "sqlite_errorcode", 0)
        tags = {
            sqlite3.SQLITE_BUSY: CONFLICT,
            sqlite3.SQLITE_LOCKED: CONFLICT,
            sqlite3.SQLITE_INTERRUPT: TIMEOUT,
            sqlite3.SQLITE_CANTOPEN: CONNECTION,
            sqlite3.SQLITE_IOERR: CONNECTION,
            sqlite3.SQLITE_FULL: CONNECTION,
            sqlite3.SQLITE_CONSTRAINT_UNIQUE: UNIQUE,
            sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: UNIQUE,
            sqlite3.SQLITE_CONSTRAINT_ROWID: UNIQUE,
            sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: FOREIGN_KEY,
            sqlite3.SQLITE_CONSTRAINT_NOTNULL: NOT_NULL,
            sqlite3.SQLITE_CONSTRAINT_CHECK: CHECK,
        }
        tag = tags.get(code, tags.get(code & 0xFF, EXECUTING))
        text = str(error).replace("user-defined function raised exception", _WRONG_REGEXP)
        if tag == TIMEOUT:
            text = "the statement took too long"
        elif "one statement at a time" in text:
            text = ONE_STATEMENT
        elif 'near "?"' in text and names:
            text = text.replace('near "?"', f"near {' or '.join(dict.fromkeys(names))}") + ": no value can stand there"
        return Failure(tag, text, code or "")

    def wrong_option(self, options: Mapping[str, Any]) -> str:
        return "a URL of SQLite has no options" if options else ""


def _check_rights(path: Path) -> None:
    """Raises OSError when this can never be opened, in place of SQLite's error, which does not say why."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder")
    if path.exists() and not os.access(path, os.R_OK):
        raise PermissionError(f"{path} may not be read")
    if path.parent.is_dir() and not os.access(path.parent, os.X_OK | (0 if path.exists() else os.W_OK)):
        raise PermissionError(f"{path.parent} may not be used")


def _regexp(pattern: Any, text: Any) -> bool | None:
    """`text REGEXP pattern`, as conditions have it (engine/regexp.py)."""
    return None if pattern is None or text is None else search(text_of(pattern), text_of(text))

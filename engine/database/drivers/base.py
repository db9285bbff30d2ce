"""What differs between databases: how a call is limited in time, how rows come in, and what an error means.

Everything that needs to know a driver is here, but for its connections (connections/); each is loaded when its
first instance is used. A call is limited twice: the server is told to end its statement, and the connection gives up by
itself when the server keeps it waiting longer than that.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar, NamedTuple, Protocol

CONNECTION, TIMEOUT, CONFLICT, EXECUTING = "connection_error", "timeout", "conflict_error", "executing_error"
ONE_STATEMENT = "a query is one statement, and this one has more"
UNIQUE, FOREIGN_KEY = "unique_violation", "foreign_key_violation"
NOT_NULL, CHECK = "not_null_violation", "check_violation"
INSTANCE = "wrong_instance"
ISOLATIONS = ("read uncommitted", "read committed", "repeatable read", "serializable")
HARDWARE = frozenset({CONNECTION, TIMEOUT, CONFLICT})


class Failure(NamedTuple):
    """What a database's error is for a task: the end of its tag, and the driver's text without parameters.

    `code`: the database's own, a SQLSTATE or a number; "" for none.
    """

    tag: str
    text: str
    code: str | int = ""


class Mode(NamedTuple):
    """How a statement is run. `isolation`: one of ISOLATIONS, or "" for the database's own.

    `autocommit`: in no transaction of ours, as what commits by itself needs it.
    """

    isolation: str = ""
    autocommit: bool = False


class Answer(NamedTuple):
    """A statement's answer while it comes in. `names`: of the columns, in order; None for a statement without rows.

    `last_insert_id`: the number that the database has given to a new row, 0 for none; None where it does not say.
    `late` is asked when all rows have come: the places of columns whose texts are still to be read, and how.
    """

    names: list[str] | None
    rows: Iterable[Any]
    affected: int
    late: Callable[[], dict[int, Callable[[str], Any]]] = dict
    last_insert_id: int | None = None


class Driver(Protocol):
    """One kind of database. Connections are those of the driver (DB-API)."""

    sqlalchemy: str
    options: ClassVar[Mapping[str, Any]]  # of SQLAlchemy's engine

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

    def begin(self, connection: Any, left_s: float, mode: Mode) -> None:
        """Open a transaction whose statements end by themselves. Changes nothing, so that it may be tried again."""
        ...

    def as_new(self, connection: Any, sql: str) -> bool:
        """Undo what is not committed, and all that the call with this statement has changed of the connection itself.

        False: the connection is not to be used again. Raises what the driver raises, which means the same.
        """
        ...

    def execute(self, connection: Any, sql: str, values: list[Any]) -> contextlib.AbstractContextManager[Answer]: ...

    def failure(self, error: Exception, names: Sequence[str], is_new: bool) -> Failure:
        """What this error is. `names`: of the values, in order; `is_new`: there was no connection yet."""
        ...

    def wrong_option(self, options: Mapping[str, Any]) -> str:
        """Why an instance cannot have these options in its URL, or ""."""
        ...


def wrong_option(options: Mapping[str, Any], known: Collection[str]) -> str:
    """The first that is unknown."""
    for name in options:
        if name not in known:
            near = get_close_matches(name, known, 1)
            advice = f'; did you mean "{near[0]}"?' if near else ""
            return f'its URL has the option "{name}", which cannot be set{advice}'
    return ""


def is_a(error: Exception, *names: str) -> bool:
    """Whether it is one of these errors of DB-API, whose classes each driver has of its own."""
    return any(kind.__name__ in names for kind in type(error).__mro__)

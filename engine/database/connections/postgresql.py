"""psycopg's connection with a limit for every wait: importing this loads psycopg."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Generator, Iterable
from typing import Any, NamedTuple

import psycopg
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import AdaptersMap, Loader, Transformer
from psycopg.types import TypeInfo
from psycopg.types.array import register_array
from psycopg.types.json import set_json_loads
from psycopg.types.string import TextLoader

from ..values import exact_json

_OWN = 16384  # types of the server itself have smaller numbers
_ARRAYS = """
    SELECT a.oid, a.typdelim, coalesce(nullif(e.typbasetype, 0), e.oid)
    FROM pg_catalog.pg_type a JOIN pg_catalog.pg_type e ON e.oid = a.typelem
    WHERE a.oid = ANY(%s::oid[]) AND a.typcategory = 'A'
"""
_OURS = {"connect_timeout", "client_encoding", "password", "user", "dbname"}
OPTIONS = frozenset(option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()) - _OURS
"""What a URL may have after its question mark: all that libpq knows, but for what is set otherwise."""
SILENT = "the database has not answered in time"


class Connection(psycopg.Connection[Any]):
    """Gives up, and is closed, when the server keeps it waiting beyond `until` (monotonic seconds).

    psycopg asks its questions in steps and waits between them in one place, `wait`. All that is done there is to look
    at the clock: the socket belongs to libpq, which relies on its flags.
    """

    until: float = math.inf

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.known: set[int] = set()

    def arrays(self, oids: Iterable[int]) -> dict[int, Callable[[str], Any]]:
        """Those of the types made in this database that are arrays and not known yet: how their texts are read.

        From the next answer on they come in as lists by themselves. Asks the server, so nothing may be under way.
        """
        unknown = {oid for oid in oids if oid >= _OWN} - self.known
        if not unknown:
            return {}
        made: dict[int, Callable[[str], Any]] = {}
        for oid, delimiter, element in self.execute(_ARRAYS, [list(unknown)]).fetchall():
            register_array(TypeInfo(f"array{oid}", element, oid, delimiter=delimiter), self)
            loader = Transformer(self).get_loader(oid, psycopg.pq.Format.TEXT)
            made[oid] = lambda text, loader=loader: loader.load(text.encode())  # type: ignore[misc]
        self.known |= unknown
        return made

    def as_new(self) -> None:
        """Undo what the last call has set, taken or prepared. Raises what the driver raises; then it is as it was."""
        if self.pgconn.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            self.rollback()
        self.execute("DISCARD ALL")

    def wait(self, gen: Generator[Any, Any, Any], *args: Any, **options: Any) -> Any:
        try:
            return super().wait(self._limited(gen), *args, **options)
        except _Late:
            self.close()
            raise

    def _limited(self, steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        try:
            wanted = next(steps)
            while True:
                ready = yield wanted
                if time.monotonic() > self.until:
                    raise _Late(SILENT)
                wanted = steps.send(ready)
        except StopIteration as end:
            return end.value


class Cursor(psycopg.Cursor[Any]):
    """Sends a statement by the protocol that takes one, with values or without.

    psycopg sends a query without values by the other, in which `insert …; commit; select …` are three.
    """

    def _execute_send(self, query: Any, *, force_extended: bool = False, binary: bool | None = None) -> None:
        super()._execute_send(query, force_extended=True, binary=binary)


class _Whole(Loader):
    """What Python has, or the text of the database where it has none: infinity, years before Christ, 24:00."""

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        self._known = (psycopg.adapters.get_loader(oid, psycopg.pq.Format.TEXT) or TextLoader)(oid, context)

    def load(self, data: Buffer) -> Any:
        try:
            return self._known.load(data)
        except (psycopg.DataError, NotImplementedError):
            return bytes(data).decode()


class Context(NamedTuple):
    """Where psycopg looks for what is registered."""

    adapters: AdaptersMap
    connection: None = None


@functools.cache
def adapters() -> AdaptersMap:
    """How values come in: whole, or as PostgreSQL writes them."""
    made = AdaptersMap(psycopg.adapters)
    for name in ("date", "time", "timetz", "timestamp", "timestamptz"):
        made.register_loader(name, _Whole)
    for name in ("int4", "int8", "num", "date", "ts", "tstz"):
        made.register_loader(f"{name}range", TextLoader)
        made.register_loader(f"{name}multirange", TextLoader)
    made.register_loader("interval", TextLoader)  # a month has no hours, nor has every day the same
    set_json_loads(exact_json, Context(made))
    return made


class _Late(psycopg.OperationalError):
    pass

"""psycopg's connection with a limit for every wait: importing this loads psycopg."""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from typing import Any

import psycopg

SILENT = "the database has not answered in time"


class Connection(psycopg.Connection[Any]):
    """Gives up, and is closed, when the server keeps it waiting beyond `until` (monotonic seconds).

    psycopg asks its questions in steps and waits between them in one place, `wait`. All that is done there is to look
    at the clock: the socket belongs to libpq, which relies on its flags.
    """

    until: float = math.inf

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


class _Late(psycopg.OperationalError):
    pass

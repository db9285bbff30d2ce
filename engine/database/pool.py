"""Connections to databases, kept open between calls: one pool for each instance, in each process."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import LogicError
from .drivers import DRIVERS
from .instance import WRONG_INSTANCE, Instance

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

RECYCLE_S = 1800  # a connection this old is replaced before it is used
CONNECT_S = 10  # longest wait for a new connection

_call = threading.local()  # .until: the end, in monotonic seconds, of the call that this thread makes


class Pool:
    """The connections to one instance. `slots`: so many may be in use at once.

    `is_closed`: another has taken its place, so what comes back is closed. `kept` is a connection that no call uses,
    where each call closes its own: a file is tidied up when the last one is closed.
    """

    def __init__(self, instance: Instance) -> None:
        from sqlalchemy import create_engine, event
        from sqlalchemy.exc import ArgumentError
        from sqlalchemy.pool import QueuePool

        self.instance = instance
        self.driver = DRIVERS[instance.dialect]
        self.kept: Any = None
        self._keeping = threading.Lock()
        self.is_closed = False
        self.slots = threading.BoundedSemaphore(instance.pool)
        url = _url(instance, self.driver.sqlalchemy)
        try:
            self.engine: Engine = create_engine(
                url,
                pool_size=instance.pool,
                max_overflow=0,
                pool_recycle=RECYCLE_S,
                pool_reset_on_return=None,  # a call leaves no transaction open
                poolclass=QueuePool,
                **self.driver.options,
            )
        except (ArgumentError, ValueError) as error:  # a word in an option that takes another
            raise LogicError(WRONG_INSTANCE, f'database instance "{instance.name}": {error}') from None
        event.listen(self.engine, "do_connect", self._connect)
        event.listen(self.engine, "connect", lambda connection, record: self.driver.prepare(connection))

    def checkout(self, until: float) -> Any:
        """A connection, of the pool or new; opened by `until` (monotonic seconds). Raises what the driver raises."""
        from sqlalchemy.exc import DBAPIError

        _call.until = until
        try:
            return self.engine.raw_connection()
        except DBAPIError as error:  # of the questions that SQLAlchemy asks the first connection
            raise (error.orig or error) from None

    def _connect(self, dialect: Any, record: Any, place: Sequence[Any], arguments: dict[str, Any]) -> Any:
        connection = self.driver.connect(place, arguments, min(_call.until, time.monotonic() + CONNECT_S))
        self.driver.limit(connection, _call.until)
        with self._keeping:  # one of the threads that come at once
            if self.kept is None and not self.is_closed:
                self.kept = self.driver.keep(place, arguments)
        return connection

    def close(self) -> None:
        """Close every idle connection; those in use are closed when their calls end."""
        with self._keeping:
            self.is_closed = True
            if self.kept is not None:
                self.kept.close()
        self.engine.dispose()


def _url(instance: Instance, drivername: str) -> URL:
    """Raises LogicError `db_call_wrong_instance`."""
    from sqlalchemy import URL, make_url
    from sqlalchemy.exc import ArgumentError

    if not instance.url:
        return URL.create(
            drivername,
            instance.user or None,
            instance.password or None,
            instance.host or None,
            instance.port,
            instance.database,
        )
    try:
        url = make_url(instance.url).set(drivername=drivername)
    except (ArgumentError, ValueError):
        raise LogicError(WRONG_INSTANCE, f'database instance "{instance.name}": its URL cannot be read') from None
    if instance.dialect == "sqlite" and url.database in (None, "", ":memory:"):
        raise LogicError(WRONG_INSTANCE, f'database instance "{instance.name}": sqlite:/// and the path of a file')
    if reason := DRIVERS[instance.dialect].wrong_option(url.query):
        raise LogicError(WRONG_INSTANCE, f'database instance "{instance.name}": {reason}')
    return url


_pools: dict[str, Pool] = {}
_lock = threading.Lock()
_of_parents: list[dict[str, Pool]] = []  # kept, as to forget a connection would end its session


def pool_of(instance: Instance) -> Pool:
    """The instance's pool; one that was made for another place, before a deploy, is closed.

    Raises LogicError `db_call_wrong_instance`, ImportError when the driver is not installed.
    """
    with _lock:
        pool = _pools.get(instance.name)
        if pool is None or pool.instance != instance:
            if pool is not None:
                pool.close()
            pool = _pools[instance.name] = Pool(instance)
        return pool


def _forget_pools() -> None:
    """A fork has no right to its parent's connections: it opens its own, and closes none of those."""
    global _pools, _lock
    _of_parents.append(_pools)
    _pools, _lock = {}, threading.Lock()


os.register_at_fork(after_in_child=_forget_pools)


@atexit.register
def close_all() -> None:
    """Close every idle connection; the next call opens new ones."""
    with _lock:
        for pool in _pools.values():
            pool.close()
        _pools.clear()

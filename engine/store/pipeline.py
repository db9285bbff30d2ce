"""Calls to one server, and what is asked along with them: how they are sent, and what makes their answers count."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any, Protocol

import redis
from redis.retry import Retry

from ..errors import StoreError, StoreUnavailable
from .call import Call
from .fullness import Fullness
from .outage import passing, refusal
from .replicas import Replicas
from .url import Address

log = logging.getLogger("conv.store")

SILENCE_S = 2.0  # a server that is silent for this long is worth a line

# Replies of a cluster's node that does not serve the slot just now: only these calls are sent again.
SLOT_ELSEWHERE = (
    redis.exceptions.AskError,  # MovedError is one
    redis.exceptions.TryAgainError,
    redis.exceptions.ClusterDownError,
)


class Silence:
    """Since when a store has not answered; said once, and again only after it was back."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._since: float | None = None  # monotonic; None: it answers

    def begins(self, server: str) -> None:
        """It has been silent for SILENCE_S."""
        if self._since is None:
            self._since = time.monotonic() - SILENCE_S
            which = f" ({server})" if server else ""
            log.warning("the store at %s%s has not answered for %.0f s", self._address, which, SILENCE_S)

    def is_down(self) -> None:
        """It was given up."""
        if self._since is None:
            self._since = time.monotonic()

    def ends(self) -> None:
        """It has answered."""
        if self._since is None:
            return
        since, self._since = self._since, None
        log.info("the store at %s answers again, after %.1f s", self._address, time.monotonic() - since)


class Link(Protocol):
    """What a round and its pipelines need of the store that they belong to.

    `client`: of the server, where it is one. `give_up_s`: no try begins later than this after the first.
    """

    address: str
    client: redis.Redis
    fullness: Fullness
    silence: Silence
    replicas: Replicas | None
    replica_timeout_ms: int
    give_up_s: float
    retry: Retry

    def commands(self, calls: Sequence[Call[Any]]) -> list[tuple[bytes | str | int, ...]]: ...

    def load_into(self, client: redis.Redis) -> None: ...

    def ask_memory(self) -> None: ...

    def error(self, call: Call[Any], error: Exception) -> StoreError: ...

    def unavailable(self, error: Exception) -> StoreUnavailable: ...


class Pipeline:
    """Calls to one server, sent on one connection and answered later; with them goes what is asked along.

    That is the server's memory, with durability `replicated` WAIT, and where they matter its replicas. WAIT covers only
    what its own connection wrote, so a call that turns out to have been made before would wait for nothing: each
    pipeline writes once by itself.

    A first try may be made on a connection that somebody else holds: `commands` are what to send there, and `take` is
    told what came of it. All later ones are made here.
    """

    def __init__(
        self, store: Link, client: redis.Redis, calls: Sequence[Call[Any]], *, server: str = "", asks_memory: bool
    ) -> None:
        self._store = store
        self._client = client
        self._server = server
        self._at = server  # the address of the primary whose replicas are asked for
        self.commands = store.commands(calls)
        self._asks_memory = asks_memory
        if asks_memory:
            self.commands.append(("INFO", "memory"))
        written = next((call for call in calls if not call.read_only), None)
        self._replicas = store.replicas if written is not None else None
        self._needed = 0
        if self._replicas is not None and written is not None:
            if self._replicas.waits:
                self._needed = self._replicas.needed(server)
                self.commands += store.commands([Call("sync", written.partition, [], int)])
                self.commands.append(("WAIT", self._needed, store.replica_timeout_ms))
            self.commands.append(("INFO", "replication"))
        self._connection: redis.Connection | None = None
        self._tried: list[Any] | Exception | None = None

    def take(self, tried: list[Any] | Exception, at: str = "") -> None:
        """A first try was made elsewhere: a reply to each of `commands`, from the server `at`, or why there are none.

        `read` begins with it.
        """
        self._tried = tried
        self._at = self._server or at

    def is_plain(self) -> bool:
        """Whether the first try is answered so that `read` asks nobody, and never waits."""
        replies = self._tried
        if not isinstance(replies, list) or any(_is_missing(reply) for reply in replies):
            return False
        if self._replicas is None:
            return True
        info = replies[-1]
        if not isinstance(info, bytes) or not self._replicas.is_known(self._at, info):
            return False
        return not self._replicas.waits or (
            not isinstance(replies[-3], Exception)
            and isinstance(replies[-2], int)
            and replies[-2] >= self._replicas.needed(self._at)
        )

    def send(self) -> None:
        """Raises redis.ConnectionError, redis.TimeoutError."""
        if not self.commands or self._tried is not None:
            return
        pool = self._client.connection_pool
        with passing():
            connection = pool.get_connection()
        try:
            connection.send_packed_command(connection.pack_commands(self.commands))
        except BaseException:
            let_go(self._client, connection)
            raise
        self._connection = connection

    def read(self) -> list[Any]:
        """Per call its reply or the server's error; sends first what is not sent. To be read again after an error.

        Raises redis.ConnectionError, redis.TimeoutError; StoreUnavailable when the replicas are not reached in time;
        StoreFull and StoreError when the server does not take the scripts.
        """
        store = self._store
        replies = self._read()
        if any(_is_missing(reply) for reply in replies):
            store.load_into(self._client)
            replies = self._read()
        if self._replicas is not None:
            self._check_replicas(self._replicas, replies)
        if self._asks_memory:
            store.fullness.note(replies.pop(), self._server)
        return replies

    def abandon(self) -> None:
        """Give up on the answers: nobody knows which calls took effect."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()
            self._client.connection_pool.release(connection)

    def _read(self) -> list[Any]:
        tried, self._tried = self._tried, None
        if isinstance(tried, Exception):
            raise tried
        if tried is not None:
            return tried
        if self._connection is None:
            self.send()
        connection = self._connection
        if connection is None:
            return []
        self._connection = None
        if self._replicas is not None:
            self._at = self._server or address_of(connection)
        replies: list[Any] = []
        try:
            for _ in self.commands:
                try:
                    replies.append(connection.read_response() if replies else self._first(connection))
                except redis.ResponseError as error:
                    replies.append(kept(error))
        except BaseException:
            let_go(self._client, connection)
            raise
        self._client.connection_pool.release(connection)
        return replies

    def _first(self, connection: redis.Connection) -> Any:
        """The first reply: it says whether the server is there."""
        timeout_s = connection.socket_timeout
        if timeout_s is None or timeout_s <= SILENCE_S:
            return connection.read_response()
        try:
            return connection.read_response(timeout=SILENCE_S, disconnect_on_error=False)
        except redis.TimeoutError:
            self._store.silence.begins(self._server)
            return connection.read_response(timeout=timeout_s - SILENCE_S)

    def _check_replicas(self, replicas: Replicas, replies: list[Any]) -> None:
        """Too few replicas in time is unknown, not refused: the calls took effect here, and may be sent again."""
        info = replies.pop()
        reached = replies.pop() if replicas.waits else 0
        written = replies.pop() if replicas.waits else 0
        if isinstance(written, Exception):
            raise redis.ConnectionError(f"nothing could be written for the replicas to have: {written}")
        if isinstance(info, bytes):
            replicas.note(self._at, info)
        if not replicas.waits:
            return
        needed = replicas.needed(self._at)
        if isinstance(reached, int) and self._needed <= reached < needed:
            self._needed = needed
            self.commands[-2] = ("WAIT", needed, self._store.replica_timeout_ms)
            raise redis.ConnectionError(f"{self._at} has more replicas by now: {needed}")
        if not isinstance(reached, int) or reached < needed:
            # Nobody follows a primary that was replaced: a new connection finds out.
            self._client.connection_pool.disconnect(inuse_connections=False)
            store = self._store
            had = f", only {reached}" if isinstance(reached, int) else ""
            raise StoreUnavailable(
                f"the primary {self._at} of the store at {store.address} has not reached {needed} replicas within "
                f"{store.replica_timeout_ms} ms{had} (CONV_REPLICAS): it is unknown what they have",
                where=store.address,
            )


def kept(error: redis.ResponseError) -> redis.ResponseError:
    """The error as a reply. Raises it where the whole pipeline is to be sent again: to a primary that has become a
    replica, by a new connection, which finds the new one if the address moved."""
    passing = None if isinstance(error, SLOT_ELSEWHERE) else refusal(error)
    if passing is not None:
        raise passing from error
    return error


def let_go(client: redis.Redis, connection: redis.Connection) -> None:
    """What broke one connection has likely broken the idle ones, and each would be found out only by waiting."""
    connection.disconnect()
    client.connection_pool.release(connection)
    client.connection_pool.disconnect(inuse_connections=False)


def address_of(connection: redis.Connection) -> str:
    """Of the server at its other end; a Unix socket has none."""
    host = getattr(connection, "host", None)
    return "" if host is None else str(Address(host, int(connection.port)))


def _is_missing(result: Any) -> bool:
    return isinstance(result, redis.ResponseError) and "Function not found" in str(result)

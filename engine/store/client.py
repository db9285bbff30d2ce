"""The store's client: sends calls as one pipeline, loads the scripts where they are missing, and names failures."""

from __future__ import annotations

import contextlib
import logging
import re
import time
from collections.abc import Hashable, Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple, TypeVar, cast

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from engine.errors import Elsewhere, StoreError, StoreFull, StoreUnavailable
from engine.store.call import UNREADABLE, Call, Partition
from engine.store.library import library
from engine.store.outage import Refusal, passing, refusal
from engine.store.replicas import Replicas
from engine.store.url import Address

T = TypeVar("T")

log = logging.getLogger("conv.store")

# A whole pipeline of large batches answers within this; a server that is silent for longer counts as gone.
SOCKET_TIMEOUT_S = 4.0
CONNECT_TIMEOUT_S = 3.0
SILENCE_S = 2.0  # a server that is silent for this long is worth a line
RETRIES = 3
# No try begins later than this after the first: a silent server is tried twice, and given up within 10 s.
GIVE_UP_S = 5.0

# A subscription that has heard nothing for PING_S asks whether anybody is there, and waits SILENT_S for the answer.
PING_S = 2.0
SILENT_S = 3.0

# New tasks are refused from this share of maxmemory, so that the tasks already there have room to finish.
FULL_AT = 0.85
_MEMORY_CHECK_S = 1.0


class Hint(NamedTuple):
    """Work has come: a lane is no longer empty, or a timer became a partition's earliest.

    `due_ms` is in the conv's clock, `in_ms` counts from the moment the hint was sent. Hints may be lost.
    """

    conv_id: int
    partition: int
    lane: str | None
    due_ms: int | None
    in_ms: int | None = None


class TaskDone(NamedTuple):
    """A commit with `notify` set was made."""

    conv_id: int
    partition: int
    task_id: str


class Memory(NamedTuple):
    """When a server was asked (monotonic), and whether it is over `full_at` of its maxmemory."""

    checked: float
    is_full: bool


# Replies of a cluster's node that does not serve the slot just now: only these calls are sent again.
SLOT_ELSEWHERE = (
    redis.exceptions.AskError,  # MovedError is one
    redis.exceptions.TryAgainError,
    redis.exceptions.ClusterDownError,
)


class Store:
    """A server and a namespace on it; ClusterStore is the same for a cluster. Safe for many threads.

    `address` is only for messages. `client` must return bytes (no decode_responses); `connect` makes a fitting one.
    """

    def __init__(
        self,
        client: redis.Redis,
        namespace: str = "conv",
        address: str = "",
        *,
        full_at: float = FULL_AT,
        replicas: Replicas | None = None,
        replica_timeout_ms: int = 1000,
    ) -> None:
        if not namespace or set(namespace) & set("{} \n"):
            raise ValueError(f"namespace {namespace!r}: must not be empty or hold braces or spaces")
        self.client = client
        self.namespace = namespace
        self.address = address
        self.full_at = full_at
        self.replicas = replicas
        self.replica_timeout_ms = replica_timeout_ms
        self.give_up_s = GIVE_UP_S + (replica_timeout_ms / 1000 if replicas and replicas.waits else 0.0)
        self.retry = Retry(ExponentialBackoff(cap=0.5, base=0.02), RETRIES, (redis.ConnectionError, redis.TimeoutError))
        self._hash, self._library = library()
        self._memory: dict[str, Memory] = {}  # by server; one alone has the name ""
        self._down_since: float | None = None  # monotonic; None: it answers

    @classmethod
    def connect(cls, url: str, namespace: str = "conv") -> Store:
        """A store at redis://, rediss:// or unix://. Connects at the first call."""
        client = redis.Redis.from_url(
            url,
            protocol=3,
            socket_timeout=SOCKET_TIMEOUT_S,
            socket_connect_timeout=CONNECT_TIMEOUT_S,
            # Every script is safe to send twice, so the client may do so when an answer is lost.
            retry=Retry(ExponentialBackoff(cap=0.5, base=0.02), RETRIES),
        )
        return cls(client, namespace, url)

    def key(self, call: Call[Any]) -> str:
        """The one key that a call declares; its hash tag places it in the slot of its partition.

        It never exists: see `ClusterStore`.
        """
        return f"{{{self.namespace}:{call.slot}}} gate"

    def run(self, calls: Sequence[Call[Any]]) -> list[Any]:
        """Send the calls in one round trip; per call its result, or in its place the StoreError it met.

        Calls on one partition take effect in the order given. Raises StoreUnavailable when the server does not answer;
        then nobody knows which calls took effect: send the same ones again.
        """
        return self.begin(calls).results()

    def begin(self, calls: Sequence[Call[Any]]) -> Round:
        """Send the calls now and read their answers later: the caller works while the server does.

        Never raises: what went wrong shows in `Round.results`.
        """
        return Round(self, calls)

    def one(self, call: Call[T]) -> T:
        """Run a single call; raises its error."""
        result = self.run([call])[0]
        if isinstance(result, Exception):
            raise result
        return cast(T, result)

    def load(self) -> None:
        """Load the scripts. Done by itself when the server does not know them."""
        with self._named_errors():
            self._load(self.client)

    def subscribe(self, *, hints: bool = True, done: bool = True) -> Hints:
        """Listen on a connection of its own."""
        channels = [f"{self.namespace}:hint"] * hints + [f"{self.namespace}:done"] * done
        return Hints(self, channels)

    def _listening_client(self) -> redis.Redis:
        """Whom to subscribe to."""
        return self.client

    def listeners(self) -> int:
        """How many workers listen for hints just now. Raises StoreUnavailable."""
        with self._named_errors():
            return int(self.client.pubsub_numsub(f"{self.namespace}:hint")[0][1])

    def scan(self, tasks_of: Partition | None = None) -> Iterator[list[bytes]]:
        """All keys of the namespace, in pages, or those of the tasks of one partition; those that stay are there at
        least once. Raises StoreUnavailable."""
        which = "" if tasks_of is None else f"{tasks_of.conv_id}.{tasks_of.number}}} t:"
        pattern = re.sub(r"([\\*?\[\]])", r"\\\1", f"{{{self.namespace}:{which}") + "*"
        for client in self._clients():
            cursor = 0
            while True:
                with self._named_errors():
                    cursor, page = client.scan(cursor, match=pattern, count=1000)
                yield cast("list[bytes]", page)
                if not cursor:
                    break

    def layout(self) -> Hashable:
        """Which server has which keys: when two looks differ, a walk over the keys in between may have missed some."""
        return None

    def memory(self) -> tuple[int, int]:
        """Bytes that the fullest server uses, and may use at most (0: any). Raises StoreUnavailable."""
        try:
            known = [client.info("memory") for client in self._clients()]
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise self._unavailable(error) from error
        pairs = [(int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))) for info in known]
        return max(pairs, key=lambda pair: pair[0] / pair[1] if pair[1] else 0.0)

    def close(self) -> None:
        self.client.close()

    def _clients(self) -> Sequence[redis.Redis]:
        """Of each server that holds keys."""
        return [self.client]

    def commands(self, calls: Sequence[Call[Any]]) -> list[tuple[bytes | str | int, ...]]:
        """The server's commands for these calls, in order."""
        return [
            ("FCALL_RO" if call.read_only else "FCALL", f"{call.script}_{self._hash}", 1, self.key(call), *call.args)
            for call in calls
        ]

    def _load(self, client: redis.Redis) -> None:
        """Load the scripts into one server. Raises redis.ConnectionError also when it takes no writes just now."""
        try:
            client.function_load(self._library, replace=True)
        except redis.exceptions.OutOfMemoryError as error:
            raise StoreFull(f"the store at {self.address} is full: {error}") from error
        except redis.ResponseError as error:
            if (passing := refusal(error)) is not None:
                raise passing from error
            raise StoreError(f"the server at {self.address} refuses the scripts: {error}") from error

    @property
    def _full(self) -> bool:
        return any(memory.is_full for memory in self._memory.values())

    def _ask_memory(self) -> None:
        """A new process does not know yet whether the store is full. What goes wrong here shows in the round itself."""
        with contextlib.suppress(redis.RedisError):
            self._note_memory(self.client.info("memory"))

    def _memory_is_stale(self, server: str = "") -> bool:
        known = self._memory.get(server)
        return known is None or time.monotonic() - known.checked >= _MEMORY_CHECK_S

    def _note_memory(self, info: Any, server: str = "") -> None:
        if isinstance(info, bytes):
            info = dict(line.split(":", 1) for line in info.decode().split("\r\n") if ":" in line)
        known = self._memory.get(server)
        is_full = known is not None and known.is_full
        if isinstance(info, dict):
            limit = int(info.get("maxmemory", 0))
            is_full = bool(limit) and int(info.get("used_memory", 0)) >= self.full_at * limit
        self._memory[server] = Memory(time.monotonic(), is_full)

    def _error(self, call: Call[Any], error: Exception) -> StoreError:
        if isinstance(error, redis.exceptions.OutOfMemoryError):
            return StoreFull(f"the store at {self.address} is full and takes no new work: {error}")
        if str(error).startswith("ELSEWHERE"):
            return Elsewhere(f"{call!r} at {self.address}: {error}")
        return StoreError(f"{call!r} failed at {self.address}: {error}")

    def _unavailable(self, error: Exception) -> StoreUnavailable:
        does = "can do nothing for the moment" if isinstance(error, Refusal) else "does not answer"
        return StoreUnavailable(f"the store at {self.address} {does}: {error}", where=self.address)

    @contextlib.contextmanager
    def _named_errors(self) -> Iterator[None]:
        """What goes wrong with commands that are no calls, as StoreError."""
        try:
            yield
        except redis.RedisError as error:
            passing = refusal(error) or error
            if isinstance(passing, (redis.ConnectionError, redis.TimeoutError)):
                raise self._unavailable(passing) from error
            raise StoreError(f"the store at {self.address} refuses: {error}") from error

    def _is_silent(self, server: str) -> None:
        """Say so once, and again only after it was back."""
        if self._down_since is None:
            self._down_since = time.monotonic() - SILENCE_S
            which = f" ({server})" if server else ""
            log.warning("the store at %s%s has not answered for %.0f s", self.address, which, SILENCE_S)

    def _is_down(self) -> None:
        if self._down_since is None:
            self._down_since = time.monotonic()

    def _is_back(self) -> None:
        since, self._down_since = self._down_since, None
        if since is not None:
            log.info("the store at %s answers again, after %.1f s", self.address, time.monotonic() - since)


class Pipeline:
    """Calls to one server, sent on one connection and answered later; with them goes what is asked along.

    That is the server's memory, with durability `replicated` WAIT, and where they matter its replicas. WAIT covers only
    what its own connection wrote, so a call that turns out to have been made before would wait for nothing: each
    pipeline writes once by itself.
    """

    def __init__(
        self, store: Store, client: redis.Redis, calls: Sequence[Call[Any]], *, server: str = "", asks_memory: bool
    ) -> None:
        self._store = store
        self._client = client
        self._server = server
        self._at = server  # the address of the primary whose replicas are asked for
        self._commands = store.commands(calls)
        self._asks_memory = asks_memory
        if asks_memory:
            self._commands.append(("INFO", "memory"))
        written = next((call for call in calls if not call.read_only), None)
        self._replicas = store.replicas if written is not None else None
        self._needed = 0
        if self._replicas is not None and written is not None:
            if self._replicas.waits:
                self._needed = self._replicas.needed(server)
                self._commands += store.commands([Call("sync", written.partition, [], int)])
                self._commands.append(("WAIT", self._needed, store.replica_timeout_ms))
            self._commands.append(("INFO", "replication"))
        self._connection: redis.Connection | None = None

    def send(self) -> None:
        """Raises redis.ConnectionError, redis.TimeoutError."""
        if not self._commands:
            return
        pool = self._client.connection_pool
        with passing():
            connection = pool.get_connection()
        try:
            connection.send_packed_command(connection.pack_commands(self._commands))
        except BaseException:
            self._broken(connection)
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
            store._load(self._client)
            replies = self._read()
        if self._replicas is not None:
            self._check_replicas(self._replicas, replies)
        if self._asks_memory:
            store._note_memory(replies.pop(), self._server)
        return replies

    def abandon(self) -> None:
        """Give up on the answers: nobody knows which calls took effect."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()
            self._client.connection_pool.release(connection)

    def _read(self) -> list[Any]:
        if self._connection is None:
            self.send()
        connection = self._connection
        if connection is None:
            return []
        self._connection = None
        if self._replicas is not None:
            self._at = self._server or _address(connection)
        replies: list[Any] = []
        try:
            for _ in self._commands:
                try:
                    replies.append(connection.read_response() if replies else self._first(connection))
                except redis.ResponseError as error:
                    replies.append(self._kept(error))
        except BaseException:
            self._broken(connection)
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
            self._store._is_silent(self._server)
            return connection.read_response(timeout=timeout_s - SILENCE_S)

    def _kept(self, error: redis.ResponseError) -> redis.ResponseError:
        """The error as a reply. Raises it where the whole pipeline is to be sent again: to a primary that has become a
        replica, by a new connection, which finds the new one if the address moved."""
        passing = None if isinstance(error, SLOT_ELSEWHERE) else refusal(error)
        if passing is not None:
            raise passing from error
        return error

    def _broken(self, connection: redis.Connection) -> None:
        """What broke one connection has likely broken the idle ones, and each would be found out only by waiting."""
        connection.disconnect()
        self._client.connection_pool.release(connection)
        self._client.connection_pool.disconnect(inuse_connections=False)

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
            self._commands[-2] = ("WAIT", needed, self._store.replica_timeout_ms)
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


class Round:
    """Calls under way. Read `results` once, in the thread that began it."""

    def __init__(self, store: Store, calls: Sequence[Call[Any]]) -> None:
        self._store = store
        self._calls = calls
        self._creates = any(call.script == "create" for call in calls)
        if self._creates and not store._memory:
            store._ask_memory()
        # Refused here before anything is written; the rest of the round is sent.
        self._refuses = self._creates and store._full
        self._begin([call for call in calls if not self._is_refused(call)])

    def results(self) -> list[Any]:
        """Per call its result, or in its place the StoreError it met. Raises StoreUnavailable."""
        store = self._store
        try:
            replies = self._replies()
        except StoreUnavailable:
            store._is_down()
            raise
        if store._down_since is not None:
            store._is_back()
        left = iter(replies)
        full = redis.exceptions.OutOfMemoryError(f"over {store.full_at:.0%} of maxmemory is used")
        results = []
        for call in self._calls:
            reply = full if self._is_refused(call) else next(left)
            results.append(store._error(call, reply) if isinstance(reply, Exception) else _decoded(call, reply))
        return results

    def abandon(self) -> None:
        """Give up on the answers: nobody knows which calls took effect."""
        self._pipeline.abandon()

    def _is_refused(self, call: Call[Any]) -> bool:
        return self._refuses and call.script == "create"

    def _begin(self, calls: Sequence[Call[Any]]) -> None:
        """Send these calls. What goes wrong shows in `_replies`."""
        store = self._store
        asks_memory = self._creates and store._memory_is_stale()
        self._pipeline = Pipeline(store, store.client, calls, asks_memory=asks_memory)
        with contextlib.suppress(redis.ConnectionError, redis.TimeoutError):
            self._pipeline.send()

    def _replies(self) -> list[Any]:
        """The answers; on a broken connection everything is sent again, because every script may be sent twice."""
        end = time.monotonic() + self._store.give_up_s

        def failed(error: Exception) -> None:
            if time.monotonic() > end:
                raise error

        try:
            return self._store.retry.call_with_retry(self._pipeline.read, failed)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise self._store._unavailable(error) from error


class Hints:
    """An open subscription. One thread reads; any thread may close."""

    def __init__(self, store: Store, channels: list[str]) -> None:
        self._store = store
        self._closed = False
        self._pubsub = store._listening_client().pubsub(ignore_subscribe_messages=False)
        try:
            with store._named_errors():
                self._pubsub.subscribe(*channels)
                # Wait for the server's word, so that what is published after this returns is heard.
                for _ in channels:
                    if self._pubsub.get_message(timeout=CONNECT_TIMEOUT_S) is None:
                        raise redis.TimeoutError("no answer to SUBSCRIBE")
        except StoreError:
            self._pubsub.close()
            raise
        self._heard = time.monotonic()
        self._asked: float | None = None

    def get(self, timeout_s: float) -> Hint | TaskDone | None:
        """The next message, or None after timeout_s seconds or once closed. Raises StoreUnavailable."""
        until = time.monotonic() + timeout_s
        while not self._closed:
            # In slices, so that close() from another thread is noticed.
            left = min(0.2, until - time.monotonic())
            with self._store._named_errors():
                message = self._pubsub.get_message(timeout=max(left, 0.0))
                self._check_heard(message is not None)
            if message is not None and message["type"] == "message":
                try:
                    return _read_message(message["channel"].decode(), message["data"].decode())
                except ValueError:
                    continue  # published by somebody else; what it may have been of ours is swept up
            if message is None and time.monotonic() >= until:
                return None
        self._pubsub.close()
        return None

    def _check_heard(self, has_message: bool) -> None:
        """A listener never writes, so it would not notice that its server is gone: it asks when all is quiet."""
        now = time.monotonic()
        if has_message:
            self._heard, self._asked = now, None
        elif self._asked is None and now - self._heard > PING_S:
            self._asked = now
            self._pubsub.ping()
        elif self._asked is not None and now - self._asked > SILENT_S:
            raise redis.TimeoutError(f"silent for {now - self._heard:.0f} s")

    def __iter__(self) -> Iterator[Hint | TaskDone]:
        while not self._closed:
            message = self.get(1.0)
            if message is not None:
                yield message

    def close(self) -> None:
        """End the subscription; a get() under way returns within 0.2 s and closes the connection."""
        self._closed = True

    def __enter__(self) -> Hints:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        self._pubsub.close()


def _read_message(channel: str, text: str) -> Hint | TaskDone:
    partition, _, rest = text.partition(" ")
    conv, _, number = partition.partition(".")
    if channel.endswith(":done"):
        return TaskDone(int(conv), int(number), rest)
    kind, _, value = rest.partition(" ")
    if kind == "lane":
        return Hint(int(conv), int(number), value, None)
    due, _, in_ms = value.partition(" ")
    return Hint(int(conv), int(number), None, int(due), int(in_ms))


def _decoded(call: Call[Any], reply: Any) -> Any:
    """The call's result; an answer that cannot be read concerns this call, and no other of its round."""
    try:
        return call.decode(reply)
    except UNREADABLE as error:
        return StoreError(f"the answer to {call!r} cannot be read: {error}")


def _address(connection: redis.Connection) -> str:
    """Of the server at its other end; a Unix socket has none."""
    host = getattr(connection, "host", None)
    return "" if host is None else str(Address(host, int(connection.port)))


def _is_missing(result: Any) -> bool:
    return isinstance(result, redis.ResponseError) and "Function not found" in str(result)

"""The store's client: sends calls as one pipeline, loads the scripts where they are missing, and names failures."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Hashable, Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple, TypeVar, cast

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from engine.errors import Elsewhere, StoreError, StoreFull, StoreUnavailable
from engine.store.calls import UNREADABLE, Call, Partition
from engine.store.library import library

T = TypeVar("T")

# A whole pipeline of large batches answers within this; a server that is silent for longer counts as gone.
SOCKET_TIMEOUT_S = 4.0
CONNECT_TIMEOUT_S = 3.0
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
        replicas: int = 0,
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
        self.give_up_s = GIVE_UP_S + (replica_timeout_ms / 1000 if replicas else 0.0)
        self.retry = Retry(ExponentialBackoff(cap=0.5, base=0.02), RETRIES, (redis.ConnectionError, redis.TimeoutError))
        self._hash, self._library = library()
        self._memory: dict[str, Memory] = {}  # by server; one alone has the name ""

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
        try:
            self._load(self.client)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise self._unavailable(error) from error

    def subscribe(self, *, hints: bool = True, done: bool = True) -> Hints:
        """Listen on a connection of its own."""
        channels = [f"{self.namespace}:hint"] * hints + [f"{self.namespace}:done"] * done
        return Hints(self, channels)

    def _listening_client(self) -> redis.Redis:
        """Whom to subscribe to."""
        return self.client

    def listeners(self) -> int:
        """How many workers listen for hints just now. Raises StoreUnavailable."""
        try:
            return int(self.client.pubsub_numsub(f"{self.namespace}:hint")[0][1])
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise self._unavailable(error) from error

    def scan(self, tasks_of: Partition | None = None) -> Iterator[list[bytes]]:
        """All keys of the namespace, in pages, or those of the tasks of one partition; those that stay are there at
        least once. Raises StoreUnavailable."""
        which = "" if tasks_of is None else f"{tasks_of.conv_id}.{tasks_of.number}}} t:"
        pattern = re.sub(r"([\\*?\[\]])", r"\\\1", f"{{{self.namespace}:{which}") + "*"
        try:
            for client in self._clients():
                cursor = 0
                while True:
                    cursor, page = client.scan(cursor, match=pattern, count=1000)
                    yield cast("list[bytes]", page)
                    if not cursor:
                        break
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise self._unavailable(error) from error

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
        """Load the scripts into one server. Raises redis.ConnectionError also when it takes no writes any more."""
        try:
            client.function_load(self._library, replace=True)
        except redis.exceptions.OutOfMemoryError as error:
            raise StoreFull(f"the store at {self.address} is full: {error}") from error
        except redis.exceptions.ReadOnlyError as error:
            raise redis.ConnectionError(str(error)) from error
        except redis.ResponseError as error:
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
        if isinstance(error, redis.exceptions.OutOfMemoryError) or str(error).startswith("MISCONF"):
            return StoreFull(f"the store at {self.address} is full and takes no new work: {error}")
        if str(error).startswith("ELSEWHERE"):
            return Elsewhere(f"{call!r} at {self.address}: {error}")
        return StoreError(f"{call!r} failed at {self.address}: {error}")

    def _unavailable(self, error: Exception) -> StoreUnavailable:
        return StoreUnavailable(f"the store at {self.address} does not answer: {error}", where=self.address)


class Pipeline:
    """Calls to one server, sent on one connection and answered later; with them goes what is asked along.

    That is the server's memory, and with durability `replicated` WAIT. WAIT covers only what its own connection wrote,
    so a call that turns out to have been made before would wait for nothing: each pipeline writes once by itself.
    """

    def __init__(
        self, store: Store, client: redis.Redis, calls: Sequence[Call[Any]], *, server: str = "", asks_memory: bool
    ) -> None:
        self._store = store
        self._client = client
        self._server = server
        self._commands = store.commands(calls)
        self._asks_memory = asks_memory
        if asks_memory:
            self._commands.append(("INFO", "memory"))
        written = next((call for call in calls if not call.read_only), None) if store.replicas else None
        self._waits = written is not None
        if written is not None:
            self._commands += store.commands([Call("sync", written.partition, [], int)])
            self._commands.append(("WAIT", store.replicas, store.replica_timeout_ms))
        self._connection: redis.Connection | None = None

    def send(self) -> None:
        """Raises redis.ConnectionError, redis.TimeoutError."""
        if not self._commands:
            return
        pool = self._client.connection_pool
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
        if self._waits:
            self._check_replicas(replies.pop(), replies.pop())
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
        replies: list[Any] = []
        try:
            for _ in self._commands:
                try:
                    replies.append(connection.read_response())
                except redis.exceptions.ReadOnlyError as error:
                    # The primary has become a replica: a new connection finds the new primary, if the address moved.
                    raise redis.ConnectionError(str(error)) from error
                except redis.ResponseError as error:
                    replies.append(error)
        except BaseException:
            self._broken(connection)
            raise
        self._client.connection_pool.release(connection)
        return replies

    def _broken(self, connection: redis.Connection) -> None:
        """What broke one connection has likely broken the idle ones, and each would be found out only by waiting."""
        connection.disconnect()
        self._client.connection_pool.release(connection)
        self._client.connection_pool.disconnect(inuse_connections=False)

    def _check_replicas(self, reached: Any, written: Any) -> None:
        """Too few replicas in time is unknown, not refused: the calls took effect here, and may be sent again."""
        store = self._store
        if isinstance(written, Exception):
            raise redis.ConnectionError(f"nothing could be written for the replicas to have: {written}")
        if not isinstance(reached, int) or reached < store.replicas:
            # Nobody follows a primary that was replaced: a new connection finds out.
            self._client.connection_pool.disconnect(inuse_connections=False)
            raise StoreUnavailable(
                f"the store at {store.address} has not reached {store.replicas} replicas within "
                f"{store.replica_timeout_ms} ms (CONV_REPLICAS): it is unknown what they have",
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
        left = iter(self._replies())
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
            self._pubsub.subscribe(*channels)
            # Wait for the server's word, so that what is published after this returns is heard.
            for _ in channels:
                if self._pubsub.get_message(timeout=CONNECT_TIMEOUT_S) is None:
                    raise redis.TimeoutError("no answer to SUBSCRIBE")
        except (redis.ConnectionError, redis.TimeoutError) as error:
            self._pubsub.close()
            raise store._unavailable(error) from error
        self._heard = time.monotonic()
        self._asked: float | None = None

    def get(self, timeout_s: float) -> Hint | TaskDone | None:
        """The next message, or None after timeout_s seconds or once closed. Raises StoreUnavailable."""
        until = time.monotonic() + timeout_s
        while not self._closed:
            # In slices, so that close() from another thread is noticed.
            left = min(0.2, until - time.monotonic())
            try:
                message = self._pubsub.get_message(timeout=max(left, 0.0))
                self._check_heard(message is not None)
            except (redis.ConnectionError, redis.TimeoutError) as error:
                raise self._store._unavailable(error) from error
            if message is not None and message["type"] == "message":
                return _read_message(message["channel"].decode(), message["data"].decode())
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


def _is_missing(result: Any) -> bool:
    return isinstance(result, redis.ResponseError) and "Function not found" in str(result)

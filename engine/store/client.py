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

from ..errors import Elsewhere, StoreError, StoreFull, StoreUnavailable
from ..vault import Box
from .call import Call, Partition
from .fullness import FULL_AT, Fullness
from .library import library
from .outage import Refusal, refusal
from .pipeline import Silence
from .replicas import Replicas
from .rounds import Round, Tried
from .url import PORT, Address

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
        box: Box | None = None,
    ) -> None:
        if not namespace or set(namespace) & set("{} \n"):
            raise ValueError(f"namespace {namespace!r}: must not be empty or hold braces or spaces")
        self.client = client
        self.namespace = namespace
        self.address = address
        self.fullness = Fullness(full_at)
        self.replicas = replicas
        self.replica_timeout_ms = replica_timeout_ms
        self.box = box or Box()
        """The keys of this process. Calls take and give what is sealed already: who makes values seals them."""
        self.give_up_s = GIVE_UP_S + (replica_timeout_ms / 1000 if replicas and replicas.waits else 0.0)
        self.retry = Retry(ExponentialBackoff(cap=0.5, base=0.02), RETRIES, (redis.ConnectionError, redis.TimeoutError))
        self._hash, self._library = library()
        self.silence = Silence(address)

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

    def server_of(self, call: Call[Any]) -> Address | None:
        """In a cluster, who serves its partition; None: nobody just now. A server alone has no name."""
        return None

    def client_of(self, server: Address | None) -> redis.Redis | None:
        return self.client

    def servers(self) -> Sequence[str]:
        """Of whose memory `fullness` knows."""
        return [""]

    def misplaced(self, calls: Sequence[Call[Any]], replies: Sequence[Any]) -> list[int]:
        """The places of those that another server must be sent, because who was asked does not serve their slot."""
        return []

    def go_on(self, calls: Sequence[Call[Any]], tried: Tried) -> Round:
        """A round whose first try was made on a connection that is held."""
        return Round(self, calls, tried)

    def one(self, call: Call[T]) -> T:
        """Run a single call; raises its error."""
        result = self.run([call])[0]
        if isinstance(result, Exception):
            raise result
        return cast(T, result)

    def load(self) -> None:
        """Load the scripts. Done by itself when the server does not know them."""
        with self._named_errors():
            self.load_into(self.client)

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
            raise self.unavailable(error) from error
        pairs = [(int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))) for info in known]
        return max(pairs, key=lambda pair: pair[0] / pair[1] if pair[1] else 0.0)

    def endpoints(self) -> frozenset[Address]:
        """The servers that may be reached over TCP, as far as they are known now; the Sentinels, too."""
        sentinels = getattr(self.client, "sentinels", None)
        if sentinels is not None:
            return cast("frozenset[Address]", sentinels.servers())
        pool = self.client.connection_pool
        if issubclass(pool.connection_class, redis.UnixDomainSocketConnection):
            return frozenset()
        options = pool.connection_kwargs
        return frozenset([Address(options.get("host") or "localhost", int(options.get("port") or PORT))])

    def rewrite(self) -> bool:
        """Have the append-only file written anew, without what was overwritten; False: the server does not let us."""
        try:
            for client in self._clients():
                client.bgrewriteaof()
        except redis.ResponseError as error:
            return "in progress" in str(error)  # that is as good: what was overwritten lies before it
        except redis.RedisError:
            return False
        return True

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

    def load_into(self, client: redis.Redis) -> None:
        """Load the scripts into one server. Raises redis.ConnectionError also when it takes no writes just now."""
        try:
            client.function_load(self._library, replace=True)
        except redis.exceptions.OutOfMemoryError as error:
            raise StoreFull(f"the store at {self.address} is full: {error}") from error
        except redis.ResponseError as error:
            if (passing := refusal(error)) is not None:
                raise passing from error
            raise StoreError(f"the server at {self.address} refuses the scripts: {error}") from error

    def ask_memory(self) -> None:
        """A new process does not know yet whether the store is full. What goes wrong here shows in the round itself."""
        with contextlib.suppress(redis.RedisError):
            self.fullness.note(self.client.info("memory"))

    def error(self, call: Call[Any], error: Exception) -> StoreError:
        """What a call met, by its name."""
        if isinstance(error, redis.exceptions.OutOfMemoryError):
            return StoreFull(f"the store at {self.address} is full and takes no new work: {error}")
        if str(error).startswith("ELSEWHERE"):
            return Elsewhere(f"{call!r} at {self.address}: {error}")
        return StoreError(f"{call!r} failed at {self.address}: {error}")

    def unavailable(self, error: Exception) -> StoreUnavailable:
        """To be raised where the server does not answer."""
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
                raise self.unavailable(passing) from error
            raise StoreError(f"the store at {self.address} refuses: {error}") from error


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

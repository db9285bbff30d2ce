"""The primary that Sentinels watch: which server it is, and leaving the old one before it takes what will be lost.

A failover that an operator asks for promotes a replica at once, while the old primary goes on taking writes for up to
10 s, and drops them all when it is told to follow. redis-py asks `SENTINEL MASTERS`, which on the leading Sentinel
names the old one until every replica has been told. So three things are done here:

- all Sentinels are asked for the address, and the newest configuration counts, as it does among them;
- a thread listens to `+switch-master`, and asks once a second besides;
- a replica that left the primary is asked for its role before a write is acknowledged (`check`). Sentinels need up to a
  second to see what they have promoted: until they name it nothing is acknowledged.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, cast

import redis
from redis.sentinel import MasterNotFoundError, Sentinel, SentinelConnectionPool

from .url import SENTINEL_PORT, Address

log = logging.getLogger("conv.store")

LOOK_S = 1.0  # how often all Sentinels are asked
FRESH_S = 0.2  # a new connection believes an answer this old
NAMED_S = 8.0  # a promoted replica that no Sentinel names within this was taken out by hand
PAUSE_S = 0.05
SLICE_S = 0.2  # so that `close` is noticed


class Told(NamedTuple):
    """What a Sentinel says: the primary, as of which configuration epoch, and the replicas that follow it."""

    epoch: int
    address: Address
    replicas: frozenset[Address]


class WrongSentinels(MasterNotFoundError):
    """What the URL says of the Sentinels is wrong: those that answer are none, or do not know the name or password."""


class Pool(SentinelConnectionPool):
    """Connections to the primary. Asks the `sentinel_manager`, a Watch, for its address."""

    def leave(self) -> None:
        """Let go of all connections at once, also those in use: whoever waits for an answer finds his closed."""
        with self._lock:
            for connection in self._available_connections:
                connection.disconnect()
            for connection in self._in_use_connections:
                # Not disconnect: redis-py would find its parser without a socket in the middle of reading.
                with contextlib.suppress(OSError, AttributeError):
                    connection._sock.shutdown(socket.SHUT_RDWR)


class Watch(Sentinel):
    """Knows the primary. `service` is what the Sentinels call it. Safe for many threads; `close` ends its thread."""

    def __init__(self, seeds: Sequence[Address], service: str, asking: dict[str, Any], options: dict[str, Any]) -> None:
        super().__init__(seeds, sentinel_kwargs=asking)
        self.service = service
        self._seeds = tuple(seeds)
        self._replica_options = {**options, **{name: asking[name] for name in ("socket_timeout", "retry")}}
        self._replica_options["socket_connect_timeout"] = asking["socket_connect_timeout"]
        self._lock = threading.Lock()
        self._askers = ThreadPoolExecutor(len(self.sentinels), thread_name_prefix="conv-sentinels")
        self._told: Told | None = None
        self._looked = 0.0
        self._closed = threading.Event()
        self._pool: Pool | None = None

    def listen(self, pool: Pool) -> None:
        """Begin to listen, in a thread of its own. `pool` has the connections to the primary."""
        self._pool = pool
        threading.Thread(target=self._listen, name="conv-sentinel", daemon=True).start()

    def close(self) -> None:
        """Ends the thread, which then lets go of the Sentinels."""
        self._closed.set()
        if self._pool is None:
            self._let_go()

    def _let_go(self) -> None:
        self._askers.shutdown(wait=False, cancel_futures=True)
        super().close()

    def servers(self) -> frozenset[Address]:
        """The Sentinels, and the primary and replicas that they last named."""
        told = self._told
        return frozenset((*self._seeds, *(() if told is None else (told.address, *told.replicas))))

    # --- Which it is ----------------------------------------------------------------------------

    def discover_master(self, service_name: str) -> Address:
        """Where redis-py connects to. Raises MasterNotFoundError."""
        return self.look(FRESH_S).address

    def look(self, fresh_s: float = 0.0) -> Told:
        """What is known, asked anew when that is older. Connections to a former primary are closed, also those in use.

        Raises MasterNotFoundError.
        """
        with self._lock:
            if self._told is not None and time.monotonic() - self._looked < fresh_s:
                return self._told
            answers = list(self._askers.map(self._ask, self.sentinels))
            newest = max(
                (told for told in answers if isinstance(told, Told)), key=lambda told: told.epoch, default=None
            )
            if newest is None:
                raise self._not_found(answers)
            known = self._told
            if known is not None and newest.epoch < known.epoch and not all(isinstance(a, Told) for a in answers):
                return known  # those that know better do not answer just now
            self._told, self._looked = newest, time.monotonic()
            if known is not None and known.address != newest.address:
                log.warning("the primary %s is now %s, no longer %s", self.service, newest.address, known.address)
                if self._pool is not None:
                    self._pool.leave()
            return newest

    def _ask(self, sentinel: redis.Redis) -> Told | redis.RedisError:
        try:
            address, state, replicas = (
                sentinel.pipeline(transaction=False)
                .execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.service)
                .execute_command("SENTINEL", "MASTER", self.service)
                .execute_command("SENTINEL", "REPLICAS", self.service)
                .execute(raise_on_error=False)
            )
        except redis.RedisError as error:
            return error
        for answer in (address, state):
            if isinstance(answer, redis.RedisError):
                return answer
        if address is None:
            return redis.ResponseError("No such master with that name")
        followers = () if isinstance(replicas, Exception) else replicas
        return Told(
            int(_field(state, "config-epoch")),
            Address(_text(address[0]), int(address[1])),
            frozenset(Address(_field(one, "ip"), int(_field(one, "port"))) for one in followers if _follows(one)),
        )

    def _not_found(self, answers: Sequence[Told | redis.RedisError]) -> MasterNotFoundError:
        """Why no Sentinel has named the primary: the first answer that says more than that nobody is there."""
        names = ", ".join(map(str, self._seeds))
        for answer in answers:
            if isinstance(answer, redis.AuthenticationError):
                return WrongSentinels(f"the Sentinels at {names} want a password, or another: ?sentinel_password=…")
            if "No such master" in str(answer):
                return WrongSentinels(f"the Sentinels at {names} know no primary named {self.service!r}")
            if "unknown command" in str(answer).lower():
                return WrongSentinels(f"{names} are no Sentinels, which listen at port {SENTINEL_PORT} as a rule")
            if isinstance(answer, redis.exceptions.NoPermissionError):
                return WrongSentinels(f"the Sentinels at {names} refuse: {answer}")
        return MasterNotFoundError(f"no Sentinel at {names} answers: {answers[0]}")

    def _listen(self) -> None:
        while not self._closed.is_set():
            for sentinel in tuple(self.sentinels):
                with contextlib.suppress(redis.RedisError), sentinel.pubsub(ignore_subscribe_messages=True) as heard:
                    heard.subscribe("+switch-master")
                    while not self._closed.is_set():
                        said = heard.get_message(timeout=SLICE_S)
                        with contextlib.suppress(redis.RedisError):
                            self.look(0.0 if said else LOOK_S)
            self._closed.wait(PAUSE_S)
        self._let_go()

    # --- Whether it still is --------------------------------------------------------------------

    def check(self, primary: str, left: Collection[Address]) -> None:
        """These replicas have left it. Raises redis.ConnectionError when one of them has taken its place."""
        promoted = [address for address in left if self._is_primary(address)]
        end = time.monotonic() + NAMED_S
        while (now := str(self.look(FRESH_S).address)) == primary and promoted and time.monotonic() < end:
            self._closed.wait(PAUSE_S)
            self.look()
        if now != primary:
            raise redis.ConnectionError(f"{primary} is no longer the primary, {now} is")
        for address in promoted:
            log.warning("%s no longer follows %s, and no Sentinel names it the primary", address, primary)

    def _is_primary(self, address: Address) -> bool:
        options = {**self._replica_options, "host": address.host, "port": address.port}
        try:
            with redis.Redis(**options) as asked:
                return bool(cast("dict[str, Any]", asked.info("replication"))["role"] == "master")
        except redis.RedisError:
            return False


def _field(state: Any, name: str) -> str:
    """Of what a Sentinel says of an instance: a map, or its names and values in turn."""
    fields = state if isinstance(state, dict) else dict(zip(state[::2], state[1::2], strict=True))
    return _text(fields.get(name.encode(), fields.get(name, b"")))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _follows(state: Any) -> bool:
    """Whether the Sentinel thinks that this replica is up and in step."""
    return (_field(state, "flags"), _field(state, "role-reported"), _field(state, "master-link-status")) == (
        "slave",
        "slave",
        "ok",
    )

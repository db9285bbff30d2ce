"""The store on a cluster: each call goes to the node that serves its partition's slot.

redis-py's own cluster client is not used: its pipelines wait for one node after the other, and when a slot is being
moved it sends ASKING, which runs a script where some of its keys have not yet come. Here every script declares one key
that never exists, so a node that is giving a slot away refuses each call on it before anything is done, and the node
that is getting the slot refuses until it has it all: the calls wait, and nothing is ever half done or done on half.
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.retry import Retry

from ..errors import StoreUnavailable
from .call import Call
from .client import Store
from .pipeline import SLOT_ELSEWHERE, Pipeline
from .rounds import Round, Tried
from .url import Address

log = logging.getLogger("conv.store")

SLOTS = 16_384

# A failover takes the cluster's node timeout and about a second more; a worker tries again after that by itself.
PAUSES_S = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)

# Asking which node serves what is one short command: another node is asked when it takes longer.
TOPOLOGY_TIMEOUT_S = 1.0


class NotACluster(redis.RedisError):
    """The server has cluster mode off."""


class Topology:
    """Which node serves which slot, and a client of each node. Safe for many threads.

    Raises redis.ConnectionError when no node tells, NotACluster. `options` are for redis-py's connections.
    """

    def __init__(self, seeds: Sequence[Address], options: dict[str, Any]) -> None:
        self._seeds = tuple(seeds)
        self._options = {**options, "retry": Retry(NoBackoff(), 0)}
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._clients: dict[Address, redis.Redis] = {}
        self._owners: list[Address | None] = [None] * SLOTS
        self.nodes: tuple[Address, ...] = ()
        self.primaries: tuple[Address, ...] = ()
        self.version = 0

    def owner(self, slot: int) -> Address | None:
        """The primary that serves a slot; None: nobody does."""
        return self._owners[slot]

    def client(self, address: Address) -> redis.Redis:
        with self._lock:
            client = self._clients.get(address)
            if client is None:
                client = self._clients[address] = self._make(address)
            return client

    def any_client(self) -> redis.Redis:
        """A client of some node that answers: its replicas hear what is published, too."""
        addresses = list(self.nodes)
        random.shuffle(addresses)
        for address in addresses:
            with contextlib.suppress(redis.RedisError), self._make(address, TOPOLOGY_TIMEOUT_S) as asked:
                asked.ping()
                return self.client(address)
        raise redis.ConnectionError("no node of the cluster answers")

    def moved(self, slot: int, owner: Address) -> None:
        """A node has said who serves this slot now."""
        self._owners[slot] = owner

    def servers(self) -> frozenset[Address]:
        """All that are known, replicas too."""
        return frozenset((*self._seeds, *self.nodes))

    def refresh(self, seen: int, doubted: Iterable[Address] = ()) -> None:
        """Ask anew, unless somebody has since the version seen; the doubted nodes are asked last."""
        with self._asking:
            if self.version != seen:
                return
            self._ask(set(doubted))
            self.version += 1

    def close(self) -> None:
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _ask(self, doubted: set[Address]) -> None:
        known = [address for address in self.nodes if address not in doubted]
        random.shuffle(known)
        error: redis.RedisError | None = None
        for address in dict.fromkeys((*known, *self._seeds, *doubted)):
            try:
                with self._make(address, TOPOLOGY_TIMEOUT_S) as asked:
                    self._take(asked.execute_command("CLUSTER", "SLOTS"), address)
                return
            except (redis.AuthenticationError, redis.exceptions.NoPermissionError):
                raise
            except redis.ResponseError as refused:
                if "cluster support disabled" in str(refused):
                    raise NotACluster(f"{address} is not a cluster") from refused
                error = refused
            except (redis.ConnectionError, redis.TimeoutError) as failed:
                error = failed
        raise redis.ConnectionError(f"no node of the cluster answers: {error}")

    def _take(self, ranges: list[Any], asked: Address) -> None:
        owners: list[Address | None] = [None] * SLOTS
        nodes: dict[Address, None] = {}
        primaries: dict[Address, None] = {}
        for first, last, *group in ranges:
            # A node that does not know its own name says nothing or "?": it is the one we asked.
            addresses = [
                Address(asked.host if host in (b"", b"?", None) else host.decode(), int(port))
                for host, port, *_ in group
            ]
            nodes |= dict.fromkeys(addresses)
            primaries[addresses[0]] = None
            owners[first : last + 1] = [addresses[0]] * (last + 1 - first)
        if not ranges:
            raise redis.ConnectionError(f"{asked} knows of no slots")
        if self.primaries and set(self.primaries) != primaries.keys():
            log.warning("the primaries of the cluster are now %s", ", ".join(map(str, primaries)))
        self._owners, self.nodes, self.primaries = owners, tuple(nodes), tuple(primaries)
        with self._lock:
            for gone in self._clients.keys() - nodes.keys():
                # In use by another thread, perhaps: what it reads is still good.
                self._clients.pop(gone).connection_pool.disconnect(inuse_connections=False)

    def _make(self, address: Address, timeout_s: float | None = None) -> redis.Redis:
        options = {**self._options, "host": address.host, "port": address.port}
        if timeout_s is not None:
            options |= {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
        client = redis.Redis(connection_pool=redis.ConnectionPool(**options))
        client.auto_close_connection_pool = True
        return client


class ClusterStore(Store):
    """A cluster and a namespace on it. `client` is one of its primaries, whichever: not to look for a task's keys."""

    def __init__(self, topology: Topology, namespace: str, address: str = "", **options: Any) -> None:
        if not topology.version:
            topology.refresh(0)
        super().__init__(topology.client(topology.primaries[0]), namespace, address, **options)
        self.topology = topology
        self._slots: dict[str, int] = {}

    def begin(self, calls: Sequence[Call[Any]]) -> Round:
        return ClusterRound(self, calls)

    def go_on(self, calls: Sequence[Call[Any]], tried: Tried) -> Round:
        return ClusterRound(self, calls, tried)

    def server_of(self, call: Call[Any]) -> Address | None:
        return self.topology.owner(self.slot_of(call))

    def client_of(self, server: Address | None) -> redis.Redis | None:
        return None if server is None else self.topology.client(server)

    def servers(self) -> Sequence[str]:
        return [str(address) for address in self.topology.primaries]

    def misplaced(self, calls: Sequence[Call[Any]], replies: Sequence[Any]) -> list[int]:
        return _misplaced([self.slot_of(call) for call in calls], replies)

    def slot_of(self, call: Call[Any]) -> int:
        slot = self._slots.get(call.slot)
        if slot is None:
            slot = self._slots[call.slot] = key_slot(self.key(call).encode())
        return slot

    def load(self) -> None:
        with self._named_errors():
            for address in self.topology.primaries:
                self.load_into(self.topology.client(address))

    def listeners(self) -> int:
        """How many workers listen for hints just now, each to one node. Raises StoreUnavailable."""
        channel = f"{self.namespace}:hint"
        with self._named_errors():
            # They may listen to a replica that was not there, or not thought to be, when the cluster was last asked.
            self.topology.refresh(self.topology.version)
            clients = [self.topology.client(node) for node in self.topology.nodes]
            return sum(int(client.pubsub_numsub(channel)[0][1]) for client in clients)

    def layout(self) -> Hashable:
        with self._named_errors():
            self.topology.refresh(self.topology.version)
        return tuple(self.topology.owner(slot) for slot in range(SLOTS))

    def endpoints(self) -> frozenset[Address]:
        return self.topology.servers()

    def close(self) -> None:
        self.topology.close()

    def _clients(self) -> Sequence[redis.Redis]:
        return [self.topology.client(address) for address in self.topology.primaries]

    def _listening_client(self) -> redis.Redis:
        with self._named_errors():
            return self.topology.any_client()

    def ask_memory(self) -> None:
        self.fullness.forget_others({str(address) for address in self.topology.primaries})
        for address in self.topology.primaries:
            with contextlib.suppress(redis.RedisError):
                self.fullness.note(self.topology.client(address).info("memory"), str(address))


class _Part:
    """What one node gets of a round: `places` are the calls' places in it. `answers`: of a first try, if known."""

    def __init__(
        self, node: Address | None, places: list[int], pipeline: Pipeline | None, answers: list[Any] | None = None
    ) -> None:
        self.node = node
        self.places = places
        self.pipeline = pipeline
        self._answers = answers
        self._failure: Exception | None = None
        try:
            if pipeline is not None:
                pipeline.send()
        except (redis.ConnectionError, redis.TimeoutError) as error:
            self._failure = error

    def read(self) -> list[Any]:
        if self._failure is not None:
            raise self._failure
        if self._answers is not None:
            return self._answers
        if self.pipeline is None:
            raise redis.ConnectionError("no node of the cluster serves the slot")
        return self.pipeline.read()


class ClusterRound(Round):
    """Calls under way to several nodes: all are sent before one is waited for.

    What a node refuses because it does not serve the slot (any more, or yet), and what is lost with a connection, is
    sent again to the node that serves it by then; the rest is not. Of one partition, all calls from the first that was
    refused on, so that they stay in order.
    """

    _store: ClusterStore
    _parts: list[_Part]

    def abandon(self) -> None:
        parts, self._parts = self._parts, []
        for part in parts:
            if part.pipeline is not None:
                part.pipeline.abandon()

    def _begin(self, calls: Sequence[Call[Any]]) -> None:
        if self._refuses and any(map(self._store.fullness.is_stale, self._store.servers())):
            self._store.ask_memory()
        self._sends(calls)
        self._send(range(len(calls)))

    def _go_on(self, calls: Sequence[Call[Any]], tried: Tried) -> None:
        self._sends(calls)
        self._parts.append(_Part(tried.server, list(range(len(calls))), tried.pipeline, tried.answers))

    def _sends(self, calls: Sequence[Call[Any]]) -> None:
        self._sent = calls
        self._slots = [self._store.slot_of(call) for call in calls]
        self._parts = []

    def _send(self, places: Iterable[int]) -> None:
        store = self._store
        by_node: dict[Address | None, list[int]] = {}
        for place in places:
            by_node.setdefault(store.topology.owner(self._slots[place]), []).append(place)
        for node, its_places in by_node.items():
            pipeline = None
            if node is not None:
                name = str(node)
                pipeline = Pipeline(
                    store,
                    store.topology.client(node),
                    [self._sent[place] for place in its_places],
                    server=name,
                    asks_memory=self._creates and store.fullness.is_stale(name),
                )
            self._parts.append(_Part(node, its_places, pipeline))

    def _replies(self) -> list[Any]:
        replies: list[Any] = [None] * len(self._sent)
        end = self._end()
        failure: Exception | None = None
        try:
            for pause_s in (*PAUSES_S, 0.0):
                topology = self._store.topology
                seen = topology.version
                doubted: set[Address] = set()
                again, failure, is_old = self._collect(replies, doubted)
                if not again:
                    return replies
                if not pause_s or time.monotonic() > end:
                    break
                time.sleep(pause_s)
                if is_old:
                    topology.refresh(seen, doubted)
                self._send(sorted(again))
        except (redis.ConnectionError, redis.TimeoutError) as error:
            failure = error
        finally:
            self.abandon()
        raise self._unavailable(failure)

    def _collect(self, replies: list[Any], doubted: set[Address]) -> tuple[list[int], Exception | None, bool]:
        """Read every part. The places to send again, the last reason, and whether the topology is out of date."""
        again: list[int] = []
        failure: Exception | None = None
        is_old = False
        while self._parts:
            part = self._parts.pop(0)
            try:
                answers = part.read()
            except (redis.ConnectionError, redis.TimeoutError) as error:
                failure, is_old = error, True
                again += part.places
                if part.node is not None:
                    doubted.add(part.node)
                continue
            for place, answer in zip(part.places, answers, strict=True):
                replies[place] = answer
                if isinstance(answer, SLOT_ELSEWHERE):
                    slot = self._slots[place]
                    failure = redis.ConnectionError(_why(slot, answer))
                    if isinstance(answer, redis.exceptions.MovedError):
                        # A node that does not know its own name leaves it out: it is the one that answered.
                        host = answer.host or (part.node.host if part.node else "")
                        self._store.topology.moved(slot, Address(host, answer.port))
                    is_old = is_old or not _is_ask(answer)
            slots = [self._slots[place] for place in part.places]
            again += [part.places[place] for place in _misplaced(slots, answers)]
        return again, failure, is_old

    def _unavailable(self, failure: Exception | None) -> StoreUnavailable:
        return self._store.unavailable(failure or redis.ConnectionError("no answer"))


def _misplaced(slots: Sequence[int], answers: Sequence[Any]) -> list[int]:
    """The places of calls that were refused for their slot, and of those that came after them on the same."""
    refused: set[int] = set()
    places = []
    for place, (slot, answer) in enumerate(zip(slots, answers, strict=True)):
        if isinstance(answer, SLOT_ELSEWHERE):
            refused.add(slot)
        if slot in refused:
            places.append(place)
    return places


def _is_ask(error: Exception) -> bool:
    return isinstance(error, redis.exceptions.AskError) and not isinstance(error, redis.exceptions.MovedError)


def _why(slot: int, error: Exception) -> str:
    if isinstance(error, redis.exceptions.AskError):
        return f"slot {slot} {'is being' if _is_ask(error) else 'was'} moved to {error.host}:{error.port}"
    return f"slot {slot} is not served: {error}"

"""Opening the store that the settings name: by URL a server, a cluster or a primary watched by Sentinels, or the
embedded server; checked before anything is written.

Refused here, with ConfigError: a URL that cannot be used, a server that is too old, one that would drop tasks when its
memory is full, a replica. A server that does not answer is StoreUnavailable.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

import redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

from engine.config import Durability, Settings
from engine.errors import ConfigError, EngineError, StoreUnavailable
from engine.store.client import CONNECT_TIMEOUT_S, RETRIES, SOCKET_TIMEOUT_S, Store
from engine.store.cluster import TOPOLOGY_TIMEOUT_S, ClusterStore, NotACluster, Topology
from engine.store.embedded import EmbeddedServer, attach
from engine.store.url import StoreUrl, address_of_url, read_url

OLDEST_REDIS = (7, 0)
OLDEST_VALKEY = (7, 2)

SENTINEL_S = 2.0
SENTINELS_GONE_S = 8.0  # more, while no Sentinel answers

T = TypeVar("T")


def open_store(settings: Settings) -> Store:
    """The store of these settings, connected and checked. Raises ConfigError, StoreUnavailable."""
    address = address_of(settings)
    options: dict[str, Any] = {
        "full_at": settings.submit_memory_percent / 100,
        "replicas": settings.replicas if settings.durability is Durability.REPLICATED else 0,
        "replica_timeout_ms": settings.replica_timeout_ms,
    }
    url = None if settings.embedded else read_url(settings.redis_url)
    if url is None or url.kind != "cluster":
        return Store(open_connection(settings), settings.namespace, address, **options)
    return ClusterStore(_open_cluster(url, settings, address), settings.namespace, address, **options)


def address_of(settings: Settings) -> str:
    """Where the store is, for messages: without password and without options."""
    return str(settings.home.absolute()) if settings.embedded else address_of_url(settings.redis_url)


def open_connection(settings: Settings) -> redis.Redis:
    """A client of the settings' server that returns bytes and may be shared by threads; its `close()` lets go of all.

    With the embedded server, the client holds it alive and has it started again when it is found gone. Not of a
    cluster. Raises ConfigError (naming what to change) and StoreUnavailable (naming the address).
    """
    client = _embedded_client(settings) if settings.embedded else _remote_client(read_url(settings.redis_url), settings)
    address = address_of(settings)

    def checked() -> redis.Redis:
        _check(client, settings, address)
        return client

    return _opened(checked, client.close, address)


def _opened(check: Callable[[], T], close: Callable[[], None], address: str) -> T:
    """What `check` returns; when it fails, closed, and the reason by its name."""
    try:
        return check()
    except redis.AuthenticationError as error:
        close()
        raise _wrong(address, f"refuses the name or password in CONV_REDIS_URL ({error})") from error
    except (redis.ConnectionError, redis.TimeoutError) as error:
        close()
        raise StoreUnavailable(f"the store at {address} does not answer: {error}", where=address) from error
    except redis.RedisError as error:
        close()
        raise _wrong(address, f"cannot be used as a store: {error}") from error
    except EngineError:
        close()
        raise


def _options(settings: Settings) -> dict[str, Any]:
    waits_s = settings.replica_timeout_ms / 1000 if settings.durability is Durability.REPLICATED else 0.0
    return {
        "protocol": 3,
        "socket_timeout": SOCKET_TIMEOUT_S + waits_s,
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        # Every script is safe to send twice, so the client may do so when an answer is lost.
        "retry": Retry(ExponentialBackoff(cap=0.5, base=0.02), RETRIES),
    }


# --- By URL ------------------------------------------------------------------------------------------------------


def _remote_client(url: StoreUrl, settings: Settings) -> redis.Redis:
    if url.kind == "cluster":
        raise ConfigError("CONV_REDIS_URL names a cluster: it has no one connection", where="CONV_REDIS_URL")
    options = {**_options(settings), **url.options}
    try:
        client = _sentinel_client(url, options) if url.kind == "sentinel" else _server_client(options)
        client.connection_pool.make_connection()  # an unknown option of the URL shows only here
    except (ValueError, TypeError) as error:
        raise ConfigError(f"CONV_REDIS_URL cannot be used: {error}", where="CONV_REDIS_URL") from None
    return client


def _server_client(options: dict[str, Any]) -> redis.Redis:
    client = redis.Redis(connection_pool=redis.ConnectionPool(**options))
    client.auto_close_connection_pool = True
    return client


class _SentinelPool(SentinelConnectionPool):
    """Looks every 2 s whether the primary is still the same: until it is told, an old one goes on taking writes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._next_look = 0.0

    def get_connection(self, *args: Any, **options: Any) -> redis.Connection:
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + SENTINEL_S
            try:
                self.get_master_address()  # lets go of idle connections to another
            except redis.ConnectionError:
                self._next_look += SENTINELS_GONE_S
        return super().get_connection(*args, **options)


def _sentinel_client(url: StoreUrl, options: dict[str, Any]) -> redis.Redis:
    """A client of the primary. Each new connection asks the Sentinels where it is."""
    asking = {
        **{name: value for name, value in url.sentinel_options.items() if name != "connection_class"},
        "socket_timeout": TOPOLOGY_TIMEOUT_S,
        "socket_connect_timeout": TOPOLOGY_TIMEOUT_S,
        "retry": Retry(NoBackoff(), 0),
    }
    options["ssl"] = asking["ssl"] = options.pop("connection_class", None) is redis.SSLConnection
    sentinel = Sentinel(url.seeds, sentinel_kwargs=asking)
    return cast(redis.Redis, sentinel.master_for(url.service, connection_pool_class=_SentinelPool, **options))


def _open_cluster(url: StoreUrl, settings: Settings, address: str) -> Topology:
    try:
        topology = Topology(url.seeds, {**_options(settings), **url.options})
        topology.client(url.seeds[0]).connection_pool.make_connection()
    except (ValueError, TypeError) as error:
        raise ConfigError(f"CONV_REDIS_URL cannot be used: {error}", where="CONV_REDIS_URL") from None

    def checked() -> Topology:
        try:
            topology.refresh(0)
        except NotACluster:
            raise _wrong(address, "is not a cluster: leave away cluster=true, or name one server") from None
        for primary in topology.primaries:
            _check(topology.client(primary), settings, f"{address} ({primary})", in_cluster=True)
        return topology

    return _opened(checked, topology.close, address)


# --- The embedded server -----------------------------------------------------------------------------------------


class _EmbeddedConnection(redis.UnixDomainSocketConnection):
    """A connection that, finding nobody at its socket, has the server started again."""

    def __init__(self, server: EmbeddedServer, **options: Any) -> None:
        super().__init__(path=server.socket_path, **options)
        self._server = server

    def _connect(self) -> socket.socket:
        try:
            return cast(socket.socket, super()._connect())
        except OSError:
            self.path = self._server.ensure()
            return cast(socket.socket, super()._connect())


def _ask_for_flushes(connection: redis.Connection) -> None:
    """On each new connection: the server may have been started, or started again, for somebody who asks for less."""
    connection.on_connect()
    connection.send_command("CONFIG", "SET", "appendfsync", "always")
    connection.read_response()


class _EmbeddedClient(redis.Redis):
    """A client that lets go of the embedded server when it is closed."""

    def __init__(self, server: EmbeddedServer, settings: Settings) -> None:
        options = _options(settings)
        if settings.durability is Durability.ALWAYS:
            options["redis_connect_func"] = _ask_for_flushes
        pool = redis.ConnectionPool(connection_class=_EmbeddedConnection, server=server, **options)
        super().__init__(connection_pool=pool)
        self.auto_close_connection_pool = True
        self._server = server

    def close(self) -> None:
        super().close()
        self._server.close()


def _embedded_client(settings: Settings) -> redis.Redis:
    if settings.durability is Durability.REPLICATED:
        raise ConfigError(
            "CONV_DURABILITY replicated needs a server that has replicas: set CONV_REDIS_URL", where="CONV_DURABILITY"
        )
    return _EmbeddedClient(attach(settings.home, settings.durability, settings.embedded_memory_bytes), settings)


# --- What a server must be ---------------------------------------------------------------------------------------


def _wrong(address: str, what: str) -> ConfigError:
    return ConfigError(f"the store at {address} {what}", where="CONV_REDIS_URL")


def _check(client: redis.Redis, settings: Settings, address: str, *, in_cluster: bool = False) -> None:
    info = _info(client, address)
    _check_version(info, address)
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise _wrong(
            address,
            f"has maxmemory-policy {policy}, which drops tasks when memory is full; "
            "set maxmemory-policy to noeviction on that server",
        )
    if info.get("cluster_enabled") and not in_cluster:
        raise _wrong(address, "is part of a cluster: add ?cluster=true to CONV_REDIS_URL")
    if info.get("role", "master") != "master":
        raise _wrong(address, "is a replica, which takes no writes; give the address of its primary")
    if settings.durability is Durability.ALWAYS:
        _check_flushed(client, settings, address)


def _info(client: redis.Redis, address: str) -> dict[str, Any]:
    try:
        return client.info()
    except redis.ResponseError as error:
        if "HELLO" in str(error).upper():
            raise _wrong(address, f"is too old: it needs to be {_oldest()}, or newer") from error
        raise


def _oldest() -> str:
    return f"Redis {OLDEST_REDIS[0]}.{OLDEST_REDIS[1]} or Valkey {OLDEST_VALKEY[0]}.{OLDEST_VALKEY[1]}"


def _check_version(info: dict[str, Any], address: str) -> None:
    # Valkey answers an older redis_version for the sake of old clients.
    if "valkey_version" in info:
        name, text, oldest = "Valkey", str(info["valkey_version"]), OLDEST_VALKEY
    else:
        name, text, oldest = "Redis", str(info.get("redis_version", "0")), OLDEST_REDIS
    numbers = tuple(int(part) for part in text.split(".")[:2] if part.isdecimal())
    if numbers < oldest:
        raise _wrong(address, f"is {name} {text}; it needs to be {_oldest()}, or newer")


def _check_flushed(client: redis.Redis, settings: Settings, address: str) -> None:
    """Durability `always`: the server must flush each write. The embedded one is told so by each connection."""
    try:
        found = cast(dict[str, str], client.config_get("append*"))
        if found.get("appendonly") == "yes" and found.get("appendfsync") == "always":
            return
    except redis.exceptions.NoPermissionError:
        return  # a hosted server that hides its settings: its owner's word counts
    if found:
        raise _wrong(
            address,
            f"has appendonly {found.get('appendonly')}, appendfsync {found.get('appendfsync')}; "
            "CONV_DURABILITY always needs yes and always",
        )

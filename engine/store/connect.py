"""Opening the store that the settings name: by URL a server, a cluster or a primary watched by Sentinels, or the
embedded server; checked before anything is written.

A URL that cannot be used, and a server that is unfit (see `fit`), are ConfigError; a server that does not answer, or
can do nothing for the moment, is StoreUnavailable.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any, TypeVar, cast

import redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.retry import Retry

from ..config import Durability, Settings
from ..errors import ConfigError, EngineError, StoreUnavailable
from ..vault import open_box
from .client import CONNECT_TIMEOUT_S, RETRIES, SOCKET_TIMEOUT_S, Store
from .cluster import TOPOLOGY_TIMEOUT_S, ClusterStore, NotACluster, Topology
from .embedded import EmbeddedServer, attach
from .fit import check_server, unfit
from .outage import refusal
from .replicas import ALL, Replicas
from .sentinel import Pool, Watch, WrongSentinels
from .url import PORT, Address, StoreUrl, address_of_url, read_url

SENTINELS_S = 5.0  # what Sentinels said this lately holds while a store is opened

T = TypeVar("T")


def open_store(settings: Settings) -> Store:
    """The store of these settings, connected and checked. Raises ConfigError, StoreUnavailable."""
    address = address_of(settings)
    options: dict[str, Any] = {
        "full_at": settings.submit_memory_percent / 100,
        "replica_timeout_ms": settings.replica_timeout_ms,
        "box": open_box(settings),
    }
    wait_for = (settings.replicas or ALL) if settings.durability is Durability.REPLICATED else None
    replicas = None if wait_for is None else Replicas(wait_for)
    url = None if settings.embedded else read_url(settings.redis_url)
    if url is not None and url.kind == "cluster":
        topology = _open_cluster(url, settings, address, replicas)
        return ClusterStore(topology, settings.namespace, address, replicas=replicas, **options)
    client = _client(url, settings)
    if isinstance(client, _SentinelClient):
        replicas = Replicas(wait_for, client.sentinels.check)
    client = _checked(client, settings, address, replicas)
    return Store(client, settings.namespace, address, replicas=replicas, **options)


def address_of(settings: Settings) -> str:
    """Where the store is, for messages: without password and without options."""
    return str(settings.home.absolute()) if settings.embedded else address_of_url(settings.redis_url)


def open_connection(settings: Settings) -> redis.Redis:
    """A client of the settings' server that returns bytes and may be shared by threads; its `close()` lets go of all.

    With the embedded server, the client holds it alive and has it started again when it is found gone. Not of a
    cluster. Raises ConfigError (naming what to change) and StoreUnavailable (naming the address).
    """
    url = None if settings.embedded else read_url(settings.redis_url)
    return _checked(_client(url, settings), settings, address_of(settings), None)


def _client(url: StoreUrl | None, settings: Settings) -> redis.Redis:
    return _embedded_client(settings) if url is None else _remote_client(url, settings)


def _checked(client: redis.Redis, settings: Settings, address: str, replicas: Replicas | None) -> redis.Redis:
    def checked() -> redis.Redis:
        found = check_server(client, settings, address)
        if isinstance(client, _SentinelClient):
            told = client.sentinels.look(SENTINELS_S)
            client.sentinels.listen(cast(Pool, client.connection_pool))
            if replicas is not None:
                replicas.expect(str(told.address), {*found, *told.replicas})
        elif replicas is not None:
            replicas.expect(_address_of(client), found)
        return client

    return _opened(checked, client.close, address)


def _address_of(client: redis.Redis) -> str:
    """As `Pipeline` names the server of its connection."""
    options = client.connection_pool.connection_kwargs
    return str(Address(options["host"], int(options.get("port", PORT)))) if "host" in options else ""


def _opened(check: Callable[[], T], close: Callable[[], None], address: str) -> T:
    """What `check` returns; when it fails, closed, and the reason by its name."""
    try:
        return check()
    except WrongSentinels as error:
        close()
        raise ConfigError(f"CONV_REDIS_URL: {error}", where="CONV_REDIS_URL") from error
    except redis.AuthenticationError as error:
        close()
        if "***" not in address:
            raise unfit(address, "wants a password, and CONV_REDIS_URL has none: redis://USER:PASSWORD@HOST") from error
        raise unfit(address, f"refuses the name or password in CONV_REDIS_URL ({error})") from error
    except (redis.ConnectionError, redis.TimeoutError) as error:
        close()
        raise StoreUnavailable(f"the store at {address} does not answer: {error}", where=address) from error
    except redis.RedisError as error:
        close()
        if (passing := refusal(error)) is not None:
            raise StoreUnavailable(
                f"the store at {address} can do nothing for the moment: {passing}", where=address
            ) from error
        raise unfit(address, f"cannot be used as a store: {error}") from error
    except EngineError:
        close()
        raise


def _options(settings: Settings) -> dict[str, Any]:
    waits_s = settings.replica_timeout_ms / 1000 if settings.durability is Durability.REPLICATED else 0.0
    return {
        "protocol": 3,
        "client_name": f"conv:{settings.namespace}:{_machine()}:{os.getpid()}",
        "socket_timeout": SOCKET_TIMEOUT_S + waits_s,
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        # Every script is safe to send twice, so the client may do so when an answer is lost.
        "retry": Retry(ExponentialBackoff(cap=0.5, base=0.02), RETRIES),
    }


def _machine() -> str:
    """This machine's name, as CLIENT SETNAME takes it."""
    return "".join(char if "!" <= char <= "~" else "_" for char in socket.gethostname())


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


class _SentinelClient(redis.Redis):
    """A client of the primary, wherever it is; `sentinels` know where."""

    sentinels: Watch

    def close(self) -> None:
        self.sentinels.close()
        super().close()


def _sentinel_client(url: StoreUrl, options: dict[str, Any]) -> redis.Redis:
    asking = {
        **{name: value for name, value in url.sentinel_options.items() if name != "connection_class"},
        "socket_timeout": TOPOLOGY_TIMEOUT_S,
        "socket_connect_timeout": TOPOLOGY_TIMEOUT_S,
        "retry": Retry(NoBackoff(), 0),
        "client_name": options["client_name"],
    }
    options["ssl"] = asking["ssl"] = options.pop("connection_class", None) is redis.SSLConnection
    watch = Watch(url.seeds, url.service, asking, options)
    kinds = {"redis_class": _SentinelClient, "connection_pool_class": Pool}
    client = cast(_SentinelClient, watch.master_for(url.service, **kinds, **options))
    client.sentinels = watch
    return client


def _open_cluster(url: StoreUrl, settings: Settings, address: str, replicas: Replicas | None) -> Topology:
    try:
        topology = Topology(url.seeds, {**_options(settings), **url.options})
        topology.client(url.seeds[0]).connection_pool.make_connection()
    except (ValueError, TypeError) as error:
        raise ConfigError(f"CONV_REDIS_URL cannot be used: {error}", where="CONV_REDIS_URL") from None

    def checked() -> Topology:
        try:
            topology.refresh(0)
        except NotACluster:
            raise unfit(address, "is not a cluster: leave away cluster=true, or name one server") from None
        for primary in topology.primaries:
            found = check_server(topology.client(primary), settings, f"{address} ({primary})", in_cluster=True)
            if replicas is not None:
                replicas.expect(str(primary), found)
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
    # It keeps a file in any case, which costs little without flushes.
    promised = Durability.EVERYSEC if settings.durability is Durability.NONE else settings.durability
    return _EmbeddedClient(attach(settings.home, promised, settings.embedded_memory_bytes), settings)

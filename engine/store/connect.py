"""Opening the store that the settings name: a server by URL, or the embedded one; checked before anything is written.

Refused here, with ConfigError: a URL that cannot be used, a server that is too old, one that would drop tasks when its
memory is full, a replica. A server that does not answer is StoreUnavailable.
"""

from __future__ import annotations

import socket
from typing import Any, cast
from urllib.parse import urlsplit

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from engine.config import Durability, Settings
from engine.errors import ConfigError, EngineError, StoreUnavailable
from engine.store.client import CONNECT_TIMEOUT_S, RETRIES, SOCKET_TIMEOUT_S, Store
from engine.store.embedded import EmbeddedServer, attach

SCHEMES = ("redis", "rediss", "unix")
OLDEST_REDIS = (7, 0)
OLDEST_VALKEY = (7, 2)


def open_store(settings: Settings) -> Store:
    """The store of these settings, connected and checked. Raises ConfigError, StoreUnavailable."""
    return Store(
        open_connection(settings),
        settings.namespace,
        address_of(settings),
        full_at=settings.submit_memory_percent / 100,
        replicas=settings.replicas if settings.durability is Durability.REPLICATED else 0,
        replica_timeout_ms=settings.replica_timeout_ms,
    )


def address_of(settings: Settings) -> str:
    """Where the store is, for messages: without password and without options."""
    if settings.embedded:
        return str(settings.home.absolute())
    parts = urlsplit(settings.redis_url)
    user, at, host = parts.netloc.rpartition("@")
    if ":" in user:
        user = f"{user.partition(':')[0]}:***"
    return f"{parts.scheme}://{user}{at}{host}{parts.path}"


def open_connection(settings: Settings) -> redis.Redis:
    """A client of the settings' server that returns bytes and may be shared by threads; its `close()` lets go of all.

    With the embedded server, the client holds it alive and has it started again when it is found gone.
    Raises ConfigError (naming what to change) and StoreUnavailable (naming the address).
    """
    client = _embedded_client(settings) if settings.embedded else _remote_client(settings)
    address = address_of(settings)
    try:
        _check(client, settings, address)
    except redis.AuthenticationError as error:
        client.close()
        raise _wrong(address, f"refuses the name or password in CONV_REDIS_URL ({error})") from error
    except (redis.ConnectionError, redis.TimeoutError) as error:
        client.close()
        raise StoreUnavailable(f"the store at {address} does not answer: {error}", where=address) from error
    except redis.RedisError as error:
        client.close()
        raise _wrong(address, f"cannot be used as a store: {error}") from error
    except EngineError:
        client.close()
        raise
    return client


def _options() -> dict[str, Any]:
    # Every script is safe to send twice, so the client may do so when an answer is lost.
    return {
        "protocol": 3,
        "socket_timeout": SOCKET_TIMEOUT_S,
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "retry": Retry(ExponentialBackoff(cap=0.5, base=0.02), RETRIES),
    }


# --- A server by URL ---------------------------------------------------------------------------------------------


def _remote_client(settings: Settings) -> redis.Redis:
    parts = urlsplit(settings.redis_url)
    if parts.scheme not in SCHEMES:
        later = "sentinel" in parts.scheme or "cluster" in parts.scheme
        known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise ConfigError(
            f"CONV_REDIS_URL: {parts.scheme}:// is {'not yet supported' if later else 'not known'}; use one of {known}",
            where="CONV_REDIS_URL",
        )
    # The client would take a database that is not a number for database 0.
    if parts.scheme != "unix" and not parts.path.strip("/").isdecimal() and parts.path.strip("/"):
        raise ConfigError(
            f"CONV_REDIS_URL: the database must be a number, not {parts.path.strip('/')!r}", where="CONV_REDIS_URL"
        )
    if parts.scheme == "unix" and not parts.path:
        raise ConfigError("CONV_REDIS_URL: unix:// needs the path of a socket", where="CONV_REDIS_URL")
    try:
        client = redis.Redis.from_url(settings.redis_url, **_options())
        client.connection_pool.make_connection()  # an unknown option of the URL shows only here
    except (ValueError, TypeError) as error:
        raise ConfigError(f"CONV_REDIS_URL cannot be used: {error}", where="CONV_REDIS_URL") from None
    return client


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

    def __init__(self, server: EmbeddedServer, durability: Durability) -> None:
        options = _options()
        if durability is Durability.ALWAYS:
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
    return _EmbeddedClient(attach(settings.home, settings.durability), settings.durability)


# --- What a server must be ---------------------------------------------------------------------------------------


def _wrong(address: str, what: str) -> ConfigError:
    return ConfigError(f"the store at {address} {what}", where="CONV_REDIS_URL")


def _check(client: redis.Redis, settings: Settings, address: str) -> None:
    info = _info(client, address)
    _check_version(info, address)
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise _wrong(
            address,
            f"has maxmemory-policy {policy}, which drops tasks when memory is full; "
            "set maxmemory-policy to noeviction on that server",
        )
    if info.get("cluster_enabled"):
        raise _wrong(address, "is part of a cluster, which is not yet supported; use a single server")
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

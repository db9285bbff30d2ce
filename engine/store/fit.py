"""What a server must be to keep tasks, looked at when the store is opened.

Raises ConfigError for a server that is too old, one that drops tasks when its memory is full, a replica, and one that
does not do what CONV_DURABILITY promises; StoreUnavailable for a primary that has no replica to wait for just now.
"""

from __future__ import annotations

import logging
from typing import Any, cast

import redis

from ..config import Durability, Settings
from ..errors import ConfigError, StoreUnavailable
from .url import Address

log = logging.getLogger("conv.store")

OLDEST_REDIS = (7, 0)
OLDEST_VALKEY = (7, 2)


def check_server(
    client: redis.Redis, settings: Settings, address: str, *, in_cluster: bool = False
) -> tuple[Address, ...]:
    """Returns the replicas that are in step with it; behind one address there may be several."""
    info = _info(client, address)
    _check_version(info, address)
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise unfit(
            address,
            f"has maxmemory-policy {policy}, which drops tasks when memory is full; "
            "set maxmemory-policy to noeviction on that server",
        )
    if info.get("cluster_enabled") and not in_cluster:
        raise unfit(address, "is part of a cluster: add ?cluster=true to CONV_REDIS_URL")
    if info.get("role", "master") != "master":
        raise unfit(address, "is a replica, which takes no writes; give the address of its primary")
    if settings.durability in (Durability.EVERYSEC, Durability.ALWAYS):
        _check_flushed(client, info, settings, address)
    replicas = _replicas(info)
    if settings.durability is Durability.REPLICATED:
        _check_replicas(len(replicas), settings, address)
    return replicas


def unfit(address: str, what: str) -> ConfigError:
    return ConfigError(f"the store at {address} {what}", where="CONV_REDIS_URL")


def _info(client: redis.Redis, address: str) -> dict[str, Any]:
    try:
        return client.info()
    except redis.ResponseError as error:
        if "HELLO" in str(error).upper():
            raise unfit(address, f"is too old: it needs to be {_oldest()}, or newer") from error
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
        raise unfit(address, f"is {name} {text}; it needs to be {_oldest()}, or newer")


def _check_flushed(client: redis.Redis, info: dict[str, Any], settings: Settings, address: str) -> None:
    """The server must write each change to a file, and flush that as often as is promised.

    The embedded one is told so by each connection, or flushed by its supervisor.
    """
    promised = settings.durability
    if not info.get("aof_enabled", 1):
        raise unfit(
            address,
            f"keeps no append-only file, so that CONV_DURABILITY {promised} would promise what it does not keep: "
            "set appendonly yes on that server, or CONV_DURABILITY=none if all tasks may be lost with it",
        )
    if settings.embedded and promised is Durability.EVERYSEC:
        return
    try:
        found = cast(dict[str, str], client.config_get("*append*"))
    except redis.exceptions.NoPermissionError:
        return  # a hosted server that hides its settings: its owner's word counts
    flushed = found.get("appendfsync", promised)
    good = ("always",) if promised is Durability.ALWAYS else ("always", "everysec")
    if flushed not in good:
        raise unfit(
            address,
            f"has appendfsync {flushed}; CONV_DURABILITY {promised} needs {promised}: set it on that server, or a "
            f"CONV_DURABILITY that promises less ({'none' if promised is Durability.EVERYSEC else 'everysec, none'})",
        )
    if promised is Durability.ALWAYS and found.get("no-appendfsync-on-rewrite") == "yes":
        raise unfit(
            address, "has no-appendfsync-on-rewrite yes; CONV_DURABILITY always needs no: set it on that server"
        )


def _check_replicas(has: int, settings: Settings, address: str) -> None:
    wanted = settings.replicas
    if not wanted and not has:
        raise StoreUnavailable(
            f"the store at {address} has no replica in step, and CONV_DURABILITY replicated waits for all: start one, "
            "or say with CONV_REPLICAS how many are to be waited for",
            where=address,
        )
    if wanted and wanted < has:
        log.warning(
            "CONV_REPLICAS %d waits for %d of the %d replicas of the store at %s: what it acknowledges is lost when "
            "another one takes over; without CONV_REPLICAS it waits for all",
            wanted, wanted, has, address,
        )  # fmt: skip
    if wanted and wanted > has:
        log.warning(
            "the store at %s has %d replicas in step, and CONV_REPLICAS waits for %d: nothing is acknowledged until "
            "they are there",
            address, has, wanted,
        )  # fmt: skip


def _replicas(info: dict[str, Any]) -> tuple[Address, ...]:
    found = [state for name, state in info.items() if name.startswith("slave") and isinstance(state, dict)]
    return tuple(Address(str(one["ip"]), int(one["port"])) for one in found if one.get("state") == "online")

"""CONV_REDIS_URL: one server, a cluster, or a primary that Sentinels watch.

    redis://user:password@host:6379/0                      one server
    redis://host:6379?cluster=true                         a cluster, by one of its nodes
    redis://host1:6379,host2:6379                          a cluster, by several
    redis+sentinel://host1:26379,host2:26379/name/0        the primary that the Sentinels call `name`
    unix:///path/to/socket                                 one server

With `rediss` in place of `redis` all of these over TLS. What follows the `?` are the options of redis-py's connections
(`ssl_ca_certs`, `ssl_certfile`, `ssl_keyfile`, `socket_timeout`, …); for Sentinels with a password of their own also
`sentinel_username` and `sentinel_password`.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import redis
from redis.connection import parse_url

from ..errors import ConfigError

SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel")
PORT = 6379
SENTINEL_PORT = 26379
FILES = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"}
OWN = ("cluster", "sentinel_username", "sentinel_password")  # options that are not of a connection


class Address(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class StoreUrl(NamedTuple):
    """What a URL names. `options` go to redis-py's connection, `connection_class` among them.

    `seeds` are a cluster's nodes or the Sentinels; `service` is what they call the primary, `sentinel_options` how they
    are reached. All three are empty for one server.
    """

    kind: Literal["server", "cluster", "sentinel"]
    options: dict[str, Any]
    seeds: tuple[Address, ...] = ()
    service: str = ""
    sentinel_options: Mapping[str, Any] = MappingProxyType({})


def read_url(url: str) -> StoreUrl:
    """What this URL names. Raises ConfigError, which never repeats the URL's password."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise _wrong(f"cannot be used: {error}") from None
    if parts.scheme not in SCHEMES:
        known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise _wrong(f": {parts.scheme}:// is not known; use one of {known}")
    if parts.scheme == "unix":
        if not parts.path:
            raise _wrong(": unix:// needs the path of a socket")
        return StoreUrl("server", _options(url))
    user, at, hosts = parts.netloc.rpartition("@")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    scheme, _, sentinel = parts.scheme.partition("+")
    path = parts.path.strip("/")
    if sentinel:
        return _sentinel(f"{scheme}://{user}{at}", hosts, path, query)
    if path and not path.isdecimal():
        # redis-py would take a database that is not a number for database 0.
        raise _wrong(f": the database must be a number, not {path!r}")
    is_cluster = _is_cluster(query.pop("cluster", ""), hosts)
    if not is_cluster:
        return StoreUrl("server", _options(f"{scheme}://{user}{at}{hosts}/{path}?{urlencode(query)}"))
    if path not in ("", "0"):
        raise _wrong(f": a cluster has only database 0, not {path}")
    seeds = _addresses(hosts, PORT)
    return StoreUrl("cluster", _options_without_address(f"{scheme}://{user}{at}", "", query), seeds)


def address_of_url(url: str) -> str:
    """The URL for messages: without password and without options."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if ":" in user:
        user = f"{user.partition(':')[0]}:***"
    return f"{parts.scheme}://{user}{at}{host}{parts.path}"


def _sentinel(base: str, hosts: str, path: str, query: dict[str, str]) -> StoreUrl:
    service, _, database = path.partition("/")
    if not service:
        raise _wrong(": redis+sentinel:// needs the name of the primary: redis+sentinel://host:26379/name")
    if database and not database.isdecimal():
        raise _wrong(f": the database must be a number, not {database!r}")
    if "cluster" in query:
        raise _wrong(": Sentinels watch no cluster; give the cluster's nodes with redis://")
    own = {name: query.pop(f"sentinel_{name}", "") for name in ("username", "password")}
    options = _options_without_address(base, database, query)
    reached = {name: value for name, value in options.items() if name not in ("db", "username", "password")}
    reached |= {name: value for name, value in own.items() if value}
    return StoreUrl("sentinel", options, _addresses(hosts, SENTINEL_PORT), service, reached)


def _options_without_address(base: str, path: str, query: dict[str, str]) -> dict[str, Any]:
    options = _options(f"{base}localhost/{path}?{urlencode(query, quote_via=quote)}")
    options.pop("host", None)
    return options


def _options(url: str) -> dict[str, Any]:
    try:
        options = dict(parse_url(url))
    except (ValueError, TypeError) as error:
        raise _wrong(f" cannot be used: {error}") from None
    _check_options(options)
    return options


def _check_options(options: Mapping[str, Any]) -> None:
    """Every option has a name that redis-py knows, and files are there."""
    kind = options.get("connection_class", redis.Connection)
    known = _names(kind)
    for name in options.keys() - known:
        if name in _names(redis.SSLConnection):
            raise _wrong(f": {name} is for TLS: write rediss in place of redis")
        nearest = difflib.get_close_matches(name, (*known, *OWN, "database"), n=1)
        hint = f"; did you mean {'db' if nearest[0] == 'database' else nearest[0]}?" if nearest else ""
        raise _wrong(f": {name} is not an option of a connection{hint}")
    for name in FILES & options.keys():
        try:
            Path(options[name]).open("rb").close()
        except OSError as error:
            raise _wrong(f": {name} {options[name]} cannot be read: {error.strerror}") from None


def _names(kind: type) -> set[str]:
    """The options of a class of connections, and of a pool of them."""
    found = {"connection_class", "max_connections"}
    for one in kind.__mro__:
        found.update(inspect.signature(one.__init__).parameters)  # type: ignore[misc]
    return found - {"self", "args", "kwargs"}


def _is_cluster(word: str, hosts: str) -> bool:
    several = "," in hosts
    if not word:
        return several
    if word.lower() not in ("true", "false", "1", "0", "yes", "no"):
        raise _wrong(f": cluster must be true or false, not {word!r}")
    is_cluster = word.lower() in ("true", "1", "yes")
    if several and not is_cluster:
        raise _wrong(": several servers are a cluster; leave away cluster=false, or name one server")
    return is_cluster


def _addresses(hosts: str, port: int) -> tuple[Address, ...]:
    found = []
    for text in hosts.split(","):
        match = re.fullmatch(r"(\[[0-9A-Fa-f:.%]+\]|[^\[\]:]+)(?::([0-9]{1,5}))?", text.strip())
        if match is None or not 0 < int(match[2] or port) < 65536:
            raise _wrong(f": {text.strip()!r} is not an address; write host:port")
        found.append(Address(match[1].strip("[]"), int(match[2] or port)))
    return tuple(found)


def _wrong(what: str) -> ConfigError:
    return ConfigError(f"CONV_REDIS_URL{what}", where="CONV_REDIS_URL")

"""Where a call may go: looked up once, looked at, and then connected to as it was found.

A call is trusted when its host stands in the definition or in variables: who wrote it may mean a host of the own
network. It is guarded when a task, an answer or a redirect says where it goes: then only public addresses are reached,
and what CONV_EGRESS_ALLOW names. The engine's own endpoints are reached by none.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from .addresses import Address, not_public, read_address
from .places import NOTHING, Allowed, Place, is_odd, without_dot

SETTING = "CONV_EGRESS_ALLOW"
KEPT_S = 30.0  # how long the addresses of an endpoint are taken for what they were

Found = tuple[Any, Any, int, str, Any]  # of socket.getaddrinfo


class HostRefused(Exception):
    """The call may not go there; the text says why, and what would allow it."""


class Endpoint(NamedTuple):
    """A server of the engine's own, which no call reaches: the store's, and whatever else joins `Egress.closed`."""

    host: str
    port: int
    what: str = "the store"


@dataclass(frozen=True, slots=True)
class Egress:
    """What calls of this process may reach. Connections are kept apart by it."""

    allowed: Allowed = NOTHING
    closed: frozenset[Endpoint] = frozenset()


class Guard(NamedTuple):
    """How one request is looked at."""

    egress: Egress
    guarded: bool

    def look_up(self, host: str, port: int, family: int = socket.AF_UNSPEC) -> list[Found]:
        """What to connect to: all addresses of the host, looked up once. Raises HostRefused, socket.gaierror."""
        if self.guarded and is_odd(host):
            raise HostRefused(
                f"{_shown(host, port)} is an address in a spelling that hides which; write it as 192.0.2.1"
            )
        found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
        addresses = [read_address(_numeric(one)) for one in found]
        for endpoint in self.egress.closed:
            if _is(endpoint, host, port, addresses):
                raise HostRefused(f"{_shown(host, port)} is {endpoint.what} of this engine, which no call reaches")
        allowed = self.egress.allowed
        if not self.guarded or allowed.names(host, port):
            return found
        for address in addresses:
            what = not_public(address)
            if what and not allowed.has(address, port):
                raise _refused(host, port, f"not public: its address is {what}")
        return found


def outside(hosts: Collection[Place] | None, host: str, port: int) -> str:
    """Why a host is none of those that a definition names; "" when it is one, or it names none."""
    if hosts is None or any(place.has(host, port) for place in hosts):
        return ""
    return f'{_shown(host, port)} does not stand among the "hosts" of this definition'


def _refused(host: str, port: int, why: str) -> HostRefused:
    return HostRefused(
        f"{_shown(host, port)} is {why}, and where this call goes was not said by its definition; {SETTING}="
        f"{_shown(host, port)} for the workers would allow it"
    )


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _numeric(found: Found) -> str:
    """Without a zone, which says through which of this machine's networks."""
    return str(found[4][0]).partition("%")[0]


# --- The engine's own endpoints ----------------------------------------------------------------


def _is(endpoint: Endpoint, host: str, port: int, addresses: list[Address]) -> bool:
    if endpoint.port != port:
        return False
    if without_dot(host).lower() == without_dot(endpoint.host).lower():
        return True
    own = _own.addresses(endpoint.host)
    if any(address in own for address in addresses):
        return True
    # This machine has many addresses, and a server mostly listens at all of them.
    return any(map(_is_here, own)) and any(map(_is_here, addresses))


def _is_here(address: Address) -> bool:
    """Whether it is an address of this machine."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as tried:
            tried.bind((str(address), 0))
    except OSError:
        return False
    return True


class _Own:
    """The addresses of endpoints. What is no longer found stays what it was."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, frozenset[Address]]] = {}

    def addresses(self, host: str) -> frozenset[Address]:
        with self._lock:
            when, known = self._known.get(host, (-KEPT_S, frozenset[Address]()))
        now = time.monotonic()
        if now - when < KEPT_S:
            return known
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            known = frozenset(read_address(_numeric(one)) for one in found)
        except OSError:
            pass
        with self._lock:
            self._known[host] = (now, known)
        return known


_own = _Own()

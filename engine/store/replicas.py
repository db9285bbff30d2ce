"""The replicas of each primary, as it names them itself after each write that is acknowledged.

With durability `replicated` they say how many must have a write. Where Sentinels watch, one that has left may have
taken the primary's place: that is found out before the write counts.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Collection

import redis

from .url import Address

log = logging.getLogger("conv.store")

_ONLINE = re.compile(rb"^slave\d+:ip=([^,]*),port=(\d+),state=online", re.MULTILINE)
_ROLE = re.compile(rb"^role:(\w+)", re.MULTILINE)

ALL = 0


class Replicas:
    """Safe for many threads: each `note` replaces what was known. A server is named by its address.

    `wait_for`: how many replicas must have a write, ALL of them, or None where nobody waits for them. `left` is told
    the primary and its replicas that are gone, and raises redis.ConnectionError when the write must not count.
    """

    def __init__(self, wait_for: int | None, left: Callable[[str, Collection[Address]], None] | None = None) -> None:
        self.waits = wait_for is not None
        self._wait_for = wait_for
        self._left = left
        self._online: dict[str, Counter[Address]] = {}  # behind one address there may be several
        self._most: dict[str, int] = {}

    def needed(self, server: str) -> int:
        """How many replicas of this primary must have a write.

        Of ALL, as many as it was seen to have at once. One that has just taken over was not seen yet: as few as any.
        """
        return self._wait_for or self._most.get(server) or min(self._most.values(), default=1)

    def expect(self, server: str, replicas: Collection[Address]) -> None:
        """What this primary has, or others say that it has."""
        self._online[server] = Counter(replicas)
        self._most[server] = len(replicas)

    def is_known(self, server: str, info: bytes) -> bool:
        """Whether `INFO replication` says of this primary nothing new: `note` would have nothing to do."""
        role = _ROLE.search(info)
        return (role is None or role[1] == b"master") and self._online.get(server) == _online(info)

    def note(self, server: str, info: bytes) -> None:
        """What `INFO replication` says. Raises redis.ConnectionError when this is not the primary any more."""
        role = _ROLE.search(info)
        if role is not None and role[1] != b"master":
            raise redis.ConnectionError("the primary has become a replica")
        online = _online(info)
        known = self._online.get(server)
        if online == known:
            return
        gone = (known or Counter()) - online
        if gone and self._left is not None:
            self._left(server, gone)
        self._online[server] = online
        self._most[server] = max(self._most.get(server, 0), online.total())
        if known is not None:
            _say(server, gone, online.total())


def _online(info: bytes) -> Counter[Address]:
    return Counter(Address(host.decode(), int(port)) for host, port in _ONLINE.findall(info))


def _say(server: str, gone: Collection[Address], left: int) -> None:
    if gone:
        names = ", ".join(map(str, sorted(gone)))
        log.warning("the primary %s has lost its replica %s: %d left in step", server, names, left)
    else:
        log.info("the primary %s: %d of its replicas in step", server, left)

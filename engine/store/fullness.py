"""Whether a store is too full for new tasks: what its servers said of their memory, and when."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any, NamedTuple

# New tasks are refused from this share of maxmemory, so that the tasks already there have room to finish.
FULL_AT = 0.85
_CHECK_S = 1.0


class _Memory(NamedTuple):
    """When a server was asked (monotonic), and whether it is over `full_at` of its maxmemory."""

    checked: float
    is_full: bool


class Fullness:
    """By server; one alone has the name "". Each `note` replaces what was known, so many threads may use it."""

    def __init__(self, full_at: float) -> None:
        self.full_at = full_at
        self._known: dict[str, _Memory] = {}

    @property
    def is_known(self) -> bool:
        """Whether any server was ever asked."""
        return bool(self._known)

    @property
    def is_full(self) -> bool:
        return any(memory.is_full for memory in self._known.values())

    def is_stale(self, server: str = "") -> bool:
        """Whether it is time to ask this server again."""
        known = self._known.get(server)
        return known is None or time.monotonic() - known.checked >= _CHECK_S

    def note(self, info: Any, server: str = "") -> None:
        """What `INFO memory` says; an error changes nothing but the time."""
        if isinstance(info, bytes):
            info = dict(line.split(":", 1) for line in info.decode().split("\r\n") if ":" in line)
        known = self._known.get(server)
        is_full = known is not None and known.is_full
        if isinstance(info, dict):
            limit = int(info.get("maxmemory", 0))
            is_full = bool(limit) and int(info.get("used_memory", 0)) >= self.full_at * limit
        self._known[server] = _Memory(time.monotonic(), is_full)

    def forget_others(self, servers: Collection[str]) -> None:
        """Only these servers are left."""
        self._known = {name: known for name, known in self._known.items() if name in servers}

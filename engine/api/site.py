"""What all routes share: the engine, the threads that ask it, and who may come in."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from typing import Any

import anyio
import anyio.to_thread

from ..app import Engine
from ..config import Settings
from ..errors import UnknownConv
from ..store.registry import ConvRecord
from .caller import Caller, Everybody
from .problem import Unacceptable
from .route import Route

THREADS = 8  # that ask the store at once; a request beyond waits for one


class Site:
    """`hosts`: the names by which an open server may be called, so that no web page drives it by a name of its own
    (DNS rebinding); None: any.
    """

    def __init__(self, engine: Engine, hosts: Collection[str] | None = None) -> None:
        self.engine = engine
        self.settings: Settings = engine.settings
        self.threads = anyio.CapacityLimiter(THREADS)
        self._hosts = hosts

    async def caller(self, route: Route, headers: Mapping[str, str], scope: Mapping[str, Any]) -> Caller:
        """Who sent this. Raises Unacceptable (401, 421)."""
        if self._hosts is not None and headers.get("host", "").lower() not in self._hosts:
            raise Unacceptable(
                421,
                "wrong_host",
                f"this server is open, and so answers only to {' and '.join(sorted(self._hosts))}",
            )
        return Everybody()

    async def find(self, conv: str) -> ConvRecord:
        """The conv of a path. Raises UnknownConv, StoreError."""
        latest = self.engine.latest
        if latest is not None:
            with contextlib.suppress(UnknownConv):
                return latest.find(conv)  # no round trip
        return await anyio.to_thread.run_sync(self.engine.find, conv, limiter=self.threads)

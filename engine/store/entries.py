"""What a lane works with: calls and who waits for them, the rounds that are made of them, and where those go."""

from __future__ import annotations

import asyncio
import collections
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from .call import Call
from .held import Held
from .rounds import Tried
from .url import Address

Gone = Callable[[int], None]
"""Told how many wait no longer."""


class Item:
    """A call, and the future of who waits for its answer."""

    weight = 1  # how many wait for it

    def __init__(self, call: Call[Any], future: asyncio.Future[Any]) -> None:
        self.call = call
        self.slot = call.slot
        self.asked = time.monotonic()
        self._future = future

    def take(self, gone: Gone) -> tuple[Item | None, bool]:
        if not self._future.done():
            return self, False
        gone(1)
        return None, False

    def settle(self, result: Any) -> None:
        """An error is raised by the future."""
        if self._future.done():  # who waited has gone
            return
        if isinstance(result, Exception):
            self._future.set_exception(result)
        else:
            self._future.set_result(result)


class Entry(Protocol):
    """What stands in the queue: a call, or what a call is made of when its turn comes (see `gather`)."""

    call: Call[Any]  # one that goes where it goes
    slot: str

    def take(self, gone: Gone) -> tuple[Item | None, bool]:
        """The next call, unless nobody waits for it any more; and whether there are more. Who has gone is counted."""

    def settle(self, result: Any) -> None:
        """To all that were not taken."""


class Batch:
    """A round: `items` that wait for `calls`; None where one does not wait for this answer any more."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items: list[Item | None] = list(items)
        self.calls = [item.call for item in items]
        self.since = min(item.asked for item in items)
        self.tried = Tried(self.since)


class Server:
    """One server: the connection that is held to it, the rounds under way there, and what waits for one."""

    def __init__(self, address: Address | None) -> None:
        self.address = address
        self.name = "" if address is None else str(address)
        self.held: Held | None = None
        self.is_busy = False  # a thread connects, or tries again
        self.under_way: collections.deque[Batch] = collections.deque()
        self.waiting: collections.deque[Entry] = collections.deque()


class Retried:
    """A partition of which calls are in a thread's hands: of how many rounds, and what comes after them, in order."""

    def __init__(self) -> None:
        self.rounds = 0
        self.later: list[Entry] = []

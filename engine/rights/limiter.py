"""Who asks too often: a token bucket per key or address, in this process.

It is not in the store: a round trip for each request costs more than the check of the key. So with several processes
behind one address, each lets this much through. What must hold everywhere (`rate`, `queue_limit`) is in the store.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from ..errors import TooOften

MOST = 100_000  # keys and addresses that are remembered


class Limiter:
    """`per_s` requests a second on the average, `burst` at once. Safe for many threads.

    `clock`: monotonic seconds. Of `most` at once those who asked longest ago are forgotten.
    """

    def __init__(
        self, per_s: float, burst: float, *, clock: Callable[[], float] = time.monotonic, most: int = MOST
    ) -> None:
        if per_s <= 0 or burst < 1 or most < 1:
            raise ValueError("a limiter lets something through")
        self._interval_s = 1 / per_s
        self._burst_s = burst / per_s
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._due: OrderedDict[str, float] = OrderedDict()  # when the bucket is full again, the one asked last last

    def take(self, who: str, cost: float = 1) -> float:
        """0.0: it may. Else in how many seconds it may; nothing was taken. Raises ValueError for what never may."""
        costs_s = cost * self._interval_s
        if costs_s > self._burst_s or cost < 0:
            raise ValueError(f"a cost of {cost} is never let through")
        with self._lock:
            now = self._clock()
            full_at = max(self._due.get(who, now), now) + costs_s
            wait_s = full_at - now - self._burst_s
            if wait_s > 1e-9:
                return wait_s
            self._due[who] = full_at
            self._due.move_to_end(who)
            self._forget(now)
            return 0.0

    def check(self, who: str, cost: float = 1) -> None:
        """Raises TooOften."""
        wait_s = self.take(who, cost)
        if wait_s:
            raise TooOften(f"too many requests; try again in {wait_s:.1f} s", retry_after_s=wait_s)

    def _forget(self, now: float) -> None:
        """The one asked longest ago, if it has nothing to remember any more, or there are too many: in each call at
        most two, one more than may have come."""
        for _ in range(2):
            who, full_at = next(iter(self._due.items()))
            if full_at > now and len(self._due) <= self._most:
                return
            del self._due[who]
            if not self._due:
                return


def address_name(address: str) -> str:
    """Whose an address is: of IPv6 a customer has 64 bits of it, and of IPv4 it alone."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(found)

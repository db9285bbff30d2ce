"""What `conv up` says when the store fills: how full it is, what grows, and how long it will last."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from .output import bytes_of

if TYPE_CHECKING:
    from ..app import Engine

LOOK_S = 5.0
COUNT_FROM = 0.6  # from here on it is counted what there is, so that it is known what grows
SAY_FROM = 0.7
STEP = 0.05  # said again when so much more is full
MANY = 3  # kinds that are named


class Look(NamedTuple):
    """The store at one moment. `held`: how many there are of each kind of thing, by words for it."""

    at: float  # seconds, monotonic
    used: int  # bytes
    limit: int  # bytes
    held: dict[str, int]

    @property
    def part(self) -> float:
        return self.used / self.limit


class Filling:
    """Looks at the store now and then."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._next = 0.0
        self._first: Look | None = None
        self._said = 0.0

    def look(self) -> str | None:
        """What is to be said now, if anything. Raises StoreUnavailable."""
        now = time.monotonic()
        if now < self._next:
            return None
        self._next = now + LOOK_S
        used, limit = self._engine.memory()
        if not limit or used < COUNT_FROM * limit:
            self._first, self._said = None, 0.0
            return None
        look = Look(now, used, limit, self._engine.held())
        first = self._first = self._first or look
        if look is first or look.part < SAY_FROM or look.part < self._said + STEP:
            return None
        self._first, self._said = look, look.part
        return said_of(first, look, embedded=self._engine.settings.embedded)


def said_of(before: Look, now: Look, *, embedded: bool) -> str:
    """One line about a store that fills."""
    said = f"The store is {now.part:.0%} full ({bytes_of(now.used)} of {bytes_of(now.limit)})"
    minutes = (now.at - before.at) / 60
    rate = (now.used - before.used) / minutes
    if rate <= 0:
        return f"{said}; it does not grow at the moment."
    said += f" and grows by {bytes_of(rate)} a minute: full in about {_while((now.limit - now.used) / rate)}."
    grown = {kind: count - before.held.get(kind, 0) for kind, count in now.held.items()}
    most = sorted((kind for kind in grown if grown[kind] > 0), key=lambda kind: -grown[kind])[:MANY]
    if most:
        said += " What grows: " + ", ".join(f"{kind} (+{grown[kind] / minutes:,.0f} a minute)" for kind in most) + "."
    room = "CONV_EMBEDDED_MEMORY_BYTES gives it more" if embedded else "or give the server a larger maxmemory"
    return f"{said} Ended tasks are kept as `archive` of their process or CONV_ARCHIVE_COUNT says; {room}."


def _while(minutes: float) -> str:
    if minutes < 90:
        count, unit = max(1, round(minutes)), "minute"
    elif minutes < 48 * 60:
        count, unit = round(minutes / 60), "hour"
    else:
        count, unit = round(minutes / 1440), "day"
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"

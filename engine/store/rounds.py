"""Calls under way: a round that is sent now and read later, and sent again until it is answered or given up."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import redis

from ..errors import StoreError, StoreUnavailable
from .call import UNREADABLE, Call
from .pipeline import Link, Pipeline
from .url import Address


class Tried(NamedTuple):
    """A first try that was made on a connection which is held for many rounds.

    `server`: of a cluster, who was asked. `pipeline` knows what came of it, or `answers` are what was answered.
    `since`: when the oldest of its calls was asked for (monotonic); from then on counts when it is given up.
    """

    since: float
    server: Address | None = None
    pipeline: Pipeline | None = None
    answers: list[Any] | None = None


class Round:
    """Calls under way. Read `results` once, in the thread that began it.

    With a first try that was made elsewhere nothing is sent before `results`, which goes on from there.
    """

    def __init__(self, store: Link, calls: Sequence[Call[Any]], tried: Tried | None = None) -> None:
        self._store = store
        self._calls = calls
        self._since: float | None = None
        self._creates = any(call.script == "create" for call in calls)
        if tried is not None:
            self._refuses = False  # it was looked at then
            self._since = tried.since
            self._go_on(calls, tried)
            return
        if self._creates and not store.fullness.is_known:
            store.ask_memory()
        # Refused here before anything is written; the rest of the round is sent.
        self._refuses = self._creates and store.fullness.is_full
        self._begin([call for call in calls if not self._is_refused(call)])

    def results(self) -> list[Any]:
        """Per call its result, or in its place the StoreError it met. Raises StoreUnavailable."""
        store = self._store
        try:
            replies = self._replies()
        except StoreUnavailable:
            store.silence.is_down()
            raise
        store.silence.ends()
        left = iter(replies)
        return [
            refused(store, call) if self._is_refused(call) else answer(store, call, next(left)) for call in self._calls
        ]

    def abandon(self) -> None:
        """Give up on the answers: nobody knows which calls took effect."""
        self._pipeline.abandon()

    def _is_refused(self, call: Call[Any]) -> bool:
        return self._refuses and call.script == "create"

    def _begin(self, calls: Sequence[Call[Any]]) -> None:
        """Send these calls. What goes wrong shows in `_replies`."""
        store = self._store
        asks_memory = self._creates and store.fullness.is_stale()
        self._pipeline = Pipeline(store, store.client, calls, asks_memory=asks_memory)
        with contextlib.suppress(redis.ConnectionError, redis.TimeoutError):
            self._pipeline.send()

    def _go_on(self, calls: Sequence[Call[Any]], tried: Tried) -> None:
        """From a first try."""
        store = self._store
        self._pipeline = tried.pipeline or Pipeline(store, store.client, calls, asks_memory=False)

    def _end(self) -> float:
        """No try begins later than this."""
        return (self._since or time.monotonic()) + self._store.give_up_s

    def _replies(self) -> list[Any]:
        """The answers; on a broken connection everything is sent again, because every script may be sent twice."""
        end = self._end()

        def failed(error: Exception) -> None:
            if time.monotonic() > end:
                raise error

        try:
            return self._store.retry.call_with_retry(self._pipeline.read, failed)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise self._store.unavailable(error) from error


def refused(store: Link, call: Call[Any]) -> StoreError:
    """What a call that creates meets while the store is too full for new tasks."""
    return store.error(
        call, redis.exceptions.OutOfMemoryError(f"over {store.fullness.full_at:.0%} of maxmemory is used")
    )


def answer(store: Link, call: Call[Any], reply: Any) -> Any:
    """The call's result, or the StoreError it met. A reply that cannot be read concerns this call alone."""
    if isinstance(reply, Exception):
        return store.error(call, reply)
    try:
        return call.decode(reply)
    except UNREADABLE as error:
        return StoreError(f"the answer to {call!r} cannot be read: {error}")

"""The calls to the store, in rounds: what is sent next, what is under way, and what is sent again.

A round is one pipeline. Every room of the worker puts calls into the next one; the worker's thread sends it and takes
the answers, oldest first.
"""

from __future__ import annotations

import collections
import logging
import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from ..errors import Elsewhere, StoreError, StoreUnavailable
from ..store.call import Call
from ..store.client import Store
from ..store.rounds import Round

log = logging.getLogger("conv.worker")

MOVING_S = 0.02  # what is being moved to another partition is tried again after this

Handler = Callable[[Any], None]


def ignore(_: Any = None) -> None:
    """The answer is not needed."""


class Sent(NamedTuple):
    """A call for the next round: `handler` takes its answer, `failed` is told when the store refused it."""

    call: Call[Any]
    handler: Handler
    failed: Callable[[], None]
    moved: Callable[[], None]


class Rounds:
    """Up to two rounds are under way, so that the server has work while this process runs a batch.

    When the store does not answer, everything unanswered is kept and sent again by the next round: each call is safe to
    send twice, and a commit under a lease that ended writes nothing.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.pending: list[Sent] = []
        self.under_way: collections.deque[tuple[list[Sent], Round]] = collections.deque()
        self.count = 0  # sent so far
        self.answered = -math.inf  # when the store last answered, by the monotonic clock; read by other threads
        self.is_cut_off = False  # the store did not answer, and the pending calls were sent before
        self.met_a_move = False  # something stands in another partition by now: the registry says where
        self._later: list[tuple[float, Callable[[], None]]] = []  # what is tried again, and when

    def send(
        self,
        call: Call[Any],
        handler: Handler = ignore,
        failed: Callable[[], None] = ignore,
        moved: Callable[[], None] | None = None,
    ) -> None:
        """`failed` is called in place of the handler when the store refuses the call; `moved` (else `failed`) when what
        it is about is in another partition by now."""
        self.pending.append(Sent(call, handler, failed, moved or failed))

    def soon(self, do: Callable[[], None]) -> None:
        """Try again in a moment: something is being moved to another partition."""
        self.met_a_move = True
        self._later.append((time.monotonic() + MOVING_S, do))

    def try_again(self, now: float) -> None:
        """Do what `soon` was told, if its moment has come."""
        if self._later and now >= self._later[0][0]:
            later, self._later = self._later, []
            for _, do in later:
                do()

    def next_try(self) -> float:
        """When `try_again` has something to do."""
        return self._later[0][0] if self._later else math.inf

    def is_busy(self) -> bool:
        return bool(self.pending or self.under_way or self._later)

    def begin(self) -> None:
        """Send what there is to send."""
        if self.pending:
            self.under_way.append((self.pending, self.store.begin([item.call for item in self.pending])))
            self.pending = []
            self.count += 1

    def take(self) -> None:
        """Wait for the oldest round. Raises StoreUnavailable; then all that is unanswered is to be sent again."""
        try:
            results = self.under_way[0][1].results()
        except StoreUnavailable:
            self.is_cut_off = True
            unanswered = [item for sent, _ in self.under_way for item in sent]
            for _, later in list(self.under_way)[1:]:
                later.abandon()
            self.under_way.clear()
            # A beat may get through where nothing else does, and would say that this worker is ready.
            self.pending = [item for item in unanswered + self.pending if item.call.script != "beat"]
            raise
        self.is_cut_off = False
        self.answered = time.monotonic()
        sent, _ = self.under_way.popleft()
        for item, result in zip(sent, results, strict=True):
            if isinstance(result, Elsewhere):
                self.met_a_move = True
                item.moved()
            elif isinstance(result, StoreError):
                # Leases end and the sweep delivers again, so nothing is lost.
                log.warning("%s", result)
                item.failed()
            else:
                item.handler(result)

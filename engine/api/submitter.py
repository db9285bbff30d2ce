"""Submits from the event loop: what comes in while the store works at the last round is the next one.

All checking happens here, on the snapshot of what is deployed; a wrong task joins no round. Nothing waits in a thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from ..app import Engine, Submitted
from ..app.context import MOVE_POLL_S, MOVE_S
from ..app.submitting import keyed, maker, outcome_of, recall_of, recalled, sealed
from ..convs import Convs
from ..errors import Elsewhere, EngineError, KeyReused, Rejected, StoreFull, TooOften
from ..idempotency import submit_again, unanswered
from ..store import calls
from ..store.gather import Gather
from ..store.lane import Lane
from ..store.registry import ConvRecord

T = TypeVar("T")

MOST_WAITING = 5_000  # calls that are not answered yet; above, requests are refused
AGAIN_S = 1.0  # what a client that is refused then is asked to wait


class Submitter:
    """To be made, used and closed in the thread of its event loop. `refresh` brings a newer snapshot."""

    def __init__(self, engine: Engine, refresh: Callable[[], Awaitable[Convs]]) -> None:
        self._engine = engine
        self._refresh = refresh
        self._lane = Lane(engine.store, asyncio.get_running_loop())
        self._gather = Gather(self._lane)

    async def close(self) -> None:
        """Returns when all that was sent is answered or given up."""
        await self._lane.close()

    def check_room(self) -> None:
        """Raises TooOften while too many wait for the store: before the body of a request is read."""
        if self._lane.waiting > MOST_WAITING:
            raise TooOften("more requests wait for the store than it can answer soon", retry_after_s=AGAIN_S)

    async def submit(
        self, record: ConvRecord, ref: str | None, data: dict[str, Any], *, watched: bool, key: str | None
    ) -> Submitted:
        """As Engine.submit."""
        convs = self._engine.latest or await self._refresh()
        try:
            return await self._created(convs, record, ref, data, watched=watched, key=key)
        except (Rejected, StoreFull) as error:
            # A call that was made before under this key is answered as then, also where it would be refused by now.
            if key is None or isinstance(error, KeyReused):
                raise
            known = await self._submitted_before(convs, record, ref, data, key)
            if known is None:
                raise
            return known

    async def _created(
        self,
        convs: Convs,
        record: ConvRecord,
        ref: str | None,
        data: dict[str, Any],
        *,
        watched: bool,
        key: str | None,
    ) -> Submitted:
        task = maker(convs, self._engine.settings, record, watched=watched)(ref, data)
        if key is not None:
            task = keyed(task, record, ref, data, key)
        task = sealed(self._engine.store.box, convs, record, task)
        queue = convs.queue_limit(record.conv_id)
        with unanswered(lambda: submit_again([ref], key)):
            status = await self._routed(
                convs,
                lambda now: self._gather.create(now.partition(record.conv_id, ref or task.task_id), task, queue),
            )
        outcome = outcome_of(record, task, status, key)
        if isinstance(outcome, EngineError):
            raise outcome
        return outcome

    async def _submitted_before(
        self, convs: Convs, record: ConvRecord, ref: str | None, data: dict[str, Any], key: str
    ) -> Submitted | None:
        """The first answer to this call; None when there was none. Raises KeyReused."""
        sent = recall_of(record, ref, data, key, self._engine.settings.depth)
        with unanswered(lambda: submit_again([ref], key)):
            answer = await self._routed(
                convs,
                lambda now: self._lane.send(
                    calls.modify(now.partition(record.conv_id, sent.name), sent, only_recall=True)
                ),
            )
        return recalled(record, ref, sent, answer.status, key)

    async def _routed(self, convs: Convs, send: Callable[[Convs], Awaitable[T]]) -> T:
        """The answer of the partition that has the task; asked again while its bucket is being moved."""
        until = time.monotonic() + MOVE_S
        while True:
            try:
                answer = await send(convs)
                if answer != "elsewhere" and answer != ["elsewhere"]:
                    return answer
            except Elsewhere:
                pass
            if time.monotonic() > until:
                raise Elsewhere(f"tasks are being moved to other partitions for longer than {MOVE_S:.0f} s; try again")
            await asyncio.sleep(MOVE_POLL_S)
            convs = await self._refresh()

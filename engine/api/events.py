"""Counts as they change, for pages and programs that watch: Server-Sent Events.

For each conv that somebody watches one task of the event loop reads its counts, at most four times a second, however
many watch. Each watcher is sent what has changed since the last time, and a slow one the newest state, never a queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from ..errors import EngineError, StoreError, TooOften
from ..views import ConvView
from .caller import Caller

if TYPE_CHECKING:
    from .site import Site

LOOK_S = 0.25
BEAT_S = 15.0  # after which a comment says that the connection lives
MOST = 1_000  # streams of this process
RETRY_MS = 1_000  # after which a client comes back

Numbers: TypeAlias = tuple[int, int, int]
"""Of a node: how many tasks stand there, came in, and left."""

_encode = msgspec.json.Encoder().encode


class Counts(msgspec.Struct, frozen=True):
    """`nodes`: by name those that have changed, with how many tasks stand there, came in and left. The first event of a
    stream has all."""

    time_ms: int
    living: int
    archived: int
    paused: bool
    nodes: dict[str, Numbers]


class Feed:
    """Of one conv: the newest counts, while somebody watches."""

    def __init__(self, site: Site, conv_id: int) -> None:
        self.watchers = 0
        self.number = 0
        self.counts: Counts | None = None
        self.error: EngineError | None = None
        self._site = site
        self._conv_id = conv_id
        self._changed = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self.watchers += 1
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())

    def end(self) -> bool:
        """Whether that was the last watcher; then nobody looks any more."""
        self.watchers -= 1
        if self.watchers == 0 and self._looking is not None:
            self._looking.cancel()
            self._looking = None
        return self.watchers == 0

    async def next(self, seen: int, timeout_s: float) -> bool:
        """Wait until there is something newer than `seen`. False: not so soon."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self.number == seen:
                    await self._changed.wait()
        return self.number != seen

    async def _look(self) -> None:
        while True:
            began = time.monotonic()
            try:
                view = await self._site.in_thread(self._site.engine.show, self._conv_id)
                self.error = None
                self._take(view)
            except StoreError:
                pass  # the stream lives on, and shows the next counts that come
            except EngineError as error:  # it is deployed no more
                self.error = error
                self._tell()
            await asyncio.sleep(max(0.05, LOOK_S - (time.monotonic() - began)))

    def _take(self, view: ConvView) -> None:
        nodes = {node.name: (node.now, node.entered, node.left) for node in view.nodes}
        counts = Counts(int(time.time() * 1000), view.living, view.archived, view.paused, nodes)
        old = self.counts
        if old is None or (old.nodes, old.living, old.archived, old.paused) != (
            nodes, view.living, view.archived, view.paused,
        ):  # fmt: skip
            self.counts = counts
            self._tell()

    def _tell(self) -> None:
        self.number += 1
        self._changed.set()
        self._changed = asyncio.Event()


class Feeds:
    """All that is watched in this process."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._feeds: dict[int, Feed] = {}
        self.streams = 0

    @contextlib.contextmanager
    def watched(self, conv_id: int) -> Iterator[Feed]:
        """Raises TooOften."""
        if self.streams >= MOST:
            raise TooOften("this server has as many streams of events as it keeps", retry_after_s=5)
        feed = self._feeds.setdefault(conv_id, Feed(self._site, conv_id))
        feed.begin()
        self.streams += 1
        try:
            yield feed
        finally:
            self.streams -= 1
            if feed.end():
                del self._feeds[conv_id]


class EventStream:
    """One stream. It ends when the client goes, the server stops, or its key may not see the conv any more."""

    def __init__(self, site: Site, caller: Caller, conv_id: int) -> None:
        self._site = site
        self._caller = caller
        self._conv_id = conv_id

    async def run(self, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
        with self._site.feeds.watched(self._conv_id) as feed:
            headers = [
                (b"content-type", b"text/event-stream"),
                (b"cache-control", b"no-store"),
                (b"x-accel-buffering", b"no"),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await _piece(send, f"retry: {RETRY_MS}\n\n")
            gone = asyncio.create_task(_gone(receive))
            sending = asyncio.create_task(self._send(feed, send))
            try:
                await asyncio.wait((gone, sending), return_when=asyncio.FIRST_COMPLETED)
                if sending.done():
                    sending.result()
                    await send({"type": "http.response.body", "body": b""})
            finally:
                for task in (gone, sending):
                    task.cancel()

    async def _send(self, feed: Feed, send: Callable[[Any], Awaitable[None]]) -> None:
        seen, sent = 0, Counts(0, -1, -1, False, {})
        beat = time.monotonic()
        while not self._site.is_stopping and self._may():
            is_new = await feed.next(seen, min(1.0, BEAT_S))
            if feed.error is not None:
                await _piece(send, f"event: gone\ndata: {_encode(feed.error.message).decode()}\n\n")
                return
            if is_new and feed.counts is not None:
                seen, counts = feed.number, feed.counts
                changed = {name: numbers for name, numbers in counts.nodes.items() if sent.nodes.get(name) != numbers}
                news = msgspec.structs.replace(counts, nodes=changed)
                await _piece(send, f"id: {seen}\nevent: counts\ndata: {_encode(news).decode()}\n\n")
                sent, beat = counts, time.monotonic()
            elif time.monotonic() - beat >= BEAT_S:
                await _piece(send, ": still here\n\n")
                beat = time.monotonic()

    def _may(self) -> bool:
        latest = self._site.engine.latest
        record = latest.records.get(self._conv_id) if latest is not None else None
        return record is None or not self._caller.refusal("view", record)


async def _gone(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _piece(send: Callable[[Any], Awaitable[None]], text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})

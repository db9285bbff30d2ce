"""Calls from an event loop: what gathers while rounds are under way is the next round, on a connection that is held.

At most two rounds are under way to a server, and what comes meanwhile waits for the first that is answered. So there is
no timer and no size to be set: a call that comes alone goes at once, and under load each round takes what there is.

A lane makes only the first try of a round, because that is what need not wait for anything. What is not answered
plainly goes on as a `Round` in a thread, which tries again, loads scripts, asks for replicas and who serves a slot, and
gives up, by the rules of `rounds`, `cluster` and `pipeline`: there is one set of them. Meanwhile the calls on the same
partitions wait, so that they stay in order; and where the connection was lost, all that go to that server.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import redis

from ..errors import StoreError, StoreUnavailable
from .call import Call
from .client import Store
from .entries import Batch, Entry, Item, Retried, Server
from .held import Held
from .outage import passing
from .pipeline import Pipeline
from .rounds import Tried, answer, refused
from .sizes import MAX_BYTES, MAX_ITEMS
from .url import Address

T = TypeVar("T")

ROUNDS = 2  # under way to a server: it works at one while the next is packed
THREADS = 8  # for what waits: connecting, and trying again


class Lane:
    """To be made, used and closed in the thread of its event loop, and closed before its store.

    Calls on one partition take effect in the order in which they were handed in. `waiting`: how many are not answered
    yet, under way or not; whoever takes requests refuses new ones when it grows too large.
    """

    def __init__(self, store: Store, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.store = store
        self.loop = loop or asyncio.get_running_loop()
        self.waiting = 0
        self._servers: dict[Address | None, Server] = {}
        self._retried: dict[str, Retried] = {}  # by partition
        self._in_threads: list[Batch] = []
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="conv-lane")
        self._flushes = False  # soon
        self._asks_memory = False
        self._untold: dict[object, Callable[[], None]] = {}  # what threads have brought and the loop has not heard yet
        self._is_closing = False
        self._is_closed = False
        self._all_answered: asyncio.Future[None] | None = None

    def send(self, call: Call[T]) -> asyncio.Future[T]:
        """The call's answer to come. What `Store.run` gives in its place, or raises, the future raises: StoreError.

        After StoreUnavailable nobody knows whether the call took effect: send the same again. A future that is
        cancelled takes back the call if it was not sent yet. Raises StoreError once the lane is closed.
        """
        self.check_open()
        future: asyncio.Future[T] = self.loop.create_future()
        self.put(Item(call, future), 1)
        return future

    def check_open(self) -> None:
        if self._is_closing:
            raise StoreError("this lane is closed; open another one")

    def put(self, entry: Entry, number: int) -> None:
        """Something to send, for which so many wait. They count until it is settled."""
        self.flush_soon()
        self.waiting += number
        self._put(entry)

    def flush_soon(self) -> None:
        if not self._flushes:
            self.loop.call_soon(self._flush)
            self._flushes = True

    def gone(self, number: int) -> None:
        """So many wait no longer."""
        self.waiting -= number
        if not self.waiting and self._all_answered is not None and not self._all_answered.done():
            self._all_answered.set_result(None)

    async def close(self) -> None:
        """Takes no more calls, and returns when all are answered or given up."""
        self._is_closing = True
        try:
            if self.waiting and not self._is_closed:
                self._all_answered = self._all_answered or self.loop.create_future()
                await asyncio.shield(self._all_answered)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close at once, and give up on all answers. Nothing happens when it is closed, and when its loop is."""
        if self._is_closed:
            return
        self._is_closing = self._is_closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        sent = [batch for server in self._servers.values() for batch in server.under_way] + self._in_threads
        unsent = [entry for server in self._servers.values() for entry in server.waiting]
        unsent += [entry for retried in self._retried.values() for entry in retried.later]
        for server in self._servers.values():
            if server.held is not None:
                server.held.close()
        self._servers.clear()
        self._retried.clear()
        self._in_threads.clear()
        self.waiting = 0
        if self.loop.is_closed():
            self._let_go_of_untold()
            return
        where = self.store.address
        for item in (item for batch in sent for item in batch.items if item is not None):
            item.settle(
                StoreUnavailable(f"it is unknown whether {item.call!r} took effect at {where}: closed", where=where)
            )
        for entry in unsent:
            entry.settle(StoreUnavailable(f"{entry.call!r} was not sent to {where}: closed", where=where))
        self.gone(0)

    # --- The way out ----------------------------------------------------------------------------

    def _put(self, entry: Entry) -> None:
        retried = self._retried.get(entry.slot)
        if retried is not None:
            retried.later.append(entry)
            return
        address = self.store.server_of(entry.call)
        server = self._servers.get(address)
        if server is None:
            server = self._servers[address] = Server(address)
        server.waiting.append(entry)

    def _flush(self) -> None:
        self._flushes = False
        for server in [*self._servers.values()]:
            self._fill(server)

    def _fill(self, server: Server) -> None:
        """Send what waits, if there is room."""
        while server.waiting and not server.is_busy and not self._is_closed:
            if server.held is None:
                self._open(server)
            elif len(server.under_way) == ROUNDS:
                return
            elif (batch := self._next(server)) is not None:
                self._send(server, server.held, batch)

    def _send(self, server: Server, held: Held, batch: Batch) -> None:
        pipeline = self._pipeline(server, batch)
        batch.tried = Tried(batch.since, server.address, pipeline)
        server.under_way.append(batch)
        held.send(pipeline.commands, partial(self._answered, server, held))

    def _next(self, server: Server) -> Batch | None:
        """The next round: of what waits, in order, as much as one may be."""
        items: list[Item] = []
        size = 0
        while server.waiting and len(items) < MAX_ITEMS and size < MAX_BYTES:
            item, has_more = server.waiting[0].take(self.gone)
            if not has_more:
                server.waiting.popleft()
            if item is None:
                continue
            if item.call.script == "create" and self.store.fullness.is_full:
                self._settle(item, refused(self.store, item.call))
                self._ask_memory()
                continue
            items.append(item)
            size += sum(len(arg) for arg in item.call.args if not isinstance(arg, int))
        return Batch(items) if items else None

    def _pipeline(self, server: Server, batch: Batch) -> Pipeline:
        store = self.store
        asks = any(call.script == "create" for call in batch.calls) and store.fullness.is_stale(server.name)
        client = store.client_of(server.address) or store.client
        return Pipeline(store, client, batch.calls, server=server.name, asks_memory=asks)

    def _ask_memory(self) -> None:
        """While new tasks are refused, no round does."""
        if not self._asks_memory and any(map(self.store.fullness.is_stale, self.store.servers())):
            self._asks_memory = True
            self._threads.submit(self._in_thread, self.store.ask_memory, self._memory_asked)

    def _memory_asked(self, _: object) -> None:
        self._asks_memory = False

    # --- The way back ---------------------------------------------------------------------------

    def _answered(self, server: Server, held: Held, replies: list[Any]) -> None:
        batch = server.under_way.popleft()
        pipeline = batch.tried.pipeline
        if pipeline is None:
            return
        pipeline.take(replies, held.at)
        if not pipeline.is_plain():
            # What was sent behind it is sent again, too: after it.
            held.close()
            is_whole = None not in batch.items
            if not is_whole:
                server.under_way.appendleft(batch)
            self._give_back(
                server, [batch] if is_whole else [], redis.ConnectionError("what went before it is sent again")
            )
            return
        answers = pipeline.read()
        self.store.silence.ends()
        misplaced = self.store.misplaced(batch.calls, answers)
        elsewhere = set(misplaced)
        for place, (item, reply) in enumerate(zip(batch.items, answers, strict=True)):
            if item is not None and place not in elsewhere:
                self._settle(item, self._decoded(item.call, reply))
        if misplaced:
            self._send_elsewhere(server, batch, misplaced, [answers[place] for place in misplaced])
        self._fill(server)

    def _decoded(self, call: Call[Any], reply: Any) -> Any:
        try:
            return answer(self.store, call, reply)
        except Exception as error:  # noqa: BLE001 - a bug of ours must not leave the others of its round waiting
            return StoreError(f"the answer to {call!r} cannot be read: {error!r}")

    def _settle(self, item: Item, result: Any) -> None:
        item.settle(result)
        self.gone(item.weight)

    def _lost(self, server: Server, error: Exception) -> None:
        """The connection is closed."""
        if server.under_way:
            self._give_back(server, [], error)
        else:
            server.held = None
            self._fill(server)

    # --- What waits, in threads -----------------------------------------------------------------

    def _open(self, server: Server) -> None:
        """Connect."""
        server.is_busy = True
        store = self.store
        client = store.client_of(server.address)

        def connect() -> redis.Connection:
            if client is None:
                raise redis.ConnectionError("no node of the cluster serves the slot")
            if not store.fullness.is_known:
                store.ask_memory()
            with passing():
                return client.connection_pool.get_connection()

        def let_go(result: Any) -> None:
            if client is not None and not isinstance(result, Exception):
                result.disconnect()
                client.connection_pool.release(result)

        self._threads.submit(self._in_thread, connect, partial(self._opened, server, client, let_go), let_go)

    def _opened(self, server: Server, client: redis.Redis | None, let_go: Callable[[Any], None], result: Any) -> None:
        server.is_busy = False
        if self._is_closed:
            let_go(result)
            return
        if client is None or isinstance(result, Exception):
            self._give_up_waiting(server, result)
            return
        silent = partial(self.store.silence.begins, server.name)
        try:
            server.held = Held(self.loop, client, result, partial(self._lost, server), silent)
        except redis.ConnectionError as error:
            let_go(result)
            self._give_up_waiting(server, error)
            return
        self._fill(server)

    def _give_up_waiting(self, server: Server, error: Exception) -> None:
        """There is no connection: for all that waits that was the first try."""
        while server.waiting:
            if (batch := self._next(server)) is not None:
                server.under_way.append(batch)
        if server.under_way:
            self._give_back(server, [], error)

    def _give_back(self, server: Server, answered: Sequence[Batch], error: Exception) -> None:
        """Have these rounds go on in a thread, and then those under way, which met this error. What waits for the
        server waits until then."""
        batches = [*answered]
        for batch in server.under_way:
            items = [item for item in batch.items if item is not None]
            if items:
                failed = Batch(items)
                pipeline = self._pipeline(server, failed)
                pipeline.take(error)
                failed.tried = Tried(failed.since, server.address, pipeline)
                batches.append(failed)
        server.held = None
        server.under_way.clear()
        server.is_busy = True
        self._go_on(batches, partial(self._free, server))

    def _free(self, server: Server) -> None:
        """Who serves what waits there may be another by now."""
        server.is_busy = False
        waiting, server.waiting = server.waiting, collections.deque()
        for entry in waiting:
            self._put(entry)
        if not server.waiting and self._servers.get(server.address) is server:
            del self._servers[server.address]

    def _send_elsewhere(self, server: Server, batch: Batch, places: Sequence[int], answers: Sequence[Any]) -> None:
        """Have these calls go on in a thread, because another server has their slot, or will have; the others of the
        round are answered. What comes after them on their partitions waits, also what was sent."""
        pairs = [(item, reply) for place, reply in zip(places, answers, strict=True) if (item := batch.items[place])]
        if not pairs:
            return
        moved = Batch([item for item, _ in pairs])
        moved.tried = Tried(batch.since, server.address, answers=[reply for _, reply in pairs])
        partitions = {item.slot for item, _ in pairs}
        later: list[Entry] = []
        for behind in server.under_way:
            later += [item for item in behind.items if item is not None and item.slot in partitions]
            behind.items = [None if item is not None and item.slot in partitions else item for item in behind.items]
        later += [entry for entry in server.waiting if entry.slot in partitions]
        server.waiting = collections.deque(entry for entry in server.waiting if entry.slot not in partitions)
        self._go_on([moved], lambda: None)
        for entry in later:
            self._put(entry)

    def _go_on(self, batches: Sequence[Batch], then: Callable[[], None]) -> None:
        """Have these rounds go on in a thread, one after the other; what comes for their partitions waits for it."""
        partitions = list(dict.fromkeys(item.slot for batch in batches for item in batch.items if item is not None))
        for partition in partitions:
            self._retried.setdefault(partition, Retried()).rounds += 1
        self._in_threads += batches

        def work() -> None:
            for batch in batches:
                if self._is_closed:
                    return
                self._in_thread(self.store.go_on(batch.calls, batch.tried).results, partial(self._ended, batch))
            self._tell(partial(self._freed, partitions, then))

        self._threads.submit(work)

    def _ended(self, batch: Batch, results: Any) -> None:
        if self._is_closed:
            return
        self._in_threads.remove(batch)
        for place, item in enumerate(batch.items):
            if item is not None:
                self._settle(item, self._failed(item, results) if isinstance(results, Exception) else results[place])

    def _failed(self, item: Item, error: Exception) -> StoreError:
        """One for each: who raises an error writes into it."""
        return copy.copy(error) if isinstance(error, StoreError) else self.store.error(item.call, error)

    def _freed(self, partitions: Sequence[str], then: Callable[[], None]) -> None:
        """The thread is done with these partitions."""
        if self._is_closed:
            return
        later: list[Entry] = []
        for partition in partitions:
            retried = self._retried[partition]
            retried.rounds -= 1
            if not retried.rounds:
                later += self._retried.pop(partition).later
        then()
        for entry in later:
            self._put(entry)
        self._flush()

    def _in_thread(
        self, work: Callable[[], Any], then: Callable[[Any], None], unheard: Callable[[Any], None] | None = None
    ) -> None:
        """Do what may wait. `then` is told in the loop what came of it, or the error; `unheard` if there is no loop."""
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - the thread's edge: who waits in the loop is told
            result = error
        if unheard is None:
            self._tell(partial(then, result))
            return
        key = object()
        self._untold[key] = partial(unheard, result)

        def tell() -> None:
            del self._untold[key]
            then(result)

        if not self._tell(tell):
            self._let_go_of_untold()

    def _let_go_of_untold(self) -> None:
        """What threads have brought for a loop that is closed, also if it was closed before it heard of it."""
        while self._untold:
            with contextlib.suppress(KeyError):  # another thread was faster
                self._untold.popitem()[1]()

    def _tell(self, what: Callable[[], None]) -> bool:
        try:
            self.loop.call_soon_threadsafe(what)
        except RuntimeError:  # the loop is closed
            return False
        return True

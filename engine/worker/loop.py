"""The worker: claims, runs, commits, applies effects, again.

One thread does all of that in rounds. A round is one pipeline to the store: the commits of what ran, the effects and
confirmations that earlier commits left, due timers, renewed leases, and claims of more work. What the pipeline answers
is run in memory, and its commits are the next round. Outside calls are made by a pool of threads; their answers and the
store's hints come in through one queue, which is also what an idle worker sleeps on.
"""

from __future__ import annotations

import collections
import gc
import heapq
import itertools
import logging
import math
import os
import queue
import secrets
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from engine.config import Settings
from engine.convs import Convs
from engine.errors import DefinitionError, Elsewhere, LogicError, StoreError, StoreUnavailable
from engine.logic import Site
from engine.program import Program
from engine.sealing import masked_reads
from engine.store import calls as store_calls
from engine.store.call import Call, Partition
from engine.store.client import Hint, Hints, Store
from engine.store.records import (
    LANE_ALONE,
    LANE_RUN,
    Batch,
    CallLimit,
    Committed,
    Confirm,
    Delivery,
    Expired,
    Fired,
    Limit,
    Outcome,
    OutEntry,
    Swept,
    Unreadable,
)
from engine.store.registry import Registry
from engine.store.roster import WorkerState, beat, leave
from engine.store.rounds import Round
from engine.store.sizes import MAX_ITEMS, in_parts
from engine.task import Place
from engine.template import ReadNeeded
from engine.worker.chores import STEP, Retention, Settling
from engine.worker.effects import Parcel, confirmation, delivery, from_outbox, parcel
from engine.worker.outage import Outage
from engine.worker.reader import BatchReader
from engine.worker.run import CALL, NO_MAIL, TAKE, MoveLists, Run, Runner
from engine.worker.size import TooLarge, shortened
from engine.worker.threads import CallThreads
from engine.worker.unreadable import why_unreadable

log = logging.getLogger("conv.worker")

BEAT_S = 1.0  # how often a worker says that it is there
MOST_UNKNOWN, MOST_OF_WHY = (
    20,
    300,
)  # of the convs that a worker cannot run, how many it names, and how much of the reason
SWEEP_S = 1.0  # hints may be lost: every partition is looked into this often
REFRESH_S = 1.0  # a new deploy is noticed within this
LISTEN_AGAIN_S = 1.0  # a subscription that was refused is made again after this
MOVING_S = 0.02  # what is being moved to another partition is tried again after this
OUTBOX_S = 2.0  # effects this old were left by a worker that died
RETENTION_S = 10.0  # so often every archive is looked at, also those that this worker ends no tasks in
EXPIRED = 100  # leases that one call ends
STOP_S = 10.0
LENT_S = 0.1  # so often an idle worker looks whether others still hold tasks
BATCH_S = 0.05  # after so long the runs of a batch are committed, whether all have been run or not
ALONE_S = 1.0  # an outside call claimed alone holds up other claims for so long; the last attempt does until its answer
FEW = 32  # so few tasks run before the round is sent: their commits go with it, and save a round trip
READ_ROUNDS = 12  # templates inside references inside references; more is a definition that reads without end

# To look one up in the class takes ten times as long, and a run does so often.
_CALLING, _READY = Place.CALLING, Place.READY
NOT_TAKEN = frozenset({"elsewhere", "stale"})  # answers to a delivery that is to be made again

Handler = Callable[[Any], None]
Lane = tuple[Partition, str]


class Sent(NamedTuple):
    """A call for the next round: `handler` takes its answer, `failed` is told when the store refused it."""

    call: Call[Any]
    handler: Handler
    failed: Callable[[], None]
    moved: Callable[[], None]


class Answer(NamedTuple):
    """An outside call came back; `failure` is a bug of ours with its traceback. `unreadable`: why none was made."""

    run: Run
    answer: Any
    failure: str = ""
    unreadable: str = ""


class Worker:
    """One worker. `run` works until `stop`; `run_until_idle` works until nothing is ready any more.

    Safe to kill at any moment: what it held goes back to others when its lease ends.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.registry = Registry(store)
        self.convs = Convs(self.registry.load(), settings=settings)
        self._crowded: set[tuple[int, str]] = set()  # by conv and node: others wait in its lane for a slot
        self.runner = Runner(self.convs, settings, self._crowded)
        self.partitions: list[Partition] = []
        self.inbox: queue.SimpleQueue[Hint | Answer | None] = queue.SimpleQueue()
        self.committed = 0
        self.started_ms = int(time.time() * 1000)
        self._answered = -math.inf  # when the store last answered, by the monotonic clock
        self._next_beat = math.inf  # only `run` beats
        self.round_trips = 0
        self._pending: list[Sent] = []
        self._batches: list[tuple[int, list[Run]]] = []  # claimed and not yet run, with the conv's clock in ms
        self._ready: list[Run] = []  # runs whose outside call has come back
        self._hot: dict[Lane, None] = {}
        self._alone: dict[Partition, None] = {}
        self._timers: list[tuple[float, Partition]] = []
        self._rated: list[tuple[float, Lane]] = []  # when a rate lets more of a lane be claimed
        self._out: dict[str, Run] = {}  # outside calls under way, by lease token
        self._calls_asked = 0  # outside calls that claims and commits under way may bring
        self._short: dict[Lane, None] = {}  # lanes not claimed because every thread was busy
        self._later: list[tuple[float, Callable[[], None]]] = []  # what is tried again, and when
        self._numbers = itertools.count()
        self._threads = CallThreads(settings.threads)
        self._next_sweep = self._next_refresh = self._next_outbox = self._next_retention = 0.0
        self._next_renew = time.monotonic() + settings.lease_ms / 3000
        self._stopping = False
        self._stop_at = math.inf
        self._outage = Outage()
        self._is_cut_off = False  # the store did not answer, and the pending calls were sent before
        self._rounds: collections.deque[tuple[list[Sent], Round]] = collections.deque()
        self._claims_out = 0  # claims under way
        self._flowing: set[Lane] = set()  # lanes that had more than was asked for
        self._retention = Retention()
        self._settling = Settling()
        self._settles = False  # whether the store says so (store/lua/registry/beat.lua)
        self._hints: Hints | None = None
        self._alone_turn = False
        self._alone_token = ""  # lease of the task in hand that is claimed alone; nothing else is claimed meanwhile
        self._alone_until = math.inf
        self._recover_all = False
        self._clocks: dict[int, int] = {}  # each conv's clock against ours, in ms
        self._runnable: set[int] = set()
        self._unknown: dict[int, str] = {}  # convs that this worker cannot run, and why
        self._said: set[str] = set()  # what stays wrong is said once
        self._partitions_of(self.convs)

    # --- Running ------------------------------------------------------------------------------

    def run(self) -> None:
        """Work until `stop` is called. A store that does not answer is tried again with growing pauses."""
        # Batches make many short-lived objects and no cycles; with the default thresholds the collector takes a quarter
        # of the time. What is loaded by now stays for good.
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        self._next_beat = 0.0
        listener = threading.Thread(target=self._listen, name="conv-hints", daemon=True)
        listener.start()
        try:
            self._run()
        except BaseException:
            self._begin_again()
            raise
        finally:
            self._give_back(leaving=True)
            self.close()
            if self._hints is not None:
                self._hints.close()
            listener.join(1.0)

    def _run(self) -> None:
        while not self._stopping or (self._busy() and time.monotonic() < self._stop_at):
            try:
                self.round(wait_s=SWEEP_S)
            except StoreError as error:
                self._pause(self._outage.failed(error))

    def close(self) -> None:
        """End the threads of outside calls, which are not waited for."""
        self._threads.close()

    def stop(self) -> None:
        """Ask for a graceful end: no more claims, what runs is committed. Safe from a signal handler.

        Outside calls are waited for up to STOP_S seconds; those that take longer are given back, for another worker to
        make them again.
        """
        self._stop_at = time.monotonic() + STOP_S
        self._stopping = True
        self.inbox.put(None)

    def silent_s(self) -> float | None:
        """How long ago the store last answered, in seconds; None: never yet. Safe from any thread."""
        answered = self._answered
        return None if answered == -math.inf else time.monotonic() - answered

    def is_ready(self) -> bool:
        """Whether the store has answered a claim or a poll lately, and this worker still takes tasks."""
        silent_s = self.silent_s()
        return silent_s is not None and silent_s * 1000 < self.settings.ready_ms and not self._stopping

    def _state(self) -> WorkerState:
        return WorkerState(
            self.name,
            socket.gethostname(),
            os.getpid(),
            self.started_ms,
            self.committed,
            len(self._out),
            self.registry.lost,
            fences=True,
            unknown={conv_id: self._unknown[conv_id][:MOST_OF_WHY] for conv_id in sorted(self._unknown)[:MOST_UNKNOWN]},
        )

    def _begin_again(self) -> None:
        """After an exception in the middle of a batch: its runs stand anywhere, so they begin again as claimed."""
        if self._batches:
            now_ms, runs = self._batches[0]
            self._batches[0] = (now_ms, [run.again() for run in runs])

    def _give_back(self, leaving: bool = False) -> None:
        """Commit what is in memory, and give back calls under way: others need not wait for their leases to end before
        they make them again."""
        self._stopping = True
        runs = list(self._out.values())
        for run in runs:
            run.keep_due = True
        self._commit(runs)
        self._out.clear()
        if leaving:
            self._send(leave(self.name), self._nothing)
        try:
            while self.round(wait_s=0.0):
                pass
        except StoreError as error:
            log.warning("%s; what this worker held goes to others when its leases end", error)

    def _busy(self) -> bool:
        return bool(self._pending or self._rounds or self._batches or self._ready or self._out or self._later)

    def run_until_idle(self, deadline: float, until: Callable[[], bool]) -> bool:
        """Work in the calling thread until `until()`, or until nothing is ready, lent or sent; False at `deadline`.

        Tasks that another worker holds, or held when it died, are that worker's until it is done or their leases end;
        that is waited for. Nothing is kept when this returns or raises: after `until()` the outside calls under way are
        waited for up to STOP_S seconds, or till the deadline; those that take longer are given back, for another worker
        to make them again, and so are all at the deadline and at an exception.

        Raises StoreUnavailable. Timers are waited for only by `run`.
        """
        self._recover_all = True
        self._stopping = False
        try:
            return self._until_idle(deadline, until)
        except StoreUnavailable:
            raise  # nobody would hear
        except BaseException:
            self._begin_again()
            raise
        finally:
            if self._busy() and not self._is_cut_off:
                self._give_back()

    def _until_idle(self, deadline: float, until: Callable[[], bool]) -> bool:
        swept = False
        while time.monotonic() < deadline:
            if not self._busy() and not self._hot and not self._alone:
                if swept and not self._is_under_way():
                    return True
                if swept:
                    self._sleep(LENT_S)
                self._next_sweep = self._next_outbox = 0.0
                swept = True
            before = self.committed
            self.round(wait_s=0.05 if self._out else 0.0)
            swept = swept and self.committed == before
            if until():
                self._finish(min(deadline, time.monotonic() + STOP_S))
                return True
        return False

    def _finish(self, until: float) -> None:
        """Claim no more, and work off what is under way, outside calls included, until then (monotonic)."""
        self._stopping = True
        while self._busy() and time.monotonic() < until:
            self.round(wait_s=0.05)

    def _is_under_way(self) -> bool:
        """Whether tasks are held under any lease, or effects (also those that scripts send) wait to be delivered.
        Raises StoreError."""
        for answer in self.store.run([store_calls.stats(partition) for partition in self.partitions]):
            if isinstance(answer, StoreError):
                raise answer
            if answer.leases or answer.outbox:
                return True
        return False

    def round(self, wait_s: float) -> bool:
        """Send what there is to send, run what was claimed, take the oldest answers. False when there was nothing.

        Sleeps up to wait_s seconds when there is nothing. Up to two rounds are under way, so that the server has work
        while this process runs a batch. When the store does not answer, everything unanswered is kept and sent again
        by the next round: each call is safe to send twice, and a commit under a lease that ended writes nothing.
        """
        if not self._is_cut_off:
            self._drain()
            if self._ready:
                ready, self._ready = self._ready, []
                now_ms = int(time.time() * 1000) + self._clocks.get(ready[0].conv_id, 0)
                self._batches.append((now_ms, ready))
            self._tend()
            if not self._stopping:
                self._claim()
            if sum(len(runs) for _, runs in self._batches) <= FEW:
                self._run_batches()
        if not (self._pending or self._batches or self._rounds):
            if wait_s:
                self._sleep(wait_s)
            return False
        if self._pending:
            self._rounds.append((self._pending, self.store.begin([item.call for item in self._pending])))
            self._pending = []
            self.round_trips += 1
        if self._batches:
            self._run_batches()
            if len(self._rounds) < 2:
                return True
        if self._rounds:
            self._take_answers()
        return True

    def _take_answers(self) -> None:
        """Wait for the oldest round. Raises StoreUnavailable; then all that is unanswered is to be sent again."""
        try:
            results = self._rounds[0][1].results()
        except StoreUnavailable:
            self._is_cut_off = True
            unanswered = [item for sent, _ in self._rounds for item in sent]
            for _, later in list(self._rounds)[1:]:
                later.abandon()
            self._rounds.clear()
            # A beat may get through where nothing else does, and would say that this worker is ready.
            self._pending = [item for item in unanswered + self._pending if item.call.script != "beat"]
            raise
        self._outage.over()
        self._is_cut_off = False
        self._answered = time.monotonic()
        sent, _ = self._rounds.popleft()
        for item, result in zip(sent, results, strict=True):
            if isinstance(result, Elsewhere):
                self._next_refresh = 0.0
                item.moved()
            elif isinstance(result, StoreError):
                # Leases end and the sweep delivers again, so nothing is lost.
                log.warning("%s", result)
                item.failed()
            else:
                item.handler(result)

    def _run_batches(self) -> None:
        """Run what was claimed. Long runs are committed before all have been run, and the rest waits its turn."""
        while self._batches:
            now_ms, runs = self._batches[0]
            count = self._run_all(now_ms, runs)
            del self._batches[0]
            self._commit(runs[:count])
            self.runner.end_batch()
            if count < len(runs):
                self._batches.append((now_ms, runs[count:]))
                return

    def _send(
        self,
        call: Call[Any],
        handler: Handler,
        failed: Callable[[], None] = lambda: None,
        moved: Callable[[], None] | None = None,
    ) -> None:
        """`failed` is called in place of the handler when the store refuses the call; `moved` (else `failed`) when what
        it is about is in another partition by now."""
        self._pending.append(Sent(call, handler, failed, moved or failed))

    def _soon(self, do: Callable[[], None]) -> None:
        """Try again in a moment: something is being moved to another partition."""
        self._next_refresh = 0.0
        self._later.append((time.monotonic() + MOVING_S, do))

    # --- Waking ---------------------------------------------------------------------------------

    def _listen(self) -> None:
        while not self._stopping:
            try:
                self._hints = self.store.subscribe(done=False)
                for hint in self._hints:
                    if isinstance(hint, Hint):
                        self.inbox.put(hint)
            except StoreUnavailable:
                self._pause(0.2)
            except StoreError as error:
                log.warning("hints of the store are not heard: %s", error)
                self._pause(LISTEN_AGAIN_S)
            except Exception as error:  # noqa: BLE001 - the thread's edge: without hints each task waits for the sweep
                log.warning("hints of the store are not heard, trying again: %s: %s", type(error).__name__, error)
                self._pause(LISTEN_AGAIN_S)

    def _pause(self, seconds: float) -> None:
        """Wait, but not past a stop."""
        end = time.monotonic() + seconds
        while not self._stopping and time.monotonic() < end:
            time.sleep(min(0.05, seconds))

    def _drain(self) -> None:
        while True:
            try:
                self._take(self.inbox.get_nowait())
            except queue.Empty:
                return

    def _sleep(self, wait_s: float) -> None:
        now = time.monotonic()
        wake = min(self._next_sweep, self._next_refresh, self._next_renew if self._out else now + wait_s, now + wait_s)
        for times in (self._timers, self._rated, self._later):
            if times:
                wake = min(wake, times[0][0])
        if self._alone_token:
            wake = min(wake, self._alone_until)
        try:
            self._take(self.inbox.get(timeout=max(0.0, wake - now)))
        except queue.Empty:
            return

    def _take(self, message: Hint | Answer | None) -> None:
        if message is None:
            return
        if isinstance(message, Answer):
            run = message.run
            if self._out.pop(run.token, None) is None:
                return  # it was given back
            run.answer = message.answer
            run.stage, run.place = TAKE, ""
            run.called_from = run.step.id
            self._threads_freed()
            if message.unreadable:
                partition = self.convs.partition(run.conv_id, run.task_id)
                self._set_aside(partition, [Unreadable(run.task_id, run.token, message.unreadable)])
                self._wake(partition, run.called_from)
                return
            if message.failure:
                self._bug(run, message.failure)
            self._ready.append(run)
            return
        partition = Partition(message.conv_id, message.partition)
        if message.conv_id not in self._runnable:
            self._next_refresh = 0.0  # which looks at all partitions, should the conv be deployed by now
            return
        if message.lane is not None:
            self._wake(partition, message.lane)
        elif message.in_ms is not None:
            heapq.heappush(self._timers, (time.monotonic() + message.in_ms / 1000, partition))

    def _wake(self, partition: Partition, lane: str) -> None:
        if partition.conv_id not in self._runnable:
            return
        if lane == LANE_ALONE:
            self._alone[partition] = None
        else:
            self._hot[(partition, lane)] = None

    # --- Tending --------------------------------------------------------------------------------

    def _partitions_of(self, convs: Convs) -> None:
        """Where this worker looks for work: a conv that it cannot read is left to those that can."""
        runnable, self._unknown = set(), {}
        for conv_id in convs.records:
            try:
                convs.program(conv_id)
                runnable.add(conv_id)
            except DefinitionError as error:
                self._unknown[conv_id] = error.message
        for conv_id, why in convs.unreadable.items():
            rest = "what was read before holds" if conv_id in convs.records else "its tasks are left alone"
            self._unknown[conv_id] = f"what the registry says of conv {conv_id} cannot be read: {why}; {rest}"
        for text in self._unknown.values():
            self._say_once(text)
        self._runnable = runnable
        self.partitions = [p for conv_id in runnable for p in convs.partitions(conv_id)]
        for partition in [partition for partition in self._alone if partition.conv_id not in runnable]:
            del self._alone[partition]

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            log.error("%s", text)

    def _tend(self) -> None:
        now = time.monotonic()
        if now >= self._next_refresh:
            self._next_refresh = now + REFRESH_S
            self.refresh()
        if self._out and now >= self._next_renew:
            self._next_renew = now + self.settings.lease_ms / 3000
            self._renew()
        while self._rated and self._rated[0][0] <= now:
            self._wake(*heapq.heappop(self._rated)[1])
        if self._later and now >= self._later[0][0]:
            later, self._later = self._later, []
            for _, do in later:
                do()
        while self._timers and self._timers[0][0] <= now:
            partition = heapq.heappop(self._timers)[1]
            self._send(store_calls.fire(partition, 1000), self._fired(partition))
        if now >= self._next_beat and not self._stopping:
            self._next_beat = now + BEAT_S
            self._send(beat(self._state()), self._beaten)
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_S
            self._sweep(now)
        if self._retention.due and not self._stopping:
            self._remove()

    def refresh(self) -> None:
        """Take up what was deployed or moved since."""
        deployed, moved = self.registry.versions()
        if deployed == self.convs.version and moved != self.convs.moves:
            self.convs.moved(self.registry.load())
            self._partitions_of(self.convs)
        if deployed != self.convs.version:
            self.convs = self.convs.renewed(self.registry.load())
            self.runner = Runner(self.convs, self.settings, self._crowded)
            self._partitions_of(self.convs)
            self._next_sweep = 0.0

    def _sweep(self, now: float) -> None:
        outbox = now >= self._next_outbox
        if now >= self._next_retention:
            self._next_retention = now + RETENTION_S
            self._retention.all_due(self.partitions)
        if outbox:
            self._next_outbox = now + OUTBOX_S
        for partition in self.partitions:
            self._expire(partition)
            self._send(store_calls.fire(partition, 1000), self._fired(partition))
            if outbox:
                older_ms = 0 if self._recover_all else int(OUTBOX_S * 1000)
                self._send(store_calls.outbox(partition, 500, older_ms), self._recover(partition))

    def _nothing(self, _: Any) -> None:
        """The answer is not needed."""

    def _beaten(self, settles: bool) -> None:
        self._settles = settles

    def _expire(self, partition: Partition) -> None:
        def handle(expired: Expired) -> None:
            if partition.conv_id in self._runnable and expired.freed >= EXPIRED and not self._stopping:
                self._expire(partition)  # there may be more
            for lane in expired.lanes:
                self._wake(partition, lane)

        lanes = (LANE_RUN, LANE_ALONE, *self.convs.program(partition.conv_id).call_lanes)
        self._send(store_calls.expire(partition, EXPIRED, lanes), handle)

    def _remove(self) -> None:
        due, self._retention.due = self._retention.due, {}
        for partition in due:
            if partition.conv_id in self._runnable:
                self._send_sweep(partition)

    def _send_sweep(self, partition: Partition) -> None:
        kept = self.convs.kept(partition)
        step = max(STEP, 2 * self.settings.batch)

        def handle(swept: Swept) -> None:
            self._retention.swept(partition, swept, kept.tasks)

        self._send(store_calls.sweep(partition, step, kept.age_ms, kept.tasks, kept.size_bytes), handle)

    def _fired(self, partition: Partition) -> Handler:
        def handle(fired: Fired) -> None:
            if fired.fired:
                self._hot[(partition, LANE_RUN)] = None
            if fired.next_in_ms is not None and fired.next_in_ms < SWEEP_S * 1000:
                heapq.heappush(self._timers, (time.monotonic() + fired.next_in_ms / 1000, partition))

        return handle

    def _renew(self) -> None:
        tokens: dict[Partition, list[str]] = {}
        for token, run in self._out.items():
            tokens.setdefault(self.convs.partition(run.conv_id, run.task_id), []).append(token)
        for partition, some in tokens.items():
            for start in range(0, len(some), 1000):
                self._send(
                    store_calls.renew(partition, some[start : start + 1000], self.settings.lease_ms), self._nothing
                )

    # --- Claiming -------------------------------------------------------------------------------

    def _claim(self) -> None:
        if self._alone_token:
            if time.monotonic() < self._alone_until:
                return
            self._alone_token = ""
        if self._alone and (self._alone_turn or not self._hot):
            # A task that lost a lease is claimed with nothing else in hand, so that only it can be blamed (rule 10).
            if self._batches or self._claims_out:
                return
            partition = next(iter(self._alone))
            del self._alone[partition]
            self._alone_turn = False
            self._alone_token = self._send_claim(partition, LANE_ALONE, 1)
            self._alone_until = math.inf
            return
        if not self._hot or self._claims_out > 1 or len(self._batches) > 1:
            return
        self._alone_turn = True
        lanes = list(self._hot)[:64]
        share = max(1, self.settings.batch // len(lanes))
        ahead = not self._claims_out
        for lane in lanes:
            del self._hot[lane]
            if lane[0].conv_id not in self._runnable:
                continue
            if ahead and lane in self._flowing:
                self._hot[lane] = None  # more of it is asked for before this answer is here; behind the others
            if lane[1] == LANE_RUN:
                self._send_claim(*lane, share)
            elif (free := self._free_threads()) > 0:
                self._send_claim(*lane, min(free, share), calling=True)
            else:
                self._short[lane] = None

    def _send_claim(self, partition: Partition, lane: str, count: int, calling: bool = False) -> str:
        """Send a claim; returns the token of its lease."""
        token = f"{self.name}-{next(self._numbers)}"
        settings = self.settings
        limits: tuple[CallLimit, ...] = ()
        if calling:
            step = self.convs.program(partition.conv_id).by_id.get(lane)
            limits = self.convs.call_limits(partition, step) if step is not None else ()
        call = store_calls.claim(
            partition, lane, count, token, settings.lease_ms, calling, settings.poison_attempts, limits
        )

        def answered() -> None:
            self._claims_out -= 1
            if calling:
                self._threads_freed(count)

        def handle(batch: Batch) -> None:
            answered()
            if len(batch.tasks) >= count:
                self._wake(partition, lane)
                self._flowing.add((partition, lane))
            else:
                self._flowing.discard((partition, lane))
            if batch.more:
                self._crowded.add((partition.conv_id, lane))
            elif calling:
                self._crowded.discard((partition.conv_id, lane))
            if batch.wait_ms:
                heapq.heappush(self._rated, (time.monotonic() + batch.wait_ms / 1000, (partition, lane)))
            if batch.tasks or batch.unreadable:
                self._claimed(partition, batch, calling)
            elif token == self._alone_token:
                self._alone_token = ""

        def failed() -> None:
            answered()
            self._hot.pop((partition, lane), None)
            if token == self._alone_token:
                self._alone_token = ""

        self._claims_out += 1
        if calling:
            self._calls_asked += count
        self._send(call, handle, failed)
        return token

    def _claimed(self, partition: Partition, batch: Batch, calling: bool) -> None:
        if partition.conv_id not in self._runnable:
            self._no_longer_alone(batch)
            return  # deployed anew meanwhile, as something that cannot be read here: the leases end by themselves
        program = self.convs.program(partition.conv_id)
        self._clocks[partition.conv_id] = batch.now_ms - int(time.time() * 1000)
        if batch.unreadable:
            self._set_aside(partition, batch.unreadable)
        try:
            runs = [Run(program, claimed, batch.now_ms) for claimed in batch.tasks]
        except Exception:  # noqa: BLE001 - the worker's edge: what stands in one record must not take the others along
            runs = self._readable(partition, program, batch)
        if calling:
            runs = [run for run in runs if not self._repeats(run)]
            self._calls_asked += len(runs)  # until they are committed
        if runs:
            self._batches.append((batch.now_ms, runs))

    def _repeats(self, run: Run) -> bool:
        """Whether this task, claimed to call, has a request: it was perhaps sent, so it is sent again as it is. Without
        one the task has its slot, and its request is made now, from what is stored now."""
        run.slot, run.fresh = run.node, False
        if run.stage != CALL or run.step.outside is None:
            return False
        run.call = run.step.outside
        self._perform(run)
        return True

    def _no_longer_alone(self, batch: Batch) -> None:
        tokens = [lent.token for lent in batch.tasks] + [lent.token for lent in batch.unreadable]
        if self._alone_token in tokens:
            self._alone_token = ""

    def _readable(self, partition: Partition, program: Program, batch: Batch) -> list[Run]:
        """Runs of those that can be read; the others are set aside, each with the reason."""
        runs, unreadable = [], []
        for claimed in batch.tasks:
            try:
                runs.append(Run(program, claimed, batch.now_ms))
            except Exception as error:  # noqa: BLE001 - as above
                unreadable.append(Unreadable(claimed.task_id, claimed.token, why_unreadable(claimed, error)))
        self._set_aside(partition, unreadable)
        return runs

    def _set_aside(self, partition: Partition, tasks: Sequence[Unreadable]) -> None:
        by_token: dict[str, list[tuple[str, str]]] = {}
        for task_id, token, reason in tasks:
            log.error("task %s of conv %s is set aside: %s", task_id, partition.conv_id, reason)
            by_token.setdefault(token, []).append((task_id, reason))
        for token, some in by_token.items():
            self._send_aside(partition, token, some)

    def _send_aside(self, partition: Partition, token: str, tasks: list[tuple[str, str]]) -> None:
        def done(_: Any = None) -> None:
            if token == self._alone_token:
                self._alone_token = ""

        def moved() -> None:
            self._send_aside(self.convs.partition(partition.conv_id, tasks[0][0]), token, tasks)

        call = store_calls.set_aside(partition, token, tasks)
        self._send(call, done, done, lambda: self._soon(moved))

    # --- Running what was claimed -----------------------------------------------------------------

    def _run_all(self, now_ms: int, runs: list[Run]) -> int:
        """Run until each rests, reading what their templates want in one round trip per depth.

        Returns how many were run: the others were not begun, because these took BATCH_S seconds.
        """
        runner = self.runner
        runner.begin_batch(now_ms)
        runner.free_calls = 0 if self._stopping else self._free_threads()
        waiting, count = runs, len(runs)
        until = time.perf_counter() + BATCH_S
        for depth in range(READ_ROUNDS):
            suspended = []
            for number, run in enumerate(waiting, 1):
                try:
                    runner.advance(run)
                except ReadNeeded:
                    suspended.append(run)
                except Exception:  # noqa: BLE001 - the worker's edge: a bug of ours must not take the other tasks along
                    self._bug(run, traceback.format_exc())
                if depth == 0 and time.perf_counter() > until:
                    count = number
                    break
            if not suspended:
                break
            self._read(runner.reader)
            waiting = suspended
        return count

    def _read(self, reader: BatchReader) -> None:
        """Fetch what the templates want. Raises StoreError."""
        until = time.monotonic() + self.settings.lease_ms / 2000
        while True:
            answers = self.store.run(reader.calls())
            failures = [answer for answer in answers if isinstance(answer, StoreError)]
            if not failures:
                reader.take(answers)
                return
            if not all(isinstance(failure, Elsewhere) for failure in failures) or time.monotonic() > until:
                raise failures[0]
            reader.ask_again()
            time.sleep(MOVING_S)
            self.convs.moved(self.registry.load())

    def _bug(self, run: Run, trace: str) -> None:
        """A mistake of ours stops this task in plain sight, and no other. A trace may quote what was at hand."""
        trace = masked_reads(trace, self.runner.quotable(run))
        log.error("task %s of conv %s, node %r:\n%s", run.task_id, run.conv_id, run.step.name, trace)
        last = shortened(trace.strip().rsplit("\n", 1)[-1])
        self.runner.end_in_error(run, LogicError("engine_error", f"a mistake in the engine: {last}"))

    def _failed(self, run: Run) -> Run:
        """After an exception at its commit: the run ended in error from where it was claimed."""
        wrong = run.again(careful=True)
        self._bug(wrong, traceback.format_exc())
        return wrong

    def _commit(self, runs: Iterable[Run]) -> None:
        groups: dict[tuple[Partition, str], list[Run]] = {}
        for run in runs:
            groups.setdefault((self.convs.partition(run.conv_id, run.task_id), run.token), []).append(run)
        for (partition, token), group in groups.items():
            self._commit_group(partition, token, group)

    def _commit_group(self, partition: Partition, token: str, runs: list[Run]) -> None:
        lists = MoveLists()
        outcomes, ran, again = [], [], []
        plain = self.runner.outcome
        for run in runs:
            try:
                calls = run.place == _CALLING or run.slot
                outcomes.append(self._outcome(partition, run, lists) if calls else plain(run, lists, ""))
                ran.append(run)
            except TooLarge:
                again.append(run.again(careful=True))
            except Exception:  # noqa: BLE001 - as in _run_all: what cannot be written must not take the others along
                ran.append(self._failed(run))
                outcomes.append(self._outcome(partition, ran[-1], lists))
        if again:
            self._batches.append((self.runner.scope.now_ms, again))
        if not ran:
            return
        runs = ran
        limits = [Limit(*limit) for limit in runs[0].program.limits]
        at = 0
        for some in in_parts(outcomes):
            its = runs[at : at + len(some)]
            at += len(some)
            try:
                call = store_calls.commit(partition, token, lists.lists, some, self.settings.lease_ms, limits)
            except ValueError:  # one that does not fit into a call
                its = [self._failed(run) for run in its]
                # Its outcome is made a second time, and so is what that says of threads.
                self._calls_asked += sum(bool(run.slot) for run in its) - sum(bool(outcome.token) for outcome in some)
                some = [self._outcome(partition, run, lists) for run in its]
                call = store_calls.commit(partition, token, lists.lists, some, self.settings.lease_ms, limits)
            self._send_commit(call, *self._commit_answered(partition, token, its, some), its[0])
        if limits:
            self._send(store_calls.outbox(partition, 100), self._recover(partition))  # signals, if a count was crossed

    def _outcome(self, partition: Partition, run: Run, lists: MoveLists) -> Outcome:
        """What is committed of a run, with a lease of its own when its outside call may begin. Raises TooLarge."""
        token = ""
        limits: tuple[CallLimit, ...] = ()
        has_slot = run.slot == run.step.id
        if run.place == _CALLING and run.request and not self._stopping and (has_slot or self._free_threads() > 0):
            token = f"{self.name}-{next(self._numbers)}"
            limits = () if has_slot else self.convs.call_limits(partition, run.step)
        outcome = self.runner.outcome(run, lists, token, limits)
        if token:
            run.token = token
        # The thread that was kept for its slot is used now, or not at all.
        self._calls_asked += bool(token)
        if run.slot:
            self._threads_freed(1)
        return outcome

    def _send_commit(self, call: Call[Any], handler: Handler, failed: Callable[[], None], first: Run) -> None:
        def moved() -> None:
            # An outside call came back whose task was moved, with its lease: the same commit, to where it is now.
            call.partition = self.convs.partition(first.conv_id, first.task_id)
            self._send_commit(call, handler, failed, first)

        self._send(call, handler, failed, lambda: self._soon(moved))

    def _commit_answered(
        self, partition: Partition, token: str, runs: Sequence[Run], outcomes: Sequence[Outcome]
    ) -> tuple[Handler, Callable[[], None]]:
        calls = sum(outcome.place == _CALLING for outcome in outcomes)

        def failed() -> None:
            self._threads_freed(calls)
            if token == self._alone_token:
                self._alone_token = ""

        def handle(results: list[Committed]) -> None:
            self.committed += len(results)
            self._retention.committed(partition, len(results))
            self._threads_freed(calls)
            if token == self._alone_token:
                self._alone_committed(runs[0], outcomes[0], results[0])
            parcels: list[Parcel] = []
            for run, outcome, result in zip(runs, outcomes, results, strict=True):
                self._committed(partition, run, outcome, result)
                for out_id, effect in zip(result.out_ids, outcome.effects, strict=False):
                    parcels.append(parcel(partition, out_id, run.task_id, outcome.visit, effect))
            if parcels:
                self._deliver(parcels)

        return handle, failed

    def _alone_committed(self, run: Run, outcome: Outcome, result: Committed) -> None:
        """The task claimed alone is done with; its outside call is not, and may yet end this process.

        A call that takes long holds up the others only for ALONE_S; but the attempt after which the task would be set
        aside must have been alone to its end, or it would pay for what another did.
        """
        if outcome.place != _CALLING or result.status != "ok":
            self._alone_token = ""
            return
        self._alone_token = run.token
        if run.attempts < self.settings.poison_attempts:
            self._alone_until = time.monotonic() + ALONE_S

    def _committed(self, partition: Partition, run: Run, outcome: Outcome, result: Committed) -> None:
        place = outcome.place
        if run.called_from or run.slot:
            freed, run.called_from, run.slot = run.called_from or run.slot, "", ""
            if place != _CALLING or outcome.node != freed:
                self._hot[(partition, freed)] = None  # its slot is free
        if place == _CALLING:
            if result.status == "ok":
                run.calls_from(outcome)
                self._perform(run)
            elif result.status == "held":
                self._crowded.add((run.conv_id, outcome.node))
                self._hot[(partition, outcome.node)] = None
        elif place == _READY:
            self._hot[(partition, outcome.lane)] = None
        if result.status == "again":
            self._hot[(partition, LANE_RUN)] = None

    # --- Outside calls ----------------------------------------------------------------------------

    def _free_threads(self) -> int:
        return self.settings.threads - len(self._out) - self._calls_asked

    def _threads_freed(self, asked: int = 0) -> None:
        """So many calls that were asked for have been answered; lanes that found no free thread are claimed now."""
        self._calls_asked -= asked
        if self._short:
            self._hot.update(self._short)
            self._short.clear()

    def _perform(self, run: Run) -> None:
        run.started = 0.0
        run.fresh = False
        run.visited = [run.step.id]
        run.effects.clear()
        run.sums.clear()
        run.moved = 0
        run.mail, run.mail_taken, run.refused, run.answered = NO_MAIL, 0, 0, False
        run.delay_ms = run.until_ms = None
        run.keep_due = False
        run.place, run.sent, run.slot = _CALLING, True, ""
        self._out[run.token] = run
        self._threads.submit(self._call, run, run.call, run.request, self.runner.convs)

    def _call(self, run: Run, logic: Any, request: bytes, site: Site) -> None:
        try:
            self.inbox.put(Answer(run, logic.perform(request, site)))
        except msgspec.DecodeError as error:
            self.inbox.put(Answer(run, None, unreadable=f"its stored request cannot be read: {error}"))
        except Exception:  # noqa: BLE001 - the thread's edge; the traceback goes to the task's log
            self.inbox.put(Answer(run, None, traceback.format_exc()))

    # --- Effects ----------------------------------------------------------------------------------

    def _recover(self, partition: Partition) -> Handler:
        asked = time.monotonic()

        def handle(entries: list[OutEntry]) -> None:
            for target, effect_ids in self._settling.take(partition, asked).items():
                self._settle(partition, target, effect_ids)
            parcels = []
            for entry in entries:
                try:
                    parcels.append(from_outbox(partition, entry))
                except ValueError as error:
                    log.error("the effect %s of %s is set aside: %s", entry.out_id, partition, error)
                    self._send(store_calls.set_effect_aside(partition, entry.out_id, str(error)), self._nothing)
            self._deliver(parcels)

        return handle

    def _deliver(self, parcels: list[Parcel]) -> None:
        by_target: dict[Partition, list[tuple[Parcel, Delivery]]] = {}
        for item in parcels:
            made = delivery(self.convs, item)
            if made is None:
                self._confirm(None, [(item, "gone")])
            else:
                by_target.setdefault(made[0], []).append((item, made[1]))
        for partition, items in by_target.items():
            self._wake(partition, LANE_RUN)  # claimed in the same round, right behind the delivery
            queue, at = self.convs.queue_limit(partition.conv_id), 0
            for some in in_parts([made for _, made in items]):
                sent = [item for item, _ in items[at : at + len(some)]]
                call = store_calls.deliver(partition, some, self.settings.descendants, queue)
                self._send(call, self._delivered(partition, sent))
                at += len(some)

    def _delivered(self, target: Partition, parcels: list[Parcel]) -> Handler:
        def handle(answers: list[str]) -> None:
            moving = [item for item, answer in zip(parcels, answers, strict=True) if answer == "elsewhere"]
            if moving:
                self._soon(lambda: self._deliver(moving))
            # What is stale is found in its outbox again, if it is still there.
            self._confirm(target, (pair for pair in zip(parcels, answers, strict=True) if pair[1] not in NOT_TAKEN))

        return handle

    def _confirm(self, target: Partition | None, answered: Iterable[tuple[Parcel, str]]) -> None:
        """`target`: who answered, and remembers it; None: nobody."""
        by_source: dict[Partition, tuple[list[Confirm], list[str]]] = {}
        released: set[Partition] = set()
        for item, answer in answered:
            confirms, effect_ids = by_source.setdefault(item.source, ([], []))
            confirms.append(confirmation(item, answer))
            effect_ids.append(item.effect.effect_id)
            if item.effect.blocking:
                released.add(item.source)
        for source, (confirms, effect_ids) in by_source.items():
            for start in range(0, len(confirms), 1000):
                end = start + 1000
                handler = self._confirmed(source, target, effect_ids[start:end])
                self._send(store_calls.confirm(source, confirms[start:end]), handler)
        for source in released:
            self._hot[(source, LANE_RUN)] = None

    def _confirmed(self, source: Partition, target: Partition | None, effect_ids: list[str]) -> Handler:
        if target is None or not self._settles:
            return self._nothing

        def handle(first: list[bool]) -> None:
            # Those that another worker confirmed it settles; those that were moved are not confirmed yet.
            mine = effect_ids if all(first) else list(itertools.compress(effect_ids, first))
            self._settling.confirmed(source, target, mine)

        return handle

    def _settle(self, source: Partition, target: Partition, effect_ids: list[str]) -> None:
        for start in range(0, len(effect_ids), MAX_ITEMS):
            some = effect_ids[start : start + MAX_ITEMS]

            def again(some: list[str] = some) -> None:
                self._settling.confirmed(source, target, some)

            def handle(done: bool, again: Callable[[], None] = again) -> None:
                if not done:
                    again()

            self._send(store_calls.settle(target, some), handle, again)

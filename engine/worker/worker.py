"""The worker: claims, runs, commits, applies effects, again.

One thread does all of that in rounds. A round is one pipeline to the store: the commits of what ran, the effects and
confirmations that earlier commits left, due timers, renewed leases, and claims of more work. What the pipeline answers
is run in memory, and its commits are the next round. Outside calls are made by a pool of threads; their answers and the
store's hints come in through one queue, which is also what an idle worker sleeps on.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import logging
import math
import os
import queue
import secrets
import socket
import time
from collections.abc import Callable

from ..config import Settings
from ..convs import Convs
from ..errors import SecretKeyError, StoreError, StoreUnavailable
from ..store import calls
from ..store.call import Partition
from ..store.client import Hint, Store
from ..store.records import LANE_DEPLOYED, Unreadable
from ..store.roster import Beaten, WorkerState, beat, leave
from .aside import Aside
from .batches import Batches
from .chores import Chore, Chores
from .claims import Claims
from .commits import Commits
from .deliveries import Deliveries
from .deployed import Deployed
from .failing import TELL_S
from .hearing import Hearing
from .lanes import Alone, Lanes
from .looks import Looks
from .outage import Outage
from .outcalls import Answer, OutCalls
from .retention import Retention
from .rounds import Rounds
from .sealer import Sealer
from .tending import Tending

log = logging.getLogger("conv.worker")

BEAT_S = 1.0  # how often a worker says that it is there
MOST_UNKNOWN, MOST_OF_WHY = 20, 300  # convs that a worker cannot run which it names, and characters of each reason
LOOK_S = 1.0  # hints may be lost: so often some partitions are looked at (looks.py)
REFRESH_S = 1.0  # a new deploy is noticed within this
SEAL_S = 0.5  # so often secrets of before are sealed, piece by piece
RETENTION_S = 10.0  # so often every archive is looked at, also those that this worker ends no tasks in
STOP_S = 10.0
LENT_S = 0.1  # so often an idle worker looks whether others still hold tasks


class Worker:
    """One worker. `run` works until `stop`; `run_until_idle` works until nothing is ready any more.

    Safe to kill at any moment: what it held goes back to others when its lease ends.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.inbox: queue.SimpleQueue[Hint | Answer | bool | None] = queue.SimpleQueue()  # None: look at `_stopping`
        self.lanes = Lanes()
        self.alone = Alone()
        self.looks = Looks()
        self.rounds = Rounds(store)
        self.retention = Retention()
        self.deployed = Deployed(store, settings)
        self.outcalls = OutCalls(settings.threads, self.inbox.put)
        tokens = (f"{self.name}-{number}" for number in itertools.count())
        self.batches = Batches(store, settings, self.deployed, self.lanes.crowded)
        self.deliveries = Deliveries(self.rounds, self.deployed, self.lanes, settings)
        self.tending = Tending(self.rounds, self.deployed, self.lanes, self.deliveries, self.looks)
        self.sealer = Sealer(store, self.deployed)
        self.aside = Aside(self.rounds, self.deployed, self.alone)
        self.claims = Claims(
            self.rounds, self.deployed, self.lanes, self.alone, self.outcalls, self.batches, self.aside, settings,
            tokens,
        )  # fmt: skip
        self.commits = Commits(
            self.rounds, self.deployed, self.lanes, self.alone, self.outcalls, self.batches, self.deliveries,
            self.retention, settings, tokens,
        )  # fmt: skip
        self.chores = Chores(
            Chore("refresh", REFRESH_S, lambda _: self.refresh()),
            Chore("renew", settings.lease_ms / 3000, lambda _: self._renew()),
            Chore("beat", BEAT_S, lambda _: self._beat(), next=math.inf),  # only `run` beats
            Chore("look", LOOK_S, self.tending.look),
            Chore("retention", RETENTION_S, lambda _: self._retain()),
            Chore("failing", TELL_S, lambda _: self.commits.failing.tell()),
            Chore("seal", SEAL_S, self._seal),
        )
        self.started_ms = int(time.time() * 1000)
        self._leads = True  # whether this is the worker that looks after every archive
        self._outage = Outage()
        self._stopping = False
        self._stop_at = math.inf
        self._look_where()

    # --- Running ------------------------------------------------------------------------------

    def run(self) -> None:
        """Work until `stop` is called. A store that does not answer is tried again with growing pauses."""
        # Batches make many short-lived objects and no cycles; with the default thresholds the collector takes a quarter
        # of the time. What is loaded by now stays for good.
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        self._leads = False  # until the store says so
        self.chores.hurry("beat")
        hearing = Hearing(self.store, self.inbox.put)
        hearing.start()
        try:
            self._run()
        except BaseException:
            self.batches.begin_again()
            raise
        finally:
            self._give_back(leaving=True)
            self.commits.failing.tell()
            self.close()
            hearing.close()

    def _run(self) -> None:
        while not self._stopping or (self._busy() and time.monotonic() < self._stop_at):
            try:
                self.round(wait_s=LOOK_S)
            except StoreError as error:
                self._pause(self._outage.failed(error))

    def _pause(self, seconds: float) -> None:
        """Wait, but not past a stop."""
        end = time.monotonic() + seconds
        while not self._stopping and time.monotonic() < end:
            time.sleep(min(0.05, seconds))

    def close(self) -> None:
        """End the threads of outside calls, which are not waited for."""
        self.outcalls.close()

    def stop(self) -> None:
        """Ask for a graceful end: no more claims, what runs is committed. Safe from a signal handler.

        Outside calls are waited for up to STOP_S seconds; those that take longer are given back, for another worker to
        make them again.
        """
        self._stop_at = time.monotonic() + STOP_S
        self._take_no_more()
        self.inbox.put(None)

    def _take_no_more(self, stopping: bool = True) -> None:
        self._stopping = self.outcalls.is_stopping = stopping

    def _give_back(self, leaving: bool = False) -> None:
        """Commit what is in memory, and give back calls under way: others need not wait for their leases to end before
        they make them again."""
        self._take_no_more()
        self.commits.commit(self.outcalls.give_back())
        self.outcalls.given_back()
        if leaving:
            self.rounds.send(leave(self.name))
        try:
            while self.round(wait_s=0.0):
                pass
        except StoreError as error:
            log.warning("%s; what this worker held goes to others when its leases end", error)

    def _busy(self) -> bool:
        return self.rounds.is_busy() or self.batches.is_busy() or bool(self.outcalls.under_way)

    # --- Until idle ---------------------------------------------------------------------------

    def run_until_idle(self, deadline: float, until: Callable[[], bool]) -> bool:
        """Work in the calling thread until `until()`, or until nothing is ready, lent or sent; False at `deadline`.

        Tasks that another worker holds, or held when it died, are that worker's until it is done or their leases end;
        that is waited for. Nothing is kept when this returns or raises: after `until()` the outside calls under way are
        waited for up to STOP_S seconds, or till the deadline; those that take longer are given back, for another worker
        to make them again, and so are all at the deadline and at an exception.

        Raises StoreUnavailable. Timers are waited for only by `run`.
        """
        self.tending.recovers_all = True
        self._take_no_more(False)
        try:
            return self._until_idle(deadline, until)
        except StoreUnavailable:
            raise  # nobody would hear
        except BaseException:
            self.batches.begin_again()
            raise
        finally:
            if self._busy() and not self.rounds.is_cut_off:
                self._give_back()

    def _until_idle(self, deadline: float, until: Callable[[], bool]) -> bool:
        looked = False
        while time.monotonic() < deadline:
            if not self._busy() and not self.lanes.hot and not self.lanes.alone:
                if looked and not self._is_under_way():
                    return True
                if looked:
                    self._sleep(LENT_S)
                self.tending.hurry()
                self.chores.hurry("look")
                looked = True
            before = self.committed
            self.round(wait_s=0.05 if self.outcalls.under_way else 0.0)
            looked = looked and self.committed == before
            if until():
                self._finish(min(deadline, time.monotonic() + STOP_S))
                return True
        return False

    def _finish(self, until: float) -> None:
        """Claim no more, and work off what is under way, outside calls included, until then (monotonic)."""
        self._take_no_more()
        while self._busy() and time.monotonic() < until:
            self.round(wait_s=0.05)

    def _is_under_way(self) -> bool:
        """Whether tasks are held under any lease, or effects (also those that scripts send) wait to be delivered.
        Raises StoreError."""
        for answer in self.store.run([calls.stats(partition) for partition in self.deployed.partitions]):
            if isinstance(answer, StoreError):
                raise answer
            if answer.leases or answer.outbox:
                return True
        return False

    # --- Rounds -------------------------------------------------------------------------------

    def round(self, wait_s: float) -> bool:
        """Send what there is to send, run what was claimed, take the oldest answers. False when there was nothing.

        Sleeps up to wait_s seconds when there is nothing. Raises StoreUnavailable; what was sent is then sent again by
        the next round.
        """
        rounds, batches = self.rounds, self.batches
        if not rounds.is_cut_off:
            self._drain()
            batches.take_answered()
            self._tend()
            if not self._stopping:
                self.claims.claim()
            if batches.are_few():
                batches.run(self.outcalls.free, self.commits.commit)
        if not (rounds.pending or batches.waiting or rounds.under_way):
            if wait_s:
                self._sleep(wait_s)
            return False
        rounds.begin()
        if batches.waiting:
            batches.run(self.outcalls.free, self.commits.commit)
            if len(rounds.under_way) < 2:
                return True
        if rounds.under_way:
            rounds.take()
            self._outage.over()
        return True

    def _tend(self) -> None:
        now = time.monotonic()
        if self.rounds.met_a_move:
            self.rounds.met_a_move = False
            self.chores.hurry("refresh")
        self.chores.do_due(now)
        self.lanes.wake_rated(now)
        self.rounds.try_again(now)
        self.tending.fire_due(now)
        if self.looks.is_urgent():
            self.tending.look_urgently()
        if self.retention.due and not self._stopping:
            self.retention.remove(self.rounds, self.deployed, self.settings)

    def _drain(self) -> None:
        while True:
            try:
                self._take(self.inbox.get_nowait())
            except queue.Empty:
                return

    def _sleep(self, wait_s: float) -> None:
        now = time.monotonic()
        wake = min(
            now + wait_s, self.chores.next(), self.tending.timers.next(), self.lanes.next_rated(),
            self.rounds.next_try(), self.alone.wakes_at(),
        )  # fmt: skip
        try:
            self._take(self.inbox.get(timeout=max(0.0, wake - now)))
        except queue.Empty:
            return

    # --- What comes in ------------------------------------------------------------------------

    def _take(self, message: Hint | Answer | bool | None) -> None:
        if isinstance(message, Answer):
            self._take_answer(message)
        elif isinstance(message, Hint):
            self._take_hint(message)
        elif message is not None:
            self.looks.hears = message
            if message:
                self.tending.hurry()  # what was said before is not known

    def _take_answer(self, answer: Answer) -> None:
        run = answer.run
        if not self.outcalls.came_back(answer):
            return
        self.lanes.thread_freed()
        if answer.unreadable:
            partition = self.deployed.convs.partition(run.conv_id, run.task_id)
            self.aside.put(partition, [Unreadable(run.task_id, run.token, answer.unreadable)])
            self.lanes.wake(partition, run.called_from)
            return
        if answer.failure:
            self.batches.bug(run, answer.failure)
        self.batches.answered(run)

    def _take_hint(self, hint: Hint) -> None:
        if hint.lane == LANE_DEPLOYED or hint.conv_id not in self.deployed.runnable:
            self.chores.hurry("refresh")  # after which its partitions are looked at, should it be deployed by now
            return
        partition, now = Partition(hint.conv_id, hint.partition), time.monotonic()
        self.looks.heard(partition, now)
        if hint.lane is not None:
            self.lanes.wake(partition, hint.lane)
        elif hint.in_ms is not None:
            self.tending.timers.set(partition, now + hint.in_ms / 1000)

    # --- Chores -------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Take up what was deployed or moved since. Raises StoreError."""
        if self.deployed.refresh():
            self.batches.renew()
            self._look_where()
            self.chores.hurry("look")

    def _look_where(self) -> None:
        self.lanes.only(self.deployed.runnable)
        self.looks.at(self.deployed.partitions)

    def _renew(self) -> None:
        self.outcalls.renew(self.rounds, self.deployed.convs, self.settings.lease_ms)

    def _beat(self) -> None:
        def beaten(answer: Beaten) -> None:
            if answer.leads and not self._leads:
                self.chores.hurry("retention")
            self.deliveries.settles, self._leads = answer

        if not self._stopping:
            self.rounds.send(beat(self._state()), beaten)

    def _retain(self) -> None:
        if self._leads:
            self.retention.all_due(self.deployed.partitions)

    def _seal(self, now: float) -> None:
        if self._leads and not self._stopping:
            self.sealer.look(now)

    # --- What others may know -----------------------------------------------------------------

    @property
    def committed(self) -> int:
        """Runs committed so far."""
        return self.commits.count

    @property
    def round_trips(self) -> int:
        """Rounds sent so far."""
        return self.rounds.count

    @property
    def convs(self) -> Convs:
        return self.deployed.convs

    def silent_s(self) -> float | None:
        """How long ago the store last answered, in seconds; None: never yet. Safe from any thread."""
        answered = self.rounds.answered
        return None if answered == -math.inf else time.monotonic() - answered

    def is_ready(self) -> bool:
        """Whether the store has answered a claim or a poll lately, and this worker still takes tasks."""
        silent_s = self.silent_s()
        return silent_s is not None and silent_s * 1000 < self.settings.ready_ms and not self._stopping

    def _state(self) -> WorkerState:
        unknown = self.deployed.unknown
        with contextlib.suppress(SecretKeyError):  # those that it has stay
            self.store.box.look()
        return WorkerState(
            self.name,
            socket.gethostname(),
            os.getpid(),
            self.started_ms,
            self.committed,
            len(self.outcalls.under_way),
            self.deployed.registry.lost,
            fences=True,
            opens=True,
            keys=self.store.box.ids,
            seals=self.store.box.key,
            unknown={conv_id: unknown[conv_id][:MOST_OF_WHY] for conv_id in sorted(unknown)[:MOST_UNKNOWN]},
        )

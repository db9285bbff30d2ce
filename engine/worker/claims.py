"""Claims: what is ready in the lanes is leased to this worker, and becomes batches of runs."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ..config import Settings
from ..program import Program
from ..store import calls
from ..store.call import Partition
from ..store.records import LANE_ALONE, LANE_RUN, Batch, CallLimit, Unreadable
from .aside import Aside
from .batches import Batches
from .deployed import Deployed
from .lanes import Alone, Lanes
from .outcalls import OutCalls
from .rounds import Rounds
from .run import CALL, Run
from .unreadable import why_unreadable


class Claims:
    """`tokens`: of leases, each once in a worker's life."""

    def __init__(
        self, rounds: Rounds, deployed: Deployed, lanes: Lanes, alone: Alone, outcalls: OutCalls, batches: Batches,
        aside: Aside, settings: Settings, tokens: Iterator[str],
    ) -> None:  # fmt: skip
        self._rounds = rounds
        self._deployed = deployed
        self._lanes = lanes
        self._alone = alone
        self._outcalls = outcalls
        self._batches = batches
        self._aside = aside
        self._settings = settings
        self._tokens = tokens
        self._box = rounds.store.box
        self._under_way = 0  # claims without an answer

    def claim(self) -> None:
        """Ask for more work, unless there is enough in hand or a task is to be alone."""
        lanes, alone = self._lanes, self._alone
        if alone.holds_up(time.monotonic()):
            return
        if lanes.alone and (alone.is_next or not lanes.hot):
            # Only it can be blamed (rule 10), so there must be nothing else in hand.
            if not self._batches.waiting and not self._under_way:
                partition = next(iter(lanes.alone))
                del lanes.alone[partition]
                alone.claim(self._send(partition, LANE_ALONE, 1))
            return
        if not lanes.hot or self._under_way > 1 or len(self._batches.waiting) > 1:
            return
        alone.is_next = True
        taken = lanes.take(is_ahead=not self._under_way)
        share = max(1, self._settings.batch // max(1, len(taken)))
        for lane in taken:
            if lane[1] == LANE_RUN:
                self._send(*lane, share)
            elif (free := self._outcalls.free()) > 0:
                self._send(*lane, min(free, share), calling=True)
            else:
                lanes.found_no_thread(lane)

    def _send(self, partition: Partition, name: str, count: int, calling: bool = False) -> str:
        """Send a claim; returns the token of its lease."""
        token, lane, settings = next(self._tokens), (partition, name), self._settings
        limits: tuple[CallLimit, ...] = ()
        if calling:
            step = self._deployed.convs.program(partition.conv_id).by_id.get(name)
            limits = self._deployed.convs.call_limits(partition, step) if step is not None else ()
        call = calls.claim(partition, name, count, token, settings.lease_ms, calling, settings.poison_attempts, limits)

        def answered() -> None:
            self._under_way -= 1
            if calling:
                self._outcalls.ask(-count)
                self._lanes.thread_freed()

        def handle(batch: Batch) -> None:
            answered()
            self._lanes.claimed(lane, count, batch, calling, time.monotonic())
            if batch.tasks or batch.unreadable:
                self._take(partition, batch, calling)
            else:
                self._alone.done(token)

        def failed() -> None:
            answered()
            self._lanes.refused(lane)
            self._alone.done(token)

        self._under_way += 1
        if calling:
            self._outcalls.ask(count)
        self._rounds.send(call, handle, failed)
        return token

    def _take(self, partition: Partition, batch: Batch, calling: bool) -> None:
        if partition.conv_id not in self._deployed.runnable:
            # Deployed anew meanwhile, as something that cannot be read here: the leases end by themselves.
            for token in [lent.token for lent in batch.tasks] + [lent.token for lent in batch.unreadable]:
                self._alone.done(token)
            return
        program = self._deployed.convs.program(partition.conv_id)
        self._batches.clock(partition.conv_id, batch.now_ms)
        if batch.unreadable:
            self._aside.put(partition, batch.unreadable)
        try:
            runs = [Run(program, claimed, batch.now_ms, self._box) for claimed in batch.tasks]
        except Exception:  # noqa: BLE001 - the worker's edge: what stands in one record must not take the others along
            runs = self._readable(partition, program, batch)
        if calling:
            runs = [run for run in runs if not self._repeats(run)]
            self._outcalls.ask(len(runs))  # until they are committed
        if runs:
            self._batches.add(batch.now_ms, runs)

    def _repeats(self, run: Run) -> bool:
        """Whether this task, claimed to call, has a request: it was perhaps sent, so it is sent again as it is. Without
        one the task has its slot, and its request is made now, from what is stored now."""
        run.slot, run.fresh = run.node, False
        if run.stage != CALL or run.step.outside is None:
            return False
        run.call = run.step.outside
        self._outcalls.begin(run, self._deployed.convs)
        return True

    def _readable(self, partition: Partition, program: Program, batch: Batch) -> list[Run]:
        """Runs of those that can be read; the others are set aside, each with the reason."""
        runs, unreadable = [], []
        for claimed in batch.tasks:
            try:
                runs.append(Run(program, claimed, batch.now_ms, self._box))
            except Exception as error:  # noqa: BLE001 - as above
                unreadable.append(Unreadable(claimed.task_id, claimed.token, why_unreadable(claimed, error)))
        self._aside.put(partition, unreadable)
        return runs

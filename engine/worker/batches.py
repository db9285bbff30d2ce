"""What was claimed and is not yet run: batches, each run in memory until its tasks rest.

Claims, answers of outside calls and commits put runs in; the worker's thread runs them and hands them to the commits.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Set

from ..config import Settings
from ..errors import Elsewhere, LogicError, StoreError
from ..sealing import masked_reads
from ..store.client import Store
from ..template import ReadNeeded
from .deployed import Deployed
from .reader import BatchReader
from .rounds import MOVING_S
from .run import Run
from .runner import Runner
from .size import shortened

log = logging.getLogger("conv.worker")

BATCH_S = 0.05  # after so long the runs of a batch are committed, whether all have been run or not
FEW = 32  # so few tasks run before the round is sent: their commits go with it, and save a round trip
READ_ROUNDS = 12  # templates inside references inside references; more is a definition that reads without end


class Batches:
    """`crowded`: as Runner has it."""

    def __init__(self, store: Store, settings: Settings, deployed: Deployed, crowded: Set[tuple[int, str]]) -> None:
        self.waiting: list[tuple[int, list[Run]]] = []  # each with its conv's clock in ms
        self._answered: list[Run] = []  # runs whose outside call has come back
        self._clocks: dict[int, int] = {}  # each conv's clock against ours, in ms
        self._store = store
        self._settings = settings
        self._deployed = deployed
        self._crowded = crowded
        self.renew()

    def renew(self) -> None:
        """Run by what is deployed now."""
        self.runner = Runner(self._deployed.convs, self._settings, self._crowded, self._store.box)

    def is_busy(self) -> bool:
        return bool(self.waiting or self._answered)

    def are_few(self) -> bool:
        return sum(len(runs) for _, runs in self.waiting) <= FEW

    def clock(self, conv_id: int, now_ms: int) -> None:
        """What the clock of a conv says now."""
        self._clocks[conv_id] = now_ms - int(time.time() * 1000)

    def add(self, now_ms: int, runs: list[Run]) -> None:
        self.waiting.append((now_ms, runs))

    def run_again(self, runs: list[Run]) -> None:
        """Runs of the batch that is being committed, from their beginning."""
        self.waiting.append((self.runner.scope.now_ms, runs))

    def answered(self, run: Run) -> None:
        """The outside call of a run has come back."""
        self._answered.append(run)

    def take_answered(self) -> None:
        """Make one batch of the runs whose calls have come back."""
        if self._answered:
            runs, self._answered = self._answered, []
            self.add(int(time.time() * 1000) + self._clocks.get(runs[0].conv_id, 0), runs)

    def begin_again(self) -> None:
        """After an exception in the middle of a batch: its runs stand anywhere, so they begin again as claimed."""
        if self.waiting:
            now_ms, runs = self.waiting[0]
            self.waiting[0] = (now_ms, [run.again() for run in runs])

    def run(self, free_calls: Callable[[], int], commit: Callable[[list[Run]], None]) -> None:
        """Run what waits, batch by batch. Long runs are committed before all have been run, and the rest waits its
        turn. `free_calls`: how many outside calls may begin now. Raises StoreError."""
        while self.waiting:
            now_ms, runs = self.waiting[0]
            self.runner.begin_batch(now_ms)
            self.runner.free_calls = free_calls()
            count = self._run(runs)
            del self.waiting[0]
            commit(runs[:count])
            self.runner.end_batch()
            if count < len(runs):
                self.add(now_ms, runs[count:])
                return

    def _run(self, runs: list[Run]) -> int:
        """Run until each rests, reading what their templates want in one round trip per depth.

        Returns how many were run: the others were not begun, because these took BATCH_S seconds.
        """
        runner = self.runner
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
                    self.bug(run, traceback.format_exc())
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
        until = time.monotonic() + self._settings.lease_ms / 2000
        while True:
            answers = self._store.run(reader.calls())
            failures = [answer for answer in answers if isinstance(answer, StoreError)]
            if not failures:
                reader.take(answers)
                return
            if not all(isinstance(failure, Elsewhere) for failure in failures) or time.monotonic() > until:
                raise failures[0]
            reader.ask_again()
            time.sleep(MOVING_S)
            self._deployed.moved()
            reader.convs = self._deployed.convs

    def bug(self, run: Run, trace: str) -> None:
        """A mistake of ours stops this task in plain sight, and no other. A trace may quote what was at hand."""
        trace = masked_reads(trace, self.runner.quotable(run))
        log.error("task %s of conv %s, node %r:\n%s", run.task_id, run.conv_id, run.step.name, trace)
        last = shortened(trace.strip().rsplit("\n", 1)[-1])
        self.runner.end_in_error(run, LogicError("engine_error", f"a mistake in the engine: {last}"))

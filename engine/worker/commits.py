"""Commits: what runs have come to, each group in one step at the store, and what follows from its answer."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ..config import Settings
from ..store import calls
from ..store.call import Call, Partition
from ..store.records import CallLimit, Committed, Limit, Outcome
from ..store.sizes import in_parts
from ..task import Place
from .batches import Batches
from .deliveries import Deliveries
from .deployed import Deployed
from .failing import Failing
from .lanes import Alone, Lanes
from .outcalls import OutCalls
from .outcome import MoveLists, outcome_of
from .parcels import Parcel, parcel
from .retention import Retention
from .rounds import Handler, Rounds
from .run import Run
from .size import TooLarge

# To look one up in the class takes ten times as long, and a run does so often.
_CALLING, _READY = Place.CALLING, Place.READY


class Commits:
    """`tokens`: of leases, each once in a worker's life."""

    def __init__(
        self, rounds: Rounds, deployed: Deployed, lanes: Lanes, alone: Alone, outcalls: OutCalls, batches: Batches,
        deliveries: Deliveries, retention: Retention, settings: Settings, tokens: Iterator[str],
    ) -> None:  # fmt: skip
        self.count = 0  # runs committed so far
        self.failing = Failing()
        self._rounds = rounds
        self._deployed = deployed
        self._lanes = lanes
        self._alone = alone
        self._outcalls = outcalls
        self._batches = batches
        self._deliveries = deliveries
        self._retention = retention
        self._settings = settings
        self._tokens = tokens

    def commit(self, runs: Iterable[Run]) -> None:
        """Put what these runs have come to into the next round."""
        groups: dict[tuple[Partition, str], list[Run]] = {}
        partition = self._deployed.convs.partition
        for run in runs:
            groups.setdefault((partition(run.conv_id, run.task_id), run.token), []).append(run)
        for (place, token), group in groups.items():
            self._commit_group(place, token, group)

    def _commit_group(self, partition: Partition, token: str, runs: list[Run]) -> None:
        lists = MoveLists()
        outcomes, ran, again = [], [], []
        runner = self._batches.runner
        for run in runs:
            try:
                if run.place == _CALLING or run.slot:
                    outcomes.append(self._outcome(partition, run, lists))
                else:
                    outcomes.append(outcome_of(runner, run, lists, ""))
                ran.append(run)
            except TooLarge:
                again.append(run.again(careful=True))
            except Exception:  # noqa: BLE001 - what cannot be written must not take the others along
                ran.append(self._failed(run))
                outcomes.append(self._outcome(partition, ran[-1], lists))
        if again:
            self._batches.run_again(again)
        if not ran:
            return
        limits = [Limit(*limit) for limit in ran[0].program.limits]

        def commit(some: Sequence[Outcome]) -> Call[list[Committed]]:
            return calls.commit(partition, token, lists.lists, some, self._settings.lease_ms, limits, lists.failures)

        at = 0
        for some in in_parts(outcomes):
            its = ran[at : at + len(some)]
            at += len(some)
            try:
                call = commit(some)
            except ValueError:  # one that does not fit into a call
                its = [self._failed(run) for run in its]
                # Its outcome is made a second time, and so is what that says of threads.
                self._outcalls.ask(sum(bool(run.slot) for run in its) - sum(bool(outcome.token) for outcome in some))
                some = [self._outcome(partition, run, lists) for run in its]
                call = commit(some)
            self._send(call, *self._answered(partition, token, its, some), its[0])
        if limits:
            self._deliveries.look(partition)  # signals, if a count was crossed

    def _failed(self, run: Run) -> Run:
        """After an exception at its commit: the run ended in error from where it was claimed."""
        wrong = run.again(careful=True)
        self._batches.bug(wrong, traceback.format_exc())
        return wrong

    def _outcome(self, partition: Partition, run: Run, lists: MoveLists) -> Outcome:
        """What is committed of a run, with a lease of its own when its outside call may begin. Raises TooLarge."""
        token = ""
        limits: tuple[CallLimit, ...] = ()
        has_slot = run.slot == run.step.id
        if run.place == _CALLING and run.request and self._outcalls.may_begin(has_slot):
            token = next(self._tokens)
            limits = () if has_slot else self._deployed.convs.call_limits(partition, run.step)
        outcome = outcome_of(self._batches.runner, run, lists, token, limits)
        if token:
            run.token = token
        # The thread that was kept for its slot is used now, or not at all.
        self._outcalls.ask(bool(token))
        if run.slot:
            self._freed(1)
        return outcome

    def _freed(self, threads: int) -> None:
        self._outcalls.ask(-threads)
        self._lanes.thread_freed()

    def _send(self, call: Call[Any], handler: Handler, failed: Callable[[], None], first: Run) -> None:
        def moved() -> None:
            # An outside call came back whose task was moved, with its lease: the same commit, to where it is now.
            call.partition = self._deployed.convs.partition(first.conv_id, first.task_id)
            self._send(call, handler, failed, first)

        self._rounds.send(call, handler, failed, lambda: self._rounds.soon(moved))

    def _answered(
        self, partition: Partition, token: str, runs: Sequence[Run], outcomes: Sequence[Outcome]
    ) -> tuple[Handler, Callable[[], None]]:
        calling = sum(outcome.place == _CALLING for outcome in outcomes)

        def failed() -> None:
            self._freed(calling)
            self._alone.done(token)

        def handle(results: list[Committed]) -> None:
            self.count += len(results)
            self._retention.committed(partition, len(results))
            self._freed(calling)
            if token == self._alone.token:
                self._alone_committed(runs[0], outcomes[0], results[0])
            parcels: list[Parcel] = []
            for run, outcome, result in zip(runs, outcomes, results, strict=True):
                if run.failures and result.status != "lost":
                    self.failing.failed(run)
                self._go_on(partition, run, outcome, result)
                for out_id, effect in zip(result.out_ids, outcome.effects, strict=False):
                    parcels.append(parcel(partition, out_id, run.task_id, outcome.visit, effect, run.box))
            if parcels:
                self._deliveries.deliver(parcels)

        return handle, failed

    def _alone_committed(self, run: Run, outcome: Outcome, result: Committed) -> None:
        """The task claimed alone is done with; its outside call is not."""
        if outcome.place == _CALLING and result.status == "ok":
            is_last = run.attempts >= self._settings.poison_attempts
            self._alone.calls_out(run.token, is_last, time.monotonic())
        else:
            self._alone.token = ""

    def _go_on(self, partition: Partition, run: Run, outcome: Outcome, result: Committed) -> None:
        """What one task needs next."""
        place, lanes = outcome.place, self._lanes
        if run.called_from or run.slot:
            freed, run.called_from, run.slot = run.called_from or run.slot, "", ""
            if place != _CALLING or outcome.node != freed:
                lanes.hot[(partition, freed)] = None  # its slot is free
        if place == _CALLING:
            if result.status == "ok":
                run.calls_from(outcome)
                self._outcalls.begin(run, self._deployed.convs)
            elif result.status == "held":
                lanes.is_crowded(partition, outcome.node)
        elif place == _READY:
            lanes.hot[(partition, outcome.lane)] = None
        if result.status == "again":
            lanes.wake(partition)

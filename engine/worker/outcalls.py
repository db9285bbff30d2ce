"""Outside calls: the threads that make them, and the leases under which they are made."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from ..convs import Convs
from ..logic import Site
from ..store import calls
from ..store.call import Partition
from ..task import Place
from .rounds import Rounds
from .run import NO_FAILURES, NO_MAIL, TAKE, Run
from .threads import CallThreads

RENEWED_AT_ONCE = 1000  # leases that one call renews

_CALLING = Place.CALLING


class Answer(NamedTuple):
    """An outside call came back; `failure` is a bug of ours with its traceback. `unreadable`: why none was made."""

    run: Run
    answer: Any
    failure: str = ""
    unreadable: str = ""


class OutCalls:
    """`answers` takes what comes back, in the thread that called; all else is for the worker's thread."""

    def __init__(self, threads: int, answers: Callable[[Answer], None]) -> None:
        self.under_way: dict[str, Run] = {}  # by the token of its lease
        self.is_stopping = False  # no more may begin
        self._most = threads
        self._asked = 0  # those that claims and commits under way may bring
        self._threads = CallThreads(threads)
        self._answers = answers

    def free(self) -> int:
        """How many threads have nothing to do, and are kept for nothing."""
        return 0 if self.is_stopping else self._most - len(self.under_way) - self._asked

    def may_begin(self, has_slot: bool) -> bool:
        """Whether a call may begin: for a task that has its slot a thread was kept."""
        return not self.is_stopping and (has_slot or self.free() > 0)

    def ask(self, count: int) -> None:
        """Keep so many threads for what a claim or commit may bring; below zero: give them back."""
        self._asked += count

    def begin(self, run: Run, site: Site) -> None:
        """The call of a run that the store has as calling, under the lease that it has."""
        run.started = 0.0
        run.fresh = False
        run.visited = [run.step.id]
        run.failures = NO_FAILURES
        run.effects.clear()
        run.sums.clear()
        run.moved = 0
        run.mail, run.mail_taken, run.refused, run.answered = NO_MAIL, 0, 0, False
        run.delay_ms = run.until_ms = None
        run.keep_due = False
        run.place, run.sent, run.slot = _CALLING, True, ""
        self.under_way[run.token] = run
        self._threads.submit(self._call, run, run.call, run.request, site)

    def _call(self, run: Run, logic: Any, request: bytes, site: Site) -> None:
        try:
            self._answers(Answer(run, logic.perform(request, site)))
        except msgspec.DecodeError as error:
            self._answers(Answer(run, None, unreadable=f"its stored request cannot be read: {error}"))
        except Exception:  # noqa: BLE001 - the thread's edge; the traceback goes to the task's log
            self._answers(Answer(run, None, traceback.format_exc()))

    def came_back(self, answer: Answer) -> bool:
        """The run goes on with its answer; False when the call was given back meanwhile."""
        run = answer.run
        if self.under_way.pop(run.token, None) is None:
            return False
        run.answer = answer.answer
        run.stage, run.place = TAKE, ""
        run.called_from = run.step.id
        return True

    def give_back(self) -> list[Run]:
        """The runs whose calls are under way, as they stand: another worker makes them again. Their answers come to
        nothing."""
        self.is_stopping = True
        runs = list(self.under_way.values())
        for run in runs:
            run.keep_due = True
        return runs

    def given_back(self) -> None:
        self.under_way.clear()

    def renew(self, rounds: Rounds, convs: Convs, lease_ms: int) -> None:
        """Hold on to the leases of what is under way."""
        tokens: dict[Partition, list[str]] = {}
        for token, run in self.under_way.items():
            tokens.setdefault(convs.partition(run.conv_id, run.task_id), []).append(token)
        for partition, some in tokens.items():
            for start in range(0, len(some), RENEWED_AT_ONCE):
                rounds.send(calls.renew(partition, some[start : start + RENEWED_AT_ONCE], lease_ms))

    def close(self) -> None:
        """End the threads, which are not waited for."""
        self._threads.close()

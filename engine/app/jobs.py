"""Long work on many tasks: one mechanism, whatever the work is.

A job is planned first, which changes nothing: what is to be done, and to which tasks. Then somebody works at it, step
by step, and saves after each how far it has come; one works at a time, a command or a server. When that one dies,
another goes on from the last step: a step may be done twice, and its work sees to it that no task notices.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol

from ..data import check_name
from ..errors import NotFound, Refused, StoreError
from ..store import jobs
from ..store.jobs import Job, RefusedTask
from .context import Context

REFUSED_ROWS = 1000  # that one call reads

Progress = Callable[[int, int, int], None]


class Step(NamedTuple):
    """What a step has done: how many tasks, and who was refused. `cursor`: where the next one begins, never the one
    that this began at; None: there is no more to do."""

    cursor: str | None
    done: int
    refused: Sequence[RefusedTask] = ()


class Work(Protocol):
    """A kind of job. `step` does the next part of one, in some seconds at most; the first begins at "".

    It may be called again for a cursor at which it has been already, by another process too: after a crash, and when
    its holder was silent for so long that another has taken the job.
    """

    def step(self, job: Job, cursor: str) -> Step: ...


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as people see it. `state`: planned, working, stopped, done; "left" is a job at which nobody works, though
    it was not stopped: whoever did has died. `args`: of a modify only the names of its data. Times in Unix ms."""

    job_id: str
    kind: str
    conv_id: int
    what: str
    args: dict[str, Any]
    who: str
    state: str
    stops: bool
    total: int
    done: int
    refused: int
    reasons: dict[str, int]
    created_ms: int
    changed_ms: int

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


class Jobs:
    def __init__(self, context: Context, kinds: Mapping[str, Work]) -> None:
        self._context = context
        self._kinds = kinds

    def all(self) -> list[JobView]:
        """As Engine.jobs."""
        return [_view(job) for job in self._context.store.one(jobs.listed())]

    def one(self, job_id: str) -> JobView:
        """As Engine.job."""
        return _view(self._read(job_id))

    def refused(self, job_id: str) -> Iterator[RefusedTask]:
        """As Engine.job_refused."""
        self._read(job_id)
        return self._refused(job_id)

    def _refused(self, job_id: str) -> Iterator[RefusedTask]:
        first = 0
        while rows := self._context.store.one(jobs.refused(job_id, first, REFUSED_ROWS)):
            yield from rows
            first += len(rows)

    def stop(self, job_id: str) -> JobView:
        """As Engine.stop_job."""
        job = self._read(job_id)
        if self._context.store.one(jobs.stop(job_id)) == "over":
            raise Refused(f"the job {job_id} has ended already")
        left = self._context.store.one(jobs.listed([job_id]))
        return _view(left[0]) if left else _view(job._replace(state="stopped"))

    def run(self, job_id: str, progress: Progress) -> JobView:
        """As Engine.run_job."""
        check_name(job_id, "the id of a job")
        token = uuid.uuid4().hex
        self._take(job_id, token)
        try:
            return self._work(job_id, token, progress)
        except BaseException:
            self._let_go(job_id, token)
            raise

    def _take(self, job_id: str, token: str) -> None:
        match self._context.store.one(jobs.take(job_id, token)):
            case "not_found":
                raise _unknown(job_id)
            case "over":
                raise Refused(f"the job {job_id} has ended already")
            case "held":
                raise Refused(f"somebody works at the job {job_id} just now; conv jobs shows how far it has come")

    def _work(self, job_id: str, token: str, progress: Progress) -> JobView:
        job = self._read(job_id)
        work = self._kinds.get(job.said.kind)
        if work is None:
            raise Refused(f'this version knows no jobs of the kind "{job.said.kind}"; upgrade it to run {job_id}')
        while True:
            progress(job.done, job.refused, job.said.total)
            step = work.step(job, job.cursor)
            done, reasons = job.done + step.done, dict(job.reasons)
            for one in step.refused:
                reasons[one.reason] = reasons.get(one.reason, 0) + 1
            is_over = step.cursor is None
            cursor = f"{job.cursor} end" if step.cursor is None else step.cursor
            call = jobs.save(job, token, cursor, done, reasons, step.refused, is_over=is_over)
            answer = self._context.store.one(call)
            if answer == "lost":
                raise Refused(f"the job {job_id} went on elsewhere; conv jobs shows how far it has come")
            if is_over or answer == "stop":
                return self.one(job_id)
            job = job._replace(cursor=cursor, done=done, reasons=reasons, refused=sum(reasons.values()))

    def _let_go(self, job_id: str, token: str) -> None:
        """So that somebody else can go on at once. When the store does not answer, the lease runs out."""

        with contextlib.suppress(StoreError):
            self._context.store.one(jobs.stop(job_id, token))

    def _read(self, job_id: str) -> Job:
        check_name(job_id, "the id of a job")
        found = self._context.store.one(jobs.listed([job_id]))
        if not found:
            raise _unknown(job_id)
        return found[0]


def _unknown(job_id: str) -> NotFound:
    return NotFound(f'there is no job "{job_id}"; conv jobs lists those of the last 7 days')


def _view(job: Job) -> JobView:
    said = job.said
    state = "left" if job.state == "working" and not job.is_held else job.state
    return JobView(
        job_id=job.job_id,
        kind=said.kind,
        conv_id=said.conv_id,
        what=said.what,
        args={
            name: sorted(value) if name == "data" else value for name, value in said.args.items() if name != "sealed"
        },
        who=said.who,
        state=state,
        stops=job.stops,
        total=said.total,
        done=job.done,
        refused=job.refused,
        reasons=job.reasons,
        created_ms=job.created_ms,
        changed_ms=job.changed_ms,
    )

"""Jobs: something done to many tasks of a conv, each only if it still is as it was when planned."""

from __future__ import annotations

import itertools
from typing import Any, Literal

import msgspec

from ...app import Filter
from ...app.bulk import JobPlan
from ...app.jobs import JobView
from ...errors import Forbidden, NotFound, Refused, UnknownNode, WrongCondition, WrongData
from ..route import Example, Reply, Request, route

MOST_REFUSED = 10_000


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do, and to which tasks: those that pass the filter, as a search has it, or those with these `refs`.

    `to`: where a retry goes on. `data`: what a modify merges.
    """

    kind: Literal["retry", "cancel", "delete", "modify"]
    refs: list[str] | None = None
    nodes: list[str] = []
    places: list[str] = []
    where: str = ""
    error: str = ""
    since_ms: int = 0
    until_ms: int = 0
    failed: bool = False
    to: str | None = None
    data: dict[str, Any] | None = None


class Jobs(msgspec.Struct, frozen=True):
    jobs: list[JobView]


class RefusedOne(msgspec.Struct, frozen=True):
    ref: str
    task_id: str
    reason: str


class RefusedTasks(msgspec.Struct, frozen=True):
    """Of many the first 10 000."""

    tasks: list[RefusedOne]


JOB = {"job": "f3b0a1"}


@route(
    "POST",
    "/v1/convs/{conv}/jobs",
    role="modify",
    body=Wanted,
    answers=JobPlan,
    status=201,
    errors=(UnknownNode, WrongCondition, WrongData, Refused),
    example=Example({"conv": "140896"}, body={"kind": "retry", "failed": True, "error": "api_bad_answer"}),
)
def plan_job(request: Request) -> JobPlan:
    """Plans to retry, cancel, delete or modify many tasks, and counts them. Nothing is done before the job is run."""
    wanted: Wanted = request.body
    what = Filter(
        nodes=tuple(wanted.nodes),
        places=tuple(wanted.places),
        where=wanted.where,
        error=wanted.error,
        since_ms=wanted.since_ms,
        until_ms=wanted.until_ms,
        failed=wanted.failed,
    )
    return request.engine.plan_job(
        wanted.kind,
        request.conv,
        None if wanted.refs is not None else what,
        refs=wanted.refs,
        node=wanted.to,
        data=wanted.data,
        who=request.caller.login,
    )


@route("GET", "/v1/jobs", role="view", answers=Jobs, filters=True)
def list_jobs(request: Request) -> Jobs:
    """The jobs of the last 7 days, the newest first."""
    return Jobs([job for job in request.engine.jobs() if not _refusal(request, job, "view")])


@route("GET", "/v1/jobs/{job}", role="view", answers=JobView, filters=True, errors=(NotFound,), example=Example(JOB))
def show_job(request: Request) -> JobView:
    """How a job stands."""
    return _job(request, "view")


@route(
    "GET",
    "/v1/jobs/{job}/refused",
    role="view",
    answers=RefusedTasks,
    filters=True,
    errors=(NotFound,),
    example=Example(JOB),
)
def list_refused(request: Request) -> RefusedTasks:
    """The tasks for which a job was not done, each with the reason."""
    job = _job(request, "view")
    found = itertools.islice(request.engine.job_refused(job.job_id), MOST_REFUSED)
    return RefusedTasks([RefusedOne(one.ref, one.task_id, one.reason) for one in found])


@route(
    "POST",
    "/v1/jobs/{job}/run",
    role="modify",
    answers=JobView,
    status=202,
    filters=True,
    errors=(NotFound, Refused),
    example=Example(JOB),
)
def run_job(request: Request) -> Reply:
    """Begins a job, or goes on with one that was stopped or left; this server works at it from now on."""
    job = _job(request, "modify")
    request.site.begin_job(job.job_id)
    return Reply(request.engine.job(job.job_id), 202)


@route(
    "POST",
    "/v1/jobs/{job}/stop",
    role="modify",
    answers=JobView,
    filters=True,
    errors=(NotFound, Refused),
    example=Example(JOB),
)
def stop_job(request: Request) -> JobView:
    """Lets whoever works at a job stop after the present step; a plan that was not run is deleted."""
    return request.engine.stop_job(_job(request, "modify").job_id)


def _job(request: Request, role: str) -> JobView:
    """The job of the path. Raises NotFound, also where there is one that the caller may not see; Forbidden."""
    job = request.engine.job(request.path["job"])
    if _refusal(request, job, "view"):
        raise NotFound(f'there is no job "{job.job_id}"')
    if why := _refusal(request, job, role):
        raise Forbidden(why)
    return job


def _refusal(request: Request, job: JobView, role: str) -> str:
    return request.caller.refusal(role, request.engine.current.records.get(job.conv_id))

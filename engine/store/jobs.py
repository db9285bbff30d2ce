"""Long work on many tasks, as the registry keeps it: what it is, where it stands, who works at it.

Each job is lent to one holder of a token at a time; only that token saves. What a job does to a task is fenced at the
task itself (calls.act), so a step that is done again after a crash does nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from .call import Args, Call, text
from .sizes import check_bytes
from .wire import JobRow, JobSave, rows

LEASE_MS = 30_000  # a holder that is silent for longer has lost its job to whoever takes it


class JobSaid(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a job is. `kind` names the work, `args` are its own; `what`: the tasks, in words for people; `total`: how
    many they are; `who` planned it."""

    kind: str
    conv_id: int
    args: dict[str, Any]
    what: str
    total: int
    who: str


class RefusedTask(msgspec.Struct, frozen=True, array_like=True):
    """A task for which the work was not done, and the reason in a word."""

    ref: str
    task_id: str
    reason: str


class Job(NamedTuple):
    """state "planned", "working" (`is_held`: somebody does), "stopped" or "done". Times in ms of the server's clock.

    `cursor` is the work's own; `refused`: how many, of which `reasons` says how often each reason. `stops`: it is
    about to stop. `now_ms`: when this was read.
    """

    job_id: str
    said: JobSaid
    state: str
    cursor: str
    done: int
    refused: int
    reasons: dict[str, int]
    created_ms: int
    changed_ms: int
    is_held: bool
    stops: bool
    now_ms: int


_pack = msgspec.msgpack.Encoder().encode
_read_said = msgspec.msgpack.Decoder(JobSaid).decode
_read_reasons = msgspec.msgpack.Decoder(dict[str, int]).decode
_read_refused = msgspec.msgpack.Decoder(RefusedTask).decode


def plan(job_id: str, said: JobSaid, first: int, batches: Sequence[bytes]) -> Call[str]:
    """Keep a job and some batches of its tasks, from number `first` on. "ok", "full", "other"."""
    args: Args = [job_id, _pack(said), first, *batches]
    check_bytes(args)
    return Call("job_plan", None, args, text)


def take(job_id: str, token: str, lease_ms: int = LEASE_MS) -> Call[str]:
    """Begin to work at a job, or to go on with it. "ok", "held", "over", "not_found"."""
    return Call("job_take", None, [job_id, token, lease_ms], text)


def save(
    job: Job,
    token: str,
    cursor: str,
    done: int,
    reasons: dict[str, int],
    refused: Sequence[RefusedTask],
    *,
    is_over: bool,
) -> Call[str]:
    """Say how far it has come from where `job` stood: how many are done in all, and how often each reason; who was
    refused since. "ok", "stop", "lost"."""
    head = JobSave(seen=job.cursor, cursor=cursor, done=done, refused=sum(reasons.values()), is_over=is_over)
    args: Args = [job.job_id, token, LEASE_MS, _pack(head), _pack(reasons), *map(_pack, refused)]
    check_bytes(args)
    return Call("job_save", None, args, text)


def stop(job_id: str, token: str = "") -> Call[str]:
    """Stop a job, as its holder or (no token) as anybody. "stopping", "stopped", "over", "not_found"."""
    return Call("job_stop", None, [job_id, token], text)


def listed(job_ids: Sequence[str] = ()) -> Call[list[Job]]:
    """All jobs, the newest first, or those of these that there are."""

    def decode(reply: list[Any]) -> list[Job]:
        now_ms, *found = reply
        return [_job(it, int(now_ms)) for it in rows(JobRow, found)]

    return Call("job_list", None, list(job_ids), decode, read_only=True)


def batch(job_id: str, number: int) -> Call[bytes | None]:
    """One of the batches that were planned."""
    return Call("job_batch", None, [job_id, "plan", number, 1], lambda reply: reply[0] if reply else None)


def refused(job_id: str, first: int, count: int) -> Call[list[RefusedTask]]:
    """Who was refused, in order; of many only the first 10 000 are kept."""
    args: Args = [job_id, "refused", first, count]
    return Call("job_batch", None, args, lambda reply: [_read_refused(row) for row in reply], read_only=True)


def _job(it: JobRow, now_ms: int) -> Job:
    return Job(
        it.job_id.decode(),
        _read_said(it.said),
        it.state.decode(),
        it.cursor.decode(),
        int(it.done),
        int(it.refused),
        _read_reasons(it.reasons) if it.reasons else {},
        int(it.created_ms),
        int(it.changed_ms),
        it.until_ms is not None and int(it.until_ms) > now_ms,
        it.stop is not None,
        now_ms,
    )

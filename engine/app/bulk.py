"""Jobs that retry, cancel, delete or modify many tasks of one conv, each only if it still is as it was when planned.

The plan keeps the tasks themselves, as they were seen; so what is done is what was shown, and what has moved on since
is refused. Each is done once: what was done has changed, and is not as it was seen any more.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, TypeVar

import msgspec

from ..data import check_function, check_name, encode_given, kind_of
from ..errors import Elsewhere, Refused, TaskTooLarge, WrongData
from ..reserved import refuse_reserved
from ..store import calls, jobs
from ..store.call import Call, Partition
from ..store.jobs import Job, JobSaid, RefusedTask
from ..store.records import Modify, Record, SeenTask
from ..store.registry import ConvRecord
from ..vault import owner_of
from ..vault.record import open_value
from .context import MOVE_S, Context
from .filters import PLACES, Filter, Wanted
from .jobs import Step, Work
from .searching import everything

RETRY, CANCEL, DELETE, MODIFY = KINDS = ("retry", "cancel", "delete", "modify")
MOST_TASKS = 100_000  # of one job
BATCH = 500  # tasks of one step
REFS = 100  # that one call reads
_SENT_BYTES = 1_000_000  # of a plan, in one call

Item = TypeVar("Item")

_encode = msgspec.json.Encoder().encode
_CANCEL = _encode({"type": "cancel", "description": "cancelled by hand"})


class Planned(msgspec.Struct, frozen=True, array_like=True):
    """A task as it was when planned. `id`: its bytes, none where no task has this ref; `ref`: "" is the id."""

    id: bytes
    node: str
    visit: int
    change_ms: int
    ref: str

    @property
    def task_id(self) -> str:
        return self.id.hex()


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[Planned]).decode


@dataclass(frozen=True, slots=True)
class JobPlan:
    """What a job would do; nothing is done before `Engine.run_job`, and after an hour the plan is gone.

    `counts`: how many tasks, by node and place. `unknown`: how many refs name no task. `more`: there are more tasks
    than one job takes.
    """

    job_id: str
    kind: str
    conv_id: int
    conv: str
    total: int
    counts: tuple[tuple[str, str, int], ...]
    unknown: int
    more: bool

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


class Planning:
    def __init__(self, context: Context) -> None:
        self._context = context

    def plan(
        self,
        kind: str,
        conv: str | int,
        what: Filter | None,
        refs: Iterable[str] | None,
        node: str | None,
        data: dict[str, Any] | None,
        who: str,
        progress: Callable[[int], None],
    ) -> JobPlan:
        """As Engine.plan_job."""
        record = self._context.find(conv)
        args = self._args(record, kind, node, data)
        check_name(who, "who")
        check_function(progress, "progress")
        if what is not None and not isinstance(what, Filter):
            raise WrongData(f"a filter is a Filter, not {kind_of(what)}")
        if refs is not None and (isinstance(refs, str | bytes) or not isinstance(refs, Iterable)):
            raise WrongData(f"refs are a list of texts, not {kind_of(refs)}")
        if (what is None) == (refs is None):
            raise WrongData("a job is about the tasks of a filter, or about those of some refs: give one of them")
        counts: Counter[tuple[str, str]] = Counter()
        words = "refs that were given" if what is None else _words(what)
        found = self._named(record, refs) if refs is not None else self._filtered(record, kind, what or Filter())
        unknown = total = 0
        tasks: list[Planned] = []
        more = False
        for planned, place in found:
            if len(tasks) == MOST_TASKS:
                more = True
                break
            tasks.append(planned)
            total += bool(planned.id)
            unknown += not planned.id
            if planned.id:
                counts[planned.node, place] += 1
            if len(tasks) % BATCH == 0:
                progress(len(tasks))
        job_id = f"{int(time.time()):08x}{uuid.uuid4().hex[:8]}"
        if self._context.store.box.key and "data" in args:
            args = self._sealed(record.conv_id, job_id, args)
        said = JobSaid(kind, record.conv_id, args, words, len(tasks), who)
        self._keep(job_id, said, tasks)
        program = self._context.current.program(record.conv_id)
        named = [(program.name_of(node_id) or node_id, place, count) for (node_id, place), count in counts.items()]
        named.sort(key=lambda row: (-row[2], row[0], row[1]))
        return JobPlan(job_id, kind, record.conv_id, record.title, total, tuple(named), unknown, more)

    def _sealed(self, conv_id: int, job_id: str, args: dict[str, Any]) -> dict[str, Any]:
        """Whatever it says: nobody knows yet which tasks it meets, and what is secret in them."""
        body = self._context.store.box.seal(_encode(args["data"]), owner_of(conv_id, job_id, "job"))
        return {"data": dict.fromkeys(args["data"]), "sealed": body}

    def _args(self, record: ConvRecord, kind: str, node: str | None, data: dict[str, Any] | None) -> dict[str, Any]:
        if kind not in KINDS:
            raise WrongData(f"a job on tasks is one of {', '.join(KINDS)}")
        if node is not None and kind != RETRY:
            raise WrongData("only a retry goes on in a node")
        if (data is not None) != (kind == MODIFY):
            raise WrongData("a modify, and nothing else, has data")
        if data is not None:
            body = encode_given(data, self._context.settings.depth)
            refuse_reserved(data)
            if len(body) > (limit := self._context.settings.task_size_bytes):
                raise TaskTooLarge(f"the data has {len(body)} bytes, more than {limit} (CONV_TASK_SIZE_BYTES)")
            return {"data": data}
        if node is not None:
            return {"node": node, "node_id": self._context.current.node_id(record, node)}
        return {}

    def _filtered(self, record: ConvRecord, kind: str, what: Filter) -> Iterator[tuple[Planned, str]]:
        if kind in (CANCEL, MODIFY) and not what.places:
            what = msgspec.structs.replace(what, places=tuple(sorted(PLACES - {"final"})))
        wanted = Wanted(what, self._context.current, record)
        for found in everything(self._context, record, wanted, short=True):
            yield _planned(found), found.place

    def _named(self, record: ConvRecord, refs: Iterable[str]) -> Iterator[tuple[Planned, str]]:
        seen: set[str] = set()
        for some in _in_parts(refs, REFS):
            for ref in some:
                check_name(ref)
            read = self._read(record, list(dict.fromkeys(some)))
            for ref, found in read.items():
                name = found.task_id if found is not None else ref
                if name not in seen:
                    seen.add(name)
                    yield (_planned(found), found.place) if found is not None else (Planned(b"", "", 0, 0, ref), "")

    def _read(self, record: ConvRecord, refs: list[str]) -> dict[str, Record | None]:
        """The task of each, in order; None where there is none."""

        def make(p: Partition, some: list[str], _: int) -> list[tuple[list[str], Call[Any]]]:
            return [(some, calls.read(p, some))]

        known = dict(_routed(self._context, record.conv_id, refs, str, make, lambda snapshot: snapshot.tasks))
        return {ref: known[ref] for ref in refs}

    def _keep(self, job_id: str, said: JobSaid, tasks: Sequence[Planned]) -> None:
        batches = [_pack(list(some)) for some in _in_parts(tasks, BATCH)]
        first = 0
        while True:
            count, size = 0, 0
            while first + count < len(batches) and (not count or size + len(batches[first + count]) < _SENT_BYTES):
                size += len(batches[first + count])
                count += 1
            answer = self._context.store.one(jobs.plan(job_id, said, first, batches[first : first + count]))
            if answer != "ok":
                raise Refused(
                    "there are 200 jobs that have not ended; conv jobs lists them, conv jobs stop and resume end them"
                )
            first += count
            if first >= len(batches):
                return


def _planned(found: Record) -> Planned:
    ref = "" if found.ref == found.task_id else found.ref
    return Planned(bytes.fromhex(found.task_id), found.node, found.visit, found.change_ms, ref)


def _words(what: Filter) -> str:
    """A filter in words, as the command line has it."""
    said = [f"in {node}" for node in what.nodes] + [f"place {place}" for place in what.places]
    said += [what.where] if what.where else []
    said += [f"error {what.error}"] if what.error else []
    said += ["failed"] if what.failed else []
    for name, ms in (("since", what.since_ms), ("until", what.until_ms)):
        said += [f"{name} {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(ms / 1000))}"] if ms else []
    return ", ".join(said) or "all"


# --- Working --------------------------------------------------------------------------------------


class Bulk:
    """The work of all four kinds."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def step(self, job: Job, cursor: str) -> Step:
        number = int(cursor or 0)
        raw = self._context.store.one(jobs.batch(job.job_id, number))
        if raw is None:
            return Step(None, 0)
        tasks = _unpack(raw)
        refused = [RefusedTask(task.ref, "", "not_found") for task in tasks if not task.id]
        done = 0
        answers = self._modify if job.said.kind == MODIFY else self._act
        for task, answer in answers(job, number, [task for task in tasks if task.id]):
            if answer in ("ok", "noted", "kept"):
                done += 1
            else:
                refused.append(RefusedTask(task.ref or task.task_id, task.task_id, answer))
        is_last = (number + 1) * BATCH >= job.said.total
        return Step(None if is_last else str(number + 1), done, refused)

    def _act(self, job: Job, number: int, tasks: list[Planned]) -> Iterator[tuple[Planned, str]]:
        kind, node_id = job.said.kind, job.said.args.get("node_id")
        event: bytes | None = None
        if kind != DELETE:
            retry = {"type": "retry"} if node_id is None else {"type": "retry", "node": node_id}
            event = _CANCEL if kind == CANCEL else _encode(retry)

        def make(p: Partition, some: list[Planned], trial: int) -> list[tuple[list[Planned], Call[Any]]]:
            effect_id = f"job:{job.job_id}:{number}:{p.number}:{trial}"
            return [(some, calls.act(p, effect_id, [_seen(task) for task in some], event, final=kind == RETRY))]

        return _routed(self._context, job.said.conv_id, tasks, _name, make, _as_it_is)

    def _modify(self, job: Job, _: int, tasks: list[Planned]) -> Iterator[tuple[Planned, str]]:
        body = _encode(job.said.args["data"])
        box = self._context.store.box
        if (sealed := job.said.args.get("sealed")) is not None:
            body = open_value(box, sealed, "data", owner_of(job.said.conv_id, job.job_id, "job"))

        def mail(task: Planned) -> bytes:
            if sealed is None:
                return body
            return box.seal(body, owner_of(job.said.conv_id, task.task_id, "mail"))

        deaf = self._context.current.program(job.said.conv_id).deaf

        def make(p: Partition, some: list[Planned], _: int) -> list[tuple[list[Planned], Call[Any]]]:
            return [
                (
                    [task],
                    calls.modify(
                        p,
                        Modify(
                            task.task_id,
                            f"job:{job.job_id}:{task.task_id}",
                            mail(task),
                            job.job_id,
                            deaf=deaf,
                            seen=_seen(task),
                        ),
                    ),
                )
                for task in some
            ]

        return _routed(self._context, job.said.conv_id, tasks, _name, make, lambda answer: [answer.status])


def kinds(context: Context) -> dict[str, Work]:
    return dict.fromkeys(KINDS, Bulk(context))


def _name(task: Planned) -> str:
    return task.task_id


def _seen(task: Planned) -> SeenTask:
    return SeenTask(task.task_id, task.node, task.visit, task.change_ms)


def _as_it_is(answers: list[Any]) -> list[Any]:
    return answers


def _routed(
    context: Context,
    conv_id: int,
    items: Sequence[Item],
    name_of: Callable[[Item], str],
    make: Callable[[Partition, list[Item], int], list[tuple[list[Item], Call[Any]]]],
    unwrap: Callable[[Any], list[Any]],
) -> Iterator[tuple[Item, Any]]:
    """Each item with the answer of the partition that has it. What is being moved just now is asked for again.

    `make`: the calls on one partition, each with the items that it is about, at the n-th trial from 0; `unwrap`: the
    answers for these, in what such a call answers.
    """
    until = time.monotonic() + MOVE_S
    left, trial = [*items], 0
    while left:
        groups: dict[Partition, list[Item]] = {}
        for item in left:
            groups.setdefault(context.current.partition(conv_id, name_of(item)), []).append(item)
        sent = [one for partition, some in groups.items() for one in make(partition, some, trial)]
        left = []
        for (some, _), answer in zip(sent, context.store.run([call for _, call in sent]), strict=True):
            if isinstance(answer, Elsewhere):
                left += some
            elif isinstance(answer, Exception):
                raise answer
            else:
                for item, word in zip(some, unwrap(answer), strict=True):
                    if word == "elsewhere":
                        left.append(item)
                    else:
                        yield item, word
        if left:
            trial += 1
            context.look_again(until)


def _in_parts(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while part := [*islice(rest, size)]:
        yield part

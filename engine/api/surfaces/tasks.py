"""Tasks: submit, look, wait, and all that is done to one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec

from ...app import Modified, Submitted
from ...app.family import Family, Relative
from ...errors import (
    BadParameter,
    EngineError,
    Forbidden,
    KeyReused,
    NotActive,
    NotFound,
    QueueFull,
    RefTaken,
    Refused,
    StoreFull,
    TaskTooLarge,
    UnknownNode,
    WrongData,
)
from ...views import TaskView, Why
from ..problem import Problem, problem_of
from ..route import Example, Reply, Request, route
from .showing import shown, value_edited

MOST_TASKS = 10_000  # of one submit
MOST_WAITING_S = 60.0

Seconds = Annotated[float, msgspec.Meta(ge=0, le=MOST_WAITING_S)]


class NewTask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ref`: the caller's own name for the task; no two living tasks of a conv have the same."""

    data: dict[str, Any] = {}
    ref: str | None = None


class NewTasks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tasks: Annotated[list[NewTask], msgspec.Meta(max_length=MOST_TASKS)]


class Wait(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`wait`: for so many seconds the answer waits for the task's end. `reveal`: secrets are shown, to admins."""

    wait: Seconds = 0
    reveal: bool = False


class Accepted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A task that was created; `task` where the answer waited for its end."""

    task_id: str
    ref: str
    conv_id: int
    task: TaskView | None = None


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one of many: its id and ref, or the problem."""

    ref: str | None
    task_id: str = ""
    problem: Problem | None = None


class Outcomes(msgspec.Struct, frozen=True):
    """In the order of the request."""

    created: int
    refused: int
    tasks: list[Outcome]


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    data: dict[str, Any]


class CallbackEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`node`: the callback node in which the task must stand; not said: any."""

    data: dict[str, Any]
    node: str | None = None


class Again(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`node`: where it runs again; not said: where it failed. `data`: merged into the task's in the same step."""

    node: str | None = None
    data: dict[str, Any] | None = None


class Done(msgspec.Struct, frozen=True):
    """`ok`, or `noted`: the task runs just now, and it is done after this run."""

    status: str


class Taken(msgspec.Struct, frozen=True):
    """Where the event was taken; `kept` for the next callback node on the task's way; `busy` with an earlier one."""

    task_id: str
    node: str
    kept: bool
    busy: bool


GET_TOKEN = {"conv": "140896"}
TOKEN = {"conv": "140897", "ref": "token"}
SUBMIT_ERRORS = (NotActive, BadParameter, WrongData, RefTaken, TaskTooLarge, QueueFull, KeyReused, StoreFull)


@route(
    "POST",
    "/v1/convs/{conv}/tasks",
    role="submit",
    query=Wait,
    body=NewTask,
    answers=Accepted,
    status=201,
    errors=SUBMIT_ERRORS,
    example=Example(GET_TOKEN, body={"ref": "first", "data": {"code": "aPrx…"}}),
    alters=True,
)
async def submit_task(request: Request) -> Any:
    """Creates a task. With `wait` the answer comes when the task has ended or is parked, or when the time is over.

    201: created, or created before under this Idempotency-Key. `task` is there if it has ended within `wait`; to see it
    the caller needs the right to view.
    """
    new: NewTask = request.body
    wait: Wait = request.query
    if wait.wait and (why := request.caller.refusal("view", request.found)):
        raise Forbidden(f"to wait for a task is to see it: {why}")
    submitted = await request.site.submitter.submit(
        request.record, new.ref, new.data, watched=wait.wait > 0, key=request.key
    )
    seen = await _ended(request, submitted, wait) if wait.wait else None
    return Reply(
        Accepted(submitted.task_id, submitted.ref, submitted.conv_id, seen),
        headers={"location": f"/v1/convs/{submitted.conv_id}/tasks/{submitted.task_id}"},
    )


async def _ended(request: Request, submitted: Submitted, wait: Wait) -> TaskView | None:
    view = await request.site.ended(submitted, wait.wait)
    if view is None:
        return None
    [seen] = await request.site.in_thread(shown, request, [view], reveal=wait.reveal)
    return seen


@route(
    "POST",
    "/v1/convs/{conv}/batch",
    role="submit",
    body=NewTasks,
    answers=Outcomes,
    errors=(NotActive,),
    example=Example(
        GET_TOKEN, body={"tasks": [{"ref": "a", "data": {"code": "x"}}, {"ref": "b", "data": {"code": "y"}}]}
    ),
    alters=True,
)
def submit_tasks(request: Request) -> Outcomes:
    """Creates up to 10 000 tasks. Each has an outcome of its own: one that is refused stops no other."""
    tasks: list[NewTask] = request.body.tasks
    pairs = [(task.ref, task.data) for task in tasks]
    outcomes = request.engine.submit_each(request.conv, pairs, key=request.key)
    told = [_outcome(task.ref, outcome) for task, outcome in zip(tasks, outcomes, strict=True)]
    refused = sum(one.problem is not None for one in told)
    return Outcomes(len(told) - refused, refused, told)


def _outcome(ref: str | None, outcome: Submitted | EngineError) -> Outcome:
    if isinstance(outcome, EngineError):
        return Outcome(ref, problem=problem_of(outcome)[0])
    return Outcome(outcome.ref, outcome.task_id)


@route("GET", "/v1/convs/{conv}/tasks/{ref}", role="view", query=Wait, answers=TaskView, example=Example(TOKEN))
async def show_task(request: Request) -> TaskView:
    """A task by ref (of several the newest) or id. With `wait` the answer comes when it has ended or is parked, or when
    the time is over."""
    wait: Wait = request.query
    site = request.site
    view = await site.in_thread(request.engine.task, request.conv, request.path["ref"])
    if wait.wait and view.place not in ("final", "parked", "aside"):
        submitted = Submitted(view.task_id, view.ref, view.conv_id)
        ended = await _ended(request, submitted, wait)
        if ended is not None:
            return ended
        view = await site.in_thread(request.engine.task, request.conv, view.task_id)
    [seen] = await site.in_thread(shown, request, [view], reveal=wait.reveal)
    return seen


@route("GET", "/v1/convs/{conv}/tasks/{ref}/why", role="view", answers=Why, example=Example(TOKEN))
def why_task(request: Request) -> Why:
    """The one reason that a task waits, and what would release it."""
    return request.engine.why(request.conv, request.path["ref"])


@route("GET", "/v1/convs/{conv}/tasks/{ref}/family", role="view", answers=Family, example=Example(TOKEN))
def show_family(request: Request) -> Family:
    """The tasks that a task comes from and those that it has made, as far as records say, and what cannot be known."""
    family = request.engine.family(request.conv, request.path["ref"])
    records = request.engine.current.records

    def seen(some: Iterable[Relative]) -> tuple[Relative, ...]:
        return tuple(one for one in some if not request.caller.refusal("view", records.get(one.conv_id)))

    return Family(seen(family.parents), seen(family.children), family.unknown)


@route(
    "PATCH",
    "/v1/convs/{conv}/tasks/{ref}",
    role="modify",
    body=Event,
    answers=Taken,
    errors=(NotActive, WrongData, TaskTooLarge, Refused, KeyReused),
    example=Example(TOKEN, body={"data": {"token": "00D…"}}),
    alters=True,
)
def modify_task(request: Request) -> Taken:
    """Merges data into a living task: an event, for which the routes of its state or callback node are tested."""
    ref, data = request.path["ref"], request.body.data
    with value_edited(request, ref, data):
        return _taken(request.engine.modify(request.conv, ref, data, key=request.key))


@route(
    "POST",
    "/v1/convs/{conv}/tasks/{ref}/callback",
    role="modify",
    body=CallbackEvent,
    answers=Taken,
    errors=(UnknownNode, NotActive, WrongData, TaskTooLarge, Refused, KeyReused),
    example=Example(TOKEN, body={"data": {"paid": True}}),
    alters=True,
)
def call_back(request: Request) -> Taken:
    """Modifies a task that must be waiting for it, at a callback node."""
    event: CallbackEvent = request.body
    ref = request.path["ref"]
    with value_edited(request, ref, event.data):
        return _taken(request.engine.callback(request.conv, ref, event.data, node=event.node, key=request.key))


@route(
    "POST",
    "/v1/convs/{conv}/nodes/{node}/callback",
    role="modify",
    body=Event,
    answers=Taken,
    errors=(UnknownNode, NotFound, NotActive, WrongData, TaskTooLarge, Refused, KeyReused),
    example=Example({"conv": "140897", "node": "ask"}, body={"data": {"order": {"task_id": "0a1b"}, "paid": True}}),
    alters=True,
)
def call_back_node(request: Request) -> Taken:
    """The same for a task that the data name, at the node's `obj_id_path`."""
    return _taken(request.engine.callback_in(request.conv, request.path["node"], request.body.data, key=request.key))


@route(
    "POST",
    "/v1/convs/{conv}/tasks/{ref}/cancel",
    role="modify",
    answers=Done,
    errors=(Refused,),
    example=Example(TOKEN),
)
def cancel_task(request: Request) -> Done:
    """Ends a task from any place, in the error end."""
    return Done(request.engine.cancel(request.conv, request.path["ref"]))


@route(
    "POST",
    "/v1/convs/{conv}/tasks/{ref}/retry",
    role="modify",
    body=Again,
    answers=Done,
    errors=(UnknownNode, RefTaken, Refused, WrongData, TaskTooLarge),
    example=Example(TOKEN, body={"node": "ask"}),
)
def retry_task(request: Request) -> Done:
    """Runs a task again: in a node, or where it failed; with some of its data changed, where that is said."""
    again = request.body
    return Done(request.engine.retry(request.conv, request.path["ref"], again.node, data=again.data))


@route("DELETE", "/v1/convs/{conv}/tasks/{ref}", role="modify", answers=Done, example=Example(TOKEN))
def delete_task(request: Request) -> Done:
    """Removes a task, and all that is kept of it."""
    with value_edited(request, request.path["ref"], ("(deleted)",)):
        return Done(request.engine.delete(request.conv, request.path["ref"]))


def _taken(modified: Modified) -> Taken:
    return Taken(modified.task_id, modified.node, modified.kept, modified.busy)

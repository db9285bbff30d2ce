"""What an action may do when a task enters its node, and what it is given to do it with.

An action of a definition builds a `Logic` once (`Action.build`). The worker calls `run` when a task enters the node and
`resume` when what the task waited for has come. Both change `task.data` only after everything they need is resolved: a
template that must first read another task raises ReadNeeded, and the worker then calls the same method again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from .config import Settings
from .data import is_deeper, may_deepen, too_deep
from .definition import Definition, Param
from .errors import CastError, LogicError
from .task import Address, Meta
from .template import ReadNeeded, Scope, Template, try_all
from .template.made import FEW, Room

if TYPE_CHECKING:
    from .database import Instance
    from .http import Egress

# --- What wakes a task ----------------------------------------------------------------------


class Event(msgspec.Struct, omit_defaults=True):
    """Why a task runs again. Opaque to the store, except the constant TIMEOUT that its timer script writes.

    `type`: "" (enter the node), "timeout", "sent" or "refused" (what became of an effect), "reply" (an answer from a
    called process, a synchronous copy or modify, or a queue), "taken" (out of a queue, by the task in `data`),
    "cancel", "retry".
    """

    type: str = ""
    tag: str = ""
    description: str = ""
    data: dict[str, Any] = {}
    secrets: list[str] = []
    exception: bool = False
    node: str = ""
    kind: str = "software"  # of a refusal: "hardware" when it may be accepted later


NOTHING = Event()
TIMEOUT = b'{"type":"timeout"}'


# --- What a run leaves behind ---------------------------------------------------------------


@dataclass(slots=True, frozen=True)
class Rest:
    """The task stays in this node until it is woken: by a modify, or by who takes it out of a queue.

    With `after_ms` it sleeps, and is run in this node again after a while, within the node's own time limit.
    """

    place: str
    after_ms: int | None = None


@dataclass(slots=True, frozen=True)
class Send:
    """An effect that the task waits for in this node: until the target accepts or refuses, or, with `wait`, answers."""

    effect: EffectBody


@dataclass(slots=True, frozen=True)
class CallOut:
    """Work outside the engine, done in a thread after a commit. `request` is stored, and sent again after a crash;
    sealed, if it `has_secrets`.

    Without a request it has begun nothing: the task waits until it may call, and only then are its values read.
    """

    request: bytes
    has_secrets: bool = False


WAIT_FOR_SLOT = CallOut(b"")
Stay = Rest | Send | CallOut

SecretValues = Mapping[str, str]  # a secret variable's text by its name: held in memory, never stored


class Site(Protocol):
    """The place where things run, as an outside call may ask of it: held in memory, never stored. Safe in any thread.

    The worker's engine.convs.Convs is one.
    """

    @property
    def secret_variables(self) -> SecretValues:
        """The texts of secret variables by name."""
        ...

    @property
    def egress(self) -> Egress:
        """Where calls may go."""
        ...

    def instance(self, name: str) -> Instance:
        """The database instance of this name, or id in digits, with its variables put in. Raises LogicError."""
        ...


class EffectBody(msgspec.Struct, omit_defaults=True):
    """What a run sends to another task. Kept in the outbox until the target has it.

    kind "create": a new task of `conv_id` with `ref` ("" = generated), `data`, `meta`, at `node` ("" = start).
    kind "modify": `data` merged into the living task `ref`. kind "reply": `event` for task `task_id` in its `visit`.
    kind "take": the oldest task in the queue `node` (with `queue` the newest) goes on and replies with its data.
    `sync`: the target answers to `answer_to` when it next parks or ends. `sender`: the task whose node waits.
    `secret_ref`: the ref was made of a secret.
    `told`, `ancestor`: of the new task's meta, what scripts must know of it (engine.store.records.Delivery).
    """

    kind: str
    conv_id: int
    ref: str = ""
    task_id: str = ""
    visit: int = 0
    data: bytes = b"{}"
    secrets: list[str] = []
    meta: bytes = b""
    event: bytes = b""
    sync: bool = False
    queue: bool = False
    wait: bool = False
    node: str = ""
    sender: Address | None = None
    told: str = ""
    ancestor: str = ""
    secret_ref: bool = False

    @property
    def has_secrets(self) -> bool:
        """Whether it carries one, as far as its sender knows: names of secrets stand in meta and events only where
        there are some. It may say so of a text that looks alike."""
        return bool(self.secrets) or self.secret_ref or _SECRETS in self.meta or _SECRETS in self.event


_SECRETS = b'"secrets":'


# --- What a run works on --------------------------------------------------------------------


@dataclass(slots=True)
class Running:
    """A claimed task in memory, between two commits."""

    conv_id: int
    task_id: str
    ref: str
    visit: int
    data: dict[str, Any]
    meta: Meta
    create_ms: int
    due_ms: int
    secrets: frozenset[str]
    effects: list[EffectBody] = field(default_factory=list)
    sums: list[tuple[str, str, str]] = field(default_factory=list)  # node's name, total, amount


@dataclass(slots=True, frozen=True)
class Target:
    """Another conv, as a sender needs to know it."""

    conv_id: int
    title: str
    kind: str
    active: bool
    params: Mapping[str, Param]
    secrets: frozenset[str]
    queues: frozenset[str] = frozenset()


class Context(Protocol):
    """What a logic is given besides the task."""

    scope: Scope
    task_size_bytes: int
    hops: int
    response_size_bytes: int
    api_timeout_ms: int
    code_ms: int
    code_memory_bytes: int
    entered: Counter[tuple[int, str]]  # tasks of this batch that go into a queue: by conv and node

    @property
    def secret_variables(self) -> SecretValues:
        """The texts of secret variables by name."""
        ...

    def may_call(self, task: Running) -> bool:
        """Whether this task's outside call may begin now, as far as this worker knows."""
        ...

    def target(self, conv: Any) -> Target:
        """The conv named by an id, `@alias` or title. Raises LogicError `not_found_main_node`."""
        ...

    def check_params(self, target: Target, data: dict[str, Any]) -> dict[str, Any]:
        """The data with defaults. Raises LogicError `wrong_validate_params`."""
        ...


class Logic(Protocol):
    """One node's work."""

    def run(self, task: Running, ctx: Context) -> Stay | None:
        """Do the work on entering the node; None means done, go on by the routes. Raises LogicError."""
        ...

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        """Take what the task waited for; as `run`."""
        ...


class CallbackLogic(Logic, Protocol):
    """Work that a modify ends."""

    def ready(self, task: Running) -> bool:
        """Whether the task, modified, may go on by its routes; else it waits on. Raises LogicError."""
        ...


class OutsideLogic(Logic, Protocol):
    """Work outside the engine: `run` answers with a CallOut, and what `perform` brought back goes to `take`."""

    def perform(self, request: bytes, site: Site) -> Any:
        """Do it, in a thread, without the task. Never raises LogicError: failures are part of what it returns."""
        ...

    def take(self, task: Running, ctx: Context, answer: Any) -> Stay | None:
        """Put the answer into the task. Raises LogicError."""
        ...


@dataclass(slots=True, frozen=True)
class Paced:
    """An outside logic that resolves its request when its call may begin, not when its task enters the node.

    A request that waited would go out with a token, a time and a signature that are minutes old.
    """

    logic: OutsideLogic

    def run(self, task: Running, ctx: Context) -> Stay | None:
        return self.logic.run(task, ctx) if ctx.may_call(task) else WAIT_FOR_SLOT

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        return self.logic.resume(task, ctx, event) if ctx.may_call(task) else WAIT_FOR_SLOT

    def perform(self, request: bytes, site: Site) -> Any:
        return self.logic.perform(request, site)

    def take(self, task: Running, ctx: Context, answer: Any) -> Stay | None:
        return self.logic.take(task, ctx, answer)


@dataclass(slots=True, frozen=True)
class Builder:
    """What an action is given to build its logic: the definition that it stands in and how to compile a template.

    `settings` are those of the process in which the logic runs, so they hold in `perform` too.
    """

    definition: Definition
    node: str
    types: Mapping[str, str]
    response_types: Mapping[str, str]
    value: Callable[..., Template]
    settings: Settings

    def fields(self, values: Mapping[str, Any]) -> dict[str, Template]:
        """A template for each key, cast by the node's `types`."""
        return {key: self.value(value, self.types.get(key)) for key, value in values.items()}

    def depth_of(self, values: Mapping[str, Any], types: Mapping[str, str] | None = None) -> int:
        """How deep what comes of these may lie; 0 when it cannot lie deeper than what they read, as is most usual."""
        types = self.types if types is None else types
        return self.settings.depth if any(may_deepen(value, types.get(key)) for key, value in values.items()) else 0


# --- Shared by the logics -------------------------------------------------------------------


@dataclass(slots=True, frozen=True)
class Reads:
    """The secrets that one `resolve` has read: the fields that were made from one, and the secret values."""

    fields: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()


NO_READS = Reads()


def resolve(fields: Mapping[str, Template], scope: Scope) -> tuple[dict[str, Any], Reads]:
    """The values of all fields, and which secrets were read for them.

    Everything is resolved before anything is used: a template that fails must not leave half of the work done. When
    something must be read first, every field is tried before ReadNeeded is raised.
    """
    read = scope.reads
    start = seen = len(read)
    values: dict[str, Any] = {}
    secret: list[str] = []
    take = None if len(fields) <= FEW else Room(scope.most_chars).take
    try:
        for key, template in fields.items():
            values[key] = value = template.evaluate(scope)
            if read and len(read) != seen:
                secret.append(key)
                seen = len(read)
            if take is not None:
                take(value)
    except ReadNeeded:
        try_all([template.evaluate for template in fields.values()], scope)
        raise
    return values, Reads(tuple(secret), tuple(read[start:])) if secret else NO_READS


def keep_secret(task: Running, names: tuple[str, ...] | list[str]) -> None:
    """Masking follows the value: from now on these top-level parameters of the task are secret."""
    new = [name for name in names if name not in task.secrets]
    if new:
        task.meta.secrets = [*task.meta.secrets, *new]
        task.secrets = task.secrets.union(new)


def own_name(path: Callable[[Scope], Any], scope: Scope) -> Any:
    """A path that names a parameter. Raises LogicError `wrong_parameter_name` when it was made of a secret."""
    start = len(scope.reads)
    made = path(scope)
    if len(scope.reads) > start:
        raise secret_name()
    return made


def secret_name() -> LogicError:
    """Names are shown everywhere, and masking follows values only."""
    return LogicError("wrong_parameter_name", "the name of a parameter was made of a secret, and names are shown")


def check_depth(values: Mapping[str, Any], depth: int, tag: str) -> None:
    """Raises LogicError when parameters lie deeper than this, as part of a task's data. Depth 0 asks nothing."""
    if depth and is_deeper(values, depth):
        raise LogicError(tag, too_deep(depth))


def wrong_cast(prefix: str, error: CastError) -> LogicError:
    """The reference's error of a failed cast, reference 3.0."""
    return LogicError(f"{prefix}_wrong_convert_param", error.message)

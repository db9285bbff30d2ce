"""Processes and state diagrams as records: what an author wrote, checked, with the names of the grammar (yaml.md 1).

A definition says nothing about runs: one serves any number of tasks. Actions are the models in engine/nodes/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, SerializeAsAny, WithJsonSchema

from .fields import (
    Anything,
    DurationText,
    Flag,
    Hosts,
    Integer,
    Model,
    Names,
    NodeName,
    Rate,
    SizeText,
    TemplateText,
    TemplateValue,
    Text,
    TypeName,
    Types,
    Whos,
    duration_ms,
)
from .task import NodeMeta, Place

if TYPE_CHECKING:
    from .logic import Builder, CallbackLogic, Logic, OutsideLogic

Function = Literal["eq", "not_eq", "less", "more", "less_or_eq", "more_or_eq", "regexp"]


class Param(Model):
    """A declared parameter of a task."""

    type: TypeName = Field("string", description="string, number, boolean, object or array")
    required: Flag = Field(False, description="a task without it is refused")
    input: Flag = Field(True, description="comes with the task; with input and output false it is local")
    output: Flag = Field(False, description="is part of the answer")
    secret: Flag = Field(False, description="masked wherever it is shown, and so is what is copied from it")
    regex: Text = Field("", description="a text value must contain a match")
    regex_error: Text = Field("", description="what is answered when it does not")
    description: Text = Field("", description="for people")
    default: Anything = Field(None, description="taken when the task does not bring it")


class Test(Model):
    """One comparison: `param` as written, bare or braced. `cast` None: from the YAML type of the value."""

    __test__: ClassVar[bool] = False  # not a test class of pytest

    param: Text
    fun: Function = "eq"
    value: TemplateValue = None
    cast: TypeName | None = None


class Condition(Model):
    """A route: taken when all tests of any group pass."""

    tests: tuple[tuple[Test, ...], ...]
    go: NodeName


class Timer(Model):
    """When a task leaves: a while after it entered, or at a unix time in seconds that a template gives."""

    after: DurationText | None = Field(None, description="a while, such as 30s; units ms, s, m, h and d")
    until: TemplateText | None = Field(None, description="a unix time in seconds; mostly a template")

    @property
    def after_ms(self) -> int | None:
        """Milliseconds."""
        return None if self.after is None else int(duration_ms(self.after))


class TimeLimit(Timer):
    """The time semaphor of a node: where a task goes that has stood there too long."""

    go: NodeName = Field(description="where a task goes that has stood here too long")


class TaskLimit(Model):
    """The count semaphor: reaching it, and falling below it, sends a new signal task to `signal` (reference 3.15)."""

    count: Integer = Field(ge=1, description="tasks in the node")
    signal: NodeName = Field(description="the node of the new signal task")


class Action(Model):
    """What a node does when a task enters. One file per kind in engine/nodes/.

    `key` is its word in YAML, `error_prefix` the <x> of its error parameters (reference 3.0), `overflow_tag` the tag of
    what makes its task too large, where that is not <x>_size_overflow_limit. `rests_in`: where a task stands that waits
    in it for a modify: `parked` in a state, from which no way out is needed, or `waiting`. `is_queue`: other tasks take
    a task out of it. `in_diagram`: state diagrams may hold it. `whole`: the field that takes everything below the key,
    where the author's keys are names of his own. `short`: the field that a bare text in place of a map stands for.
    `script_field`: the one with a script, of which only the variables are templates. `stub_field`: the one with a list
    of answers of which tests choose one. `later`: keys of the grammar that are not yet supported. `words`: fields whose
    text, where it is no template, is one of a few words. `keeps`: what it keeps of a task between runs, in `meta.node`
    (a msgspec.Struct whose tag is `key`). `icon`: its sign in pictures, drawn with a pen on a square of
    16 by 16 (SVG path data).
    """

    key: ClassVar[str] = ""
    error_prefix: ClassVar[str] = ""
    overflow_tag: ClassVar[str] = ""
    rests_in: ClassVar[Place | None] = None
    is_queue: ClassVar[bool] = False
    in_diagram: ClassVar[bool] = False
    whole: ClassVar[str] = ""
    short: ClassVar[str] = ""
    script_field: ClassVar[str] = ""
    stub_field: ClassVar[str] = ""
    later: ClassVar[frozenset[str]] = frozenset()
    words: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    keeps: ClassVar[type[NodeMeta] | None] = None
    icon: ClassVar[str] = "M8 7.5a.5.5 0 1 0 .01 0"

    @classmethod
    def never_fails(cls, missing: str) -> bool:
        """Whether no task takes its error route; `missing`: what the definition says of references to nothing."""
        return cls.rests_in is not None

    @classmethod
    def wrong_target(cls, kind: str) -> str:
        """Why it cannot send to a process or diagram, in words that follow its title; "" when it can."""
        return ""

    def refused_by(self, dialect: str) -> str:
        """Why a database of this dialect cannot take it; "" when it can, or asks none."""
        return ""

    @property
    def is_guarded(self) -> bool:
        """Whether a task has a say in where it reaches out to, as far as can be known without one."""
        return False

    @property
    def totals(self) -> tuple[str, ...]:
        """The names of what it adds up in its node."""
        return ()

    @property
    def callback_address(self) -> str:
        """The address that others call back, "" when there is none."""
        return ""

    @property
    def callback_id_path(self) -> str | None:
        """Where the id of its task stands in what a callback brings; None: no callback names its task there."""
        return None

    def one_partition_because(self, node: str) -> str:
        """Why a conv with it in this node has one partition only; "" when it may have more."""
        return ""

    def detail(self) -> str:
        """What pictures say of it in a few words."""
        conv = getattr(self, "conv", None)
        return f"→ {conv}" if conv is not None else ""

    def waits_for(self, node: str) -> tuple[str, str] | None:
        """What a task waits for that waits in this node, and what releases it; None: a modify."""
        return None

    def warnings(self) -> list[str]:
        """What lint says of this action though it may be meant."""
        return []

    def warnings_in(self, node: Node) -> list[str]:
        """The same, of how it stands in its node."""
        return []

    def build(self, builder: Builder) -> Logic:
        """The logic that runs in this node, with every template compiled."""
        raise NotImplementedError


class CallbackAction(Action):
    """An action in which a task waits for a modify."""

    rests_in: ClassVar[Place | None] = Place.WAITING

    def build(self, builder: Builder) -> CallbackLogic:
        raise NotImplementedError


class OutsideAction(Action):
    """An action that reaches out of the engine; its limits hold across all workers."""

    max_threads: Integer = Field(5, ge=1, le=200, description="how many at once, over all workers")
    rate: Rate | None = Field(None, description="how many begin, over all workers: 3/s, 100/m, 1000/h")

    def build(self, builder: Builder) -> OutsideLogic:
        raise NotImplementedError


class NodePart(Model):
    """One of several actions in a node of the old format, with the routes that are tried after it (reference 2.4)."""

    action: SerializeAsAny[Action] | None = None
    condition: tuple[Condition, ...] = Field((), description="routes in order, tried after the action")
    error: NodeName | None = Field(None, description="escalation route; none: that of the node")
    types: Types = Field(default_factory=dict, description="casts of what the action writes")
    response_types: Types = Field(default_factory=dict, description="casts of `response`")


class Node(Model):
    """A node. `name` is its identity; it has one of action, delay and end, or none (a condition, the start)."""

    name: Text
    title: Text = Field("", description="shown instead of the name")
    description: Text = Field("", description="for people")
    was: Text | None = Field(None, description="the node's old name, so that its tasks come along")
    action: SerializeAsAny[Action] | None = None
    actions: tuple[NodePart, ...] = Field((), description="old format: several actions, one after another")
    condition: tuple[Condition, ...] = Field((), description="routes in order, tried after the action")
    go: NodeName | None = Field(None, description="default route")
    error: NodeName | None = Field(None, description="escalation route")
    time_limit: TimeLimit | None = Field(
        None, description="time semaphor: {after: 1h, go: NODE} or {until: TIME, go: NODE}"
    )
    task_limit: TaskLimit | None = Field(None, description="count semaphor: {count: 100, signal: NODE}")
    delay: Timer | None = Field(None, description="wait here: 30s or {until: TIME}; then go")
    end: Literal["success", "error", "none"] | None = Field(None, description="the task ends here")
    save_task: Flag = Field(True, description="false: the task is deleted when it arrives; counts stay")
    direct_url: Flag = Field(False, description="start: tasks may come by an unsigned URL")
    auth: Literal["none", "basic"] = Field("none", description="start: what the direct URL asks for")
    types: Types = Field(default_factory=dict, description="casts of what the action writes")
    response_types: Types = Field(default_factory=dict, description="casts of `response`")

    @property
    def all_actions(self) -> tuple[Action, ...]:
        """Its action; in the old format there may be several."""
        if self.action is not None:
            return (self.action,)
        return tuple(part.action for part in self.actions if part.action is not None)

    @property
    def is_state(self) -> bool:
        """Whether tasks may stay in it for good."""
        return self.action is not None and self.action.rests_in is Place.PARKED

    @property
    def kind(self) -> str:
        """One word for people: the action, delay, condition, start or how it ends."""
        if self.actions:
            return ", ".join(action.key for action in self.all_actions) or "condition"
        if self.action is not None:
            return self.action.key
        if self.end is not None:
            return f"end: {self.end}" if self.end != "none" else "end"
        if self.delay is not None:
            return "delay"
        return "start" if self.name == "start" else "condition"

    def targets(self) -> list[tuple[str, str]]:
        """Every edge, as (word of the grammar, target): go, condition, error, time_limit, task_limit."""
        edges = [("condition", condition.go) for part in self.actions for condition in part.condition]
        edges += [("error", part.error) for part in self.actions if part.error is not None]
        edges += [("condition", condition.go) for condition in self.condition]
        if self.go is not None:
            edges.append(("go", self.go))
        if self.error is not None:
            edges.append(("error", self.error))
        if self.time_limit is not None:
            edges.append(("time_limit", self.time_limit.go))
        if self.task_limit is not None:
            edges.append(("task_limit", self.task_limit.signal))
        return edges


_STATUSES = {"actived": "active", "debugged": "debug"}


def _status(value: Any) -> Any:
    return _STATUSES.get(value, value) if isinstance(value, str) else value


Status = Annotated[
    Literal["active", "paused", "debug", "blocked"],
    BeforeValidator(_status),
    WithJsonSchema({"enum": ["active", "paused", "debug", "blocked", *_STATUSES]}),
]


class Archive(Model):
    """Which ended tasks each end node keeps; the oldest go first."""

    age: DurationText | None = Field(
        None, alias="for", description="how long, such as 30d; default: `CONV_ARCHIVE_AGE_MS`"
    )
    at_most: Integer | None = Field(None, ge=1, le=10**12, description="how many tasks; default: `CONV_ARCHIVE_COUNT`")
    size: SizeText | None = Field(
        None, alias="bytes", description="how much data and notes together, such as 2GB; default: any"
    )


class Access(Model):
    """Who may use it: other processes and state diagrams, each by id, "@alias" or `folder/`. It may itself."""

    readers: Whos | None = Field(
        None, description="who may read its tasks, counts and sums by references; default: everybody; []: only itself"
    )
    callers: Whos | None = Field(
        None,
        description="who may copy to it, modify its tasks, call it, and take from its queues; default: everybody; []: "
        "only itself",
    )

    def lets(self, word: Literal["readers", "callers"], conv_id: int, aliases: Iterable[str], folder: str) -> bool:
        """Whether another conv is among them: by its id, one of its aliases, or its folder or one above."""
        whos = self.readers if word == "readers" else self.callers
        if whos is None:
            return True
        names = {conv_id, *(f"@{alias}" for alias in aliases)}
        return any(who in names or (f"{who}".endswith("/") and f"{folder}/".startswith(f"{who}")) for who in whos)


class Definition(Model):
    """A process or a state diagram ("diagram")."""

    kind: Literal["process", "diagram"]
    conv_id: Integer = Field(alias="id", ge=1, description="unique among processes and diagrams")
    title: Text
    aliases: Names = Field((), alias="alias", description='short names for "@name": one or a list')
    description: Text = Field("", description="for people")
    status: Status = Field("active", description="paused and blocked take no new tasks")
    ref_mask: Flag = Field(True, description="masks refs that look like card numbers")
    missing: Literal["error", "empty"] = Field("error", description='what a reference to nothing is: an error, or ""')
    max_threads: Integer | None = Field(
        None, ge=1, le=10_000, description="outside calls of all its nodes at once, over all workers"
    )
    rate: Rate | None = Field(None, description="outside calls of all its nodes that begin, over all workers: 10/s")
    queue_limit: Integer | None = Field(
        None, ge=1, description="so many tasks may wait for a worker; beyond it new ones are refused"
    )
    loop_passes: Integer | None = Field(
        None, ge=1, le=1_000_000, description="passes through one node without waiting; default: `CONV_LOOP_PASSES`"
    )
    approximate: Flag = Field(
        False, description="task_limit and rate may be kept per partition, so that the conv can have several"
    )
    hosts: Hosts | None = Field(
        None, description="where its api_calls may go: name, *.domain, name:port, or a variable; none: any host"
    )
    archive: Archive | None = Field(
        None, description="which ended tasks each end node keeps: {for: 30d, at_most: 250000, bytes: 2GB}"
    )
    access: Access | None = Field(
        None, description='which others may use it: {readers: [140896, salesforce/], callers: ["@billing"]}'
    )
    params: dict[str, Param] = Field(default_factory=dict, description="declared parameters: name → type, or a map")
    nodes: dict[str, Node] = Field(description='name → node; tasks begin in "start"')
    layout: dict[str, Anything] = Field(default_factory=dict, description="where an editor draws the nodes")
    exchange: dict[str, Anything] = Field(
        default_factory=dict, description="what an imported file had beyond this grammar"
    )

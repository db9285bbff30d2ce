"""A deployed definition made ready to run: templates and conditions compiled, routes read from its machine.

Built once per deployed version and worker. Node ids are what the store knows (assigned at deploy, store.md rule 15);
names are what people and the machine know.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from .condition import compile_condition
from .config import Settings
from .definition import CallbackAction, Condition, Definition, Node, NodePart, OutsideAction
from .logic import Builder, CallbackLogic, EffectBody, Logic, OutsideLogic, Paced
from .machine import ERROR, TIMEOUT, Check, NodeMachine, part_names
from .task import Meta, encode_data
from .template import Template, compile_value

Moves = list[tuple[str, int, int]]


class Step:
    """One node, as the run loop needs it."""

    __slots__ = (
        "action", "after_ms", "callback", "delays", "end", "error", "error_prefix", "id", "interval_us", "logic",
        "loops", "max_threads", "name", "outside", "overflow_tag", "part", "parts", "regular", "rests_in", "routes",
        "save", "timeout", "until",
    )  # fmt: skip

    def __init__(self, name: str, node_id: str, node: Node | None, part: int = 0) -> None:
        self.name: str = name
        self.id: str = node_id
        self.part = part  # which of the node's actions, where it has several (the old format)
        self.parts: list[Step] = [self]
        self.loops = False  # whether a task may come here again
        self.regular = False  # whether a task gets here from start without an error route; never an end
        self.end: str | None = "error" if node is None else node.end
        self.save = True if node is None else node.save_task
        holder: Node | NodePart | None = node.actions[part] if node is not None and node.actions else node
        self.action = holder.action if holder is not None else None
        self.logic: Logic | None = None
        self.rests_in = self.action.rests_in if self.action is not None else None
        self.callback: CallbackLogic | None = None  # its logic, where a task waits in it for a modify
        self.outside: OutsideLogic | None = None  # its logic, where it reaches out of the engine
        self.delays = node is not None and node.delay is not None
        self.error_prefix = self.action.error_prefix if self.action is not None else "node"
        tag = self.action.overflow_tag if self.action is not None else ""
        self.overflow_tag = tag or f"{self.error_prefix}_size_overflow_limit"
        outside = self.action if isinstance(self.action, OutsideAction) else None
        self.max_threads = outside.max_threads if outside is not None else 0  # 0: nothing outside
        self.interval_us = outside.rate or 0 if outside is not None else 0
        self.after_ms: int | None = None
        self.until: Template | None = None
        self.routes: list[tuple[Check | None, Step]] = []
        self.error: Step = self
        self.timeout: Step | None = None


class Program:
    """A definition with everything compiled. Raises DefinitionError when a template does not parse."""

    def __init__(
        self, definition: Definition, node_ids: Mapping[str, str], version: str, settings: Settings | None = None
    ) -> None:
        self.definition = definition
        self.settings = Settings() if settings is None else settings
        self.conv_id: int = definition.conv_id
        self.loop_passes: int = definition.loop_passes or self.settings.loop_passes
        self.version = version
        self.node_ids = dict(node_ids)
        self.secrets = frozenset(name for name, param in definition.params.items() if param.secret)
        self._secret_marks = [msgspec.json.encode(name) + b":" for name in self.secrets]
        self.implicit_error = implicit_error(definition)
        self.machine = NodeMachine(definition, self.implicit_error, self._check)
        self.steps: dict[str, Step] = {}
        for name in dict.fromkeys([*definition.nodes, self.implicit_error]):
            self._add(name, definition.nodes.get(name))
        for name, node in definition.nodes.items():
            for state in part_names(name, node):
                self._link(state, node)
        for step in looping(self.steps.values()):
            step.loops = True
        for step in regular(self.steps["start"]):
            step.regular = True
        self.by_id = {step.id: step for step in self.steps.values() if not step.part}
        self.call_lanes = tuple(step.id for step in self.by_id.values() if step.max_threads)
        self.start = self.steps["start"]
        self._deaf: tuple[str, ...] | None = None
        self._moves: dict[tuple[str, ...], Moves] = {}
        # Count semaphors: (node id, count, conv, what to send when it is reached, and when it has fallen below).
        self.limits = [
            (
                self.steps[name].id,
                node.task_limit.count,
                self.conv_id,
                self._signal(node.task_limit.signal, "true"),
                self._signal(node.task_limit.signal, "false"),
            )
            for name, node in definition.nodes.items()
            if node.task_limit is not None
        ]

    def may_hold_secrets(self, data: bytes) -> bool:
        """Whether data, as JSON, may have a declared secret in it; it says so of a text that looks alike, too."""
        return any(mark in data for mark in self._secret_marks)

    def _signal(self, node: str, start: str) -> bytes:
        """The effect that tells of a crossed count: a new task in `node` (reference 3.15)."""
        data, meta = encode_data({"start": start}), msgspec.json.encode(Meta())
        return msgspec.msgpack.encode(EffectBody("create", self.conv_id, data=data, meta=meta, node=node))

    def _check(self, condition: Condition) -> Check:
        return compile_condition(condition.tests, missing=self.definition.missing)

    def _value(self, value: Any, cast: str | None = None) -> Template:
        return compile_value(value, cast, missing=self.definition.missing)

    def _add(self, name: str, node: Node | None) -> None:
        states = part_names(name, node) if node is not None else [name]
        steps = [Step(name, self.node_ids[name], node, part) for part in range(len(states))]
        first = steps[0]
        first.parts = steps
        # The store paces a node, not an action: the tightest limits of its actions are the node's.
        first.max_threads = min((step.max_threads for step in steps if step.max_threads), default=0)
        first.interval_us = max(step.interval_us for step in steps)
        self.steps.update(zip(states, steps, strict=True))

    def _link(self, state: str, node: Node) -> None:
        step = self.steps[state]
        step.routes = [(check, self.steps[target]) for check, target in self.machine.routes(state)]
        error = self.machine.target(state, ERROR)
        step.error = self.steps[error] if error is not None else step
        timeout = self.machine.target(state, TIMEOUT)
        if timeout is not None:
            step.timeout = self.steps[timeout]
        timer = node.delay or node.time_limit
        if timer is not None:
            step.after_ms = timer.after_ms
            step.until = self._value(timer.until, "number") if timer.until is not None else None
        if step.action is not None:
            holder = node.actions[step.part] if node.actions else node
            builder = Builder(
                self.definition, step.name, holder.types, holder.response_types, self._value, self.settings
            )
            if isinstance(step.action, OutsideAction):
                step.logic = step.outside = Paced(step.action.build(builder))
            elif isinstance(step.action, CallbackAction):
                step.logic = step.callback = step.action.build(builder)
            else:
                step.logic = step.action.build(builder)

    @property
    def deaf(self) -> tuple[str, ...]:
        """The ids of nodes from which a task comes to no callback node any more, so that no modify reaches it."""
        if self._deaf is None:
            targets = targets_of(self.steps.values())
            hearing = {step for step in targets if step.callback is not None}
            while more := {step for step, some in targets.items() if step not in hearing and some & hearing}:
                hearing |= more
            ids = {step.id for step in hearing}
            self._deaf = tuple(node_id for node_id in self.by_id if node_id not in ids)
        return self._deaf

    def name_of(self, node_id: str) -> str:
        """The name of a node; "" when the definition has it no more."""
        step = self.by_id.get(node_id)
        return step.name if step is not None else ""

    def moves(self, visited: tuple[str, ...]) -> Moves:
        """What a walk through these node ids adds to the counts: (node id, in, out) for each node."""
        moves = self._moves.get(visited)
        if moves is None:
            counts: dict[str, list[int]] = {}
            for source, target in itertools.pairwise(visited):
                counts.setdefault(source, [0, 0])[1] += 1
                counts.setdefault(target, [0, 0])[0] += 1
            moves = [(node_id, entered, left) for node_id, (entered, left) in counts.items()]
            if len(self._moves) > 1000:
                self._moves.clear()
            self._moves[visited] = moves
        return moves


def targets_of(steps: Iterable[Step]) -> dict[Step, set[Step]]:
    """Where a task may go from each step: by its routes, a failure or a timer."""
    return {
        step: set() if step.end else {step.error, step.timeout or step.error, *(target for _, target in step.routes)}
        for step in steps
    }


def looping(steps: Iterable[Step]) -> set[Step]:
    """The steps that lie on a circle, or between two: what is left when all that leads nowhere and all that nothing
    leads to is taken away, again and again. Only these need the loop guard."""
    targets = targets_of(steps)
    while True:
        entered = {target for some in targets.values() for target in some}
        kept = {step for step, some in targets.items() if some and step in entered}
        if len(kept) == len(targets):
            return kept
        targets = {step: targets[step] & kept for step in kept}


def regular(start: Step) -> Iterator[Step]:
    """The steps that a task gets to from `start` without an error route, ends excepted."""
    found, waiting = {start}, [start]
    while waiting:
        step = waiting.pop()
        if not step.end:
            yield step
        targets = {target for _, target in step.routes} | ({step.timeout} if step.timeout is not None else set())
        waiting += targets - found
        found |= targets


def implicit_error(definition: Definition) -> str:
    """The end node of failures without an `error` route: the author's end node `error`, else one of our own."""
    node = definition.nodes.get("error")
    return "error" if node is None or node.end else "(error)"

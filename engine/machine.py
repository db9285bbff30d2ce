"""A definition as one `transitions.Machine`: who may go where, decided here and nowhere else.

States are the definition's nodes; routes are transitions of the trigger `step`, tried in the order in which the author
wrote them, first whose condition passes wins. `error` (escalation route) and `timeout` (time limit or delay) are
triggers too. State names get a prefix, because transitions gives `*` and `=` a meaning of their own; callbacks are
callables, never text (a text callback would be looked up on the model and imported).

A live trigger costs about 7 µs. Workers read the same lists through `routes` and `target`
without building event objects; a property test proves both ways equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

from transitions import Machine, MachineError

from .definition import Condition, Definition, Node

PREFIX = "n:"
PART = "\n"  # in the name of the state in which a later action of a node stands; no name of a node has it
STEP, ERROR, TIMEOUT = "step", "error", "timeout"

Check = Callable[[Any], bool]


def part_names(name: str, node: Node) -> list[str]:
    """The states of a node: one, or one for each action of the old format. The first has the node's own name."""
    return [name, *(f"{name}{PART}{index}" for index in range(1, len(node.actions)))]


def state_names(definition: Definition) -> Iterator[str]:
    for name, node in definition.nodes.items():
        yield from part_names(name, node)


class Token:
    """What stands in a state for a live trigger: never registered with the machine, so it costs nothing."""

    __slots__ = ("state",)

    def __init__(self, node: str) -> None:
        self.state = PREFIX + node


class NodeMachine:
    """The machine of one definition.

    `compile_check` turns a condition of the author into a callable that takes a scope. `implicit_error` names the end
    node of failures that have no route of their own (yaml.md 2).
    """

    def __init__(
        self, definition: Definition, implicit_error: str, compile_check: Callable[[Condition], Check]
    ) -> None:
        self.machine = Machine(
            model=None,
            states=[PREFIX + name for name in dict.fromkeys([*state_names(definition), implicit_error])],
            initial=PREFIX + "start",
            auto_transitions=False,
        )
        for name, node in definition.nodes.items():
            states = part_names(name, node)
            for index, part in enumerate(node.actions):
                for condition in part.condition:
                    self._add(STEP, states[index], condition.go, compile_check(condition))
                if index + 1 < len(states):
                    self._add(STEP, states[index], states[index + 1])
                self._add(ERROR, states[index], part.error or node.error or implicit_error)
            for condition in node.condition:
                self._add(STEP, states[-1], condition.go, compile_check(condition))
            if node.time_limit is not None:
                for state in states:
                    self._add(TIMEOUT, state, node.time_limit.go)
            if node.delay is not None:
                if node.go is not None:
                    self._add(TIMEOUT, name, node.go)
            elif node.go is not None:
                self._add(STEP, states[-1], node.go)
            if not node.end and not node.actions:
                self._add(ERROR, name, node.error or implicit_error)

    def _add(self, trigger: str, source: str, target: str, check: Check | None = None) -> None:
        self.machine.add_transition(trigger, PREFIX + source, PREFIX + target, conditions=check)

    def routes(self, node: str, trigger: str = STEP) -> Iterator[tuple[Check | None, str]]:
        """The machine's own transitions of a trigger from a node, in order: (check or None, target node)."""
        event = self.machine.events.get(trigger)
        if event is None:
            return
        for transition in event.transitions.get(PREFIX + node, ()):
            checks = [cast(Check, condition.func) for condition in transition.conditions]
            yield (checks[0] if checks else None), str(transition.dest).removeprefix(PREFIX)

    def target(self, node: str, trigger: str) -> str | None:
        """Where the first unconditional transition of a trigger leads, or None."""
        return next((target for check, target in self.routes(node, trigger) if check is None), None)

    def fire(self, node: str, trigger: str, scope: Any) -> str | None:
        """The slow way: a live trigger. The node after it, or None when no transition passed. For tests and tools."""
        token = Token(node)
        event = self.machine.events.get(trigger)
        if event is None:
            return None
        try:
            passed = event.trigger(token, scope)
        except MachineError:
            return None
        return token.state.removeprefix(PREFIX) if passed else None

"""What is drawn of a definition: a card for each node, a line for each way out of it. Formats come after this step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from ..definition import Condition, Definition, Node, NodePart, Test, Timer

Look = Literal["start", "success", "error", "end", "state", "escalation", "node"]
Way = Literal["go", "condition", "error", "timer", "limit"]

SIGNS = {"eq": "=", "not_eq": "≠", "less": "<", "more": ">", "less_or_eq": "≤", "more_or_eq": "≥", "regexp": "~"}


@dataclass(frozen=True, slots=True)
class Card:
    """A node. `title` for people, `kind` its type, `detail` what it does in a word, `count` the tasks in it."""

    name: str
    title: str
    kind: str
    detail: str
    look: Look
    count: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A way from one card to another, by their numbers; `label` is empty for the plain way on."""

    source: int
    target: int
    way: Way
    label: str


@dataclass(frozen=True, slots=True)
class Picture:
    title: str
    kind: str
    conv_id: int
    cards: tuple[Card, ...]
    lines: tuple[Line, ...]


def picture_of(definition: Definition, counts: Mapping[str, int] | None = None) -> Picture:
    """The cards in the author's order.

    Last come nodes that a route names and nobody wrote, and counted ones that nobody wrote: the end of failures.
    """
    counts = counts or {}
    nodes = definition.nodes
    missing = dict.fromkeys(target for node in nodes.values() for _, target in node.targets() if target not in nodes)
    numbers = {name: number for number, name in enumerate([*nodes, *missing])}
    escalations = {target for node in nodes.values() for word, target in node.targets() if word == "error"}
    cards = [
        Card(name, node.title or name, node.kind, _detail(node), _look(node, name in escalations), counts.get(name))
        for name, node in nodes.items()
    ]
    cards += [Card(name, name, "does not exist", "", "error", None) for name in missing]
    for name, count in counts.items():
        if name not in numbers and count:
            cards.append(Card(name, name, "end: error", "failures without a route", "error", count))
    lines = [line for name, node in nodes.items() for line in _lines(name, node, numbers)]
    return Picture(definition.title, definition.kind, definition.conv_id, tuple(cards), tuple(lines))


def _look(node: Node, escalation: bool) -> Look:
    if node.kind == "start":
        return "start"
    if node.end is not None:
        return {"success": "success", "error": "error", "none": "end"}[node.end]  # type: ignore[return-value]
    if node.is_state:
        return "state"
    return "escalation" if escalation and node.kind in ("condition", "delay") else "node"


def _detail(node: Node) -> str:
    if node.delay is not None:
        return timer_text(node.delay)
    return ", ".join(filter(None, (action.detail() for action in node.all_actions)))


def _lines(name: str, node: Node, numbers: Mapping[str, int]) -> list[Line]:
    source = numbers[name]
    holders: list[Node | NodePart] = [*node.actions, node]
    conditions = [each for holder in holders for each in holder.condition]
    lines = [Line(source, numbers[each.go], "condition", condition_text(each)) for each in conditions]
    errors = dict.fromkeys(holder.error for holder in holders if holder.error is not None)
    if node.go is not None:
        lines.append(Line(source, numbers[node.go], "go", "otherwise" if conditions else ""))
    if node.time_limit is not None:
        lines.append(Line(source, numbers[node.time_limit.go], "timer", timer_text(node.time_limit)))
    if node.task_limit is not None:
        label = f"at {node.task_limit.count} tasks: signal"
        lines.append(Line(source, numbers[node.task_limit.signal], "limit", label))
    lines += [Line(source, numbers[target], "error", "error") for target in errors]
    return lines


def timer_text(timer: Timer) -> str:
    """`after 30s`, `until {{expires_at}}`."""
    if timer.after is None:
        return f"until {timer.until}"
    return f"after {timer.after}"


def condition_text(condition: Condition) -> str:
    """`amount > 100 and currency = EUR or vip = true`."""
    return " or ".join(" and ".join(map(_test_text, tests)) for tests in condition.tests)


def _test_text(test: Test) -> str:
    param = test.param
    # Our own long names of error parameters say the same without their fence.
    if param.startswith("__conveyor_") and param.endswith("__"):
        param = param.removeprefix("__conveyor_").removesuffix("__")
    value = test.value
    if not isinstance(value, str) or not value or value != value.strip():
        value = msgspec.json.encode(value, enc_hook=str).decode()
    return f"{param} {SIGNS[test.fun]} {value}"

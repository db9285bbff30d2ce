"""A definition as its author would write it: plain data for `write_yaml`. What stands at its default is left out."""

from __future__ import annotations

from typing import Any

from ..definition import Action, Condition, Definition, Node, NodePart, Param, Test, Timer
from ..fields import duration_ms, rate_interval_us
from ..grammar import CAST

Plain = dict[str, Any]


def spelled(definition: Definition) -> Plain:
    """The top level of the file. Reading `write_yaml` of it gives an equal definition."""
    document: Plain = {definition.kind: definition.title, "id": definition.conv_id}
    fields = _fields(definition, leave_out={"kind", "title", "conv_id", "params", "nodes", "layout", "exchange"})
    if "alias" in fields and len(fields["alias"]) == 1:
        fields["alias"] = fields["alias"][0]
    document |= fields
    if definition.params:
        document["params"] = {name: _param(param) for name, param in definition.params.items()}
    document["nodes"] = {name: _node(node) for name, node in definition.nodes.items()}
    for key in ("layout", "exchange"):
        if getattr(definition, key):
            document[key] = getattr(definition, key)
    return document


def _fields(model: Any, leave_out: set[str] | None = None) -> Plain:
    made: Plain = model.model_dump(mode="json", exclude_defaults=True, by_alias=True, exclude=leave_out or set())
    for key, spell in (("rate", _rate), ("timeout", _duration)):
        if isinstance(made.get(key), int):
            made[key] = spell(made[key])
    return made


def _param(param: Param) -> Any:
    fields = {"type": param.type, **_fields(param)}
    return param.type if list(fields) == ["type"] else fields


def _node(node: Node) -> Plain:
    made = _fields(node, {"name", "action", "actions", "condition", "time_limit", "task_limit", "delay", "go", "error"})
    types: Plain = {key: made.pop(key) for key in ("types", "response_types") if key in made}
    if node.action is not None:
        made[node.action.key] = _action(node.action)
    made |= types
    if node.actions:
        made["actions"] = [_part(part) for part in node.actions]
    if node.delay is not None:
        made["delay"] = node.delay.after or {"until": node.delay.until}
    if node.condition:
        made["condition"] = [_condition(condition) for condition in node.condition]
    if node.time_limit is not None:
        made["time_limit"] = {**_timer(node.time_limit), "go": node.time_limit.go}
    if node.task_limit is not None:
        made["task_limit"] = {"count": node.task_limit.count, "signal": node.task_limit.signal}
    return made | {key: value for key, value in (("error", node.error), ("go", node.go)) if value is not None}


def _part(part: NodePart) -> Plain:
    made: Plain = {part.action.key: _action(part.action)} if part.action is not None else {}
    made |= _fields(part, {"action", "condition"})
    if part.condition:
        made["condition"] = [_condition(condition) for condition in part.condition]
    return made


def _action(action: Action) -> Any:
    fields = _fields(action, {"stub"})
    if "expected_params" in fields:
        fields["expected_params"] = {
            name: {"type": expected.type, "required": True} if expected.required else expected.type
            for name, expected in getattr(action, "expected_params").items()  # noqa: B009
        }
    if action.whole:
        return fields.get(action.whole, {})
    stub = getattr(action, "stub", ())
    if stub:
        fields["stub"] = [_branch(branch) for branch in stub]
    return fields[action.short] if action.short and list(fields) == [action.short] else fields


def _branch(branch: Any) -> Plain:
    made: Plain = {"if": _tests(branch.tests[0])} if branch.tests else {}
    made["reply"] = _fields(branch.reply)
    return made | ({"types": dict(branch.types)} if branch.types else {})


def _timer(timer: Timer) -> Plain:
    return {"after": timer.after} if timer.after is not None else {"until": timer.until}


def _condition(condition: Condition) -> Plain:
    if len(condition.tests) == 1:
        return {"if": _tests(condition.tests[0]), "go": condition.go}
    return {"any": [_tests(group) for group in condition.tests], "go": condition.go}


def _tests(tests: tuple[Test, ...]) -> Any:
    names = [test.param for test in tests]
    if len(set(names)) < len(names):
        return [{test.param: _test(test)} for test in tests]
    return {test.param: _test(test) for test in tests}


def _test(test: Test) -> Any:
    if test.cast is not None:
        return {test.fun: test.value, CAST: test.cast}
    return test.value if test.fun == "eq" and not isinstance(test.value, dict) else {test.fun: test.value}


def _duration(ms: int) -> str:
    """The longest unit that needs no fraction, but no longer than a minute's: 90000 is 90s."""
    return f"{ms // 1000}s" if ms % 1000 == 0 and duration_ms(f"{ms // 1000}s") == ms else f"{ms}ms"


def _rate(interval_us: int) -> str:
    for unit, size in (("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000), ("d", 86_400_000_000)):
        number = round(size / interval_us)
        if number and rate_interval_us(f"{number}/{unit}") == interval_us:
            return f"{number}/{unit}"
    return f"{round(86_400_000_000 / interval_us)}/d"

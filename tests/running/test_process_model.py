"""Generated processes run in the engine and in an interpreter of a page, written for this test: same path, same data.

Routes lead forward only, so that every process ends; every node kind that needs nobody else is in them.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.running.conftest import Lab

NAMES = ("a", "b", "c")
KINDS = ("set", "math", "condition", "code", "delay", "sum", "stub", "queue timeout")
HOUR_S = 3600

texts = st.sampled_from(["x", "", "7", "tea"])
numbers = st.sampled_from([7, "7", 3, 20])
values = texts | st.integers(-5, 20) | st.booleans() | st.none() | st.just([1, "x"]) | st.just({"k": 1})


def nodes_of(draw: Any, count: int) -> dict[str, dict[str, Any]]:
    """Nodes n0, n1, …: each leads to later ones, or to an end."""
    nodes: dict[str, dict[str, Any]] = {}
    kinds = draw(st.permutations(KINDS))
    for number in range(count):
        later = [f"n{n}" for n in range(number + 1, count)] + ["good", "bad"]
        target = st.sampled_from([later[0], later[0], later[0], *later])  # mostly the next: long paths
        node: dict[str, Any] = {"go": draw(target)}
        name, other = draw(st.sampled_from(NAMES)), draw(st.sampled_from(NAMES))
        match kinds[number % len(kinds)]:
            case "set":
                value = draw(st.sampled_from(["literal", "whole", "mixed"]))
                node["set_parameters"] = {
                    name: {"literal": draw(values), "whole": f"{{{{{other}}}}}", "mixed": f"<{{{{{other}}}}}>"}[value]
                }
                node["error"] = draw(target)
            case "math":
                node["set_parameters"] = {name: f"$.math({{{{{other}}}}} * 2 + 1)"}
                node["error"] = draw(target)
            case "condition":
                function = draw(st.sampled_from(["eq", "not_eq", "more", "less"]))
                number_ = draw(st.integers(-5, 20))
                node["condition"] = [{"if": {name: {function: number_, "as": "number"}}, "go": draw(target)}]
            case "code":
                node["code"] = f"data.{name} = typeof data.{other};"
                node["error"] = draw(target)
            case "delay":
                node["delay"] = "1h"
            case "sum":
                node["sum"] = {"total": f"{{{{{other}}}}}"}
                node["error"] = draw(target)
            case "stub":
                node["call_process"] = {
                    "conv": 999,
                    "data": {"sent": f"{{{{{other}}}}}"},
                    "stub": [{"if": {"sent": {"eq": 7, "as": "number"}}, "reply": {"data": {name: "seven"}}}],
                }
                node["error"] = draw(target)
            case "queue timeout":
                node["queue"] = {}
                node["error"] = draw(target)
                node["time_limit"] = {"after": "1h", "go": draw(target)}
        nodes[f"n{number}"] = node
    return nodes


@st.composite
def processes(draw: Any) -> dict[str, Any]:
    nodes = nodes_of(draw, draw(st.integers(4, 10)))
    return {
        "process": "Generated",
        "id": 95,
        "nodes": {"start": {"go": "n0"}, **nodes, "good": {"end": "success"}, "bad": {"end": "error"}},
    }


class Failed(Exception):
    """A node takes its error route, with this tag."""


class Interpreter:
    """Walks a process by the words of the reference, one node after the other, in memory."""

    def __init__(self, process: dict[str, Any], data: dict[str, Any]) -> None:
        self.nodes = process["nodes"]
        self.data = dict(data)
        self.path = ["start"]

    def run(self) -> None:
        name = "start"
        while "end" not in self.nodes[name]:
            name = self.step(self.nodes[name])
            self.path.append(name)

    def step(self, node: dict[str, Any]) -> str:
        if "queue" in node:
            return str(node["time_limit"]["go"])
        try:
            self.work(node)
        except Failed as failure:
            prefix = next(p for key, p in PREFIXES.items() if key in node)
            self.data[f"__conveyor_{prefix}_return_type_error__"] = "software"
            self.data[f"__conveyor_{prefix}_return_type_tag__"] = failure.args[0]
            return str(node["error"])
        for route in node.get("condition", ()):
            [(name, test)] = route["if"].items()
            if self.holds(name, test):
                return str(route["go"])
        return str(node["go"])

    def work(self, node: dict[str, Any]) -> None:
        for name, value in node.get("set_parameters", {}).items():
            self.data[name] = self.resolved(value)
        if "code" in node:
            name, other = node["code"][5], node["code"].split("data.")[2][0]
            kinds = {bool: "boolean", int: "number", float: "number", str: "string"}
            kind = "undefined" if other not in self.data else kinds.get(type(self.data[other]), "object")
            self.data[name] = kind
        if "sum" in node:
            self.resolved(node["sum"]["total"])
        if "call_process" in node:
            sent = self.resolved(node["call_process"]["data"]["sent"])
            if as_number(sent) != 7:
                raise Failed("rpc_task_fatal_error")
            [(name, value)] = node["call_process"]["stub"][0]["reply"]["data"].items()
            self.data |= {name: value, "__logic_stub_mode__": True}

    def resolved(self, template: Any) -> Any:
        if not isinstance(template, str) or not any(mark in template for mark in ("{{", "$.")):
            return template
        name = template[template.index("{{") + 2]
        if name not in self.data:
            raise Failed("missing_reference")
        value = self.data[name]
        if template.startswith("$.math"):
            if as_number(value) is None:
                raise Failed("missing_reference")
            return as_number(value) * 2 + 1
        if template.startswith("<"):
            shown = "" if value is None else str(value).lower() if isinstance(value, bool) else value
            return f"<{shown if isinstance(shown, str | int) else json.dumps(shown, separators=(',', ':'))}>"
        return value

    def holds(self, name: str, test: dict[str, Any]) -> bool:
        [function] = test.keys() - {"as"}
        left, right = as_number(self.data.get(name)), test[function]
        if left is None:
            return False
        return bool(
            {"eq": left == right, "not_eq": left != right, "more": left > right, "less": left < right}[function]
        )


PREFIXES = {"set_parameters": "set_param", "code": "code", "sum": "api_sum", "call_process": "rpc"}


def as_number(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def without_words(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if not name.endswith("_return_description__")}


@pytest.mark.timeout(300)
@given(processes(), st.fixed_dictionaries({"a": numbers | values}, optional={"b": numbers | values, "c": values}))
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_a_generated_process_runs_as_the_reference_says(
    lab: Lab, process: dict[str, Any], data: dict[str, Any]
) -> None:
    for old in lab.folder.glob("*.yaml"):
        old.unlink()
    (lab.folder / "95.yaml").write_text(yaml.safe_dump(process, sort_keys=False, allow_unicode=True))
    report = lab.engine.deploy([lab.folder], node_map={})
    assert report.is_deployed, report.problems
    model = Interpreter(process, data)
    model.run()

    view = lab.submit(95, data)
    for _ in process["nodes"]:
        if view.place == "final":
            break
        lab.forward(HOUR_S + 1)
        view = lab.engine.task(95, view.task_id)

    assert lab.path(view) == model.path
    assert without_words(view.data) == model.data

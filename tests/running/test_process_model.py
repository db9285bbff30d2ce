"""Generated processes run in the engine and in an interpreter of a page, written for this test: same path, same data.

Routes lead forward only, so that every process ends. Every node kind is in them; beside the generated process there are
one that answers, a state diagram, an empty queue, an HTTP server and a database.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.views import TaskView
from tests.running.conftest import Lab

NAMES = ("a", "b", "c")
WAITS = ("queue", "wait_for_callback", "set_state")
KINDS = (
    *("set", "math", "condition", "code", "delay", "sum", "stub", "actions", "unsupported", "call", "copy", "modify"),
    *("read", "take", "database", "git", "http", *WAITS),
)
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
            case "actions":
                first, second = draw(st.integers(-5, 20)), draw(st.sampled_from(NAMES))
                test = {"if": {name: {"more": 5, "as": "number"}}, "go": draw(target)}
                node["actions"] = [
                    {"set_parameters": {name: first}, "condition": [test]},
                    {"set_parameters": {second: f"{{{{{other}}}}}"}, "error": draw(target)},
                    {"code": f"data.{name} = typeof data.{second};"},
                ]
                node["error"] = draw(target)
            case "unsupported":
                node["unsupported"] = {"type": "api_form"}
                node["error"] = draw(target)
            case "call":
                node["call_process"] = {"conv": 96, "data": {"sent": f"{{{{{other}}}}}"}}
                node["error"] = draw(target)
            case "copy":
                data = {"value": f"{{{{{other}}}}}"}
                node["copy_task"] = {"conv": 97, "ref": f"n{number}-{{{{root.task_id}}}}", "data": data}
                node["error"] = draw(target)
            case "modify":
                node["modify_task"] = {"conv": 97, "ref": "kept", "data": {"value": f"{{{{{other}}}}}"}, "wait": True}
                node["error"] = draw(target)
            case "read":
                node["set_parameters"] = {name: "{{conv[97].ref[kept].value}}"}
                node["error"] = draw(target)
            case "take":
                node["get_from_queue"] = {"conv": 98, "node": "held"}
                node["error"] = draw(target)
            case "database":
                node["database_call"] = {"instance": "file", "query": "SELECT 6 * 7 AS answer", "result": "found"}
                node["error"] = draw(target)
            case "git":
                node["git_call"] = {"lang": "python", "code": "def handle(data): pass"}
                node["error"] = draw(target)
            case "http":
                node["api_call"] = {"method": "POST", "url": "SERVER", "data": {"sent": f"{{{{{other}}}}}"}}
                node["error"] = draw(target)
            case wait:
                node[wait] = {}
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

    def __init__(self, process: dict[str, Any], data: dict[str, Any], kept: Any) -> None:
        self.kept = kept  # the value in the state diagram
        self.nodes = process["nodes"]
        self.data = dict(data)
        self.path = ["start"]

    def run(self) -> None:
        name = "start"
        while "end" not in self.nodes[name]:
            name = self.step(self.nodes[name])
            self.path.append(name)

    def step(self, node: dict[str, Any]) -> str:
        if any(wait in node for wait in WAITS):
            return str(node["time_limit"]["go"])
        for part in (*node.get("actions", ()), {**node, "actions": ()}):
            try:
                self.work(part)
            except Failed as failure:
                prefix = next(p for key, p in PREFIXES.items() if key in part)
                self.data[f"__conveyor_{prefix}_return_type_error__"] = "software"
                self.data[f"__conveyor_{prefix}_return_type_tag__"] = failure.args[0]
                return str(part.get("error", node["error"]))
            for route in part.get("condition", ()):
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
        if "unsupported" in node:
            raise Failed("unsupported_logic")
        if "get_from_queue" in node:
            raise Failed("get_task_executing_error")
        if "git_call" in node:
            raise Failed("git_call_executing_error")
        if "database_call" in node:
            self.data |= {"found": [{"answer": 42}], "found_count": 1}
        if "api_call" in node:
            self.data["echo"] = self.resolved(node["api_call"]["data"]["sent"])
        for key in ("copy_task", "modify_task"):
            if key in node:
                value = self.resolved(node[key]["data"]["value"])
                self.kept = value if key == "modify_task" else self.kept
                self.data["__conveyor_copy_task_result__"] = "ok"
        if "call_process" in node and "stub" not in node["call_process"]:
            self.data["answer"] = self.resolved(node["call_process"]["data"]["sent"])
        elif "call_process" in node:
            sent = self.resolved(node["call_process"]["data"]["sent"])
            if as_number(sent) != 7:
                raise Failed("rpc_task_fatal_error")
            [(name, value)] = node["call_process"]["stub"][0]["reply"]["data"].items()
            self.data |= {name: value, "__logic_stub_mode__": True}

    def resolved(self, template: Any) -> Any:
        if not isinstance(template, str) or not any(mark in template for mark in ("{{", "$.")):
            return template
        if template.startswith("{{conv"):
            return self.kept
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


PREFIXES = {
    "set_parameters": "set_param",
    "code": "code",
    "sum": "api_sum",
    "call_process": "rpc",
    "unsupported": "unsupported",
    "get_from_queue": "get_task",
    "git_call": "git_call",
    "database_call": "db_call",
    "api_call": "api",
    "copy_task": "copy_task",
    "modify_task": "copy_task",
}


def as_number(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def without_words(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if not name.endswith("_return_description__")}


AROUND = """
process: Answers
id: 96
nodes:
  start: {go: reply}
  reply: {reply_to_process: {data: {answer: "{{sent}}"}}, error: done, go: done}
  done: {end: success}
---
diagram: Keeps
id: 97
nodes:
  start: {go: kept}
  kept: {set_state: {}}
---
process: Empty
id: 98
nodes:
  start: {go: held}
  held: {queue: {}, error: done, go: done}
  done: {end: success}
"""


@pytest.fixture
def around(lab: Lab, httpserver: HTTPServer) -> Lab:
    """What the generated processes call; the server answers with what it was sent."""

    def echo(request: Request) -> Response:
        return Response(json.dumps({"echo": request.get_json()["sent"]}), content_type="application/json")

    httpserver.expect_request("/").respond_with_handler(echo)
    (lab.folder / "instances.yaml").write_text(f"file: {{url: 'sqlite:///{lab.folder / 'data.db'}'}}\n")
    lab.deploy(*AROUND.split("---"))
    lab.submit(97, {"value": 1}, ref="kept")
    return lab


Model = TypeVar("Model", bound=Interpreter)


def modelled(
    lab: Lab, httpserver: HTTPServer, process: dict[str, Any], data: dict[str, Any], model_of: type[Model]
) -> Model:
    """Deploy a generated process, and run the interpreter with these data."""
    text = yaml.safe_dump(process, sort_keys=False, allow_unicode=True).replace("SERVER", httpserver.url_for("/"))
    (lab.folder / "95.yaml").write_text(text)
    report = lab.engine.deploy([lab.folder], node_map={})
    assert report.is_deployed, report.problems
    model = model_of(process, data, lab.engine.task(97, "kept").data["value"])
    model.run()
    return model


def run_out(lab: Lab, process: dict[str, Any], data: dict[str, Any]) -> TaskView:
    """Submit a task with these data, and let time pass until it ends."""
    view = lab.submit(95, data)
    for _ in process["nodes"]:
        if view.place == "final":
            break
        lab.forward(HOUR_S + 1)
        view = lab.engine.task(95, view.task_id)
    return view


@given(processes(), st.fixed_dictionaries({"a": numbers | values}, optional={"b": numbers | values, "c": values}))
@settings(max_examples=300)
def test_a_generated_process_runs_as_the_reference_says(
    around: Lab, httpserver: HTTPServer, process: dict[str, Any], data: dict[str, Any]
) -> None:
    lab = around
    model = modelled(lab, httpserver, process, data, Interpreter)

    view = run_out(lab, process, data)

    assert lab.path(view) == model.path
    assert without_words(view.data) == model.data
    assert lab.engine.task(97, "kept").data["value"] == model.kept

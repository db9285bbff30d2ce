"""Generated processes with escalations: whatever happens on the way, a retry runs the first node that failed."""

from __future__ import annotations

from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from tests.running.conftest import Lab
from tests.running.test_process_model import (
    Failed,
    Interpreter,
    around,  # noqa: F401 - a fixture
    modelled,
    numbers,
    processes,
    run_out,
    values,
)

ESCALATION: dict[str, dict[str, Any]] = {
    "tell": {"set_parameters": {"told": "{{root.error.node}} {{root.error.tag}}"}},
    "fail": {"unsupported": {"type": "api_form"}},
    "look": {"set_parameters": {"a": "{{b}}"}},
    "sleep": {"delay": "1h"},
}


@st.composite
def escalating(draw: Any) -> dict[str, Any]:
    """A generated process in which most errors go to nodes e0, e1, …, which lead to later ones, to the last regular
    node or to an end."""
    process: dict[str, Any] = draw(processes())
    nodes = process["nodes"]
    regular = [name for name in nodes if name.startswith("n")]
    escalation = [f"e{number}" for number in range(draw(st.integers(1, 4)))]
    for name in regular[:-1]:
        for part in (nodes[name], *nodes[name].get("actions", ())):
            if "error" in part and draw(st.sampled_from([True, True, False])):
                part["error"] = draw(st.sampled_from(escalation))
    for number, name in enumerate(escalation):
        targets = st.sampled_from([*escalation[number + 1 :], *escalation[number + 1 :], regular[-1], "good", "bad"])
        nodes[name] = {**ESCALATION[draw(st.sampled_from([*ESCALATION]))], "go": draw(targets)}
        if "delay" not in nodes[name]:
            nodes[name]["error"] = draw(targets)
    return process


def regular_nodes(nodes: dict[str, Any]) -> set[str]:
    """The nodes to which routes lead that are not for errors."""
    found: set[str] = set()
    waiting = ["start"]
    while waiting:
        name = waiting.pop()
        node = nodes[name]
        if name in found or "end" in node:
            continue
        found.add(name)
        conditions = [route for part in (node, *node.get("actions", ())) for route in part.get("condition", ())]
        waiting += [node["go"], *(route["go"] for route in conditions)]
        if "time_limit" in node:
            waiting.append(node["time_limit"]["go"])
    return found


class Watching(Interpreter):
    """Keeps, as (node, tag), what failed first since the task was last on its regular way."""

    def __init__(self, process: dict[str, Any], data: dict[str, Any], kept: Any) -> None:
        super().__init__(process, data, kept)
        self.regular = regular_nodes(self.nodes)
        self.failed: tuple[str, str] | None = None

    def step(self, node: dict[str, Any]) -> str:
        target = super().step(node)
        if target in self.regular:
            self.failed = None
        return target

    def work(self, node: dict[str, Any]) -> None:
        try:
            super().work(node)
        except Failed as failure:
            self.failed = self.failed or (self.path[-1], failure.args[0])
            raise

    def resolved(self, template: Any) -> Any:
        if template == ESCALATION["tell"]["set_parameters"]["told"]:
            assert self.failed is not None
            return " ".join(self.failed)
        return super().resolved(template)


@given(escalating(), st.fixed_dictionaries({"a": numbers | values}, optional={"b": numbers | values}))
@settings(max_examples=150)
def test_a_retry_runs_the_first_node_that_failed(
    around: Lab,  # noqa: F811 - the fixture
    httpserver: HTTPServer,
    process: dict[str, Any],
    data: dict[str, Any],
) -> None:
    lab = around
    model = modelled(lab, httpserver, process, data, Watching)

    view = run_out(lab, process, data)
    try:
        assert lab.path(view) == model.path
        assert view.data.get("told") == model.data.get("told")
        failed = (view.failure.node, view.failure.tag) if view.failure is not None else None
        assert failed == model.failed
        if failed is None:
            event("did not fail")
            return
        event(f"failed {len(model.path) - model.path.index(failed[0]) - 1} nodes before its end")
        if view.end == "error":
            assert view.note.startswith(f'node "{failed[0]}": {failed[1]}: ')

        lab.engine.retry(95, view.task_id)
        lab.run()

        assert lab.path(lab.engine.task(95, view.task_id))[len(model.path)] == failed[0]
    finally:
        lab.engine.delete(95, view.task_id)  # the next example has other nodes

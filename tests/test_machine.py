"""The machine decides every move; the fast walk over its lists equals a live trigger."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.condition import compile_condition
from engine.definition import Definition
from engine.machine import ERROR, STEP, TIMEOUT, NodeMachine
from engine.template import Scope

NAMES = ["start", "*", "=", "a.b", "to_a", "trigger", "x y", "n:", "error"]
FUNCTIONS = ["eq", "not_eq", "less", "more", "less_or_eq", "more_or_eq"]

tests = st.fixed_dictionaries(
    {
        "param": st.sampled_from(["a", "b", "missing"]),
        "fun": st.sampled_from(FUNCTIONS),
        "value": st.integers(-2, 2),
        "cast": st.just("number"),
    }
)
conditions = st.lists(
    st.fixed_dictionaries(
        {
            "tests": st.lists(st.lists(tests, min_size=1, max_size=2), min_size=1, max_size=2),
            "go": st.sampled_from(NAMES),
        }
    ),
    max_size=3,
)
nodes = st.fixed_dictionaries(
    {
        "condition": conditions,
        "go": st.none() | st.sampled_from(NAMES),
        "error": st.none() | st.sampled_from(NAMES),
        "time_limit": st.none() | st.fixed_dictionaries({"after": st.just(1000), "go": st.sampled_from(NAMES)}),
    }
)


def build(graph: dict[str, Any]) -> tuple[Definition, NodeMachine]:
    definition = Definition.model_validate(
        {
            "kind": "process",
            "id": 1,
            "title": "T",
            "nodes": {name: {"name": name, **node} for name, node in graph.items()},
        }
    )
    return definition, NodeMachine(definition, "error", lambda condition: compile_condition(condition.tests))


@given(
    graph=st.fixed_dictionaries(dict.fromkeys(NAMES, nodes)),
    data=st.dictionaries(st.sampled_from(["a", "b"]), st.integers(-2, 2) | st.text(max_size=2)),
)
def test_walking_the_machines_lists_equals_a_live_trigger(graph: dict[str, Any], data: dict[str, Any]) -> None:
    definition, machine = build(graph)
    scope = Scope(data)

    for name in definition.nodes:
        walked = next((target for check, target in machine.routes(name) if check is None or check(scope)), None)
        assert machine.fire(name, STEP, scope) == walked
        for trigger in (ERROR, TIMEOUT):
            assert machine.fire(name, trigger, scope) == machine.target(name, trigger)


@given(graph=st.fixed_dictionaries(dict.fromkeys(NAMES, nodes)))
def test_every_route_of_the_author_is_a_transition_and_no_other(graph: dict[str, Any]) -> None:
    definition, machine = build(graph)

    for name, node in definition.nodes.items():
        written = [condition.go for condition in node.condition] + ([node.go] if node.go is not None else [])
        assert [target for _, target in machine.routes(name)] == written

"""Names of the engine come from the engine: not by modifies, callbacks and replies; a definition may pass them on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.app import Engine
from engine.errors import WrongData
from engine.load import read_tree
from tests.running.conftest import Lab

WAITS = """
    process: Waits
    id: 6
    nodes:
      start: {go: wait}
      wait: {wait_for_callback: {obj_id_path: task_id}, go: done}
      done: {end: success}
    """

DOORS: dict[str, Callable[[Engine, str, dict[str, Any]], object]] = {
    "modify": lambda engine, task, data: engine.modify(6, task, data),
    "modify with a key": lambda engine, task, data: engine.modify(6, task, data, key="k"),
    "callback": lambda engine, task, data: engine.callback(6, task, data),
    "callback in a node": lambda engine, task, data: engine.callback_in(6, "wait", {"task_id": task, **data}),
}


@pytest.mark.parametrize("name", ["__conveyor_api_return_type_tag__", "__webhook", "__for_each__", "__queue_task_id__"])
@pytest.mark.parametrize("door", DOORS)
def test_a_caller_who_brings_a_name_of_the_engine_is_refused(lab: Lab, door: str, name: str) -> None:
    lab.deploy(WAITS)
    task = lab.submit(6, {"a": 1}).task_id

    with pytest.raises(WrongData, match=f'parameter "{name}"'):
        DOORS[door](lab.engine, task, {"b": 2, name: "x"})
    lab.run()

    view = lab.engine.task(6, task)
    assert (view.node, view.data) == ("wait", {"a": 1})


CALLS = """
    process: Calls
    id: 1
    nodes:
      start: {go: call}
      call: {call_process: {conv: 2MORE}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """
REPLY = (
    'data: {a: 1, __conveyor_api_return_type_tag__: x, __logic_stub_mode__: "no", __conveyor_rpc_return_type_tag__: y}'
)


@pytest.mark.parametrize("exception", ["", ", exception: true"])
@pytest.mark.parametrize("by", ["process", "stub"])
def test_a_reply_cannot_set_names_of_the_engine(lab: Lab, by: str, exception: str) -> None:
    stub = f", stub: [{{reply: {{{REPLY}{exception}}}}}]" if by == "stub" else ""
    lab.deploy(
        CALLS.replace("MORE", stub),
        f"""
        process: Replies
        id: 2
        nodes:
          start: {{go: reply}}
          reply: {{reply_to_process: {{{REPLY}{exception}}}, error: failed, go: done}}
          done: {{end: success}}
          failed: {{end: error}}
        """,
    )

    view = lab.submit(1)

    assert (view.node, view.data.pop("a")) == ("failed" if exception else "done", 1)
    assert view.data.pop("__logic_stub_mode__", None) == (True if by == "stub" else None)
    assert view.data.get("__conveyor_rpc_return_type_tag__") == ("rpc_reply_exception" if exception else None)
    assert "__conveyor_api_return_type_tag__" not in view.data


def test_what_a_definition_passes_on_keeps_names_of_the_engine(lab: Lab) -> None:
    """A copy and a modify with everything that the task has, after a failure."""
    lab.deploy(
        """
        process: Fails
        id: 1
        nodes:
          start: {go: fail}
          fail: {set_parameters: {x: "{{nowhere}}"}, error: copy, go: done}
          copy: {copy_task: {conv: 2, ref: other, send_all: true}, error: failed, go: tell}
          tell: {modify_task: {conv: 3, ref: state, send_all: true}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """,
        "process: Copies\nid: 2\nnodes: {start: {go: done}, done: {end: success}}\n",
        "diagram: State\nid: 3\nnodes: {start: {go: state}, state: {set_state: {}}}\n",
    )
    lab.submit(3, ref="state")

    lab.submit(1)

    tag = "__conveyor_set_param_return_type_tag__"
    assert lab.engine.task(2, "other").data[tag] == lab.engine.task(3, "state").data[tag] == "missing_reference"


def test_lint_tells_of_a_reply_that_does_not_arrive(lab: Lab) -> None:
    (lab.folder / "replies.yaml").write_text(
        "process: Replies\nid: 2\nnodes:\n  start: {go: reply}\n"
        "  reply: {reply_to_process: {keys: [a, __conveyor_api_return_type_tag__]}, error: failed, go: done}\n"
        "  done: {end: success}\n  failed: {end: error}\n"
    )

    problems = [str(problem) for problem in read_tree([lab.folder]).problems]

    assert len(problems) == 1
    assert "__conveyor_api_return_type_tag__" in problems[0]
    assert "the caller does not get" in problems[0]

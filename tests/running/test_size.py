"""A node that makes its task too large takes its error route, its write undone, whatever it is that grows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from engine.app import Engine
from engine.config import Settings
from engine.views import TaskView
from tests.running.conftest import Lab

LIMIT = 128_000


def process(grow: str, error: str = "tell", more: str = "") -> str:
    return f"""
    process: Grows
    id: 1
    nodes:
      start: {{go: first}}
      first: {{set_parameters: {{first: done}}, go: grow}}
      grow:
        {grow}
        error: {error}
        go: done
      tell: {{set_parameters: {{told: true}}, error: failed, go: failed}}
      done: {{end: success}}
      failed: {{end: error}}
      {more}
    """


ANSWERS = """
    process: Answers
    id: 2
    nodes:
      start: {go: reply}
      reply: {reply_to_process: {data: {big: "{{text}}"}}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """


def error(view: TaskView, prefix: str) -> tuple[str, str]:
    return (
        view.data[f"__conveyor_{prefix}_return_type_tag__"],
        view.data[f"__conveyor_{prefix}_return_type_error__"],
    )


@pytest.mark.parametrize(
    ("grow", "prefix", "tag"),
    [
        ("set_parameters: {twice: '{{text}}{{text}}'}", "set_param", "set_param_size_overflow_limit"),
        ("code: 'data.twice = data.text.repeat(2); 1'", "code", "code_size_overflow_limit"),
        ("call_process: {conv: 2, data: {text: '{{text}}'}}", "rpc", "rpc_task_size_overflow"),
    ],
    ids=["set_parameters", "code", "reply"],
)
def test_a_node_that_grows_its_task_too_large_takes_its_error_route(lab: Lab, grow: str, prefix: str, tag: str) -> None:
    lab.deploy(process(grow), ANSWERS)
    text = "x" * 70_000

    view = lab.submit(1, {"text": text}, ref="r")

    assert lab.path(view)[-3:] == ["grow", "tell", "failed"]
    assert error(view, prefix) == (tag, "software")
    assert "Max available task size: 128000 bytes" in view.data[f"__conveyor_{prefix}_return_description__"]
    assert (view.data["text"], view.data["first"], view.data["told"]) == (text, "done", True)
    assert not {"twice", "big"} & view.data.keys()
    assert tag in view.note
    assert lab.submit(1, {"text": "small"}).node == "done"


def test_a_task_near_the_limit_can_still_carry_its_failure(lab: Lab) -> None:
    lab.deploy(process("set_parameters: {x: '{{missing}}'}"))
    room = LIMIT - len(json.dumps({"text": "", "first": "done", "told": True}, separators=(",", ":")))

    view = lab.submit(1, {"text": "x" * room})

    assert lab.path(view)[-2:] == ["tell", "failed"]
    assert error(view, "set_param") == ("missing_reference", "software")


def test_a_refused_answer_that_is_too_large_is_left_out_and_the_failure_kept(lab: Lab, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_json({"big": "x" * 70_000}, status=503)
    lab.deploy(process(f"api_call: {{method: POST, url: '{httpserver.url_for('/')}', data: {{}}}}"))

    view = lab.submit(1, {"text": "x" * 70_000})

    assert lab.path(view)[-3:] == ["grow", "tell", "failed"]
    assert error(view, "api") == ("api_bad_answer", "hardware")
    assert "big" not in view.data


def test_without_an_error_route_it_ends_in_the_implicit_error(lab: Lab) -> None:
    lab.deploy(process("set_parameters: {twice: '{{text}}{{text}}'}").replace("error: tell\n", "\n"))

    view = lab.submit(1, {"text": "x" * 70_000})

    assert (view.node, view.failed, view.data["first"]) == ("error", True, "done")
    assert error(view, "set_param")[0] == "set_param_size_overflow_limit"


GROWS = "set_parameters: {twice: '{{text}}{{text}}'}"


@pytest.mark.parametrize("route", ["grow", "other"])
def test_an_error_route_that_grows_it_again_comes_to_an_end(lab: Lab, route: str) -> None:
    lab.deploy(process(GROWS, error=route, more=f"other: {{{GROWS}, error: grow, go: done}}"))

    view = lab.submit(1, {"text": "x" * 70_000})

    assert (view.node, view.failed) == ("error", True)
    assert lab.path(view) == ["start", "first", "grow", route, "error"]
    assert "on its error route again" in view.note


def test_an_error_route_that_makes_room_goes_on(lab: Lab) -> None:
    lab.deploy(process(GROWS, error="shrink", more="shrink: {set_parameters: {text: small}, go: grow}"))

    view = lab.submit(1, {"text": "x" * 70_000})

    assert (view.node, view.data["twice"]) == ("done", "smallsmall")


def test_what_the_run_had_done_before_is_done_once_and_nothing_of_the_node_that_was_undone(lab: Lab) -> None:
    lab.deploy(
        """
        process: Grows
        id: 1
        nodes:
          start: {go: count}
          count: {sum: {total: 1}, go: answer}
          answer: {reply_to_process: {data: {answered: "{{text}}"}}, go: read}
          read: {set_parameters: {x: "{{conv[4].ref[s].x}}"}, error: failed, go: grow}
          grow: {set_parameters: {twice: "{{text}}{{text}}"}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """,
        """
        process: Calls
        id: 3
        nodes:
          start: {go: call}
          call: {call_process: {conv: 1, data: {text: "{{text}}"}}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """,
        "diagram: S\nid: 4\nnodes:\n  start: {go: open}\n  open: {set_state: {}}\n",
    )
    lab.submit(4, {"x": 5}, ref="s")

    callers = [lab.engine.submit(3, {"text": "x" * 40_000 if number % 2 else "x" * 70_000}) for number in range(6)]
    lab.run()

    assert [lab.engine.task(3, caller.task_id).node for caller in callers] == ["failed", "done"] * 3
    grown = lab.engine.archive(1, "failed")
    assert [(view.data["x"], "twice" in view.data) for view in grown] == [(5, False)] * 3
    assert {node.name: (node.now, node.entered) for node in lab.engine.show(1).nodes}["grow"] == (0, 6)
    assert lab.engine.evaluate("{{conv[1].node[count].total}}") == (6, False)
    assert lab.engine.audit().findings == []


def test_one_that_was_too_large_before_may_shrink(lab: Lab, settings: Settings) -> None:
    lab.deploy(
        """
        process: Shrinks
        id: 1
        nodes:
          start: {go: wait}
          wait: {delay: 1s, go: cut}
          cut: {set_parameters: {text: "{{short}}"}, go: done}
          done: {end: success}
        """
    )
    lab.submit(1, {"text": "x" * 70_000, "short": "x" * 20_000}, ref="r")

    with Engine.open(replace(settings, task_size_bytes=30_000)) as engine:
        Lab(engine, lab.folder).forward(2)
        assert engine.task(1, "r").node == "done"


@pytest.mark.parametrize(("more", "node"), [(0, "done"), (1, "failed")])
def test_an_answer_may_fill_its_task_and_no_more(lab: Lab, httpserver: HTTPServer, more: int, node: str) -> None:
    most = lab.engine.settings.task_size_bytes
    httpserver.expect_request("/").respond_with_json({"a": "x" * (most - len('{"first":"done","a":""}') + more)})
    lab.deploy(
        process(f'api_call: {{method: GET, url: "{httpserver.url_for("/")}", response: {{a: "{{{{body.a}}}}"}}}}')
    )

    view = lab.submit(1)

    assert view.node == node
    assert view.data.get("__conveyor_api_return_type_tag__") == ("api_task_size_overflow_limit" if more else None)
    assert view.data.get("__conveyor_api_return_http_code__") == (200 if more else None)


def test_what_cannot_be_written_stops_its_task_and_no_other(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.nodes.set_parameters import SetParametersLogic

    run = SetParametersLogic.run

    def wrong(self: SetParametersLogic, task: Any, ctx: Any) -> Any:
        outcome = run(self, task, ctx)
        if task.ref == "bad":
            task.data["x"] = object()  # as a bug of a node would
        return outcome

    monkeypatch.setattr(SetParametersLogic, "run", wrong)
    lab.deploy(process("set_parameters: {x: 1}"))
    lab.engine.submit(1, {}, ref="bad")

    assert lab.submit(1).node == "done"

    view = lab.engine.task(1, "bad")
    assert (view.node, view.failed) == ("error", True)
    assert "engine_error" in view.note


def test_what_does_not_fit_into_a_call_stops_its_task_and_no_other(lab: Lab, settings: Settings) -> None:
    lab.deploy(process("code: 'data.x = 1'"), "process: P\nid: 2\nnodes: {start: {go: done}, done: {end: success}}\n")

    with Engine.open(replace(settings, task_size_bytes=8_000_000)) as engine:
        other = Lab(engine, lab.folder)
        engine.submit(1, {"text": "x" * 3_000_000}, ref="large")
        assert other.submit(2).node == "done"
        view = engine.task(1, "large")
        assert engine.audit().findings == []

    assert (view.node, view.failed) == ("error", True)
    assert "4000000" in view.note

"""How deep lists and objects may lie in each other: CONV_DEPTH, wherever a value comes into a task or grows in one."""

from __future__ import annotations

import dataclasses
import json

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from engine.app import Engine
from engine.data import is_deeper
from engine.views import TaskView
from tests.running.conftest import Lab
from tests.test_data import nested

LIMIT = 100


def failure(view: TaskView, kind: str) -> str:
    """The tag of a failure that took the error route, after a look at what the task has become."""
    json.dumps(view.masked().as_dict())
    assert view.node == "failed", view.note
    return str(view.data[f"__conveyor_{kind}_return_type_tag__"])


# --- Answers of HTTP ------------------------------------------------------------------------------

CALL = """
    process: Call
    id: 1
    nodes:
      start: {{go: call}}
      call:
        api_call: {{method: GET, url: "{url}/x"{response}}}
        error: failed
        go: done
      done: {{end: success}}
      failed: {{end: error}}
    """


def call(
    lab: Lab, server: HTTPServer, body: str, response: str = "", status: int = 200, kind: str = "json"
) -> TaskView:
    server.expect_request("/x").respond_with_response(Response(body, status, content_type=f"application/{kind}"))
    lab.deploy(CALL.format(url=server.url_for("").rstrip("/"), response=response))
    return lab.submit(1, {"kept": 1})


def lists(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    ("body", "response"),
    [
        (lists(LIMIT - 1), ""),
        ('{"a": ' + lists(LIMIT - 1) + "}", ""),
        ('{"a": ' + lists(LIMIT - 2) + "}", ', response: {a: "{{body}}"}'),
    ],
    ids=["list", "object", "response"],
)
def test_an_answer_may_lie_as_deep_as_a_task(lab: Lab, httpserver: HTTPServer, body: str, response: str) -> None:
    view = call(lab, httpserver, body, response)

    assert view.node == "done", view.note
    assert not is_deeper(view.data, LIMIT)
    assert is_deeper(view.data, LIMIT - 1)


@pytest.mark.parametrize(
    ("body", "response"),
    [
        (lists(LIMIT), ""),
        (lists(600), ""),
        (lists(100_000), ""),
        ('{"a": ' + lists(LIMIT) + "}", ""),
        ('{"a": ' + lists(LIMIT - 1) + "}", ', response: {a: "{{body}}"}'),
        ('{"a": ' + lists(50) + "}", ", response: {" + ".".join("abcdefghij" * 6) + ': "{{body}}"}'),
    ],
    ids=["one", "600", "100000", "object", "response", "path"],
)
def test_an_answer_that_lies_deeper_is_no_answer(lab: Lab, httpserver: HTTPServer, body: str, response: str) -> None:
    view = call(lab, httpserver, body, response)

    assert failure(view, "api") == "api_no_valid_json"
    assert "deep in each other" in view.note
    assert view.data["kept"] == 1
    assert "a" not in view.data


def test_xml_may_lie_no_deeper(lab: Lab, httpserver: HTTPServer) -> None:
    view = call(lab, httpserver, "<a>" * 150 + "</a>" * 150, kind="xml")

    assert failure(view, "api") == "api_no_valid_json"


@pytest.mark.parametrize("body", [lists(LIMIT), lists(600), '{"a": ' + lists(LIMIT) + "}"], ids=len)
def test_what_an_error_says_is_left_out_when_it_lies_deeper(lab: Lab, httpserver: HTTPServer, body: str) -> None:
    view = call(lab, httpserver, body, status=400)

    assert failure(view, "api") == "api_bad_answer"
    assert not is_deeper(view.data, 2)


@pytest.mark.parametrize(
    "body", ['{"n": 1e400}', '{"n": [-1E999]}', '{"n": NaN}', '{"n": ' + "1" * 5000 + "}"], ids=len
)
def test_a_number_that_cannot_be_kept_is_no_answer(lab: Lab, httpserver: HTTPServer, body: str) -> None:
    view = call(lab, httpserver, body)

    assert failure(view, "api") == "api_no_valid_json"
    assert "n" not in view.data


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("response", ["", ', response: {half: "{{body.half}}", whole: "{{whole}}"}'], ids=len)
def test_half_a_character_of_an_answer_becomes_a_replacement(
    lab: Lab, httpserver: HTTPServer, status: int, response: str
) -> None:
    body = r'{"half": "a\ud83d", "whole": "\ud83d\ude00", "\udc00": 1}'

    view = call(lab, httpserver, body, response, status)

    if status == 200 or not response:
        assert (view.data["half"], view.data["whole"]) == ("a\ufffd", "😀")


# --- What nodes make ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        '{x: {in: "{{x}}"}}',
        '{x: ["{{x}}"]}',
        '{y: {in: {in: "{{x}}"}}, x: "{{y}}"}',
        '{x.in.x: "{{x}}"}',
        '{"x[0]": "{{x}}"}',
        '{x: "$.map(fun(X) -> [[X]] end, {{x}})"}',
    ],
)
def test_a_parameter_put_into_itself_again_and_again_takes_the_error_route(lab: Lab, values: str) -> None:
    lab.deploy(f"""
        process: Grow
        id: 1
        nodes:
          start: {{go: grow}}
          grow: {{set_parameters: {values}, error: failed, go: again}}
          again: {{delay: 1s, go: grow}}
          failed: {{end: error}}
        """)

    view = lab.submit(1, {"x": [1] if "[0]" in values or "map" in values else {}, "y": 1})
    for _ in range(3 * LIMIT):
        if view.is_final:
            break
        lab.forward(1)
        view = lab.engine.task(1, view.task_id)

    assert failure(view, "set_param") == "set_param_depth_overflow_limit"
    assert "more than 100 deep in each other (CONV_DEPTH)" in view.note
    assert not is_deeper(view.data, LIMIT)
    assert is_deeper(view.data, LIMIT - 5)


DEEP_TEXT = json.dumps(nested(LIMIT))


@pytest.mark.parametrize("depth", [LIMIT - 1, LIMIT, 600, 50_000])
def test_a_text_that_is_cast_may_lie_no_deeper(lab: Lab, depth: int) -> None:
    lab.deploy("""
        process: Cast
        id: 1
        nodes:
          start: {go: cast}
          cast: {set_parameters: {x: "{{text}}"}, types: {x: array}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """)

    view = lab.submit(1, {"text": lists(depth)})

    if depth < LIMIT:
        assert view.node == "done"
    else:
        assert failure(view, "set_param") in ("set_param_depth_overflow_limit", "set_param_wrong_convert_param")
        assert "x" not in view.data


@pytest.mark.parametrize("depth", [LIMIT, 600])
def test_what_a_callback_brings_may_lie_no_deeper_when_it_is_cast(lab: Lab, depth: int) -> None:
    lab.deploy("""
        process: Waits
        id: 1
        nodes:
          start: {go: wait}
          wait: {wait_for_callback: {expected_params: {x: array}}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """)
    lab.submit(1, {}, ref="w")

    view = lab.modify(1, "w", {"x": lists(depth)})

    assert failure(view, "callback").startswith("callback_")
    assert view.data["x"] == lists(depth)


SENDERS = {
    "copy_task": ("copy_task: {conv: 5, data: {x: {in: '{{x}}'}}}", "copy_task"),
    "modify_task": ("modify_task: {conv: 5, ref: kept, data: {x: ['{{x}}']}}", "copy_task"),
    "call_process": ("call_process: {conv: 6, data: {x: ['{{x}}']}}", "rpc"),
    "stub": (
        "call_process: {conv: 6, data: {y: '{{x}}'}, stub: [{reply: {data: {x: ['{{y}}']}}}]}",
        "rpc",
    ),
}

KEPT = """
    diagram: Kept
    id: 5
    nodes:
      start: {go: kept}
      kept: {set_state: {}}
    """

REPLIES = """
    process: Replies
    id: 6
    nodes:
      start: {go: reply}
      reply: {reply_to_process: {data: {x: ["{{x}}"]}}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """


@pytest.mark.parametrize("name", SENDERS)
def test_what_is_sent_may_lie_no_deeper(lab: Lab, name: str) -> None:
    action, prefix = SENDERS[name]
    lab.deploy(
        KEPT,
        REPLIES,
        f"""
        process: Sends
        id: 1
        nodes:
          start: {{go: send}}
          send: {{{action}, error: failed, go: done}}
          done: {{end: success}}
          failed: {{end: error}}
        """,
    )
    kept = lab.submit(5, {}, ref="kept")

    assert lab.submit(1, {"x": nested(LIMIT - 3)}).node == "done"
    assert failure(lab.submit(1, {"x": nested(LIMIT - 1)}), prefix).endswith("_depth_overflow_limit")
    assert lab.engine.task(5, kept.task_id).place == "parked"
    assert len(lab.engine.archive(6, "failed")) == 0


def test_a_reply_that_lies_deeper_fails_where_it_is_made(lab: Lab) -> None:
    lab.deploy(
        REPLIES,
        """
        process: Calls
        id: 1
        nodes:
          start: {go: call}
          call: {call_process: {conv: 6, send_all: true}, time_limit: {after: 1s, go: failed}, go: done}
          done: {end: success}
          failed: {end: error}
        """,
    )

    assert lab.submit(1, {"x": nested(LIMIT - 2)}).node == "done"
    view = lab.submit(1, {"x": nested(LIMIT - 1)})
    lab.forward(2)

    assert lab.engine.task(1, view.task_id).node == "failed"
    [called] = lab.engine.archive(6, "failed")
    assert failure(called, "rpc_reply") == "rpc_reply_depth_overflow_limit"


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_taken_out_of_a_queue_may_lie_no_deeper(lab: Lab, count: int) -> None:
    lab.deploy(
        """
        process: Lies
        id: 2
        nodes:
          start: {go: line}
          line: {queue: {}, go: done}
          done: {end: success}
        """,
        f"""
        process: Takes
        id: 1
        nodes:
          start: {{go: take}}
          take: {{get_from_queue: {{conv: 2, node: line, count: {count}}}, error: failed, go: done}}
          done: {{end: success}}
          failed: {{end: error}}
        """,
    )
    deep = lab.submit(2, {"x": nested(LIMIT - 1)})

    view = lab.submit(1, {})

    assert failure(view, "get_task") == "get_task_depth_overflow_limit"
    assert deep.task_id in view.note
    assert lab.engine.task(2, deep.task_id).node == "done"
    lab.submit(2, {"x": nested(LIMIT - 3)})
    assert lab.submit(1, {}).node == "done"


def test_what_a_queue_gives_may_lie_no_deeper(lab: Lab) -> None:
    lab.deploy("""
        process: Lies
        id: 1
        nodes:
          start: {go: line}
          line: {queue: {data: {y: [["{{x}}"]]}}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """)

    assert lab.submit(1, {"x": nested(LIMIT - 4)}).place == "queued"
    assert failure(lab.submit(1, {"x": nested(LIMIT - 1)}), "queue") == "queue_depth_overflow_limit"


@pytest.mark.parametrize(
    "src",
    [
        f"let x = 1; for (let i = 0; i < {LIMIT}; i++) x = [x]; data.x = x;",
        "let x = 1; for (let i = 0; i < 600; i++) x = [x]; data.x = x;",
        "data.text = JSON.stringify(data); data.x = {y: data.deep};",
    ],
)
def test_what_a_script_leaves_may_lie_no_deeper(lab: Lab, src: str) -> None:
    lab.deploy(f"""
        process: Script
        id: 1
        nodes:
          start: {{go: script}}
          script: {{code: "{src}", error: failed, go: done}}
          done: {{end: success}}
          failed: {{end: error}}
        """)

    view = lab.submit(1, {"deep": nested(LIMIT - 1)})

    assert failure(view, "code") == "code_return_format_error"
    assert "x" not in view.data


def test_half_a_character_that_a_script_leaves_becomes_a_replacement(lab: Lab) -> None:
    lab.deploy(
        r"""
        process: Script
        id: 1
        nodes:
          start: {go: script}
          script: {code: "data.half = '\ud83d😀'.slice(0, 2); data['\udc00'] = data.whole;", error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """.replace("\\u", "\\\\u")
    )

    view = lab.submit(1, {"whole": "😀"})

    assert view.node == "done", view.note
    assert view.data == {"whole": "😀", "half": "\ufffd\ufffd", "\ufffd": "😀"}


@pytest.mark.parametrize(
    "value", ["[" * 150 + "]" * 150, "[" * 5000 + "]" * 5000, "[1e400]", "[NaN]", r'["\ud83d"]'], ids=len
)
def test_a_variable_may_lie_no_deeper_and_hold_nothing_else(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    (lab.folder / "variables.yaml").write_text("deep: {type: json, value: []}\n")
    lab.deploy("""
        process: Variable
        id: 1
        nodes:
          start: {go: set}
          set: {set_parameters: {x: "{{env_var[@deep]}}"}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """)
    monkeypatch.setenv("CONV_VAR_DEEP", value)

    with Engine.open(lab.engine.settings) as engine:
        submitted = engine.submit(1, {})
        assert engine.run_until_idle()
        view = engine.task(1, submitted.task_id)

    if view.node == "failed":
        assert failure(view, "set_param") == "set_param_depth_overflow_limit"
    else:
        assert view.data["x"] == value  # no JSON variable keeps what is not JSON: it is a text


def test_a_setting_holds(lab: Lab) -> None:
    lab.deploy(KEPT)
    with Engine.open(dataclasses.replace(lab.engine.settings, depth=40)) as engine:
        engine.submit(5, {"x": nested(39)})
        with pytest.raises(Exception, match=r"more than 40 deep in each other \(CONV_DEPTH\)"):
            engine.submit(5, {"x": nested(40)})

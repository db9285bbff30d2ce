"""What a failure says: secrets that it has read are masked in it, and nothing else changes a word of it."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.logic import Context, Event, Running, Stay, resolve
from engine.template import compile_text
from engine.views import TaskView
from engine.worker import Worker
from tests.running.conftest import Lab
from tests.waiting import PATIENCE_S

TOKENS = """
    diagram: Tokens
    id: 2
    params: {token: {type: string, secret: true}}
    nodes:
      start: {go: kept}
      kept: {set_state: {}, go: kept}
    """

# One node for each kind of failure. What is read before a failure, and beside it, is not what it is about.
FAILURES: dict[str, tuple[str, str]] = {
    "a time": ('delay: {until: "{{word}}"}', "wrong_time: {node}: Value: soon, Try convert to: number"),
    "a secret time": ('delay: {until: "{{token}}"}', "wrong_time: {node}: Value: ***, Try convert to: number"),
    "a value": (
        'set_parameters: {copy: "{{token}}", n: "{{word}}"}, types: {n: number}',
        "set_param_wrong_convert_param: Value: soon, Try convert to: number",
    ),
    "a secret value": (
        'set_parameters: {n: "{{token}}"}, types: {n: number}',
        "set_param_wrong_convert_param: Value: ***, Try convert to: number",
    ),
    "a ref": (
        'set_parameters: {x: "{{conv[2].ref[{{word}}].x}}"}',
        'missing_reference: {{conv[2].ref[{{word}}].x}} is missing: "Tokens" (2) has no living task with ref "soon"',
    ),
    "a secret ref": (
        'set_parameters: {x: "{{conv[2].ref[{{token}}].x}}"}',
        'missing_reference: {{conv[2].ref[{{token}}].x}} is missing: "Tokens" (2) has no living task with ref "***"',
    ),
    "another task's secret": (
        'set_parameters: {x: "{{conv[2].ref[{{conv[2].ref[t].token}}].x}}"}',
        "missing_reference: {{conv[2].ref[{{conv[2].ref[t].token}}].x}} is missing: "
        '"Tokens" (2) has no living task with ref "***"',
    ),
    "a secret conv": (
        'copy_task: {conv: "{{env_var[@key]}}"}',
        'not_found_main_node: no process or state diagram "***"; conv list shows what is deployed',
    ),
    "a condition": (
        'condition: [{if: {"{{conv[2].ref[{{env_var[@key]}}].x}}": 1}, go: done}]',
        "missing_reference: {{conv[2].ref[{{env_var[@key]}}].x}} is missing: "
        '"Tokens" (2) has no living task with ref "***"',
    ),
    "a condition that reads": ("condition: [{if: {token: none}, go: done}]", ""),
}


@pytest.fixture
def failing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("CONV_VAR_KEY", "key-of-all")
    (lab.folder / "variables.yaml").write_text("key: {secret: true}\n")
    nodes = "".join(f"  {kind}: {{{action}, error: failed, go: done}}\n" for kind, (action, _) in FAILURES.items())
    routes = ", ".join(f"{{if: {{kind: {kind}}}, go: {kind}}}" for kind in FAILURES)
    lab.deploy(
        TOKENS,
        f"process: Failing\nid: 1\nparams: {{token: {{type: string, secret: true}}}}\nnodes:\n"
        f"  start: {{condition: [{routes}], go: done}}\n{nodes}  done: {{end: success}}\n  failed: {{end: error}}\n",
    )
    lab.engine.submit(2, {"token": "token-of-another"}, ref="t")
    return lab


numbers = itertools.count()


@given(st.lists(st.sampled_from(sorted(FAILURES)), min_size=1, max_size=12), st.integers(0, 12))
@settings(max_examples=25)
@example(["a condition that reads", "a time"], 1)
@example(["a condition that reads", "a time"], 2)
def test_a_failure_says_the_same_whatever_ran_before(failing: Lab, kinds: list[str], cut: int) -> None:
    worker = Worker(failing.engine.store, failing.engine.settings)
    submitted = []

    for batch in (kinds[:cut], kinds[cut:]):
        for kind in batch:
            data = {"kind": kind, "word": "soon", "token": f"token-{next(numbers):06}"}
            submitted.append((kind, failing.engine.submit(1, data).task_id))
        assert worker.run_until_idle(time.monotonic() + PATIENCE_S, lambda: False)

    for kind, task_id in submitted:
        view = failing.engine.task(1, task_id)
        tag, _, description = FAILURES[kind][1].replace("{node}", f'node "{kind}"').partition(": ")
        assert view.note == (f'node "{kind}": {tag}: {description}' if tag else "")
        assert said(view) == description


def test_a_failed_call_does_not_show_a_secret_of_its_url(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONV_VAR_KEY", "key-of-all")
    (lab.folder / "variables.yaml").write_text("key: {secret: true}\n")
    lab.deploy(
        TOKENS,
        """
        process: Call
        id: 1
        nodes:
          start: {go: call}
          call:
            api_call: {method: POST, url: "http://127.0.0.1:9/{{env_var[@key]}}/{{conv[2].ref[t].token}}"}
            error: failed
            go: done
          done: {end: success}
          failed: {end: error}
        """,
    )
    lab.engine.submit(2, {"token": "token-of-another"}, ref="t")

    view = lab.submit(1)

    refused = "failed_connect: connection refused"
    assert view.note == f'node "call": api_bad_answer: POST http://127.0.0.1:9/***/***: {refused}'
    assert said(view) == refused


def test_a_script_that_throws_a_secret_does_not_show_it(lab: Lab) -> None:
    lab.deploy("""
        process: Script
        id: 1
        params: {token: {type: string, secret: true}}
        nodes:
          start: {go: throws}
          throws: {code: "throw new Error(`not with ${data.token} of ${data.word}`);", error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """)

    view = lab.submit(1, {"token": "hunter22", "word": "soon"})

    for text in (view.note, said(view)):
        assert "hunter22" not in text
        assert "Error in line 1; what it says is not shown, for it had read a secret" in text


CALLED = """
    process: Called
    id: 4
    params: {token: {type: string, secret: true}}
    nodes:
      start: {go: refuse}
      refuse: {reply_to_process: {exception: "not with {{token}} of {{word}}"}, go: done}
      done: {end: success}
    """
CALLER = """
    process: Caller
    id: 3
    params: {token: {type: string, secret: true}}
    nodes:
      start: {go: call}
      call: {call_process: {conv: 4, data: {token: "{{token}}", word: "{{word}}"}%s}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """
STUBS = {
    "": "rpc_reply_exception: not with *** of soon",
    ', stub: [{reply: {exception: "not with {{token}} of {{word}}"}}]': "rpc_reply_exception: not with *** of soon",
    ', stub: [{reply: {data: {x: "{{conv[2].ref[{{token}}].x}}"}}}]': "missing_reference: "
    '{{conv[2].ref[{{token}}].x}} is missing: "Tokens" (2) has no living task with ref "***"',
}


@pytest.mark.parametrize("stub", STUBS)
def test_a_refusal_does_not_carry_a_secret_to_the_caller(lab: Lab, stub: str) -> None:
    lab.deploy(TOKENS, CALLED, CALLER % stub)

    view = lab.submit(3, {"token": "hunter22", "word": "soon"})

    assert view.note == f'node "call": {STUBS[stub]}'
    assert said(view) == STUBS[stub].partition(": ")[2]


class Broken:
    """A logic with a bug, whose error quotes what it was given."""

    def run(self, task: Running, ctx: Context) -> Stay | None:
        values, _ = resolve({"key": compile_text("{{env_var[@key]}}")}, ctx.scope)
        raise KeyError(f"{values['key']} {task.data['token']} {task.data['word']}")

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        return None


def test_a_bug_shows_no_secret_in_the_log(failing: Lab, caplog: pytest.LogCaptureFixture) -> None:
    worker = Worker(failing.engine.store, failing.engine.settings)
    worker.convs.program(1).steps["a value"].logic = Broken()
    data = {"kind": "a value", "word": "soon", "token": "hunter22"}
    task_id = failing.engine.submit(1, data).task_id

    assert worker.run_until_idle(time.monotonic() + PATIENCE_S, lambda: False)

    assert "KeyError: '*** *** soon'" in caplog.text
    assert "KeyError: '*** *** soon'" in failing.engine.task(1, task_id).note


def said(view: TaskView) -> str:
    return next((str(text) for name, text in view.data.items() if name.endswith("_return_description__")), "")

"""call_process: what the called task gets and what its caller gets back; and a stub, which answers without it.

Source: reference 3.6.
"""

from __future__ import annotations

import pytest

from tests.running.conftest import Lab

CALLER = """
process: Caller
id: 90
params: {secret: {type: string, secret: true}}
nodes:
  start: {go: call}
  call:
    call_process:
      conv: 123456
      data: {mode: "{{mode}}", n: "{{n}}", key: "{{secret}}"}
      stub:
        - {if: {"{{mode}}": error}, reply: {exception: "no luck with {{n}}", data: {status: bad}}}
        - {if: {mode: keys}, reply: {keys: [n, key]}}
        - {if: {mode: {regexp: "^d"}}, reply: {data: {doubled: "$.math({{n}} * 2)"}}, types: {doubled: string}}
    types: {n: number}
    error: failed
    go: done
  done: {end: success}
  failed: {end: error}
"""


@pytest.fixture
def caller(lab: Lab) -> Lab:
    lab.deploy(CALLER)
    return lab


def test_the_first_branch_that_fits_answers_from_what_would_be_sent(caller: Lab) -> None:
    view = caller.submit(90, {"mode": "double", "n": "4", "secret": "s"})

    assert view.node == "done"
    assert view.data["doubled"] == "8"
    assert view.data["__logic_stub_mode__"] is True


def test_keys_are_those_of_what_would_be_sent_and_secrets_stay_secret(caller: Lab) -> None:
    view = caller.submit(90, {"mode": "keys", "n": "4", "secret": "hidden"})

    assert view.data["n"] == 4
    assert view.data["key"] == "hidden"
    assert view.masked().data["key"] == "***"


def test_an_exception_takes_the_error_route_as_a_reply_does(caller: Lab) -> None:
    view = caller.submit(90, {"mode": "error", "n": "4", "secret": "s"})

    assert view.node == "failed"
    assert view.data["__conveyor_rpc_return_type_tag__"] == "rpc_reply_exception"
    assert view.data["__conveyor_rpc_return_description__"] == "no luck with 4"
    assert view.data["status"] == "bad"


def test_no_branch_that_fits_is_an_error_and_calls_nobody(caller: Lab) -> None:
    view = caller.submit(90, {"mode": "other", "n": "4", "secret": "s"})

    assert view.node == "failed"
    assert view.data["__conveyor_rpc_return_description__"] == "no branch of the stub fits what was sent"


# --- A process that is there --------------------------------------------------------------------------------

REAL = """
process: Real
id: 91
params: {{token: {{type: string, secret: true}}}}
nodes:
  start: {{go: call}}
  call: {{call_process: {{conv: 92, {what}}}, error: failed, go: done}}
  done: {{end: success}}
  failed: {{end: error}}
"""

CALLED = """
process: Called
id: 92
params: {n: {type: number, required: true}}
nodes:
  start: {go: answer}
  answer: {reply_to_process: {keys: [n, token, got]}, error: failed, go: done}
  done: {end: success}
  failed: {end: error}
"""


def test_with_send_all_the_called_task_gets_everything_and_data_wins(lab: Lab) -> None:
    lab.deploy(REAL.format(what='send_all: true, data: {n: "{{m}}", got: "{{n}}"}'), CALLED)

    view = lab.submit(91, {"n": 1, "m": 2, "token": "hidden-word"})

    assert view.node == "done"
    assert (view.data["n"], view.data["got"], view.data["token"]) == (2, 1, "hidden-word")
    called = lab.engine.archive(92, "done")[0]
    assert called.data == {"n": 2, "m": 2, "got": 1, "token": "hidden-word"}
    assert called.masked().data["token"] == "***"


def test_what_the_process_does_not_take_is_an_error_of_the_caller(lab: Lab) -> None:
    lab.deploy(REAL.format(what="data: {}"), CALLED)

    view = lab.submit(91)

    assert view.node == "failed"
    assert "n" in view.data["__conveyor_rpc_return_description__"]
    assert lab.engine.show(92).living == lab.engine.show(92).archived == 0


def test_a_paused_process_is_not_called(lab: Lab) -> None:
    lab.deploy(REAL.format(what="data: {n: 1}"), CALLED.replace("id: 92", "id: 92\nstatus: paused"))

    view = lab.submit(91)

    assert view.data["__conveyor_rpc_return_type_tag__"] == "conveyor_is_not_active"


def test_the_reply_of_an_earlier_visit_is_dropped(lab: Lab) -> None:
    lab.deploy(
        REAL.format(what="data: {n: 1}").replace(
            "error: failed, go: done", "time_limit: {after: 1m, go: again}, error: failed, go: done"
        )
        + "  again: {wait_for_callback: {}, go: done}\n",
        CALLED.replace("start: {go: answer}", "start: {go: pause}\n  pause: {delay: 2m, go: answer}"),
    )
    lab.submit(91, ref="caller")
    lab.forward(61)

    lab.forward(61)

    view = lab.engine.task(91, "caller")
    assert lab.engine.archive(92, "done")
    assert (view.node, view.place, "n" in view.data) == ("again", "waiting", False)

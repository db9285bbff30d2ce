"""reply_to_process: what the caller gets, and what happens when nobody waits. Source: reference 3.7."""

from __future__ import annotations

from tests.running.conftest import Lab

CALLER = """
process: Caller
id: 1
nodes:
  start: {go: call}
  call: {call_process: {conv: 2, send_all: true}, error: failed, go: done}
  done: {end: success}
  failed: {end: error}
"""

CALLED = """
process: Called
id: 2
params: {{token: {{type: string, secret: true}}}}
nodes:
  start: {{go: answer}}
  answer:
    reply_to_process: {{{what}}}
    error: failed
    go: {then}
  again: {{reply_to_process: {{data: {{second: true}}}}, error: failed, go: done}}
  sleeps: {{delay: 1m, go: done}}
  done: {{end: success}}
  failed: {{end: error}}
"""


def called(lab: Lab, what: str, then: str = "again") -> None:
    """A caller, and a process that replies this and goes on."""
    text = CALLED.format(what=what, then=then)
    if then != "again":
        text = "\n".join(line for line in text.splitlines() if "again:" not in line)
    if then != "sleeps":
        text = "\n".join(line for line in text.splitlines() if "sleeps:" not in line)
    lab.deploy(CALLER, text)


def test_data_is_what_the_caller_gets_and_keeps_its_types(lab: Lab) -> None:
    called(lab, 'data: {list: "{{list}}", text: "n is {{n}}"}', "done")

    view = lab.submit(1, {"list": [1, {"a": None}], "n": 5})

    assert view.node == "done"
    assert (view.data["list"], view.data["text"]) == ([1, {"a": None}], "n is 5")


def test_keys_are_parameters_of_the_replying_task_and_those_that_are_not_there_are_left_out(lab: Lab) -> None:
    called(lab, "keys: [token, nowhere]", "done")

    view = lab.submit(1, {"token": "hidden-word"})

    assert view.node == "done"
    assert "nowhere" not in view.data
    assert view.masked().data["token"] == "***"


def test_only_the_first_reply_arrives(lab: Lab) -> None:
    called(lab, "data: {first: true}")

    view = lab.submit(1)

    assert view.data == {"first": True}
    assert lab.engine.archive(2, "done")


def test_the_caller_does_not_wait_for_the_end_of_what_it_called(lab: Lab) -> None:
    called(lab, "data: {n: 1}", "sleeps")

    assert lab.submit(1).node == "done"
    assert lab.engine.show(2).living == 1


def test_nothing_is_sent_where_nobody_waits(lab: Lab) -> None:
    called(lab, "data: {n: 1}", "done")

    assert lab.submit(2).node == "done"
    assert lab.engine.held()["effects under way"] == 0


def test_true_is_an_exception_without_a_reason(lab: Lab) -> None:
    called(lab, "exception: true, data: {n: 9}", "done")

    view = lab.submit(1)

    assert view.node == "failed"
    assert view.data["__conveyor_rpc_return_type_tag__"] == "rpc_reply_exception"
    assert view.data["n"] == 9


def test_a_reply_that_cannot_be_made_takes_the_error_route_of_who_replies(lab: Lab) -> None:
    called(lab, 'data: {n: "{{nowhere}}"}', "done")

    lab.submit(1)

    view = lab.engine.archive(2, "failed")[0]
    assert view.data["__conveyor_rpc_reply_return_type_tag__"] == "missing_reference"

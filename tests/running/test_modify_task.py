"""modify_task: an event for a task of another conv, and how long its sender waits. Source: reference 3.9."""

from __future__ import annotations

import pytest

from tests.running.conftest import COPY_TAG, Lab

SENDER = """
process: Sender
id: 1
params: {{token: {{type: string, secret: true}}}}
nodes:
  start: {{go: tell}}
  tell:
    modify_task: {{conv: 2, {what}}}
    error: failed
    go: done
  done: {{end: success}}
  failed: {{end: error}}
"""

TARGET = """
diagram: Target
id: 2
nodes:
  start: {go: state}
  state:
    set_state: {}
    condition:
      - {if: {leave: true}, go: gone}
      - {if: {sleep: true}, go: asleep}
  asleep: {delay: 1m, go: state}
  gone: {end: success}
"""


def test_an_event_is_merged_and_tests_the_routes(lab: Lab) -> None:
    lab.deploy(SENDER.format(what='ref: t, data: {leave: "{{leave}}", n: 1}'), TARGET)
    lab.submit(2, {"n": 0, "kept": "yes"}, ref="t")

    assert lab.submit(1, {"leave": False}).node == "done"
    assert (lab.engine.task(2, "t").node, lab.engine.task(2, "t").data["n"]) == ("state", 1)
    assert lab.submit(1, {"leave": True}).node == "done"

    view = lab.engine.task(2, "t")
    assert (view.node, view.data) == ("gone", {"n": 1, "kept": "yes", "leave": True})


def test_with_send_all_everything_is_sent_and_data_wins(lab: Lab) -> None:
    lab.deploy(SENDER.format(what='ref: t, send_all: true, data: {n: "{{m}}"}'), TARGET)
    lab.submit(2, ref="t")

    lab.submit(1, {"n": 1, "m": 2, "token": "hidden-word"})

    view = lab.engine.task(2, "t")
    assert view.data == {"n": 2, "m": 2, "token": "hidden-word"}
    assert view.masked().data["token"] == "***"


def test_without_wait_the_sender_goes_on_while_the_target_sleeps(lab: Lab) -> None:
    lab.deploy(SENDER.format(what="ref: t, data: {leave: true}"), TARGET)
    lab.submit(2, ref="t")
    lab.modify(2, "t", {"sleep": True})

    assert lab.submit(1).node == "done"
    assert lab.engine.task(2, "t").node == "asleep"
    lab.forward(61)
    assert lab.engine.task(2, "t").node == "gone"


def test_with_wait_and_queue_the_sender_waits_until_its_event_was_taken(lab: Lab) -> None:
    limit = "queue: true}\n    time_limit: {after: 1h, go: failed}"
    lab.deploy(SENDER.format(what="ref: t, data: {leave: true}, wait: true, QUEUE").replace("QUEUE}", limit), TARGET)
    lab.submit(2, ref="t")
    lab.modify(2, "t", {"sleep": True})

    assert lab.submit(1, ref="sender").place == "waiting"
    assert "has taken the event" in lab.engine.why(1, "sender").reason
    lab.forward(61)

    assert lab.engine.task(1, "sender").node == "done"
    assert lab.engine.task(2, "t").node == "gone"


@pytest.mark.parametrize("ref", ["", "nobody"])
def test_a_task_that_is_not_there_takes_the_error_route(lab: Lab, ref: str) -> None:
    lab.deploy(SENDER.format(what='ref: "{{ref}}", data: {n: 1}'), TARGET)

    view = lab.submit(1, {"ref": ref})

    assert (view.node, view.data[COPY_TAG]) == ("failed", "not_found_task")


def test_a_task_may_be_named_by_a_secret_which_finds_it(lab: Lab) -> None:
    lab.deploy(SENDER.format(what='ref: "{{token}}", data: {n: 1}'), TARGET)
    lab.submit(2, ref="t")

    assert lab.submit(1, {"token": "t"}).node == "done"
    assert lab.engine.task(2, "t").data["n"] == 1

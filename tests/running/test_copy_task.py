"""copy_task: a new task in another conv, what it gets, and how long the sender waits. Source: reference 3.8."""

from __future__ import annotations

import pytest

from tests.running.conftest import COPY_TAG, Lab

SENDER = """
process: Sender
id: 1
params: {{token: {{type: string, secret: true}}}}
nodes:
  start: {{go: copy}}
  copy: {{copy_task: {{conv: 2, {what}}}, error: failed, go: done}}
  done: {{end: success}}
  failed: {{end: error}}
"""

TARGET = """
process: Target
id: 2
params: {n: {type: number}}
nodes:
  start: {go: pause}
  pause: {delay: 1m, go: done}
  done: {end: success}
"""


def test_the_sender_goes_on_when_the_copy_was_accepted(lab: Lab) -> None:
    lab.deploy(SENDER.format(what='ref: "c-{{n}}", data: {n: "{{n}}"}'), TARGET)

    view = lab.submit(1, {"n": 7})

    assert (view.node, view.data["__conveyor_copy_task_result__"]) == ("done", "ok")
    copy = lab.engine.task(2, "c-7")
    assert (copy.node, copy.data) == ("pause", {"n": 7})


def test_with_wait_the_sender_goes_on_when_the_copy_has_ended(lab: Lab) -> None:
    lab.deploy(SENDER.format(what="wait: true, data: {n: 1}"), TARGET)
    assert lab.submit(1, ref="sender").place == "waiting"
    assert "created parks or ends" in lab.engine.why(1, "sender").reason

    lab.forward(61)

    assert lab.engine.task(1, "sender").node == "done"


def test_with_send_all_the_copy_gets_everything_and_data_wins(lab: Lab) -> None:
    lab.deploy(SENDER.format(what='ref: c, send_all: true, data: {n: "{{m}}"}'), TARGET)

    lab.submit(1, {"n": 1, "m": 2, "token": "hidden-word"})

    copy = lab.engine.task(2, "c")
    assert copy.data == {"n": 2, "m": 2, "token": "hidden-word"}
    assert copy.masked().data["token"] == "***"


def test_with_send_parent_data_the_copy_knows_where_it_is_from(lab: Lab) -> None:
    lab.deploy(SENDER.format(what="ref: c, send_parent_data: true"), TARGET)

    lab.submit(1, ref="parent")

    data = lab.engine.task(2, "c").data
    assert (data["__copy_conv_id__"], data["__copy_ref_id__"]) == (1, "parent")
    assert data["__copy_node_id__"]


@pytest.mark.parametrize(
    ("what", "data", "tag"),
    [
        ('ref: "{{ref}}"', {"ref": "r" * 256}, "copy_task_fatal_error"),
        ('ref: "{{token}}"', {"token": "hidden-word"}, "copy_task_fatal_error"),
        ('data: {n: "{{n}}"}', {"n": "no number"}, "wrong_validate_params"),
        ('data: {n: 1, text: "{{text}}{{text}}"}', {"text": "x" * 70_000}, "copy_task_size_overflow_limit"),
    ],
)
def test_what_cannot_be_copied_takes_the_error_route(lab: Lab, what: str, data: dict[str, str], tag: str) -> None:
    lab.deploy(SENDER.format(what=what), TARGET)

    view = lab.submit(1, data)

    assert (view.node, view.data[COPY_TAG]) == ("failed", tag)
    assert lab.engine.show(2).living == 0


def test_a_ref_of_255_characters_is_taken(lab: Lab) -> None:
    lab.deploy(SENDER.format(what='ref: "{{ref}}"'), TARGET)

    assert lab.submit(1, {"ref": "r" * 255}).node == "done"
    assert lab.engine.task(2, "r" * 255).node == "pause"


def test_a_conv_that_is_paused_takes_no_copy(lab: Lab) -> None:
    lab.deploy(SENDER.format(what="data: {n: 1}"), TARGET.replace("id: 2", "id: 2\nstatus: paused"))

    assert lab.submit(1).data[COPY_TAG] == "conveyor_is_not_active"

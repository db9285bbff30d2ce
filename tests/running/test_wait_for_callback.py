"""wait_for_callback: what it waits for, and callbacks that name their task themselves. Source: reference 3.10."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from click.testing import CliRunner

from engine.app import Engine
from engine.cli.group import conv
from engine.config import Settings
from engine.errors import NotFound, Refused, UnknownNode
from tests.running.conftest import Lab

ORDER = """
process: Order
id: 97
nodes:
  start: {go: paid}
  paid:
    wait_for_callback:
      obj_id_path: order.task_id
      callback_url: https://shop.example/back
      expected_params:
        sum: {type: number, required: true}
        who: {required: true}
        note: string
    error: failed
    time_limit: {after: 1h, go: late}
    go: done
  done: {end: success}
  late: {end: error}
  failed: {end: error}
"""


@pytest.fixture
def order(lab: Lab) -> Lab:
    lab.deploy(ORDER)
    return lab


def test_the_task_waits_until_all_that_is_required_has_come(order: Lab) -> None:
    order.submit(97, {}, ref="r")

    assert order.modify(97, "r", {"note": 5}).place == "waiting"
    assert order.modify(97, "r", {"who": "Ann", "sum": None}).place == "waiting"
    view = order.modify(97, "r", {"sum": "12.5"})

    assert view.node == "done"
    assert (view.data["sum"], view.data["who"], view.data["note"]) == (12.5, "Ann", "5")


def test_what_came_before_the_node_counts(order: Lab) -> None:
    order.submit(97, {"sum": 1, "who": "Ann"}, ref="r")

    assert order.modify(97, "r", {"x": 1}).node == "done"


def test_another_type_takes_the_error_route(order: Lab) -> None:
    order.submit(97, {}, ref="r")

    view = order.modify(97, "r", {"sum": "much", "who": "Ann"})

    assert view.node == "failed"
    assert view.data["__conveyor_callback_return_type_tag__"] == "callback_wrong_convert_param"


def test_waiting_on_does_not_start_the_timer_again(order: Lab) -> None:
    order.submit(97, {}, ref="r")
    order.forward(2000)
    order.modify(97, "r", {"who": "Ann"})

    order.forward(1700)

    assert order.engine.task(97, "r").node == "late"


def test_a_template_gives_the_address_to_call_back(lab: Lab) -> None:
    lab.deploy(
        """
        process: Asks
        id: 98
        nodes:
          start: {go: tell}
          tell:
            set_parameters: {url: "{{node[wait].public_callback_corezoid}}?task={{root.task_id}}"}
            error: failed
            go: wait
          wait: {wait_for_callback: {callback_url: "https://shop.example/back"}, go: done}
          none: {wait_for_callback: {}, go: done}
          done: {end: success}
          failed: {end: error}
        """
    )

    view = lab.submit(98, {})
    assert view.data["url"] == f"https://shop.example/back?task={view.task_id}"

    lab.deploy((lab.folder / "98.yaml").read_text().replace("node[wait]", "node[none]"))
    assert "has no callback_url" in lab.submit(98, {}).note


# --- The task's id in the body -----------------------------------------------------------------------------


def test_a_callback_finds_its_task_by_the_id_in_its_body(order: Lab) -> None:
    view = order.submit(97, {}, ref="r")

    found = order.engine.callback_in(97, "paid", {"order": {"task_id": view.task_id}, "sum": 1, "who": "Ann"})
    order.run()

    assert (found.task_id, found.node, found.kept) == (view.task_id, "paid", False)
    assert order.engine.task(97, "r").data["order"] == {"task_id": view.task_id}
    assert order.engine.task(97, "r").node == "done"


def test_callbacks_that_name_no_waiting_task_change_nothing(order: Lab) -> None:
    view = order.submit(97, {}, ref="r")
    engine = order.engine

    with pytest.raises(Refused, match=r"the data has no task id at order\.task_id"):
        engine.callback_in(97, "paid", {"task_id": view.task_id})
    with pytest.raises(NotFound):
        engine.callback_in(97, "paid", {"order": {"task_id": "0" * 24}})
    with pytest.raises(UnknownNode):
        engine.callback_in(97, "nowhere", {})
    with pytest.raises(Refused, match="waits for no callback"):
        engine.callback_in(97, "done", {})
    engine.cancel(97, "r")
    order.run()
    with pytest.raises(Refused, match="task_not_in_current_sync_callback_node"):
        engine.callback_in(97, "paid", {"order": {"task_id": view.task_id}})


def test_the_command_takes_a_node_in_place_of_a_ref(order: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    view = order.submit(97, {}, ref="r")
    settings = order.engine.settings
    monkeypatch.setenv("CONV_REDIS_URL", settings.redis_url)
    monkeypatch.setenv("CONV_NAMESPACE", settings.namespace)
    order_json = f"order:={json.dumps({'task_id': view.task_id})}"

    done = CliRunner().invoke(conv, ["callback", "Order", order_json, "sum:=2", "who=Bob", "--node", "paid"])

    assert done.exit_code == 0, done.output
    order.run()
    assert order.engine.task(97, "r").node == "done"
    assert CliRunner().invoke(conv, ["callback", "Order"]).exit_code == 2


# --- Callbacks that come too early, too late or together --------------------------------------------------------------


def test_a_callback_is_refused_where_nobody_waits_for_it(lab: Lab) -> None:
    lab.deploy("""
        process: Two
        id: 1
        nodes:
          start: {go: first}
          first: {wait_for_callback: {}, go: sleep}
          sleep: {delay: 1m, go: second}
          second: {wait_for_callback: {}, go: done}
          done: {end: success}
        """)
    lab.submit(1, ref="t")
    with pytest.raises(Refused, match="task_not_in_current_sync_callback_node"):
        lab.engine.callback(1, "t", {"a": 1}, node="second")
    lab.engine.callback(1, "t", {"a": 1}, node="first")
    lab.run()

    with pytest.raises(Refused, match="no_api_callback_in_node_with_task"):
        lab.engine.callback(1, "t", {"a": 2})
    with pytest.raises(NotFound):
        lab.engine.callback(1, "nobody", {})

    lab.forward(61)
    view = lab.engine.task(1, "t")
    assert (view.node, view.data) == ("second", {"a": 1})


def test_a_callback_waits_while_the_task_is_busy_with_an_earlier_event(lab: Lab, settings: Settings) -> None:
    lab.deploy("process: One\nid: 1\nnodes: {start: {go: w}, w: {wait_for_callback: {}, go: w}}")
    lab.submit(1, ref="t")
    lab.engine.callback(1, "t", {"a": 1})
    answers: list[Any] = []

    def call() -> None:
        with Engine.open(settings) as engine:
            answers.append(engine.callback(1, "t", {"b": 1}))

    thread = threading.Thread(target=call)
    thread.start()
    lab.run()
    thread.join()
    lab.run()

    assert [answer.kept for answer in answers] == [False]
    assert lab.engine.task(1, "t").data == {"a": 1, "b": 1}


def test_a_callback_to_a_task_that_stays_busy_is_refused(lab: Lab) -> None:
    lab.deploy("process: One\nid: 1\nnodes: {start: {go: w}, w: {wait_for_callback: {}, go: w}}")
    lab.submit(1, ref="t")
    lab.engine.callback(1, "t", {"a": 1})

    with pytest.raises(Refused, match="busy with an earlier event"):
        lab.engine.callback(1, "t", {"b": 1})

    lab.run()
    assert lab.engine.task(1, "t").data == {"a": 1}

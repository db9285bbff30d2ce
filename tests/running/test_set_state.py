"""set_state: tasks park, and each event tests the routes once. Source: reference 3.14 and 10."""

from __future__ import annotations

import pytest

from tests.running.conftest import Lab

ORDER = """
diagram: Order
id: 20
nodes:
  start: {go: new}
  new:
    set_state: {}
    condition: [{if: {paid: true}, go: paid}]
    time_limit: {after: 1h, go: late}
  paid: {set_state: {}, condition: [{if: {sent: true}, go: done}]}
  late: {set_state: {}}
  done: {end: success}
"""


@pytest.fixture
def order(lab: Lab) -> Lab:
    lab.deploy(ORDER)
    return lab


def test_a_task_that_enters_a_state_parks_whatever_its_data(order: Lab) -> None:
    view = order.submit(20, {"paid": True, "sent": True}, ref="o")

    assert (view.node, view.place) == ("new", "parked")


def test_an_event_tests_the_routes_of_the_state_that_it_finds_and_no_others(order: Lab) -> None:
    order.submit(20, {"sent": True}, ref="o")

    view = order.modify(20, "o", {"paid": True})

    assert (view.node, view.place) == ("paid", "parked")


def test_events_that_come_together_are_taken_one_after_another(order: Lab) -> None:
    order.submit(20, ref="o")
    order.engine.modify(20, "o", {"paid": True})
    order.engine.modify(20, "o", {"sent": True})

    order.run()

    view = order.engine.task(20, "o")
    assert view.node == "done"
    assert order.path(view)[-3:] == ["new", "paid", "done"]


def test_a_state_without_routes_keeps_what_each_event_brings(order: Lab) -> None:
    order.submit(20, {"n": 0}, ref="o")
    order.forward(3601)
    for number in (1, 2):
        view = order.modify(20, "o", {"n": number})

        assert (view.node, view.place, view.data["n"]) == ("late", "parked", number)


def test_the_timer_of_a_state_that_was_left_does_not_fire(order: Lab) -> None:
    order.submit(20, ref="o")
    order.modify(20, "o", {"paid": True})

    order.forward(3601)

    assert order.engine.task(20, "o").node == "paid"

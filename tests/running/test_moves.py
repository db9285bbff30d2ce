"""How tasks move: conditions, loops, timers, deploys."""

from __future__ import annotations

import pytest

from engine.errors import StrandedTasks
from tests.running.conftest import Lab

LOOP = """
    process: Loop
    id: 1
    nodes:
      start: {go: a}
      a: {set_parameters: {n: 1}, go: b}
      b: {set_parameters: {n: 2}, go: a}
      never: {end: success}
    """


def test_the_first_route_that_passes_wins(lab: Lab) -> None:
    lab.deploy("""
        process: Routes
        id: 1
        nodes:
          start: {go: check}
          check:
            condition:
              - {if: {n: {more: 10}}, go: large}
              - {any: [{n: {more: 5}}, {force: true}], go: middle}
            go: small
          large: {end: success}
          middle: {end: success}
          small: {end: success}
        """)

    assert lab.submit(1, {"n": 11}).node == "large"
    assert lab.submit(1, {"n": 6}).node == "middle"
    assert lab.submit(1, {"n": 1, "force": True}).node == "middle"
    assert lab.submit(1, {"n": 1}).node == "small"
    assert lab.submit(1, {}).node == "small"


def test_a_loop_of_two_nodes_is_stopped_with_an_error_that_says_so(lab: Lab) -> None:
    lab.deploy(
        LOOP.replace("b, ", "b, ").replace(
            "go: a}\n      never", "condition: [{if: {x: 1}, go: never}], go: a}\n      never"
        )
    )

    view = lab.submit(1)

    assert view.node == "error"
    assert view.data["__conveyor_set_param_return_type_tag__"] == "loop_limit"
    assert "50 times" in view.note


def test_a_loop_with_a_delay_is_none(lab: Lab) -> None:
    lab.deploy("""
        process: Refresh
        id: 1
        nodes:
          start: {go: count}
          count:
            set_parameters: {n: "$.math({{n}} + 1)"}
            error: failed
            condition: [{if: {n: {more: 60}}, go: done}]
            go: wait
          wait: {delay: 25m, go: count}
          done: {end: success}
          failed: {end: error}
        """)
    view = lab.submit(1, {"n": 0}, ref="r")
    assert view.node == "wait"

    for _ in range(60):
        lab.forward(25 * 60 + 1)

    view = lab.engine.task(1, "r")
    assert view.node == "done"
    assert view.data["n"] == 61


def test_a_delay_waits_and_then_goes_on(lab: Lab) -> None:
    lab.deploy("""
        process: Delay
        id: 1
        nodes:
          start: {go: wait}
          wait: {delay: 1h, go: done}
          done: {end: success}
        """)

    assert lab.submit(1, ref="r").place == "delayed"
    lab.forward(3599 - 5)
    assert lab.engine.task(1, "r").place == "delayed"
    lab.forward(10)
    assert lab.engine.task(1, "r").node == "done"


def test_an_absolute_time_in_the_past_is_now(lab: Lab) -> None:
    lab.deploy("""
        process: Until
        id: 1
        nodes:
          start: {go: wait}
          wait: {delay: {until: "$.math($.unixtime() - 10)"}, go: done}
          done: {end: success}
        """)

    lab.submit(1, ref="r")
    lab.run()

    assert lab.engine.task(1, "r").node == "done"


def test_a_node_that_holds_tasks_cannot_be_removed(lab: Lab) -> None:
    text = """
        process: Strand
        id: 1
        nodes:
          start: {go: wait}
          wait: {delay: 1h, go: done}
          done: {end: success}
        """
    lab.deploy(text)
    lab.submit(1, ref="r")

    with pytest.raises(StrandedTasks, match='"wait" holds 1 tasks'):
        lab.deploy(text.replace("wait", "sleep"))
    for file in lab.folder.iterdir():
        file.unlink()
    lab.deploy(text.replace("wait", "sleep").replace("{delay", "{was: wait, delay"))

    assert lab.engine.task(1, "r").node == "sleep"
    lab.forward(3601)
    assert lab.engine.task(1, "r").node == "done"


def test_cancel_and_retry_work_from_any_place(lab: Lab) -> None:
    lab.deploy("""
        process: Waits
        id: 1
        nodes:
          start: {go: wait}
          wait: {delay: 1h, go: check}
          check: {condition: [{if: {ok: true}, go: done}], go: failed}
          done: {end: success}
          failed: {end: error}
        """)
    lab.submit(1, ref="r")

    lab.engine.cancel(1, "r")
    lab.run()

    view = lab.engine.task(1, "r")
    assert (view.node, view.note) == ("error", "cancelled by hand")
    lab.engine.retry(1, "r", node="check")
    lab.run()
    assert lab.engine.task(1, "r").node == "failed"
    lab.engine.retry(1, "r")
    lab.run()
    assert lab.path(lab.engine.task(1, "r"))[-2:] == ["check", "failed"]


def test_paused_convs_refuse_and_hold(lab: Lab) -> None:
    from engine.errors import NotActive

    lab.deploy("""
        process: Paused
        id: 1
        nodes: {start: {go: done}, done: {end: success}}
        """)
    lab.engine.submit(1, {}, ref="before")
    lab.engine.pause(1)

    with pytest.raises(NotActive, match="paused"):
        lab.engine.submit(1, {}, ref="after")
    lab.run()
    assert lab.engine.task(1, "before").place == "held"
    lab.engine.resume(1)
    lab.run()
    assert lab.engine.task(1, "before").node == "done"


def test_a_full_node_sends_a_signal_task_and_another_when_it_empties(lab: Lab) -> None:
    lab.deploy("""
        diagram: Limited
        id: 1
        nodes:
          start: {go: full}
          full:
            set_state: {}
            task_limit: {count: 3, signal: alarm}
            condition: [{if: {leave: true}, go: done}]
          alarm: {set_parameters: {told: "{{start}}"}, error: failed, go: told}
          told: {end: success}
          done: {end: success}
          failed: {end: error}
        """)
    for ref in "ab":
        lab.submit(1, ref=ref)
    assert lab.engine.archive(1, "told") == []

    lab.submit(1, ref="c")
    lab.submit(1, ref="d")

    assert [view.data["told"] for view in lab.engine.archive(1, "told")] == ["true"]
    assert lab.engine.task(1, "c").place == "parked"
    lab.modify(1, "a", {"leave": True})
    lab.modify(1, "b", {"leave": True})
    assert [view.data["told"] for view in lab.engine.archive(1, "told")] == ["false", "true"]


def test_waiting_for_a_task_that_is_deleted_on_arrival_ends(lab: Lab) -> None:
    lab.deploy("""
        process: Forgetful
        id: 1
        nodes: {start: {go: done}, done: {end: success, save_task: false}}
        """)
    submitted = lab.engine.submit(1, {}, watched=True)
    lab.run()

    view = lab.engine.wait(submitted, 30.0)

    assert view is not None
    assert view.is_final
    assert "save_task" in view.note
    assert lab.engine.show(1).nodes[1].entered == 1

"""Several actions in one node, the old format. Source: reference 2.4 and 3.0: logics run in array order."""

from __future__ import annotations

from collections import Counter

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.running.conftest import Lab

CALLED = """
process: Called
id: 91
nodes:
  start: {go: reply}
  reply:
    reply_to_process: {data: {doubled: "$.math({{n}} * 2)"}}
    go: done
  done: {end: success}
"""

OLD = """
process: Old
id: 90
nodes:
  start: {go: work}
  work:
    actions:
      - set_parameters: {seen: "{{n}}", twice: "$.math({{n}} + {{n}})"}
        types: {seen: string}
        condition:
          - {if: {n: {more: 100}}, go: large}
      - call_process: {conv: 91, data: {n: "{{twice}}"}}
        error: refused
      - set_parameters: {after: "{{doubled}}"}
        condition:
          - {if: {after: 8}, go: eight}
      - copy_task: {conv: 92, ref: "copy-{{n}}", data: {n: "{{n}}"}, wait: true}
      - set_parameters: {last: true}
    condition:
      - {if: {n: 3}, go: three}
    error: failed
    time_limit: {after: 1h, go: late}
    go: done
  done: {end: success}
  large: {end: success}
  eight: {end: success}
  three: {end: success}
  late: {end: error}
  refused: {end: error}
  failed: {end: error}
"""

STORE = """
diagram: Store
id: 92
nodes:
  start: {go: kept}
  kept: {set_state: {}}
"""


@pytest.fixture
def old(lab: Lab) -> Lab:
    lab.deploy(OLD, CALLED, STORE)
    return lab


def test_actions_run_in_order_each_with_its_own_casts_and_waits(old: Lab) -> None:
    view = old.submit(90, {"n": 5})

    assert view.node == "done"
    assert (view.data["seen"], view.data["twice"], view.data["after"], view.data["last"]) == ("5", 10, 20, True)
    assert old.engine.task(92, "copy-5").node == "kept"


def test_the_node_is_entered_once_however_many_actions_it_has(old: Lab) -> None:
    view = old.submit(90, {"n": 5})

    assert old.path(view) == ["start", "work", "done"]
    counts = {node.name: (node.entered, node.left) for node in old.engine.show(90).nodes}
    assert counts["work"] == (1, 1)


@pytest.mark.parametrize(("n", "node", "done"), [(101, "large", False), (2, "eight", False), (3, "three", True)])
def test_conditions_are_tried_after_their_action_and_those_of_the_node_after_all(
    old: Lab, n: int, node: str, done: bool
) -> None:
    view = old.submit(90, {"n": n})

    assert view.node == node
    assert view.data.get("last", False) is done


def test_a_failure_takes_the_error_route_of_its_action_or_else_of_the_node(old: Lab) -> None:
    assert old.submit(90, {"n": "x"}).node == "failed"
    old.engine.pause(91)

    view = old.submit(90, {"n": 5})

    assert view.node == "refused"
    assert view.data["seen"] == "5"
    assert view.data["__conveyor_rpc_return_type_tag__"] == "conveyor_is_not_active"


def test_the_time_limit_of_the_node_counts_from_its_first_action(lab: Lab) -> None:
    lab.deploy(
        """
        process: Waits
        id: 93
        nodes:
          start: {go: waits}
          waits:
            actions:
              - wait_for_callback: {}
              - wait_for_callback: {}
            time_limit: {after: 1h, go: late}
            go: done
          done: {end: success}
          late: {end: error}
        """
    )
    lab.submit(93, {}, ref="r")
    lab.forward(2000)
    view = lab.modify(93, "r", {"first": 1})
    assert (view.node, view.place) == ("waits", "waiting")
    assert "callback" in lab.engine.why(93, "r").reason

    lab.forward(1700)

    assert lab.engine.task(93, "r").node == "late"


def test_each_call_of_a_node_has_an_idempotency_key_of_its_own(lab: Lab, httpserver: HTTPServer) -> None:
    keys: Counter[tuple[str, str]] = Counter()

    def answer(request: Request) -> Response:
        keys[request.path, request.headers["Idempotency-Key"]] += 1
        return Response('{"ok": true}', content_type="application/json")

    httpserver.expect_request("/a").respond_with_handler(answer)
    httpserver.expect_request("/b").respond_with_handler(answer)
    lab.deploy(
        f"""
        process: Two calls
        id: 94
        nodes:
          start: {{go: calls}}
          calls:
            actions:
              - api_call: {{method: POST, url: "{httpserver.url_for("/a")}"}}
              - api_call: {{method: POST, url: "{httpserver.url_for("/b")}"}}
            error: failed
            go: done
          done: {{end: success}}
          failed: {{end: error}}
        """
    )

    assert lab.submit(94, {}).node == "done"
    assert sorted(path for path, _ in keys) == ["/a", "/b"]
    assert len({key for _, key in keys}) == 2
    assert set(keys.values()) == {1}


def test_a_task_between_two_actions_goes_on_in_a_definition_with_fewer(old: Lab) -> None:
    lab = old
    lab.deploy(
        """
        process: Waits
        id: 93
        nodes:
          start: {go: waits}
          waits:
            actions:
              - set_parameters: {runs: "$.math({{runs}} + 1)"}
              - wait_for_callback: {}
              - wait_for_callback: {}
            go: done
            error: failed
          done: {end: success}
          failed: {end: error}
        """
    )
    lab.submit(93, {"runs": 0}, ref="r")
    lab.modify(93, "r", {})
    lab.deploy(
        """
        process: Waits
        id: 93
        nodes:
          start: {go: waits}
          waits: {wait_for_callback: {}, go: done}
          done: {end: success}
        """
    )

    assert lab.modify(93, "r", {"x": 1}).node == "done"

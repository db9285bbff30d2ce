"""Each modify is one event: none is lost, and none counts twice."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.app import Engine
from engine.config import Settings
from engine.errors import Refused, TaskTooLarge
from engine.views import TaskView
from tests.accounts import ACCOUNT, PAYER
from tests.running.conftest import COPY_TAG, Lab, ends
from tests.waiting import eventually
from tests.workers import working


def test_modifies_that_come_together_count_each(lab: Lab) -> None:
    lab.deploy(ACCOUNT, PAYER)
    lab.submit(2, {"sum": 0}, ref="account")
    refs = [f"p{n}" for n in range(10)]
    lab.engine.submit_many(1, [(ref, {}) for ref in refs])

    lab.run()

    assert ends(lab, 1, refs) == ["done"] * 10
    assert lab.engine.task(2, "account").data["sum"] == 100


BETWEEN = {
    "code": {"code": "data.seen = 1;"},
    "api_call": {"api_call": {"method": "GET", "url": "SERVER"}},
    "database_call": {"database_call": {"instance": "file", "query": "SELECT 1 AS one", "result": "found"}},
    "git_call": {"git_call": {"lang": "python", "code": "def handle(data): pass"}},
    "call_process": {"call_process": {"conv": 3, "data": {}}},
    "copy_task": {"copy_task": {"conv": 3, "data": {}}},
    "modify_task": {"modify_task": {"conv": 4, "ref": "kept", "data": {"n": 1}, "wait": True}},
    "get_from_queue": {"get_from_queue": {"conv": 5, "node": "held"}},
    "sum": {"sum": {"total": "{{pay}}"}},
    "delay": {"delay": "1m"},
}


@pytest.mark.parametrize("between", BETWEEN)
def test_events_count_once_whatever_stands_on_their_way(lab: Lab, httpserver: HTTPServer, between: str) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return Response("{}", content_type="application/json")

    httpserver.expect_request("/").respond_with_handler(answer)
    node = json.dumps(BETWEEN[between]).replace("SERVER", httpserver.url_for("/"))
    (lab.folder / "instances.yaml").write_text(f"file: {{url: 'sqlite:///{lab.folder / 'data.db'}'}}\n")
    lab.deploy(
        PAYER,
        f"""
        process: Account
        id: 2
        nodes:
          start: {{go: open}}
          open: {{wait_for_callback: {{}}, go: between}}
          between: {{{node[1:-1]}, error: add, go: add}}
          add:
            set_parameters: {{sum: "$.math({{{{sum}}}} + {{{{pay}}}})", log: "{{{{log}}}} {{{{pay}}}}"}}
            go: open
        """,
        """
        process: Answers
        id: 3
        nodes:
          start: {go: reply}
          reply: {reply_to_process: {data: {}}, error: done, go: done}
          done: {end: success}
        """,
        "diagram: Keeps\nid: 4\nnodes: {start: {go: kept}, kept: {set_state: {}}}",
        "process: Empty\nid: 5\nnodes: {start: {go: held}, held: {queue: {}, go: done}, done: {end: success}}",
    )
    lab.submit(4, ref="kept")
    lab.submit(2, {"sum": 0, "log": ""}, ref="account")
    for number in range(1, 5):
        lab.engine.modify(2, "account", {"pay": number})
    refs = [f"p{n}" for n in range(4)]
    lab.engine.submit_many(1, [(ref, {}) for ref in refs])
    lab.run()
    for _ in range(8 if between == "delay" else 0):
        lab.forward(61)

    account = lab.engine.task(2, "account")
    assert account.data["log"].split() == ["1", "2", "3", "4", "10", "10", "10", "10"]
    assert (account.data["sum"], account.place, account.mails, account.unused) == (50, "waiting", 0, 0)
    assert ends(lab, 1, refs) == ["done"] * 4
    assert len(asked) == (8 if between == "api_call" else 0)


def test_modifies_by_hand_count_each_in_their_order(lab: Lab) -> None:
    lab.deploy("""
        diagram: Log
        id: 2
        nodes:
          start: {go: open}
          open: {set_state: {}, go: add}
          add: {set_parameters: {log: "{{log}}{{word}}"}, go: open}
        """)
    lab.submit(2, {"log": ""}, ref="log")
    for number in range(500):
        lab.engine.modify(2, "log", {"word": f"{number} "})

    lab.run()

    assert lab.engine.task(2, "log").data["log"].split() == [str(number) for number in range(500)]


def test_an_event_that_passes_no_route_leaves_the_next_its_turn(lab: Lab) -> None:
    lab.deploy("""
        diagram: Door
        id: 2
        nodes:
          start: {go: shut}
          shut: {set_state: {}, condition: [{if: {key: right}, go: opened}], time_limit: {after: 1h, go: gone}}
          opened: {set_state: {}, condition: [{if: {key: right}, go: shut}]}
          gone: {end: success}
        """)
    due = lab.submit(2, ref="door").due_ms
    for key in ("wrong", "right", "wrong"):
        lab.engine.modify(2, "door", {"key": key})
    lab.run()

    view = lab.engine.task(2, "door")
    assert (view.node, view.data["key"], view.due_ms) == ("opened", "wrong", 0)
    assert lab.path(view) == ["start", "shut", "opened"]

    lab.engine.modify(2, "door", {"key": "right"})
    lab.engine.modify(2, "door", {"key": "wrong"})
    lab.run()
    again = lab.engine.task(2, "door")
    assert again.node == "shut"
    assert again.due_ms >= due


def test_an_event_on_the_way_does_not_start_a_states_timer_anew(lab: Lab) -> None:
    lab.deploy("""
        diagram: Timer
        id: 2
        nodes:
          start: {go: idle}
          idle: {set_state: {}, condition: [{if: {go_on: true}, go: state}]}
          state: {set_state: {}, time_limit: {until: "{{until}}", go: over}, condition: [{if: {never: true}, go: idle}]}
          over: {end: success}
        """)
    until = int(lab.now_s()) + 1000
    lab.submit(2, {"until": until}, ref="t")
    lab.engine.modify(2, "t", {"go_on": True})
    lab.engine.modify(2, "t", {"until": until + 5000})
    lab.run()

    view = lab.engine.task(2, "t")

    assert view.node == "state"
    assert view.due_ms == until * 1000  # what it was on entering, though the next event changed the parameter


def test_a_modify_is_unseen_by_the_nodes_on_the_way(lab: Lab) -> None:
    lab.deploy("""
        diagram: Slow
        id: 2
        nodes:
          start: {go: sleep}
          sleep: {delay: 1m, go: look}
          look: {set_parameters: {seen: '{{word | default("none")}}'}, error: failed, go: state}
          state: {set_state: {}, condition: [{if: {word: x}, go: done}]}
          done: {end: success}
          failed: {end: error}
        """)
    lab.submit(2, ref="t")

    modified = lab.engine.modify(2, "t", {"word": "x"})
    assert (modified.node, modified.kept) == ("sleep", True)
    assert lab.engine.task(2, "t").mails == 1
    assert "1 modify waits" in lab.engine.why(2, "t").reason
    lab.forward(61)

    view = lab.engine.task(2, "t")
    assert (view.node, view.data["seen"], view.mails) == ("done", "none", 0)


LATE = """
    process: Late
    id: 1
    nodes:
      start: {go: sleep}
      sleep: {delay: 1m, go: which}
      which: {condition: [{if: {to: state}, go: state}], go: done}
      state: {set_state: {}}
      done: {end: success}
    """.replace("process:", "diagram:")


def test_modifies_that_came_too_late_are_told_of(lab: Lab) -> None:
    lab.deploy(LATE)
    lab.submit(1, ref="t")
    for _ in range(3):
        lab.engine.modify(1, "t", {"a": 1})

    lab.forward(61)

    view = lab.engine.task(1, "t")
    assert (view.node, view.unused) == ("done", 3)
    assert "no effect" in lab.engine.why(1, "t").reason
    assert lab.engine.show(1).unused == 3


def test_a_modify_is_refused_where_no_callback_node_follows(lab: Lab) -> None:
    lab.deploy("""
        process: Deaf
        id: 1
        nodes:
          start: {go: wait}
          wait: {wait_for_callback: {}, go: sleep}
          sleep: {delay: 1m, go: done}
          done: {end: success}
        """)
    lab.submit(1, ref="t")
    assert lab.modify(1, "t", {"a": 1}).node == "sleep"

    with pytest.raises(Refused, match='in node "sleep", from which it comes to no state'):
        lab.engine.modify(1, "t", {"a": 2})

    lab.forward(61)
    assert lab.engine.task(1, "t").unused == 0


def test_a_run_of_many_events_gives_others_their_turn(lab: Lab) -> None:
    lab.deploy(ACCOUNT)
    lab.submit(2, {"sum": 0}, ref="account")
    for _ in range(450):
        lab.engine.modify(2, "account", {"pay": 1})

    lab.run()

    assert lab.engine.task(2, "account").data["sum"] == 450


def test_a_callback_that_lacks_something_is_no_event_for_the_routes(lab: Lab) -> None:
    lab.deploy("""
        process: Both
        id: 1
        nodes:
          start: {go: wait}
          wait: {wait_for_callback: {expected_params: {a: {type: number, required: true}, b: {type: number, required: true}}}, go: again}
          again: {wait_for_callback: {}, go: done}
          done: {end: success}
        """)  # noqa: E501
    lab.submit(1, ref="t")
    for data in ({"a": "1"}, {"b": "2"}):
        lab.engine.modify(1, "t", data)
    lab.run()

    view = lab.engine.task(1, "t")
    assert (view.node, view.data) == ("again", {"a": 1, "b": 2})


# --- What is too large ------------------------------------------------------------------------------------------------


def test_a_modify_that_would_make_a_state_too_large_is_refused_and_changes_nothing(lab: Lab) -> None:
    lab.deploy("diagram: St\nid: 2\nnodes: {start: {go: state}, state: {set_state: {}}}")
    lab.submit(2, {"token": "t" * 70_000}, ref="t")

    with pytest.raises(TaskTooLarge, match="it stays as it was"):
        lab.engine.modify(2, "t", {"extra": "x" * 70_000})
    assert lab.modify(2, "t", {"token": "u" * 70_000}).place == "parked"  # the same parameter in place of the old one


def test_an_event_that_is_too_large_when_it_is_taken_leaves_its_state_as_it_was(lab: Lab) -> None:
    lab.deploy(
        """
        diagram: St
        id: 2
        nodes:
          start: {go: state}
          state: {set_state: {}, condition: [{if: {again: true}, go: sleep}]}
          sleep: {delay: 10s, go: state}
        """,
        """
        process: Sender
        id: 1
        nodes:
          start: {go: send}
          send:
            modify_task: {conv: 2, ref: t, wait: true, queue: true, data: {big: "{{big}}"}}
            error: failed
            go: done
          done: {end: success}
          failed: {end: error}
        """,
    )
    lab.submit(2, {"token": "t" * 70_000}, ref="t")
    lab.modify(2, "t", {"again": True})
    lab.engine.modify(2, "t", {"extra": "x" * 70_000})  # too large only together with what is there
    lab.submit(1, {"big": "y" * 70_000}, ref="s")
    lab.engine.modify(2, "t", {"again": False, "small": 1})
    lab.forward(11)

    state = lab.engine.task(2, "t")
    assert (state.node, state.place, state.mails, state.unused) == ("state", "parked", 0, 1)
    assert sorted(state.data) == ["again", "small", "token"]
    assert "would have grown too large" in state.note
    sender = lab.engine.task(1, "s")
    assert (sender.node, sender.data[COPY_TAG]) == ("failed", "copy_task_size_overflow_limit")
    assert lab.engine.audit().is_clean


# --- Many at once -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_writers_and_workers_at_once_lose_no_event(lab: Lab, settings: Settings) -> None:
    lab.deploy(ACCOUNT)
    lab.submit(2, {"sum": 0}, ref="account")

    def write(engine: Engine) -> None:
        for _ in range(50):
            engine.modify(2, "account", {"pay": 1})

    def settled() -> TaskView | None:
        view = lab.engine.task(2, "account")
        return view if view.place == "parked" and not view.mails and view.data["sum"] == 300 else None

    with ExitStack() as opened:
        engines = [opened.enter_context(Engine.open(settings)) for _ in range(8)]
        for engine in engines[:2]:
            opened.enter_context(working(engine))
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(write, engines[2:]))
        eventually(settled)

"""What failed first: a retry repeats it, and `{{root.error}}` says what it was, until the task is back on its way."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.app import events
from engine.errors import Refused, TaskTooLarge, WrongData
from engine.store import calls
from tests.running.conftest import Lab
from tests.waiting import PATIENCE_S
from tests.workers import working

ESCALATES = """
    process: Escalates
    id: 1
    nodes:
      start: {go: first}
      first: {set_parameters: {seen: true}, error: failed, go: call}
      call: {set_parameters: {rate: "{{conv[2].ref[today].usd}}"}, error: tell, go: done}
      tell:
        set_parameters: {message: "{{root.error.node}}, {{root.error.type}}, {{root.error.tag}}: {{root.error.text}}"}
        error: failed
        go: failed
      done: {end: success}
      failed: {end: error}
    """

RATES = """
    diagram: Rates
    id: 2
    nodes:
      start: {go: current}
      current: {set_state: {}}
    """


def returns(data: dict[str, Any]) -> set[str]:
    return {name for name in data if "_return_" in name}


def test_a_retry_repeats_what_failed_and_not_its_escalation(lab: Lab) -> None:
    lab.deploy(RATES, ESCALATES)
    view = lab.submit(1, ref="r")
    assert view.node == "failed"
    assert view.note.startswith('node "call": missing_reference: {{conv[2].ref[today].usd}} is missing')
    assert returns(view.data)

    lab.submit(2, {"usd": 1.1}, ref="today")
    lab.engine.retry(1, "r")
    lab.run()

    view = lab.engine.task(1, "r")
    assert lab.path(view) == ["start", "first", "call", "tell", "failed", "call", "done"]
    assert (view.node, view.data["rate"], returns(view.data)) == ("done", 1.1, set())
    assert view.failure is None


def test_an_escalation_reads_what_failed_whatever_the_node_type(lab: Lab) -> None:
    lab.deploy(RATES, ESCALATES)

    view = lab.submit(1)

    text = view.data["__conveyor_set_param_return_description__"]
    assert view.data["message"] == f"call, software, missing_reference: {text}"
    assert view.failure is not None
    assert (view.failure.node, view.failure.tag, view.failure.attempt) == ("call", "missing_reference", 1)


def test_a_failing_escalation_leaves_the_first_cause(lab: Lab) -> None:
    text = ESCALATES.replace('message: "', 'gone: "{{nothing}}", message: "')
    lab.deploy(RATES, text)

    view = lab.submit(1, ref="r")

    assert lab.path(view)[-3:] == ["call", "tell", "failed"]
    assert view.note.startswith('node "call": missing_reference: {{conv[2]')
    lab.engine.retry(1, "r")
    lab.run()
    assert lab.path(lab.engine.task(1, "r"))[-3:] == ["call", "tell", "failed"]


def test_a_retry_takes_away_what_the_whole_escalation_left(lab: Lab) -> None:
    lab.deploy(
        RATES,
        """
        process: Two
        id: 1
        nodes:
          start: {go: call}
          call: {set_parameters: {rate: "{{conv[2].ref[today].usd}}"}, error: tell, go: done}
          tell: {code: "throw new Error('no')", error: failed, go: failed}
          done: {end: success}
          failed: {end: error}
        """,
    )
    view = lab.submit(1, {"__conveyor_api_return_http_code__": 500}, ref="r")
    assert {"__conveyor_set_param_return_type_tag__", "__conveyor_code_return_type_tag__"} <= returns(view.data)
    lab.submit(2, {"usd": 1.1}, ref="today")

    lab.engine.retry(1, "r")
    lab.run()

    view = lab.engine.task(1, "r")
    assert (view.node, returns(view.data)) == ("done", {"__conveyor_api_return_http_code__"})


def test_a_named_node_wins(lab: Lab) -> None:
    lab.deploy(RATES, ESCALATES)
    lab.submit(1, ref="r")

    lab.engine.retry(1, "r", node="first")
    lab.run()
    assert lab.path(lab.engine.task(1, "r"))[5:] == ["first", "call", "tell", "failed"]

    # In the escalation what failed is still to be told.
    lab.engine.retry(1, "r", node="tell")
    lab.run()
    view = lab.engine.task(1, "r")
    assert lab.path(view)[9:] == ["tell", "failed"]
    assert view.data["message"].startswith("call, software, missing_reference")
    assert view.note.startswith('node "call": missing_reference')

    lab.engine.retry(1, "r")
    lab.run()
    assert lab.path(lab.engine.task(1, "r"))[11:] == ["call", "tell", "failed"]


def test_a_task_that_waits_in_its_escalation_repeats_what_failed_at_once(lab: Lab) -> None:
    lab.deploy(
        RATES,
        ESCALATES.replace("go: failed\n", "go: pause\n").replace("done:", "pause: {delay: 1h, go: call}\n      done:"),
    )
    view = lab.submit(1, ref="r")
    assert (view.node, view.place) == ("pause", "delayed")

    lab.submit(2, {"usd": 1.1}, ref="today")
    lab.engine.retry(1, "r")
    lab.run()

    assert lab.path(lab.engine.task(1, "r"))[-3:] == ["pause", "call", "done"]


ATTEMPTS = """
    process: Attempts
    id: 1
    nodes:
      start: {go: call}
      call: {set_parameters: {rate: "{{conv[2].ref[today].usd}}"}, error: judge, go: check}
      judge:
        condition:
          - {if: {root.error.attempt: {more: 2}}, go: failed}
        go: pause
      pause: {delay: 1h, go: call}
      check: {set_parameters: {last: "{{more}}"}, error: keep, go: done}
      keep: {set_parameters: {said: "{{root.error.node}} {{root.error.attempt}}"}, error: failed, go: pause}
      done: {end: success}
      failed: {end: error}
    """


def test_attempts_are_counted_until_the_node_does_its_work(lab: Lab) -> None:
    lab.deploy(RATES, ATTEMPTS)
    view = lab.submit(1, ref="r")
    assert view.failure is not None
    assert view.failure.attempt == 1
    lab.forward(3601)
    lab.submit(2, {"usd": 1.1}, ref="today")
    lab.forward(3601)  # call works, check fails

    view = lab.engine.task(1, "r")
    assert (view.node, view.data["said"]) == ("pause", "check 1")

    lab.engine.cancel(2, "today")
    lab.run()
    for _ in range(3):
        lab.forward(3601)

    view = lab.engine.task(1, "r")
    assert lab.path(view)[-9:] == [*["call", "judge", "pause"] * 2, "call", "judge", "failed"]
    assert view.failure is not None
    assert (view.failure.node, view.failure.attempt) == ("call", 3)


def test_a_retry_by_hand_begins_a_new_series_of_attempts(lab: Lab) -> None:
    lab.deploy(RATES, ATTEMPTS)
    lab.submit(1, ref="r")
    lab.forward(3601)
    lab.forward(3601)
    assert lab.engine.task(1, "r").node == "failed"

    lab.engine.retry(1, "r")
    lab.run()

    view = lab.engine.task(1, "r")
    assert view.node == "pause"
    assert view.failure is not None
    assert view.failure.attempt == 1


def test_a_failure_is_forgotten_on_the_regular_way(lab: Lab) -> None:
    lab.deploy("""
        process: Mends
        id: 1
        nodes:
          start: {go: read}
          read: {set_parameters: {a: "{{b}}"}, error: other, go: done}
          other: {set_parameters: {a: 0}, error: failed, go: wait}
          wait: {wait_for_callback: {}, go: last}
          last: {set_parameters: {said: '{{root.error.tag | default("none")}}'}, error: failed, go: never}
          never: {condition: [{if: {a: 1}, go: read}], go: failed}
          done: {condition: [{if: {x: 1}, go: wait}], go: failed}
          failed: {end: error}
        """)
    view = lab.submit(1, ref="r")
    assert (view.node, view.note, view.failure) == ("wait", "", None)

    view = lab.modify(1, "r", {})

    assert (view.node, view.note, view.data["said"]) == ("failed", "", "none")
    lab.engine.retry(1, "r")
    lab.run()
    assert lab.path(lab.engine.task(1, "r"))[-2:] == ["never", "failed"]


def test_before_any_failure_the_error_is_missing(lab: Lab) -> None:
    lab.deploy("""
        process: Early
        id: 1
        nodes:
          start: {go: read}
          read: {set_parameters: {whole: "{{root.error}}"}, error: again, go: done}
          again: {set_parameters: {whole: "{{root.error}}"}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """)

    view = lab.submit(1)

    text = "{{root.error}} is missing"
    told = {"node": "read", "tag": "missing_reference", "type": "software", "text": text, "attempt": 1}
    assert view.data["whole"] == told


def test_a_condition_on_an_error_that_is_not_there_is_false(lab: Lab) -> None:
    lab.deploy("""
        process: Asks
        id: 1
        nodes:
          start: {condition: [{if: {root.error.tag: {not_eq: x}}, go: failed}], go: done}
          done: {end: success}
          failed: {end: error}
        """)

    assert lab.submit(1).node == "done"


def test_a_node_with_several_actions_is_repeated_from_the_one_that_failed(lab: Lab) -> None:
    lab.deploy(
        RATES,
        """
        process: Old
        id: 1
        nodes:
          start: {go: work}
          work:
            actions:
              - set_parameters: {runs: "$.math({{runs}} + 1)"}
              - set_parameters: {rate: "{{conv[2].ref[today].usd}}"}
            error: tell
            go: done
          tell: {set_parameters: {told: true}, error: failed, go: failed}
          done: {end: success}
          failed: {end: error}
        """,
    )
    lab.submit(1, {"runs": 0}, ref="r")
    lab.submit(2, {"usd": 1.1}, ref="today")

    lab.engine.retry(1, "r")
    lab.run()

    view = lab.engine.task(1, "r")
    assert lab.path(view)[-2:] == ["work", "done"]
    assert (view.data["runs"], view.data["rate"]) == (1, 1.1)


def test_a_node_that_failed_and_is_gone_leaves_the_retry_where_the_task_came_from(lab: Lab) -> None:
    lab.deploy(RATES, ESCALATES)
    lab.submit(1, ref="r")
    lab.deploy("""
        process: Escalates
        id: 1
        nodes:
          start: {go: first}
          first: {set_parameters: {seen: true}, error: tell, go: done}
          tell: {set_parameters: {told: true}, error: failed, go: failed}
          done: {end: success}
          failed: {end: error}
        """)

    lab.engine.retry(1, "r")
    lab.run()

    assert lab.path(lab.engine.task(1, "r"))[-2:] == ["tell", "failed"]


def test_a_secret_in_the_text_of_a_failure_is_masked(lab: Lab) -> None:
    lab.deploy("""
        process: Secret
        id: 1
        params: {key: {type: string, secret: true}}
        nodes:
          start: {go: look}
          look: {code: "throw new Error(data.key)", error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """)

    view = lab.submit(1, {"key": "hidden-text"})

    assert view.failure is not None
    assert view.failure.text.startswith("Error in line 1; what it says is not shown")
    assert "hidden-text" not in view.failure.text + view.note
    assert "hidden-text" not in str(view.masked())
    assert "hidden-text" not in str(lab.engine.why(1, view.ref))


# --- Loops -------------------------------------------------------------------------------------

LOOP = """
    process: Loop
    id: 1
    {limit}
    nodes:
      start: {{go: a}}
      a: {{set_parameters: {{n: "$.math({{{{n}}}} + 1)"}}, error: failed, go: b}}
      b: {{condition: [{{if: {{n: {{more: 70}}}}, go: done}}], go: a}}
      done: {{end: success}}
      failed: {{end: error}}
    """


@pytest.mark.parametrize(("limit", "passes"), [("", 50), ("loop_passes: 7", 7)])
def test_a_loop_is_stopped_after_the_passes_of_its_definition(lab: Lab, limit: str, passes: int) -> None:
    lab.deploy(LOOP.format(limit=limit))

    view = lab.submit(1, {"n": 0}, ref="r")

    assert (view.node, view.data["n"]) == ("error", passes)
    for word in (f'entered node "a" {passes} times', "loop_passes", "CONV_LOOP_PASSES"):
        assert word in view.note
        assert word in view.data["__conveyor_node_return_description__"]
    assert view.failure is not None
    assert (view.failure.node, view.failure.tag) == ("a", "loop_limit")


def test_a_retry_goes_on_with_a_stopped_loop(lab: Lab) -> None:
    lab.deploy(LOOP.format(limit=""))
    lab.submit(1, {"n": 0}, ref="r")

    lab.engine.retry(1, "r")
    lab.run()

    view = lab.engine.task(1, "r")
    assert (view.node, view.data["n"], returns(view.data)) == ("done", 71, set())


def test_a_definition_may_let_loops_run_longer(lab: Lab) -> None:
    lab.deploy(LOOP.format(limit="loop_passes: 1000000"))

    assert lab.submit(1, {"n": 0}).node == "done"


def test_an_escalation_that_loops_leaves_the_first_cause_and_says_why_it_ended(lab: Lab) -> None:
    lab.deploy("""
        process: Loops
        id: 1
        nodes:
          start: {go: call}
          call: {set_parameters: {a: "{{b}}"}, error: one, go: done}
          one: {condition: [{if: {a: 1}, go: done}], go: two}
          two: {condition: [{if: {a: 1}, go: done}], go: one}
          done: {end: success}
        """)

    view = lab.submit(1)

    assert view.note.startswith('node "call": missing_reference: {{b}} is missing; then loop: ')
    assert view.failure is not None
    assert view.failure.node == "call"


def test_a_circle_of_processes_names_the_setting_that_stopped_it(lab: Lab) -> None:
    lab.deploy("""
        process: Circle
        id: 1
        nodes:
          start: {go: copy}
          copy: {copy_task: {conv: 1}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """)

    lab.submit(1)

    [last] = lab.engine.archive(1, "failed")
    assert "hops_limit: 100 copies" in last.note
    assert "CONV_HOPS" in last.note


# --- Timers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["modify", "retry"])
def test_a_call_has_the_time_limit_of_its_own_node(lab: Lab, httpserver: HTTPServer, way: str) -> None:
    held, asked = threading.Event(), threading.Event()

    def answer(_: Request) -> Response:
        asked.set()
        held.wait(PATIENCE_S)
        return Response("{}", content_type="application/json")

    httpserver.expect_request("/").respond_with_handler(answer)
    lab.deploy(f"""
        process: Calls
        id: 1
        nodes:
          start: {{go: wait}}
          wait: {{wait_for_callback: {{}}, time_limit: {{after: 1h, go: late}}, go: call}}
          call:
            api_call: {{method: GET, url: "{httpserver.url_for("/")}"}}
            time_limit: {{after: 2h, go: late}}
            error: late
            go: done
          late: {{end: error}}
          done: {{end: success}}
        """)
    waiting = lab.submit(1, ref="r")
    if way == "modify":
        lab.engine.modify(1, "r", {})
    else:
        lab.engine.retry(1, "r", node="call")
    with working(lab.engine):
        try:
            assert asked.wait(PATIENCE_S)
            calling = lab.engine.task(1, "r")
        finally:
            held.set()

    assert (calling.node, calling.place) == ("call", "calling")
    assert calling.due_ms >= waiting.due_ms + 3_600_000


# --- With new data ------------------------------------------------------------------------------

ASKS = """
    process: Asks
    id: 1
    params:
      code: {type: string, secret: true}
    nodes:
      start: {go: ask}
      ask: {set_parameters: {twice: "$.math({{n}} * 2)"}, error: failed, go: wait}
      wait: {wait_for_callback: {}, go: done}
      done: {end: success}
      failed: {end: error}
    """


def test_a_retry_merges_new_data_before_the_node_runs(lab: Lab) -> None:
    lab.deploy(ASKS)
    view = lab.submit(1, {"n": "x", "keep": [1], "code": "hush-hush"}, ref="r")
    assert view.node == "failed"

    assert lab.engine.retry(1, "r", data={"n": 21, "new": None}) == "ok"
    lab.run()

    view = lab.engine.task(1, "r")
    assert (view.node, view.failure) == ("wait", None)
    assert view.data == {"n": 21, "keep": [1], "new": None, "twice": 42, "code": "hush-hush"}
    assert view.masked().data["code"] == "***"


def test_a_retry_with_data_goes_on_in_a_node_from_any_place(lab: Lab) -> None:
    lab.deploy(ASKS)
    assert lab.submit(1, {"n": 1}, ref="r").node == "wait"

    lab.engine.retry(1, "r", "ask", data={"n": 5})
    lab.run()

    assert lab.engine.task(1, "r").data["twice"] == 10


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"n": float("nan")}, WrongData),
        ([1], WrongData),
        ({"__conveyor_api_return_type_tag__": 1}, WrongData),
        ({"n": "x" * 200_000}, TaskTooLarge),
    ],
)
def test_a_retry_with_wrong_data_changes_nothing(lab: Lab, data: Any, error: type[Exception]) -> None:
    lab.deploy(ASKS)
    before = lab.submit(1, {"n": "x"}, ref="r")

    with pytest.raises(error):
        lab.engine.retry(1, "r", data=data)

    lab.run()
    assert lab.engine.task(1, "r") == before


def test_a_task_that_changes_between_look_and_retry_gets_the_data_on_top_of_the_change(lab: Lab) -> None:
    lab.deploy(ASKS)
    lab.submit(1, {"n": 1}, ref="r")
    store: Any = lab.engine.store
    run, looks = store.run, 0

    def meanwhile(requests: Any) -> Any:
        nonlocal looks
        if any(call.script == "wake" for call in requests):
            looks += 1
            if looks == 1:
                store.run = run
                lab.modify(1, "r", {"other": 7})
                store.run = meanwhile
        return run(requests)

    store.run = meanwhile
    lab.engine.retry(1, "r", "ask", data={"n": 5})
    store.run = run
    lab.run()

    assert looks == 2
    assert {name: lab.engine.task(1, "r").data[name] for name in ("n", "other", "twice")} == {
        "n": 5,
        "other": 7,
        "twice": 10,
    }


@pytest.mark.parametrize("sent", [False, True])
def test_a_client_that_dies_at_the_wake_leaves_all_or_nothing(lab: Lab, sent: bool) -> None:
    lab.deploy(ASKS)
    lab.submit(1, {"n": "x"}, ref="r")
    store: Any = lab.engine.store
    run = store.run

    def dies(requests: Any) -> Any:
        if any(call.script == "wake" for call in requests):
            if sent:
                run(requests)
            raise KeyboardInterrupt
        return run(requests)

    store.run = dies
    with pytest.raises(KeyboardInterrupt):
        lab.engine.retry(1, "r", data={"n": 5})
    store.run = run
    lab.run()

    view = lab.engine.task(1, "r")
    assert (view.data["n"], view.node) == ((5, "wait") if sent else ("x", "failed"))


def test_a_running_task_takes_no_new_data(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.deploy(ASKS)
    lab.engine.submit(1, {"n": 1}, ref="r")
    [partition] = lab.engine.current.partitions(1)
    lab.engine.store.one(calls.claim(partition, "run", 1, "T", 60_000))
    monkeypatch.setattr(events, "BUSY_S", 0.0)

    with pytest.raises(Refused, match="runs just now"):
        lab.engine.retry(1, "r", data={"n": 5})
    assert not lab.engine.task(1, "r").note

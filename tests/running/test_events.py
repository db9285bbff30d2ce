"""Each modify is one event: none is lost, none counts twice, and who waits for one is always answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.errors import BadParameter, EngineError, NotFound, Refused, TaskTooLarge
from engine.keys import KeyReused
from engine.store import calls
from engine.views import TaskView
from engine.worker import Worker
from tests.running.conftest import Lab
from tests.waiting import PATIENCE_S, eventually

ACCOUNT = """
    diagram: Account
    id: 2
    nodes:
      start: {go: open}
      open: {set_state: {}, go: add}
      add: {set_parameters: {sum: "$.math({{sum}} + {{pay}})"}, error: failed, go: open}
      failed: {end: error}
    """

PAYER = """
    process: Payer
    id: 1
    nodes:
      start: {go: pay}
      pay:
        modify_task: {conv: 2, ref: account, wait: true, queue: true, data: {pay: 10}}
        time_limit: {after: 10m, go: failed}
        error: failed
        go: done
      done: {end: success}
      failed: {end: error}
    """


def ends(lab: Lab, conv: int, refs: list[str]) -> list[str]:
    return [lab.engine.task(conv, ref).node for ref in refs]


# --- One modify, one event --------------------------------------------------------------------------


def test_modifies_that_come_together_count_each(lab: Lab) -> None:
    lab.deploy(ACCOUNT, PAYER)
    lab.submit(2, {"sum": 0}, ref="account")
    refs = [f"p{n}" for n in range(10)]
    lab.engine.submit_many(1, [(ref, {}) for ref in refs])

    lab.run()

    assert ends(lab, 1, refs) == ["done"] * 10
    assert lab.engine.task(2, "account").data["sum"] == 100


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


# --- Synchronous senders ----------------------------------------------------------------------------


SENDER = """
    process: Sender
    id: 1
    nodes:
      start: {go: send}
      send:
        modify_task: {conv: 2, ref: t, wait: true, queue: QUEUE, data: {n: "{{n}}"}}
        time_limit: {after: 10m, go: late}
        error: failed
        go: done
      done: {end: success}
      late: {end: error}
      failed: {end: error}
    """
QUEUED, PUSHED = SENDER.replace("QUEUE", "true"), SENDER.replace("QUEUE", "false")
TAG = "__conveyor_copy_task_return_type_tag__"


def test_who_waits_his_turn_waits_also_while_the_target_is_elsewhere(lab: Lab) -> None:
    lab.deploy(
        QUEUED,
        """
        diagram: Slow
        id: 2
        nodes:
          start: {go: state}
          state: {set_state: {}, go: sleep}
          sleep: {delay: 10s, go: state}
        """,
    )
    lab.submit(2, ref="t")
    refs = [f"s{n}" for n in range(8)]
    lab.engine.submit_many(1, [(ref, {"n": number}) for number, ref in enumerate(refs)])
    lab.run()
    for _ in range(8):
        lab.forward(11)

    assert ends(lab, 1, refs) == ["done"] * 8


def test_the_target_ends_before_the_turn_of_those_who_wait(lab: Lab) -> None:
    lab.deploy(
        QUEUED,
        """
        diagram: Short
        id: 2
        nodes:
          start: {go: state}
          state: {set_state: {}, condition: [{if: {n: 0}, go: sleep}]}
          sleep: {delay: 10s, go: done}
          done: {end: success}
        """,
    )
    lab.submit(2, ref="t")
    lab.engine.submit_many(1, [(f"s{n}", {"n": n}) for n in range(4)])
    lab.run()
    assert [lab.engine.task(1, f"s{n}").place for n in range(4)] == ["waiting"] * 4
    lab.forward(11)

    assert ends(lab, 1, ["s0"]) == ["done"]
    for n in (1, 2, 3):
        assert lab.engine.task(1, f"s{n}").data[TAG] == "not_found_task"
    assert lab.engine.task(2, "t").unused == 0  # nobody has gone on believing that it was taken


def test_who_does_not_wait_his_turn_is_told_so_and_the_target_takes_others_later(lab: Lab) -> None:
    lab.deploy(
        PUSHED,
        """
        diagram: Slow
        id: 2
        nodes:
          start: {go: state}
          state: {set_state: {}, go: sleep}
          sleep: {delay: 10s, go: state}
        """,
    )
    lab.submit(2, ref="t")
    lab.submit(1, {"n": 1}, ref="first")
    assert lab.submit(1, {"n": 2}, ref="second").data[TAG] == "no_api_callback_in_node_with_task"
    lab.forward(11)
    assert lab.engine.task(1, "first").node == "done"

    # The mark of a pending one is gone although it was taken in an earlier run.
    assert lab.submit(1, {"n": 3}, ref="third").place == "waiting"
    lab.forward(11)
    assert lab.engine.task(1, "third").node == "done"


def test_a_task_that_would_wait_for_itself_is_refused(lab: Lab) -> None:
    lab.deploy("""
        diagram: Self
        id: 2
        nodes:
          start: {go: send}
          send:
            modify_task: {conv: 2, ref: "{{root.ref}}", wait: true, queue: true, data: {}}
            error: failed
            go: done
          done: {end: success}
          failed: {end: error}
        """)

    view = lab.submit(2, ref="me")

    assert view.data[TAG] == "copy_task_fatal_error"
    assert "itself" in view.data["__conveyor_copy_task_return_description__"]


# --- Who waits is answered ----------------------------------------------------------------------------


def waiting_sender(lab: Lab) -> None:
    """Task "s" of conv 1 waits for the answer of task "t" of conv 2, which sleeps."""
    lab.deploy(
        QUEUED.replace("time_limit: {after: 10m, go: late}", "").replace("late: {end: error}", ""),
        """
        diagram: Slow
        id: 2
        nodes:
          start: {go: state}
          state: {set_state: {}, go: sleep}
          sleep: {delay: 10s, go: state}
        """,
    )
    lab.submit(2, ref="t")
    assert lab.submit(1, {"n": 1}, ref="s").place == "waiting"


def test_the_target_is_deleted_while_a_sender_waits(lab: Lab) -> None:
    waiting_sender(lab)
    assert 'task "t" of "Slow", sleeping in "sleep"' in lab.engine.why(1, "s").reason
    assert "has taken the event, or ends" in lab.engine.why(1, "s").reason

    lab.engine.delete(2, "t")
    lab.run()

    assert lab.engine.task(1, "s").data[TAG] == "not_found_task"


def test_the_target_is_cancelled_while_a_sender_waits(lab: Lab) -> None:
    waiting_sender(lab)

    lab.engine.cancel(2, "t")
    lab.run()

    assert lab.engine.task(1, "s").node == "done"


CALLER = """
    process: Caller
    id: 1
    nodes:
      start: {go: call}
      call: {call_process: {conv: 2, data: {}}, LIMIT error: failed, go: done}
      done: {end: success}
      late: {end: error}
      failed: {end: error}
    """
FOR_EVER, LIMITED = CALLER.replace("LIMIT", ""), CALLER.replace("LIMIT", "time_limit: {after: 1h, go: late},")
ASKING = """
    process: Asking
    id: 2
    nodes:
      start: {go: ask}
      ask: {wait_for_callback: {}, go: done}
      done: {end: success}
    """
RPC_TAG = "__conveyor_rpc_return_type_tag__"


def test_a_called_task_that_ends_without_a_reply_tells_who_would_wait_for_ever(lab: Lab) -> None:
    lab.deploy(FOR_EVER, "process: Silent\nid: 2\nnodes: {start: {go: done}, done: {end: success}}")

    view = lab.submit(1)

    assert (view.node, view.data[RPC_TAG]) == ("failed", "rpc_task_fatal_error")
    assert 'ended in node "done" without a reply' in view.note


def test_a_caller_with_a_time_limit_waits_for_that(lab: Lab) -> None:
    lab.deploy(LIMITED, "process: Silent\nid: 2\nnodes: {start: {go: done}, done: {end: success}}")

    assert lab.submit(1, ref="c").place == "waiting"
    lab.forward(3601)

    assert lab.engine.task(1, "c").node == "late"


@pytest.mark.parametrize("end", ["deleted", "cancelled"])
def test_a_called_task_that_is_no_more_tells_its_caller(lab: Lab, end: str) -> None:
    lab.deploy(FOR_EVER, ASKING)
    lab.submit(1, ref="c")
    [called] = lab.engine.archive(2, "ask")
    assert f'task "{called.ref}" of "Asking", waiting in "ask"' in lab.engine.why(1, "c").reason

    if end == "deleted":
        lab.engine.delete(2, called.task_id)
    else:
        lab.engine.cancel(2, called.task_id)
    lab.run()

    view = lab.engine.task(1, "c")
    assert (view.node, view.data[RPC_TAG]) == ("failed", "rpc_task_fatal_error")


def test_callers_above_a_loop_or_hop_limit_are_told(lab: Lab) -> None:
    lab.deploy(
        FOR_EVER,
        """
        process: Loops
        id: 2
        nodes:
          start: {go: a}
          a: {condition: [{if: {never: true}, go: done}], go: b}
          b: {condition: [{if: {never: true}, go: done}], go: a}
          done: {end: success}
        """,
        """
        process: Deep
        id: 3
        nodes:
          start: {go: call}
          call: {call_process: {conv: 3, data: {}}, error: failed, go: failed}
          failed: {end: error}
        """,
    )

    assert lab.submit(1).data[RPC_TAG] == "rpc_task_fatal_error"
    lab.submit(3)
    assert {node.name: node.now for node in lab.engine.show(3).nodes if node.now} == {"failed": 101}


def test_a_reply_is_kept_when_the_called_task_outgrows_its_size_afterwards(lab: Lab) -> None:
    lab.deploy(
        """
        process: Caller
        id: 1
        nodes:
          start: {go: call}
          call: {call_process: {conv: 2, data: {text: "{{text}}"}}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """,
        """
        process: Grows
        id: 2
        nodes:
          start: {go: answer}
          answer: {reply_to_process: {data: {a: 1}}, go: grow}
          grow: {set_parameters: {big: "{{text}}{{text}}"}, go: done}
          done: {end: success}
        """,
    )

    view = lab.submit(1, {"text": "x" * 100_000})

    assert (view.node, view.data.get("a")) == ("done", 1)


def test_a_copy_that_vanishes_before_it_rests_tells_who_waits(lab: Lab) -> None:
    lab.deploy(
        """
        process: Copy
        id: 1
        nodes:
          start: {go: copy}
          copy: {copy_task: {conv: 2, ref: t, wait: true, data: {}}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """,
        """
        diagram: Sleeper
        id: 2
        nodes:
          start: {go: sleep}
          sleep: {delay: 1h, go: state}
          state: {set_state: {}}
        """,
    )
    assert lab.submit(1, ref="c").place == "waiting"

    lab.engine.delete(2, "t")
    lab.run()

    assert lab.engine.task(1, "c").data[TAG] == "not_found_task"


def aside(lab: Lab, conv: int, ref: str) -> None:
    """Set a ready task aside, as one whose worker died too often."""
    partition = lab.engine.current.partition(conv, ref)
    store = lab.engine.store
    for number in range(9):
        store.one(calls.claim(partition, "run" if number == 0 else "alone", 10, f"lost{number}", 0, max_attempts=2))
        store.one(calls.expire(partition, 10))
    assert lab.engine.task(conv, ref).place == "aside"


def test_a_task_that_is_set_aside_tells_who_waits_and_keeps_what_others_sent(lab: Lab) -> None:
    waiting_sender(lab)
    lab.engine.modify(2, "t", {"n": 2})
    lab.engine.retry(2, "t", node="sleep")

    aside(lab, 2, "t")
    lab.run()

    view = lab.engine.task(1, "s")
    assert (view.node, view.data[TAG]) == ("failed", "copy_task_fatal_error")
    assert "set aside" in view.data["__conveyor_copy_task_return_description__"]
    assert lab.engine.task(2, "t").mails == 1
    lab.engine.retry(2, "t", node="state")
    lab.run()
    assert lab.engine.task(2, "t").data["n"] == 2


def test_who_would_wait_his_turn_at_a_task_that_was_set_aside_is_refused(lab: Lab) -> None:
    waiting_sender(lab)
    lab.engine.retry(2, "t", node="sleep")
    aside(lab, 2, "t")

    view = lab.submit(1, {"n": 3}, ref="later")

    assert (view.node, view.data[TAG]) == ("failed", "no_api_callback_in_node_with_task")
    assert lab.engine.task(2, "t").mails == 0


def test_a_waiter_without_a_target_is_found_and_told(lab: Lab) -> None:
    lab.deploy(FOR_EVER, ASKING)
    lab.submit(1, ref="c")
    [called] = lab.engine.archive(2, "ask")
    assert lab.engine.audit().is_clean
    partition, store = lab.engine.current.partition(2, called.task_id), lab.engine.store
    store.one(calls.Call("wipe", partition, [f"t:{called.task_id}"], int))  # as an operator's mistake would

    why = lab.engine.why(1, "c")
    assert "is there no more" in why.reason
    assert "no_target" in [finding.what for finding in lab.engine.audit().findings]
    assert [f.outcome for f in lab.engine.audit(repair=True).findings if f.what == "no_target"] == ["mended"]
    lab.run()

    assert lab.engine.task(1, "c").data[RPC_TAG] == "not_found_task"


# --- Callbacks ----------------------------------------------------------------------------------------


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


# --- The same call twice ------------------------------------------------------------------------------


def test_a_modify_under_a_key_counts_once(lab: Lab) -> None:
    lab.deploy(ACCOUNT)
    lab.submit(2, {"sum": 0}, ref="account")

    first = lab.engine.modify(2, "account", {"pay": 10}, key="payment 1")
    lab.run()
    assert lab.engine.modify(2, "account", {"pay": 10}, key="payment 1") == first
    with pytest.raises(KeyReused, match="payment 1"):
        lab.engine.modify(2, "account", {"pay": 11}, key="payment 1")
    lab.engine.modify(2, "account", {"pay": 10}, key="payment 2")
    lab.run()

    assert lab.engine.task(2, "account").data["sum"] == 20


def test_the_first_answer_is_given_also_when_the_task_has_ended(lab: Lab) -> None:
    lab.deploy(
        "process: One\nid: 1\nnodes: {start: {go: w}, w: {wait_for_callback: {}, go: done}, done: {end: success}}"
    )
    lab.submit(1, ref="t")
    first = lab.engine.callback(1, "t", {"a": 1}, key="k")
    lab.run()
    assert lab.engine.task(1, "t").node == "done"

    assert lab.engine.callback(1, "t", {"a": 1}, key="k") == first
    lab.engine.delete(1, "t")
    assert lab.engine.callback(1, "t", {"a": 1}, key="k") == first


def test_a_refused_call_may_be_made_again_under_its_key(lab: Lab) -> None:
    lab.deploy(ACCOUNT)
    with pytest.raises(NotFound):
        lab.engine.modify(2, "account", {"pay": 10}, key="k")
    lab.submit(2, {"sum": 0}, ref="account")

    lab.engine.modify(2, "account", {"pay": 10}, key="k")
    lab.run()

    assert lab.engine.task(2, "account").data["sum"] == 10


def test_a_submit_under_a_key_creates_one_task(lab: Lab) -> None:
    lab.deploy("""
        process: Once
        id: 1
        params: {a: {type: number, required: true}}
        nodes: {start: {go: done}, done: {end: success, save_task: false}}
        """)
    first = lab.engine.submit(1, {"a": 1}, key="order 7")
    lab.run()

    assert lab.engine.submit(1, {"a": 1}, key="order 7") == first
    with pytest.raises(KeyReused):
        lab.engine.submit(1, {"a": 2}, key="order 7")
    with pytest.raises(BadParameter):
        lab.engine.submit(1, {}, key="order 8")
    lab.engine.submit(1, {"a": 1}, ref="mine", key="order 7")  # another ref, another task
    lab.run()

    done = next(node for node in lab.engine.show(1).nodes if node.name == "done")
    assert done.entered == 2


OPEN = "process: Door\nid: 1\nnodes: {start: {go: done}, done: {end: success}}\n"


@pytest.mark.parametrize(
    "head", ["status: paused", "params: {a: {type: number, required: true}}", "params: {n: {type: string}}"]
)
def test_a_submit_under_a_key_gets_its_first_answer_also_where_it_would_be_refused_now(lab: Lab, head: str) -> None:
    lab.deploy(OPEN)
    first = lab.engine.submit(1, {"n": 1}, key="k")
    lab.deploy(f"{head}\n{OPEN}")

    assert lab.engine.submit(1, {"n": 1}, key="k") == first
    with pytest.raises(KeyReused):
        lab.engine.submit(1, {"n": 2}, key="k")
    with pytest.raises(EngineError):
        lab.engine.submit(1, {"n": 1}, key="another")


def test_a_key_survives_a_repartition(lab: Lab) -> None:
    lab.deploy(ACCOUNT)
    lab.submit(2, {"sum": 0}, ref="account")
    first = lab.engine.modify(2, "account", {"pay": 10}, key="k")
    lab.run()

    lab.engine.repartition(2, 3)

    assert lab.engine.modify(2, "account", {"pay": 10}, key="k") == first
    with pytest.raises(KeyReused):
        lab.engine.modify(2, "account", {"pay": 11}, key="k")


# --- What is too large --------------------------------------------------------------------------------


def test_a_modify_that_would_make_a_state_too_large_is_refused_and_changes_nothing(lab: Lab) -> None:
    lab.deploy("diagram: St\nid: 2\nnodes: {start: {go: state}, state: {set_state: {}}}")
    lab.submit(2, {"token": "t" * 70_000}, ref="t")

    with pytest.raises(TaskTooLarge, match="it stays as it was"):
        lab.engine.modify(2, "t", {"extra": "x" * 70_000})
    assert lab.modify(2, "t", {"token": "u" * 70_000}).place == "parked"  # the same parameter in place of the old one


# --- Storms -------------------------------------------------------------------------------------------


@pytest.fixture
def small(settings: Settings) -> Iterator[Engine]:
    import dataclasses

    with Engine.open(dataclasses.replace(settings, descendants=50)) as engine:
        yield engine


def test_a_task_that_copies_itself_twice_is_stopped(lab: Lab, small: Engine) -> None:
    lab.deploy("""
        process: Storm
        id: 1
        nodes:
          start: {go: first}
          first: {copy_task: {conv: 1, data: {}}, error: failed, go: second}
          second: {copy_task: {conv: 1, data: {}}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """)
    submitted = small.submit(1, {})

    assert small.run_until_idle(PATIENCE_S)

    nodes = {node.name: node for node in small.show(1).nodes}
    assert nodes["start"].entered == 51
    assert nodes["failed"].now > 0
    failed = small.archive(1, "failed", 1)[0]
    assert failed.data[TAG] == "descendants_limit"
    assert small.audit().is_clean
    small.submit(1, {})  # of another first task there may be as many again
    assert small.run_until_idle(PATIENCE_S)
    assert {node.name: node for node in small.show(1).nodes}["start"].entered == 102
    assert submitted.task_id


def test_copies_into_a_full_queue_take_the_error_route(lab: Lab) -> None:
    lab.deploy(
        """
        process: Copy
        id: 1
        nodes:
          start: {go: copy}
          copy: {copy_task: {conv: 2, data: {}}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """,
        """
        process: Busy
        id: 2
        queue_limit: 3
        nodes: {start: {go: done}, done: {end: success}}
        """,
    )
    worker = lab.engine.worker()
    partition = lab.engine.current.partition(2, "x")
    new = [calls.Delivery(f"e{n}", "create", f"{n:024x}", node="1", data=b"{}", meta=b"{}") for n in range(5)]
    queue = worker.convs.queue_limit(2)

    assert lab.engine.store.one(calls.deliver(partition, new, 100, queue)) == ["ok"] * 3 + ["queue_full"] * 2
    assert lab.engine.store.one(calls.deliver(partition, new, 100, queue)) == ["same"] * 3 + ["queue_full"] * 2


def test_a_sender_into_a_full_queue_knows_that_it_may_try_again(lab: Lab) -> None:
    lab.deploy(
        """
        process: Copy
        id: 1
        nodes:
          start: {go: copy}
          copy: {copy_task: {conv: 2, data: {}}, error: errors, go: done}
          errors: {condition: [{if: {__conveyor_copy_task_return_type_error__: hardware}, go: full}], go: failed}
          done: {end: success}
          full: {end: error}
          failed: {end: error}
        """,
        "process: Busy\nid: 2\nqueue_limit: 1\nnodes: {start: {go: done}, done: {end: success}}",
    )
    lab.engine.submit_many(1, [(f"c{n}", {}) for n in range(30)])
    lab.run()

    nodes = {node.name: node.now for node in lab.engine.show(1).nodes}
    assert nodes["full"] > 0
    assert nodes["full"] + nodes["done"] == 30
    assert lab.engine.archive(1, "full", 1)[0].data[TAG] == "queue_full"


# --- Many at once -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_writers_and_workers_at_once_lose_no_event(lab: Lab, settings: Settings) -> None:
    lab.deploy(ACCOUNT)
    lab.submit(2, {"sum": 0}, ref="account")
    engines = [Engine.open(settings) for _ in range(8)]
    workers = [Worker(engine.store, settings) for engine in engines[:2]]
    running = [threading.Thread(target=worker.run) for worker in workers]

    def write(engine: Engine) -> None:
        for _ in range(50):
            engine.modify(2, "account", {"pay": 1})

    writing = [threading.Thread(target=write, args=(engine,)) for engine in engines[2:]]
    for thread in [*running, *writing]:
        thread.start()
    for thread in writing:
        thread.join()

    def settled() -> TaskView | None:
        view = lab.engine.task(2, "account")
        return view if view.place == "parked" and not view.mails and view.data["sum"] == 300 else None

    eventually(settled)
    for worker in workers:
        worker.stop()
    for thread in running:
        thread.join()
    for engine in engines:
        engine.close()


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
    assert (sender.node, sender.data[TAG]) == ("failed", "copy_task_size_overflow_limit")
    assert lab.engine.audit().is_clean

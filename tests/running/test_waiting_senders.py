"""Who waits for what became of a modify, a call or a copy is always told, whatever becomes of the other task."""

from __future__ import annotations

import pytest

from engine.store import calls
from engine.store.call import Call
from tests.running.conftest import COPY_TAG, Lab, ends

# --- A modify that waits ----------------------------------------------------------------------------------------------


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
        assert lab.engine.task(1, f"s{n}").data[COPY_TAG] == "not_found_task"
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
    assert lab.submit(1, {"n": 2}, ref="second").data[COPY_TAG] == "no_api_callback_in_node_with_task"
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

    assert view.data[COPY_TAG] == "copy_task_fatal_error"
    assert "itself" in view.data["__conveyor_copy_task_return_description__"]


# --- Who waits is answered --------------------------------------------------------------------------------------------


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

    assert lab.engine.task(1, "s").data[COPY_TAG] == "not_found_task"


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

    assert lab.engine.task(1, "c").data[COPY_TAG] == "not_found_task"


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
    assert (view.node, view.data[COPY_TAG]) == ("failed", "copy_task_fatal_error")
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

    assert (view.node, view.data[COPY_TAG]) == ("failed", "no_api_callback_in_node_with_task")
    assert lab.engine.task(2, "t").mails == 0


def test_a_waiter_without_a_target_is_found_and_told(lab: Lab) -> None:
    lab.deploy(FOR_EVER, ASKING)
    lab.submit(1, ref="c")
    [called] = lab.engine.archive(2, "ask")
    assert lab.engine.audit().is_clean
    partition, store = lab.engine.current.partition(2, called.task_id), lab.engine.store
    store.one(Call("wipe", partition, [f"t:{called.task_id}"], int))  # as an operator's mistake would

    why = lab.engine.why(1, "c")
    assert "is there no more" in why.reason
    assert "no_target" in [finding.what for finding in lab.engine.audit().findings]
    assert [f.outcome for f in lab.engine.audit(repair=True).findings if f.what == "no_target"] == ["mended"]
    lab.run()

    assert lab.engine.task(1, "c").data[RPC_TAG] == "not_found_task"

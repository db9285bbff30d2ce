"""copy_task, modify_task, call_process, reply_to_process, and states."""

from __future__ import annotations

from tests.running.conftest import Lab

STORAGE = """
    diagram: Storage
    id: 2
    alias: storage
    params: {token: {type: string, required: true, secret: true}}
    nodes:
      start: {go: token}
      token: {set_state: {}}
    """

KEEP = """
    process: Keep
    id: 1
    params: {token: {type: string, secret: true}}
    nodes:
      start: {go: keep}
      keep:
        copy_task: {conv: "@storage", ref: token, wait: true, data: {token: "{{token}}"}}
        error: errors
        go: done
      errors:
        condition: [{if: {__conveyor_copy_task_return_type_tag__: not_unical_ref}, go: replace}]
        go: failed
      replace:
        modify_task: {conv: "@storage", ref: token, wait: true, data: {token: "{{token}}"}}
        error: failed
        go: done
      done: {end: success}
      failed: {end: error}
    """

USE = """
    process: Use
    id: 3
    nodes:
      start: {go: use}
      use: {set_parameters: {header: "Bearer <<conv[2].ref[token].token>>"}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """


def test_the_heart_of_the_product(lab: Lab) -> None:
    lab.deploy(STORAGE, KEEP, USE)

    first = lab.submit(1, {"token": "t-one"})
    used = lab.submit(3)

    assert first.node == "done"
    assert first.data["__conveyor_copy_task_result__"] == "ok"
    assert lab.engine.task(2, "token").place == "parked"
    assert used.data["header"] == "Bearer t-one"
    assert used.masked().data["header"] == "***"
    assert lab.engine.archive(2, "token")[0].masked().data == {"token": "***"}


def test_a_taken_ref_is_replaced_by_a_modify(lab: Lab) -> None:
    lab.deploy(STORAGE, KEEP, USE)
    lab.submit(1, {"token": "t-one"})

    second = lab.submit(1, {"token": "t-two"})

    assert lab.path(second) == ["start", "keep", "errors", "replace", "done"]
    assert lab.submit(3).data["header"] == "Bearer t-two"


def test_a_reference_to_nothing_is_an_error_with_the_reference_in_it(lab: Lab) -> None:
    lab.deploy(STORAGE, KEEP, USE)

    view = lab.submit(3)

    assert view.node == "failed"
    assert "conv[2].ref[token]" in view.data["__conveyor_set_param_return_description__"]


def test_a_missing_required_parameter_of_the_target_is_refused(lab: Lab) -> None:
    lab.deploy(
        STORAGE,
        """
        process: Wrong
        id: 1
        nodes:
          start: {go: copy}
          copy: {copy_task: {conv: 2, data: {other: 1}}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """,
    )

    view = lab.submit(1)

    assert view.node == "failed"
    assert view.data["__conveyor_copy_task_return_type_tag__"] == "wrong_validate_params"
    assert "Param: token" in view.data["__conveyor_copy_task_return_description__"]


def test_a_modify_of_nothing_is_refused(lab: Lab) -> None:
    lab.deploy(
        STORAGE,
        """
        process: Wrong
        id: 1
        nodes:
          start: {go: modify}
          modify: {modify_task: {conv: 2, ref: nobody, wait: true, data: {token: x}}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """,
    )

    assert lab.submit(1).data["__conveyor_copy_task_return_type_tag__"] == "not_found_task"


CALLER = """
    process: Caller
    id: 10
    nodes:
      start: {go: call}
      call:
        call_process: {conv: 11, data: {a: "{{a}}"}}
        error: failed
        go: done
      done: {end: success}
      failed: {end: error}
    """

CALLEE = """
    process: Callee
    id: 11
    params: {secret_word: {type: string, secret: true}}
    nodes:
      start: {go: check}
      check: {condition: [{if: {a: bad}, go: refuse}], go: answer}
      answer:
        reply_to_process: {data: {sum: "$.math({{a}} * 2)", word: '{{secret_word | default("w0rd")}}'}}
        error: failed
        go: done
      refuse: {reply_to_process: {exception: "cannot do {{a}}", data: {retry: false}}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """


def test_a_called_process_replies(lab: Lab) -> None:
    lab.deploy(CALLER, CALLEE)

    view = lab.submit(10, {"a": 21})

    assert view.node == "done"
    assert view.data["sum"] == 42


def test_an_exception_takes_the_callers_error_route(lab: Lab) -> None:
    lab.deploy(CALLER, CALLEE)

    view = lab.submit(10, {"a": "bad"})

    assert view.node == "failed"
    assert view.data["__conveyor_rpc_return_type_tag__"] == "rpc_reply_exception"
    assert view.data["__conveyor_rpc_reply_return_description__"] == "cannot do bad"
    assert view.data["retry"] is False


def test_a_caller_waits_until_its_time_limit(lab: Lab) -> None:
    lab.deploy(
        CALLER.replace(
            "error: failed\n        go: done",
            "error: failed\n        time_limit: {after: 1m, go: failed}\n        go: done",
        ),
        """
        process: Silent
        id: 11
        nodes: {start: {go: done}, done: {end: success}}
        """,
    )

    assert lab.submit(10, {"a": 1}, ref="r").place == "waiting"
    lab.forward(61)
    assert lab.engine.task(10, "r").node == "failed"


STATES = """
    diagram: Customer
    id: 20
    nodes:
      start: {go: active}
      active:
        set_state: {}
        condition:
          - {if: {status: left}, go: gone}
        time_limit: {after: 30d, go: inactive}
      inactive:
        set_state: {}
        condition:
          - {if: {status: back}, go: active}
      gone: {end: success}
    """


def test_entering_a_state_tests_nothing_and_a_modify_tests_the_routes(lab: Lab) -> None:
    lab.deploy(STATES)

    assert lab.submit(20, {"status": "left"}, ref="c").node == "active"
    assert lab.modify(20, "c", {"visits": 1}).node == "gone"


def test_a_state_whose_routes_do_not_pass_keeps_task_and_timer(lab: Lab) -> None:
    lab.deploy(STATES)
    lab.submit(20, {"status": "new"}, ref="c")
    due = lab.engine.task(20, "c").due_ms

    view = lab.modify(20, "c", {"visits": 2})

    assert (view.node, view.data["visits"]) == ("active", 2)
    assert view.due_ms == due
    lab.forward(30 * 86400 + 1)
    assert lab.engine.task(20, "c").node == "inactive"
    assert lab.modify(20, "c", {"status": "back"}).node == "active"


def test_a_modify_of_a_task_on_its_way_is_kept_for_the_next_state(lab: Lab) -> None:
    lab.deploy("""
        diagram: Slow
        id: 20
        nodes:
          start: {go: pause}
          pause: {delay: 1m, go: state}
          state: {set_state: {}, condition: [{if: {go_on: true}, go: done}]}
          done: {end: success}
        """)
    lab.submit(20, ref="c")

    assert lab.modify(20, "c", {"go_on": True}).node == "pause"
    lab.forward(61)

    assert lab.engine.task(20, "c").node == "done"


def test_a_callback_goes_on_by_the_routes(lab: Lab) -> None:
    lab.deploy("""
        process: Callback
        id: 30
        nodes:
          start: {go: wait}
          wait: {wait_for_callback: {}, time_limit: {after: 1d, go: failed}, go: done}
          done: {end: success}
          failed: {end: error}
        """)
    assert lab.submit(30, ref="c").place == "waiting"

    lab.engine.callback(30, "c", {"answer": 42})
    lab.run()

    view = lab.engine.task(30, "c")
    assert (view.node, view.data["answer"]) == ("done", 42)


def test_counts_of_nodes_can_be_read(lab: Lab) -> None:
    lab.deploy(
        STORAGE,
        """
        process: Counts
        id: 1
        nodes:
          start: {go: set}
          set: {set_parameters: {n: "{{conv[2].node[token].count}}"}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """,
    )
    for ref in "abc":
        lab.submit(2, {"token": ref}, ref=ref)

    assert lab.submit(1).data["n"] == 3


def test_nested_references_are_read_too(lab: Lab) -> None:
    lab.deploy(
        STORAGE,
        """
        process: Nested
        id: 1
        nodes:
          start: {go: set}
          set: {set_parameters: {t: "{{conv[2].ref[{{conv[2].ref[{{r}}].token}}].token}}"}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """,
    )
    lab.submit(2, {"token": "second"}, ref="first")
    lab.submit(2, {"token": "found"}, ref="second")

    assert lab.submit(1, {"r": "first"}).data["t"] == "found"


def test_a_circle_of_copies_is_stopped(lab: Lab) -> None:
    lab.deploy("""
        process: Circle
        id: 1
        nodes:
          start: {go: copy}
          copy: {copy_task: {conv: 1, data: {}}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """)

    lab.submit(1)

    view = lab.engine.show(1)
    assert {node.name: node.now for node in view.nodes if node.now} == {"done": 100, "failed": 1}

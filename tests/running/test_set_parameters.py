"""set_parameters in a running process."""

from __future__ import annotations

from tests.running.conftest import Lab


def test_values_keep_their_types_and_casts_come_last(lab: Lab) -> None:
    lab.deploy("""
        process: Set
        id: 1
        nodes:
          start: {go: set}
          set:
            set_parameters:
              n: "{{a}}"
              text: "a is {{a}}"
              number: "{{b}}"
              list: ["{{a}}", 2]
              day: "$.math({{a}} + 1)"
            types: {number: number}
            error: failed
            go: done
          done: {end: success}
          failed: {end: error}
        """)

    view = lab.submit(1, {"a": 9007199254740993, "b": "2.5"})

    assert view.node == "done"
    assert view.data["n"] == 9007199254740993
    assert view.data["text"] == "a is 9007199254740993"
    assert view.data["number"] == 2.5
    assert view.data["list"] == [9007199254740993, 2]
    assert view.data["day"] == 9007199254740994


def test_paths_write_inside_and_leave_the_rest(lab: Lab) -> None:
    lab.deploy("""
        process: Paths
        id: 1
        nodes:
          start: {go: set}
          set: {set_parameters: {user.name: Ann, "list[1]": x, "{{key}}": v}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """)

    view = lab.submit(1, {"user": {"age": 7}, "key": "made"})

    assert view.data["user"] == {"age": 7, "name": "Ann"}
    assert view.data["list"] == [None, "x"]
    assert view.data["made"] == "v"


def test_a_failing_template_sets_nothing_and_takes_the_error_route(lab: Lab) -> None:
    lab.deploy("""
        process: Fails
        id: 1
        nodes:
          start: {go: set}
          set: {set_parameters: {good: 1, bad: "{{nothing.there}}"}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """)

    view = lab.submit(1)

    assert view.node == "failed"
    assert "good" not in view.data
    assert view.data["__conveyor_set_param_return_type_error__"] == "software"
    assert view.data["__conveyor_set_param_return_type_tag__"] == "missing_reference"
    assert "nothing.there" in view.data["__conveyor_set_param_return_description__"]


def test_a_wrong_cast_has_the_tag_of_the_reference(lab: Lab) -> None:
    lab.deploy("""
        process: Cast
        id: 1
        nodes:
          start: {go: set}
          set: {set_parameters: {n: "{{a}}"}, types: {n: number}, go: done}
          done: {end: success}
        """)

    view = lab.submit(1, {"a": "many"})

    assert view.node == "error"
    assert view.failed
    assert view.data["__conveyor_set_param_return_type_tag__"] == "set_param_wrong_convert_param"


def test_a_value_is_never_expanded_again(lab: Lab) -> None:
    lab.deploy("""
        process: Inert
        id: 1
        nodes:
          start: {go: set}
          set: {set_parameters: {copy: "{{a}}", twice: "{{copy}} {{a}}"}, error: failed, go: again}
          again: {set_parameters: {copy: "{{copy}}"}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """)

    view = lab.submit(1, {"a": "{{conv[1].ref[x].y}} $.math(1+1)", "copy": "old"})

    assert view.data["copy"] == "{{conv[1].ref[x].y}} $.math(1+1)"
    assert view.data["twice"] == "old {{conv[1].ref[x].y}} $.math(1+1)"


def test_what_is_copied_from_a_secret_stays_secret(lab: Lab) -> None:
    lab.deploy("""
        process: Secret
        id: 1
        params: {password: {type: string, secret: true}}
        nodes:
          start: {go: set}
          set: {set_parameters: {header: "Basic {{password}}", open: "{{name}}"}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """)

    view = lab.submit(1, {"password": "hunter22", "name": "Ann"}).masked()

    assert view.data["password"] == "***"
    assert view.data["header"] == "***"
    assert view.data["open"] == "Ann"


def test_what_is_made_of_a_copy_of_a_secret_is_secret_in_the_same_run(lab: Lab) -> None:
    lab.deploy("""
        process: Copies
        id: 1
        params: {password: {type: string, secret: true}}
        nodes:
          start: {go: copy}
          copy: {set_parameters: {copy: "{{password}}"}, go: encode}
          encode: {set_parameters: {header: "Basic {{copy | base64}}"}, go: calls}
          calls: {call_process: {conv: 9, data: {sent: "{{header}}"}, stub: [{reply: {keys: [sent]}}]}, go: last}
          last: {set_parameters: {last: "{{sent | urlencode}}"}, go: casts}
          casts: {set_parameters: {n: "{{last}}"}, types: {n: number}, go: done}
          done: {end: success}
        """)

    view = lab.submit(1, {"password": "hunter22"})

    assert {"password", "copy", "header", "sent", "last"} == set(view.secrets)
    assert view.note.endswith("Value: ***, Try convert to: number")

"""access: which others may read a conv, and send to it. Checked at run, whatever a template says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.definition import Access
from engine.errors import LogicError, NotDeployed
from tests.running.conftest import Lab

KEPT = """
diagram: Kept
id: 1
access: {access}
params: {{x: {{type: number}}}}
nodes:
  start: {{go: kept}}
  kept: {{set_state: {{}}}}
"""

JOBS = """
process: Jobs
id: 2
access: {access}
nodes:
  start: {{go: held}}
  held: {{queue: {{}}, error: failed, go: add}}
  add: {{sum: {{total: "{{{{n}}}}"}}, error: failed, go: fetched}}
  fetched: {{end: success}}
  failed: {{end: error}}
"""

CALLED = """
process: Called
id: 3
access: {access}
nodes:
  start: {{go: answer}}
  answer: {{reply_to_process: {{data: {{x: 7}}}}, error: failed, go: done}}
  done: {{end: success}}
  failed: {{end: error}}
"""

ASKS = """
process: Asks
id: 9
alias: asks
nodes:
  start: {{go: ask}}
  ask: {{{what}, error: failed, go: done}}
  done: {{end: success}}
  failed: {{end: error}}
"""

READING = {
    "a value": 'set_parameters: {got: "{{conv[{{where}}].ref[a].x}}"}',
    "a count": 'set_parameters: {got: "{{conv[{{where}}].node[kept].count}}"}',
}
CALLING = {
    "copy": 'copy_task: {conv: "{{where}}", data: {x: 1}}',
    "copy and wait": 'copy_task: {conv: "{{where}}", data: {x: 1}, wait: true}',
    "modify": 'modify_task: {conv: "{{where}}", ref: a, data: {x: 2}}',
}

ALL = {"readers": READING, "callers": CALLING}
CASES = [(word, name) for word, whats in ALL.items() for name in whats]


def tag_of(data: dict[str, Any]) -> str:
    (tag,) = [value for name, value in data.items() if name.endswith("_return_type_tag__")]
    return str(tag)


@pytest.mark.parametrize(("word", "name"), CASES)
@pytest.mark.parametrize("whos", ["[]", "[8]", "['@other']", "[elsewhere/]"])
def test_who_is_not_among_them_takes_the_error_route(lab: Lab, word: str, name: str, whos: str) -> None:
    lab.deploy(KEPT.format(access=f"{{{word}: {whos}}}"), ASKS.format(what=ALL[word][name]))
    lab.submit(1, {"x": 5}, ref="a")
    before = lab.engine.show(1)

    view = lab.submit(9, {"where": 1})

    assert (view.node, tag_of(view.data)) == ("failed", "access_denied")
    assert "Asks" in view.note
    assert "5" not in str(view.data.get("got"))
    assert lab.engine.show(1).nodes == before.nodes
    assert lab.engine.task(1, "a").data == {"x": 5}


@pytest.mark.parametrize(("word", "name"), CASES)
@pytest.mark.parametrize("whos", ["[9]", "['@asks']", "[8, 9]"])
def test_who_is_among_them_may(lab: Lab, word: str, name: str, whos: str) -> None:
    other = "callers" if word == "readers" else "readers"
    lab.deploy(KEPT.format(access=f"{{{word}: {whos}, {other}: []}}"), ASKS.format(what=ALL[word][name]))
    lab.submit(1, {"x": 5}, ref="a")

    assert lab.submit(9, {"where": 1}).node == "done"


@pytest.mark.parametrize(("word", "name"), CASES)
def test_what_is_not_said_is_open_to_everybody(lab: Lab, word: str, name: str) -> None:
    other = "callers" if word == "readers" else "readers"
    lab.deploy(KEPT.format(access=f"{{{other}: []}}"), ASKS.format(what=ALL[word][name]))
    lab.submit(1, {"x": 5}, ref="a")

    assert lab.submit(9, {"where": 1}).node == "done"


@pytest.mark.parametrize(("whos", "node"), [("[]", "failed"), ("[9]", "done")])
@pytest.mark.parametrize(
    ("definition", "conv", "what"),
    [
        (CALLED, 3, 'call_process: {conv: "{{where}}"}'),
        (JOBS, 2, 'get_from_queue: {conv: "{{where}}", node: held}'),
    ],
)
def test_calls_and_queues(lab: Lab, definition: str, conv: int, what: str, whos: str, node: str) -> None:
    lab.deploy(definition.format(access=f"{{callers: {whos}}}"), ASKS.format(what=what))
    lab.submit(conv, {"n": 1})

    view = lab.submit(9, {"where": conv})

    assert view.node == node
    assert node == "done" or tag_of(view.data) == "access_denied"


@pytest.mark.parametrize(("whos", "node"), [("[]", "failed"), ("[9]", "done")])
def test_sums(lab: Lab, whos: str, node: str) -> None:
    total = 'set_parameters: {got: "{{conv[{{where}}].node[add].total}}"}'
    lab.deploy(JOBS.format(access=f"{{readers: {whos}}}"), ASKS.format(what=total))

    assert lab.submit(9, {"where": 2}).node == node


def test_it_may_read_and_send_to_itself(lab: Lab) -> None:
    own = 'set_parameters: {n: "{{node[ask].count}}", m: "{{conv[9].node[ask].count}}"}'
    text = ASKS.format(what=own).replace("alias: asks", "access: {readers: [], callers: []}")
    lab.deploy(text)

    assert lab.submit(9).node == "done"


def test_a_reply_goes_to_who_has_called(lab: Lab) -> None:
    """Though the caller lets nobody call it."""
    asks = ASKS.format(what='call_process: {conv: "{{where}}"}').replace(
        "alias: asks", "access: {readers: [], callers: []}"
    )
    lab.deploy(CALLED.format(access="{callers: [9]}"), asks)

    view = lab.submit(9, {"where": 3})

    assert (view.node, view.data["x"]) == ("done", 7)


def test_a_condition_that_may_not_read_takes_the_error_route(lab: Lab) -> None:
    lab.deploy(
        KEPT.format(access="{readers: []}"),
        """
        process: Asks
        id: 9
        nodes:
          start: {go: look}
          look:
            condition:
              - {if: {"{{conv[{{where}}].ref[a].x}}": 5}, go: done}
            error: failed
            go: failed
          done: {end: success}
          failed: {end: error}
        """,
    )
    lab.submit(1, {"x": 5}, ref="a")

    assert lab.submit(9, {"where": 1}).node == "failed"


def test_a_default_does_not_hide_it(lab: Lab) -> None:
    lab.deploy(
        KEPT.format(access="{readers: []}"),
        ASKS.format(what='set_parameters: {got: "{{conv[{{where}}].ref[a].x | default(0)}}"}'),
    )
    lab.submit(1, {"x": 5}, ref="a")

    view = lab.submit(9, {"where": 1})

    assert (view.node, tag_of(view.data)) == ("failed", "access_denied")


def test_it_counts_from_the_next_deploy_on(lab: Lab) -> None:
    lab.deploy(KEPT.format(access="{readers: [9]}"), ASKS.format(what=READING["a value"]))
    lab.submit(1, {"x": 5}, ref="a")
    assert lab.submit(9, {"where": 1}).node == "done"

    lab.deploy(KEPT.format(access="{readers: []}"))

    assert lab.submit(9, {"where": 1}).node == "failed"


def test_a_literal_reference_is_not_deployed(lab: Lab) -> None:
    with pytest.raises(NotDeployed, match="access_denied"):
        lab.deploy(
            KEPT.format(access="{callers: []}"), ASKS.format(what='copy_task: {conv: 1, data: {x: "{{where}}"}}')
        )


def test_a_literal_reference_to_what_is_deployed_is_not_deployed(lab: Lab) -> None:
    lab.deploy(KEPT.format(access="{callers: [8]}"))
    (lab.folder / "1.yaml").unlink()

    with pytest.raises(NotDeployed, match="access_denied"):
        lab.deploy(ASKS.format(what="copy_task: {conv: Kept, data: {x: 1}}"))


def test_a_shell_may_look_at_all_and_sees_what_a_conv_may(lab: Lab) -> None:
    lab.deploy(KEPT.format(access="{readers: []}"), ASKS.format(what=READING["a value"]))
    lab.submit(1, {"x": 5}, ref="a")

    assert lab.engine.evaluate("{{conv[1].ref[a].x}}") == (5, False)
    with pytest.raises(LogicError) as caught:
        lab.engine.evaluate("{{conv[1].ref[a].x}}", conv=9)
    assert caught.value.tag == "access_denied"


@pytest.mark.parametrize(("folder", "node"), [("sales", "done"), ("sales/eu", "done"), ("salesforce", "failed")])
def test_a_folder_means_all_below_it(lab: Lab, tmp_path: Path, folder: str, node: str) -> None:
    (tmp_path / "diagrams").mkdir()
    (tmp_path / "diagrams" / "kept.yaml").write_text(KEPT.format(access="{readers: [sales/]}"))
    (tmp_path / "processes" / folder).mkdir(parents=True)
    (tmp_path / "processes" / folder / "asks.yaml").write_text(ASKS.format(what=READING["a value"]))
    assert lab.engine.deploy([tmp_path / "diagrams", tmp_path / "processes"])
    lab.submit(1, {"x": 5}, ref="a")

    assert lab.submit(9, {"where": 1}).node == node

    made = lab.engine.keyring.create("x", [("view", "sales/")], [], None, "shell tester")
    found = lab.engine.find(9)
    assert lab.engine.keyring.may(made.key.login, "view", found).allowed is (node == "done")


@pytest.mark.parametrize(
    ("whos", "folder", "lets"),
    [
        (None, "", True),
        ([], "", False),
        (["sales/"], "sales", True),
        (["sales/"], "sales/eu", True),
        (["sales/"], "salesforce", False),
        (["sales/eu/"], "sales", False),
        (["sales/"], "", False),
        ([9], "", True),
        (["9"], "", True),
        (["@asks"], "", True),
        (["@ask"], "", False),
    ],
)
def test_who_is_meant(whos: list[Any] | None, folder: str, lets: bool) -> None:
    access = Access.model_validate({"readers": whos, "callers": [1]} if whos is not None else {"callers": [1]})

    assert access.lets("readers", 9, ["asks"], folder) is lets
    assert access.lets("callers", 9, ["asks"], folder) is False

"""How files differ from what is deployed, and versions from each other: in meaning, then in text."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UnknownVersion
from engine.versions import Change, FieldChange
from tests.running.conftest import Lab
from tests.running.test_versions import ORDER, Tree, deploy_as_before


@pytest.fixture
def tree(lab: Lab, tmp_path: Path) -> Tree:
    tree = Tree(lab, tmp_path / "shop")
    tree.deploy(ORDER)
    return tree


NEW = "process: New\nid: 11\nnodes: {start: {go: e}, e: {end: none}}"
CALL = """\
process: Order
id: 10
params: {a: string, b: {type: number, default: 1}}
nodes:
  start: {go: call}
  call:
    api_call: {method: POST, url: "https://a.example/", data: {x: 1}}
    condition: [{if: {a: 1}, go: done}, {if: {a: 2}, go: done}]
    error: failed
    go: done
  done: {end: success}
  failed: {end: error}
"""


def changes(tree: Tree, text: str) -> list[Change]:
    [one] = tree.engine.difference(tree.write("processes/order.yaml", text)).convs
    return one.changes


def test_what_is_as_deployed_differs_in_nothing(tree: Tree) -> None:
    differences = tree.engine.difference(tree.folder)

    assert differences.is_none
    assert (differences.convs, differences.site, differences.not_here) == ([], [], [])


def test_a_field_of_a_node_is_told_by_its_path(tree: Tree) -> None:
    [one] = tree.engine.difference(tree.write("processes/order.yaml", ORDER.replace("1h", "2h"))).convs

    assert one.changes == [Change("node", "changed", "wait", fields=(FieldChange("delay", "1h", "2h"),))]
    assert one.text[:2] == ["--- version 1", f"+++ {tree.folder}/processes/order.yaml"]
    assert [line for line in one.text if line[:2] in ("- ", "+ ")] == [
        "-  wait: {delay: 1h, go: done}     # an hour",
        "+  wait: {delay: 2h, go: done}     # an hour",
    ]


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("a.example", "b.example", ("node", "changed", "call", "api_call.url")),
        ("{x: 1}", "{x: true}", ("node", "changed", "call", "api_call.data.x")),
        ("{x: 1}", "{x: null}", ("node", "changed", "call", "api_call.data.x")),
        (", data: {x: 1}", "", ("node", "changed", "call", "api_call.data")),
        ("{a: 2}, go: done", "{a: 2}, go: failed", ("node", "changed", "call", "condition[1].go")),
        ("default: 1", "default: 2", ("parameter", "changed", "b", "default")),
        ("a: string", "a: {type: number}", ("parameter", "changed", "a", "type")),
        ("id: 10", "id: 10\nmissing: empty", ("conv", "changed", "Order", "missing")),
        ("process: Order", "process: Orders", ("conv", "changed", "Orders", "process")),
    ],
)
def test_each_field_has_the_name_that_its_author_gives_it(
    tree: Tree, old: str, new: str, change: tuple[str, str, str, str]
) -> None:
    tree.deploy(CALL)
    assert CALL.count(old) == 1

    [found] = changes(tree, CALL.replace(old, new))

    assert (found.kind, found.what, found.name, found.fields[0].path) == change
    assert len(found.fields) == 1


def test_nodes_parameters_and_aliases_come_and_go(tree: Tree) -> None:
    text = ORDER.replace("alias: order", "alias: orders\nparams: {n: number}").replace("wait", "sleep")

    assert changes(tree, text) == [
        Change("parameter", "added", "n"),
        Change("alias", "removed", "order"),
        Change("alias", "added", "orders"),
        Change("node", "removed", "wait"),
        Change("node", "changed", "start", fields=(FieldChange("go", "wait", "sleep"),)),
        Change("node", "added", "sleep"),
    ]


def test_a_renamed_node_is_told_as_such(tree: Tree) -> None:
    text = ORDER.replace("go: wait", "go: sleep").replace("wait: {delay: 1h", "sleep: {was: wait, delay: 2h")

    assert changes(tree, text)[-1] == Change("node", "renamed", "sleep", "wait", (FieldChange("delay", "1h", "2h"),))


def test_a_comment_changes_the_text_alone(tree: Tree) -> None:
    [one] = tree.engine.difference(tree.write("processes/order.yaml", ORDER + "# more\n")).convs

    assert (one.changes, one.is_none) == ([], False)
    assert one.text[-2:] == ["+# more", " "]


def test_another_folder_is_a_difference(tree: Tree) -> None:
    (tree.folder / "processes/order.yaml").unlink()

    [one] = tree.engine.difference(tree.write("processes/sales/order.yaml", ORDER)).convs

    assert (one.folders, one.changes, one.text) == (("", "sales"), [], [])


def test_a_new_conv_is_all_text(tree: Tree) -> None:
    [one] = tree.engine.difference(
        tree.write("new.yaml", "process: New\nid: 11\nnodes: {start: {go: e}, e: {end: none}}")
    ).convs

    assert (one.conv_id, one.is_new, one.changes) == (11, True, [])
    assert one.text[0] == "--- nothing"


def test_convs_in_no_file_are_named(tree: Tree) -> None:
    other = tree.write("other/processes/new.yaml", NEW)

    assert tree.engine.difference(other).not_here == [(10, "Order")]


def test_variables_differ_by_name_and_secret_ones_are_masked(tree: Tree) -> None:
    variables = "open: {value: one}\nhidden: {value: canary-one, secret: true}\nnow_secret: {value: canary-two}\n"
    tree.write("processes/variables.yaml", variables)
    tree.engine.deploy(tree.folder)
    later = (
        variables.replace("one", "three").replace("canary-two}", "canary-four, secret: true}") + "more: {value: x}\n"
    )
    tree.write("processes/variables.yaml", later)

    differences = tree.engine.difference(tree.folder)

    assert [(one.kind, one.what, one.name) for one in differences.site] == [
        ("variable", "changed", "open"),
        ("variable", "changed", "hidden"),
        ("variable", "changed", "now_secret"),
        ("variable", "added", "more"),
    ]
    assert differences.site[0].fields == (FieldChange("value", "one", "three"),)
    assert "canary" not in repr(differences)
    assert not differences.is_none


def test_nothing_is_compared_with_an_error_in_the_files(tree: Tree) -> None:
    differences = tree.engine.difference(tree.write("processes/order.yaml", ORDER.replace("go: done", "go: nowhere")))

    assert differences.has_errors
    assert differences.convs == []


def test_what_an_older_engine_deployed_is_compared_by_its_definition(tree: Tree) -> None:
    deploy_as_before(tree, ORDER.replace("1h", "2h"))

    [one] = tree.engine.difference(tree.folder).convs

    assert one.changes == [Change("node", "changed", "wait", fields=(FieldChange("delay", "2h", "1h"),))]
    assert one.text[0] == "--- what is deployed (as made from its definition)"


def test_versions_differ_from_each_other_and_from_what_is_deployed(tree: Tree) -> None:
    tree.deploy(ORDER.replace("1h", "2h"))
    tree.deploy(ORDER.replace("1h", "3h"))

    between = tree.engine.difference_between(10, 2, 1)

    assert between.changes == [Change("node", "changed", "wait", fields=(FieldChange("delay", "2h", "1h"),))]
    assert between.text[:2] == ["--- version 2", "+++ version 1"]
    assert tree.engine.difference_between(10, 1).changes[0].fields == (FieldChange("delay", "1h", "3h"),)
    assert tree.engine.difference_between(10, 3).is_none
    with pytest.raises(UnknownVersion):
        tree.engine.difference_between(10, 1, 9)


def test_a_difference_is_there_when_a_deploy_makes_a_version_and_only_then(tree: Tree) -> None:
    for number, text in enumerate((ORDER, ORDER + "#", ORDER.replace("1h", "60m"), ORDER.replace("\n", "\r\n"), ORDER)):
        file = tree.write("processes/order.yaml", text)

        differs = not tree.engine.difference(tree.folder).is_none

        assert differs == bool(tree.engine.deploy(file).versions) == (number > 0)

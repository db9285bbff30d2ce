"""Files that no editor would write, and which files of a folder are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.load import read_tree
from engine.load.across import Known
from engine.load.source import LARGEST_BYTES

GOOD = b"process: Order\nid: 1\nnodes:\n  start: {go: done}\n  done: {end: success}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(*paths: str) -> list[str]:
    return [str(problem) for problem in read_tree(paths).problems]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfea\x00", "1:1: the file is UTF-16; save it as UTF-8"),
        (b"process: x\ntitle: caf\xe9\n", "2:11: the byte 0xe9 is not UTF-8; save the file as UTF-8"),
        (b"process: a\x00b\n", "1:11: the character U+0000 may not stand in a YAML file; remove it"),
        (b"process: a\nid: 1 \x1b[31m\n", "2:7: the character U+001B may not stand in a YAML file; remove it"),
        (b"# " + b"x" * LARGEST_BYTES, "1:1: larger than 1000000 bytes, the limit for a definition"),
        (b"a: " + b"[" * 200, "1:104: lists and maps are nested deeper than 100"),
        (b"a: " + b"{a: " * 150 + b"}" * 150, "1:401: lists and maps are nested deeper than 100"),
    ],
    ids=["utf-16", "latin-1", "nul", "escape", "large", "deep lists", "deep maps"],
)
def test_a_file_that_cannot_be_read_says_why(folder: Path, content: bytes, message: str) -> None:
    (folder / "x.yaml").write_bytes(content)

    assert said("x.yaml") == [f"x.yaml:{message}"]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + GOOD, GOOD.replace(b"\n", b"\r\n"), GOOD.rstrip()])
def test_a_byte_order_mark_and_the_ends_of_lines_do_not_matter(folder: Path, content: bytes) -> None:
    (folder / "x.yaml").write_bytes(content)

    tree = read_tree(["x.yaml"])

    assert tree.problems == []
    assert [definition.title for definition in tree.definitions] == ["Order"]


def test_a_place_behind_windows_line_ends_is_right(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(GOOD.replace(b"done}", b"dome}").replace(b"\n", b"\r\n"))

    assert said("x.yaml") == ['x.yaml:4:15: node "start" goes to "dome", which does not exist; did you mean "done"?']


def test_a_folder_is_read_to_any_depth_without_hidden_ones(folder: Path) -> None:
    for name in ("a.yaml", "b/c.yml", "b/d.txt", ".hidden/e.yaml", "b/.f.yaml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"")

    assert [problem.file for problem in read_tree(["."]).problems] == ["a.yaml", "b/c.yml"]


def test_a_path_that_is_not_there_is_a_problem(folder: Path) -> None:
    (folder / "empty").mkdir()

    assert said("nowhere", "no\0where", "empty") == [
        "empty:1:1: warning: no definitions in this folder: their files end in .yaml or .yml",
        "no\\x00where:1:1: there is no such file or folder",
        "nowhere:1:1: there is no such file or folder",
    ]


def test_a_file_given_twice_is_read_once(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(GOOD)
    (folder / "y.yaml").symlink_to(folder / "x.yaml")

    assert len(read_tree(["x.yaml", "./x.yaml", ".", "y.yaml"]).definitions) == 1


def test_a_pipe_is_no_file(folder: Path) -> None:
    os.mkfifo(folder / "x.yaml")

    assert said("x.yaml") == ["x.yaml:1:1: there is no such file or folder"]


def test_files_beside_the_given_one_are_there_too(folder: Path) -> None:
    (folder / "processes").mkdir()
    (folder / "diagrams").mkdir()
    (folder / "processes" / "variables.yaml").write_text("url: {value: https://example.com}\n")
    (folder / "processes" / "instances.yaml").write_text('shop: {id: 7, url: "sqlite:///x"}\nwrong: {}\n')
    (folder / "diagrams" / "storage.yaml").write_text(
        "diagram: Storage\nid: 2\nalias: storage\nnodes: {start: {go: x}, x: {set_state: {}}, wrong: 1}\n"
    )
    (folder / "processes" / "order.yaml").write_text(
        "process: Order\nid: 2\nnodes:\n  start: {go: a}\n"
        '  a: {set_parameters: {a: "{{conv[@storage].ref[a].b}} {{env_var[@url]}}"}, error: failed, go: b}\n'
        "  b: {database_call: {instance: shop, query: SELECT 1}, error: failed, go: c}\n"
        "  c: {database_call: {instance: 7, query: SELECT 1}, error: failed, go: d}\n"
        "  d: {database_call: {instance: wrong, query: SELECT 1}, error: failed, go: failed}\n"
        "  failed: {end: error}\n"
    )

    assert said("processes/order.yaml") == [
        "processes/order.yaml:2:5: id 2 is taken by diagrams/storage.yaml:2; give this one another id"
    ]


def test_a_node_of_a_conv_that_is_known_only_at_run_time_is_not_looked_for_here(folder: Path) -> None:
    count = "{{conv[{{which}}].node[kept].count}}"
    (folder / "x.yaml").write_text(
        "process: Order\nid: 1\nnodes:\n  start: {go: a}\n"
        f'  a: {{set_parameters: {{n: "{count}"}}, error: failed, go: failed}}\n'
        "  failed: {end: error}\n"
    )

    assert read_tree(["x.yaml"]).problems == []


def test_what_is_deployed_counts_as_there(folder: Path) -> None:
    (folder / "x.yaml").write_text(
        "process: Order\nid: 1\nnodes:\n  start: {go: a}\n"
        '  a: {copy_task: {conv: "@desk", data: {x: "{{env_var[@url]}}"}}, error: failed, go: b}\n'
        "  b: {copy_task: {conv: Help desk}, error: failed, go: c}\n"
        "  c: {copy_task: {conv: 77}, error: failed, go: d}\n"
        "  d: {database_call: {instance: 5, query: SELECT 1}, error: failed, go: failed}\n"
        "  failed: {end: error}\n"
    )

    tree = read_tree(
        ["x.yaml"],
        deployed=[Known(77, "Help desk", ["desk"])],
        variables=["url"],
        instances={"shop": {"id": 5, "driver": "sqlite", "database": "x"}},
    )

    assert tree.problems == []
    assert tree.next_id == 78


def test_a_variable_stands_in_one_file(folder: Path) -> None:
    for name, content in (("a", "one: {value: a}\n"), ("b", "two: {value: b}\none: {value: c}\n")):
        (folder / name).mkdir()
        (folder / name / "variables.yaml").write_text(content)
        (folder / name / "instances.yaml").write_text(content.replace("value: ", "url: sqlite:///"))

    tree = read_tree(["."])

    assert [str(problem) for problem in tree.problems] == [
        'b/instances.yaml:2:1: the database instance "one" stands in another instances.yaml too; keep one',
        'b/variables.yaml:2:1: the variable "one" stands in another variables.yaml too; keep one',
    ]
    assert (tree.variables["one"]["value"], tree.instances["one"]["url"]) == ("a", "sqlite:///a")

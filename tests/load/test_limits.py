"""Each limit of definitions is exact: what just fits is taken, and one more is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.load import read_tree
from engine.load.draft import Draft
from engine.load.problems import LONGEST_WORD, nearest, shown
from engine.load.reader import ALIAS_WEIGHT, DEEPEST, LONGEST_NUMBER, read_yaml
from engine.load.source import LARGEST_BYTES, Source
from engine.load.traps import LONGEST_LINE, mend_line
from engine.load.writer import WIDTH, write_yaml

PROCESS = """
process: {title}
id: {id}
alias: {alias}
params: {{a: {{type: string, regex: {regex}}}}}
nodes:
  start: {{go: {node}}}
  {node}: {{end: success}}
"""
PLAIN = {"title": "T", "id": 1, "alias": "ok", "regex": "x", "node": "done"}


def said(folder: Path, text: str, name: str = "x.yaml") -> list[str]:
    """What is wrong with a file."""
    (folder / name).write_text(text, "utf-8")
    return [problem.message for problem in read_tree([folder]).problems]


@pytest.mark.parametrize(
    ("field", "fits", "more", "message"),
    [
        ("title", "t" * 255, "t" * 256, "a title has at most 255 characters, this one 256"),
        ("id", 2**53 - 1, 2**53, "an id is at most 9007199254740991"),
        ("alias", "ab", "a", "an alias has 2 to 127 small letters"),
        ("alias", "a" * 127, "a" * 128, "an alias has 2 to 127 small letters"),
        ("regex", "x" * 1000, "x" * 1001, "has 1001 characters; at most 1000"),
        ("node", "n" * 255, "n" * 256, "a name has at most 255 characters"),
    ],
)
def test_a_field(tmp_path: Path, field: str, fits: object, more: object, message: str) -> None:
    assert said(tmp_path, PROCESS.format(**{**PLAIN, field: fits})) == []

    assert any(message in text for text in said(tmp_path, PROCESS.format(**{**PLAIN, field: more})))


@pytest.mark.parametrize(
    ("file", "entry"),
    [("variables.yaml", "{name}: {{value: a}}\n"), ("instances.yaml", "{name}: {{url: 'sqlite:///x'}}\n")],
)
def test_the_name_of_a_variable_or_instance(tmp_path: Path, file: str, entry: str) -> None:
    assert said(tmp_path, entry.format(name="n" * 127), file) == []

    [message] = said(tmp_path, entry.format(name="n" * 128), file)
    assert "has letters, digits, _ and -" in message


def test_a_file(tmp_path: Path) -> None:
    text = PROCESS.format(**PLAIN)
    most = text + "#" * (LARGEST_BYTES - len(text))

    assert said(tmp_path, most) == []
    assert said(tmp_path, most + "#") == ["larger than 1000000 bytes, the limit for a definition"]


# --- YAML -----------------------------------------------------------------------------------------------------


def problems(text: str) -> list[str]:
    return [problem.message for problem in read_yaml(Source("x.yaml", text))[1]]


def test_lists_in_lists() -> None:
    assert problems("a: " + "[" * DEEPEST + "]" * DEEPEST) == []
    assert problems("a: " + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1)) == ["lists and maps are nested deeper than 100"]


@pytest.mark.parametrize("prefix", ["", "-", "0x"])
def test_digits_of_a_number(prefix: str) -> None:
    most = prefix + "1" * (LONGEST_NUMBER - len(prefix))

    assert problems(f"a: {most}") == []
    assert problems(f"a: {most}1") == ["a number with more than 1000 digits; put it in quotes to keep the text"]


def test_what_aliases_add() -> None:
    weight = 1000
    text = f"a: &x {'x' * (weight - 1)}\nb: [" + ", ".join(["*x"] * (ALIAS_WEIGHT // weight)) + "{more}]\n"

    assert problems(text.format(more="")) == []
    assert problems(text.format(more=", *x")) == ["aliases make this file larger than 1000000 characters"]


def test_octal_and_hexadecimal_numbers() -> None:
    root, wrong = read_yaml(Source("x.yaml", "[0o17, 0xff, 017, 1_000]"))

    assert wrong == []
    assert root is not None
    values = [getattr(item, "value", None) for item in getattr(root, "items", [])]
    assert [getattr(value, "value", value) for value in values] == [15, 255, 17, "1_000"]


def test_a_line_that_is_mended() -> None:
    assert mend_line("\ta: 1" + " " * (LONGEST_LINE - 5), in_flow=False) is not None
    assert mend_line("\ta: 1" + " " * (LONGEST_LINE - 4), in_flow=False) is None


# --- Words ----------------------------------------------------------------------------------------------------


def test_a_word_that_was_probably_meant() -> None:
    most = "w" * LONGEST_WORD

    assert nearest(most, [most]) == most
    assert nearest(most + "w", [most]) is None
    assert nearest(most, [most + "w"]) is None
    assert nearest("", [""]) is None


def test_a_word_that_is_shown() -> None:
    assert shown("w" * LONGEST_WORD) == "w" * LONGEST_WORD
    assert shown("w" * (LONGEST_WORD + 1)) == "w" * (LONGEST_WORD - 1) + "…"


def test_comparisons_of_one_file() -> None:
    draft = Draft(Source("x.yaml", ""), comparisons_left=4)

    assert draft.near("go", ["go", "to"]) == "go"
    assert draft.near("go", ["go", "to"]) == "go"
    assert draft.near("go", ["go"]) is None


# --- Nodes ----------------------------------------------------------------------------------------------------


def test_a_timer_that_the_model_system_takes(tmp_path: Path) -> None:
    text = "process: T\nid: 1\nnodes:\n  start: {{go: wait}}\n  wait: {{delay: {after}, go: done}}\n"
    text += "  done: {{end: success}}\nlayout: {{start: {{at: [1, 2]}}}}\n"

    assert said(tmp_path, text.format(after="30s")) == []
    assert said(tmp_path, text.format(after="29999ms")) == [
        'delay of node "wait": the model system takes no timer below 30s'
    ]


def test_a_way_out_by_time_is_one(tmp_path: Path) -> None:
    text = "process: T\nid: 1\nnodes:\n  start: {{go: wait}}\n  wait: {{wait_for_callback: {{}}{more}}}\n"
    text += "  done: {{end: success}}\n"

    assert said(tmp_path, text.format(more=", time_limit: {after: 1h, go: done}")) == []
    assert 'node "wait" leads nowhere; give it "go"' in said(tmp_path, text.format(more=""))


@pytest.mark.parametrize(("conv_id", "is_known"), [(2**53 - 1, True), (10**16, False)])
def test_the_id_of_a_file_that_cannot_be_read_is_known_to_others(tmp_path: Path, conv_id: int, is_known: bool) -> None:
    (tmp_path / "broken.yaml").write_text(f"process: Broken\nid: {conv_id}\nnodes: [")
    text = "process: T\nid: 1\nnodes:\n  start: {go: copy}\n  copy: {copy_task: {conv: %d}, error: done, go: done}\n"

    messages = said(tmp_path, text % conv_id + "  done: {end: success}\n")

    assert any("there is no process or state diagram" in message for message in messages) != is_known


def test_keys_are_texts_whatever_they_look_like(tmp_path: Path) -> None:
    """Of values that look so, readers of YAML disagree."""
    text = "process: T\nid: 1\nnodes:\n  start: {go: set}\n  set:\n    set_parameters:\n"
    text += "      12:30: {a: 1}\n      2024-01-31: {b: 1}\n      017: {c: 1}\n"

    assert said(tmp_path, text + "    error: done\n    go: done\n  done: {end: success}\n") == []


def test_the_largest_id_is_known_to_others(tmp_path: Path) -> None:
    text = PROCESS.format(**{**PLAIN, "id": 2**53 - 1})
    (tmp_path / "a.yaml").write_text(text)

    messages = said(tmp_path, text.replace("alias: ok", "alias: other").replace("title", "T2"))

    assert any(f"id {2**53 - 1} is taken by" in message for message in messages)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("{type: number, default: 1}", ""),
        ("{type: number, default: true}", 'the default of parameter "a" must be a number, not true'),
        ("{type: number, default: null}", ""),
        ("{type: boolean, default: 1}", 'the default of parameter "a" must be true or false, not 1'),
    ],
)
def test_the_default_of_a_parameter_is_of_its_type(tmp_path: Path, declared: str, message: str) -> None:
    text = "process: T\nid: 1\nparams: {a: %s}\nnodes:\n  start: {go: done}\n  done: {end: success}\n"

    assert said(tmp_path, text % declared) == ([message] if message else [])


def test_what_is_written_in_one_line() -> None:
    most = "x" * (WIDTH - 30 - len('[""]'))

    assert write_yaml({"a": [most]}) == f"a: [{most}]\n"
    assert write_yaml({"a": [most + "x"]}) == f"a:\n  - {most}x\n"

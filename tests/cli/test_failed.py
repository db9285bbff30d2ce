"""conv failed, and what conv list, show and watch say of late."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.conftest import Shell
from tests.waiting import PATIENCE_S, eventually

CODES = """
    process: Codes
    id: 21
    nodes:
      start: {go: look}
      look: {set_parameters: {x: "{{gone}}"}, error: bad, go: final}
      bad: {end: error}
      final: {end: success}
"""


@pytest.fixture
def failing(conv: Shell) -> Shell:
    """Three tasks have failed, and one has not."""
    for ref in ("a", "b", "c"):
        conv("submit", "Fails", "--ref", ref, "--wait")
    conv("submit", "Greet", "name=Ada", "--wait")
    return conv


def test_what_failed_is_counted_with_refs(failing: Shell) -> None:
    said = failing("failed")

    assert said.status == 0
    header, row, ended = said.out.splitlines()
    assert header.split() == ["CONV", "NODE", "ERROR", "COUNT", "LAST", "TASKS"]
    assert re.fullmatch(r"Fails  look  missing_reference +3  \d{4}-\d\d-\d\d \d\d:\d\d  c, b, a", row)
    assert ended == '3 tasks of "Fails" ended in error: c, b, a'


def test_of_one_conv_by_one_thing(failing: Shell) -> None:
    by_node = failing("failed", "Fails", "--by", "node").out.splitlines()
    by_error = failing("failed", "13", "--by", "error", "--since", "2d").out.splitlines()

    assert by_node[0].split() == ["NODE", "COUNT", "LAST", "TASKS"]
    assert by_node[1].split()[:2] == ["look", "3"]
    assert by_error[1].split()[:2] == ["missing_reference", "3"]
    assert failing("failed", "Fails", "--since", "30d").out.splitlines()[1].split()[2] == "3"


def test_as_json(failing: Shell) -> None:
    [found] = failing("failed", "--json").json
    [by_error] = failing("failed", "--json", "--by", "error").json

    assert (found["conv_id"], found["conv"], found["failed"], found["ended_in_error"]) == (13, "Fails", 3, 3)
    [count] = found["counts"]
    assert (count["node"], count["error"], count["count"]) == ("look", "missing_reference", 3)
    assert count["refs"] == found["refs"] == ["c", "b", "a"]
    assert "node" not in by_error["counts"][0]
    assert failing("failed", "Greet", "--json").json[0]["failed"] == 0


def test_the_exit_status_says_whether_something_failed(failing: Shell) -> None:
    assert failing("failed", "--exit-code").status == 1
    assert failing("failed", "--exit-code", "--json").status == 1
    assert failing("failed", "Greet", "--exit-code").status == 0
    assert failing("failed").status == 0


def test_nothing_failed(conv: Shell) -> None:
    said = conv("failed", "--exit-code")

    assert (said.status, said.out, said.err) == (0, "", "Nothing has failed\n")
    assert conv("failed", "--json").json == []


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["Nobody"], 5, "no process or state diagram"),
        (["--by", "colour"], 2, '"colour" is not node, error, or node,error'),
        (["--by", ""], 2, "is not node, error"),
        (["--since", "soon"], 2, "is not a length of time"),
        (["--since", "41d"], 2, "40 days"),
        (["--since", "0s"], 2, "above 0"),
    ],
)
def test_wrong_use_is_refused(conv: Shell, words: list[str], status: int, says: str) -> None:
    said = conv("failed", *words)

    assert said.status == status
    assert says in said.err


def test_names_hold_nothing_that_a_terminal_obeys(conv: Shell) -> None:
    conv.write("processes/codes.yaml", CODES)
    conv("deploy")
    conv("submit", "Codes", "--ref", "r\x1b[31m", "--wait")

    said = conv("failed")

    assert "r\\x1b[31m" in said.out
    assert "\x1b" not in said.out


def test_list_and_show_say_what_happened_lately(failing: Shell) -> None:
    listed = {view["conv_id"]: view["lately"] for view in failing("list", "--json").json}
    shown = failing("show", "Fails", "--json").json

    # The minute may be over by now, and of the one before only a part counts.
    assert 1 <= listed[13]["entered_1m"] <= 3
    assert listed[13]["failed_1h"] == 3
    assert listed[11]["failed_1h"] == listed[14]["failed_1h"] == 0
    look = next(node for node in shown["nodes"] if node["name"] == "look")
    assert look["lately"]["failed_1h"] == shown["lately"]["failed_1h"] == 3
    row = next(line.split() for line in failing("show", "Fails").out.splitlines() if line.startswith("look"))
    assert row[-1] == "3"


def test_a_worker_logs_what_fails_and_no_values(conv: Shell) -> None:
    worker = conv.start("worker")
    try:
        conv("submit", "Fails", "--ref", "a", "secret=canary")
        eventually(lambda: json.loads(conv("list", "--json").out)[2]["lately"]["failed_1h"] == 1)
    finally:
        worker.terminate()
        _, err = worker.communicate(timeout=PATIENCE_S)

    assert re.search(rb"task [0-9a-f]{24} of conv 13 failed in node 'look': missing_reference", err)
    assert b"canary" not in err

"""conv tasks and conv find."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.cli.conftest import Shell


@pytest.fixture
def some(conv: Shell) -> Shell:
    """Greetings of three ages, one failed task, and a parked one with a secret."""
    for age in (1, 2, 3):
        conv("submit", "Greet", f"name=n{age}", f"age:={age}", "--ref", f"g{age}")
    conv("submit", "Fails", "--ref", "bad")
    conv("submit", "Keeper", "token=secret-text", "--ref", "g1", "--wait")
    return conv


def test_tasks_are_found_by_a_condition(some: Shell) -> None:
    said = some("tasks", "Greet", "--where", 'age >= 2 and name ~ "^n"')

    assert said.status == 0
    header, *lines = [line.split()[0] for line in said.out.splitlines()]
    assert (header, sorted(lines)) == ("REF", ["g2", "g3"])


def test_what_failed_is_found_and_says_why(some: Shell) -> None:
    said = some("tasks", "Fails", "--failed", "--since", "1h")

    assert "missing_reference in look" in said.out
    assert some("tasks", "Fails", "--error", "missing_reference", "--json").json[0]["ref"] == "bad"
    nothing = some("tasks", "Fails", "--until", "1h")
    assert (nothing.status, nothing.out) == (0, "")
    assert "No such task" in nothing.err


def test_tasks_come_as_json_lines_and_csv(some: Shell) -> None:
    assert {view["ref"] for view in some("tasks", "Greet", "--json").json} == {"g1", "g2", "g3"}
    lines = some("tasks", "Greet", "--jsonl", "--limit", "2")
    assert len({json.loads(line)["data"]["age"] for line in lines.out.splitlines()}) == 2
    assert "--limit shows more" in lines.err
    rows = [*csv.DictReader(io.StringIO(some("tasks", "Greet", "--node", "final", "--csv").out))]
    assert {row["data.age"] for row in rows} == {"1", "2", "3"}


def test_secrets_are_masked_and_not_searched(some: Shell) -> None:
    assert "secret-text" not in some("tasks", "Keeper").out
    assert "secret-text" in some("tasks", "Keeper", "--reveal").out
    refused = some("tasks", "Keeper", "--where", 'token ~ "^s"')
    assert refused.status == 2
    assert "secret" in refused.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--where", "age >"), "character 6"),
        (("--place", "parkd"), 'did you mean "parked"'),
        (("--since", "yesterday"), "neither a while"),
        (("--csv", "--json"), "exclude each other"),
    ],
)
def test_wrong_words_are_refused(some: Shell, words: tuple[str, ...], said: str) -> None:
    answer = some("tasks", "Greet", *words)

    assert answer.status == 2
    assert said in answer.err


def test_an_unknown_node_is_not_found(some: Shell) -> None:
    assert some("tasks", "Greet", "--node", "finl").status == 5


def test_a_ref_is_found_in_all_convs(some: Shell) -> None:
    said = some("find", "g1")

    assert [line.partition(" (")[0] for line in said.out.splitlines()[1:]] == ["Greet", "Keeper"]
    assert [view["conv_id"] for view in some("find", "g1", "--json").json] == [11, 12]
    assert "secret-text" not in some("find", "g1", "--json").out
    none = some("find", "nothing")
    assert none.status == 5
    assert 'no conv has a task "nothing"' in none.err

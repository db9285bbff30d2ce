"""conv submit: one task, many, waiting, and every exit status."""

from __future__ import annotations

import json
import signal
import socket
from typing import Any

import pytest

from tests.cli.conftest import GREET, Shell


def test_a_task_runs_to_its_end_without_workers(conv: Shell) -> None:
    said = conv("submit", "Greet", "name=Ada", "--ref", "first", "--wait")

    assert said.status == 0
    assert 'ended in "final" (success)' in said.out
    assert "Hello, Ada!" in said.out


@pytest.mark.parametrize("name", ["11", "@greet", "Greet"])
def test_a_process_is_named_by_id_alias_or_title(conv: Shell, name: str) -> None:
    said = conv("submit", name, "name=Ada", "--wait", "--json")

    assert said.status == 0
    assert said.json["node"] == "final"
    assert said.json["data"] == {"name": "Ada", "greeting": "Hello, Ada!"}


def test_without_wait_it_says_that_nothing_moves_yet(conv: Shell) -> None:
    said = conv("submit", "Greet", "name=Ada", "--ref", "later")

    assert said.status == 0
    assert said.out == "submitted later\n"
    assert "No worker is running" in said.err


def test_the_answer_for_programs_has_the_ids(conv: Shell) -> None:
    said = conv("submit", "Greet", "name=Ada", "--ref", "later", "--json")

    assert said.json == {"task_id": said.json["task_id"], "ref": "later", "conv_id": 11}
    assert said.err == ""


def test_a_failed_task_is_status_1(conv: Shell) -> None:
    said = conv("submit", "Fails", "--wait")

    assert said.status == 1
    assert 'ended in "failed" (error)' in said.out


def test_a_task_that_sleeps_is_status_3_and_names_the_timer(conv: Shell) -> None:
    said = conv("submit", "Sleeps", "--wait")

    assert said.status == 3
    assert 'sleeps in "sleep"' in said.err
    assert "Timers need a running worker: conv up" in said.err


def test_a_parked_task_is_done(conv: Shell) -> None:
    said = conv("submit", "Keeper", "token=abcdef", "--ref", "t", "--wait", "--json")

    assert said.status == 0
    assert said.json["place"] == "parked"


def test_secrets_are_masked_unless_revealed(conv: Shell) -> None:
    masked = conv("submit", "Keeper", "token=abcdef", "--wait", "--json")
    shown = conv("submit", "Keeper", "token=abcdef", "--wait", "--json", "--reveal")

    assert masked.json["data"] == {"token": "***"}
    assert "abcdef" not in masked.out + masked.err
    assert shown.json["data"] == {"token": "abcdef"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["Greet"], "wrong_validate_params"),
        (["Greet", "name:=1"], "wrong_validate_params"),
        (["Greet", "name=Ada", "age=x"], "wrong_validate_params"),
        (["Greet", "name"], "usage"),
        (["Greet", "name=Ada", "--timeout", "soon"], "usage"),
        (["Greet", "--data", "nowhere.json"], "usage"),
        (["Greet", "name=" + "x" * 130_000], "task_size_overflow_limit"),
        (["Greet", "name=Ada", "--ref", "x" * 256], "refused"),
    ],
)
def test_wrong_use_is_status_2_with_a_code(conv: Shell, words: list[str], code: str) -> None:
    said = conv("submit", *words, "--json")

    assert said.status == 2
    assert said.error["code"] == code
    assert said.out == ""


def test_the_nearest_title_is_offered(conv: Shell) -> None:
    assert conv("submit", "Grete", "--json").error["code"] == "unknown_conv"
    said = conv("submit", "Grete", "name=Ada")

    assert said.status == 5
    assert said.err.count("\n") == 1
    assert 'did you mean "Greet"?' in said.err


def test_a_living_ref_is_taken(conv: Shell) -> None:
    conv("submit", "Keeper", "token=abcdef", "--ref", "t", "--wait")

    said = conv("submit", "Keeper", "token=ghijkl", "--ref", "t", "--json")

    assert said.status == 2
    assert said.error["code"] == "not_unical_ref"


def test_a_parameter_nobody_declared_is_accepted(conv: Shell) -> None:
    said = conv("submit", "Greet", "name=Ada", 'more:={"deep": [9007199254740993]}', "--wait", "--json")

    assert said.json["data"]["more"] == {"deep": [9007199254740993]}


# --- Files -------------------------------------------------------------------------------------


def test_a_file_is_one_task_and_words_win_over_it(conv: Shell) -> None:
    conv.write("task.json", '{\n  "name": "Ada",\n  "age": 36\n}\n')

    said = conv("submit", "Greet", "age:=37", "--data", "task.json", "--wait", "--json")

    assert said.json["data"] == {"name": "Ada", "age": 37, "greeting": "Hello, Ada!"}


def test_standard_input_is_a_file_too(conv: Shell) -> None:
    said = conv("submit", "Greet", "--data", "-", "--wait", "--json", stdin=b'{"name": "Ada"}')

    assert said.json["data"]["name"] == "Ada"


def rows(count: int, **wrong: Any) -> str:
    """Lines of tasks; `wrong` maps `line7` to what stands there instead."""
    lines = [json.dumps({"name": f"n{number}", "order": number}) for number in range(1, count + 1)]
    for line, text in wrong.items():
        lines[int(line.removeprefix("line")) - 1] = text
    return "\n".join(lines) + "\n"


def living(conv: Shell, title: str = "Greet") -> int:
    found: int = next(view["living"] for view in conv("list", "--json").json if view["title"] == title)
    return found


def test_many_lines_are_many_tasks(conv: Shell) -> None:
    conv.write("rows.jsonl", rows(2500))

    said = conv("submit", "Greet", "--data", "rows.jsonl", "--ref-from", "order")

    assert (said.status, said.out) == (0, "submitted 2500 tasks\n")
    assert living(conv) == 2500
    assert conv("task", "Greet", "1700", "--json").json["data"] == {"name": "n1700", "order": 1700}


def test_a_file_of_one_line_is_many_only_by_its_name(conv: Shell) -> None:
    conv.write("one.jsonl", rows(1))
    conv.write("one.json", rows(1))

    assert "submitted" in conv("submit", "Greet", "--data", "one.jsonl", "--json").json
    assert "task_id" in conv("submit", "Greet", "--data", "one.json", "--json").json


@pytest.mark.parametrize(
    "wrong",
    [
        '{"name": 5}',
        '{"age": 1}',
        "[1]",
        "{",
        '{"name": "a", "name": "b"}',
        '{"name": "a", "n": 1E400}',
        '{"name": "a", "n": [NaN]}',
        '{"name": "\\ud83d"}',
        '{"name": "a", "deep": ' + "[" * 100 + "]" * 100 + "}",
        '{"name": "a", "deep": ' + "[" * 5000 + "]" * 5000 + "}",
    ],
    ids=lambda text: text[:30],
)
def test_a_wrong_line_is_named_and_those_before_it_are_there(conv: Shell, wrong: str) -> None:
    conv.write("rows.jsonl", rows(1300, line1203=wrong))

    said = conv("submit", "Greet", "--data", "rows.jsonl")

    assert said.status == 2
    assert "line 1203" in said.err
    assert "1202 tasks before were submitted" in said.err
    assert living(conv) == 1202


@pytest.mark.parametrize("ref", ["", "x" * 256])
def test_a_wrong_ref_is_named_by_its_line(conv: Shell, ref: str) -> None:
    conv.write("rows.jsonl", rows(1300, line1203=json.dumps({"name": "a", "order": ref})))

    said = conv("submit", "Greet", "--data", "rows.jsonl", "--ref-from", "order")

    assert said.status == 2
    assert "line 1203: a ref has 1 to 255 characters" in said.err
    assert "1202 tasks before were submitted" in said.err
    assert living(conv) == 1202


@pytest.mark.parametrize("command", ["submit", "modify", "callback", "eval"])
@pytest.mark.parametrize("words", [["n:=1E400"], ["deep:=" + "[" * 100 + "]" * 100], ["--data", "-"]], ids=str)
def test_no_command_takes_what_no_task_can_have(conv: Shell, command: str, words: list[str]) -> None:
    assert conv("submit", "Keeper", "token=abcdef", "--ref", "t", "--wait").status == 0
    named = {"submit": ["Keeper", "token=a"], "modify": ["Keeper", "t"], "callback": ["Keeper", "t"], "eval": ["{{n}}"]}

    said = conv(command, *named[command], *words, "--json", stdin=b'{"n": [Infinity]}')

    assert said.status == 2
    assert said.error["message"]
    assert conv("task", "Keeper", "t", "--json", "--reveal").json["data"] == {"token": "abcdef"}
    assert living(conv, "Keeper") == 1


def test_waiting_is_for_one_task(conv: Shell) -> None:
    conv.write("rows.jsonl", rows(2))

    assert conv("submit", "Greet", "--data", "rows.jsonl", "--wait").status == 2


# --- The embedded store, from nothing ------------------------------------------------------------


def test_the_first_try_needs_one_command(empty: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONV_REDIS_URL")
    monkeypatch.delenv("CONV_NAMESPACE")
    empty.write("processes/greet.yaml", GREET)
    empty.write("processes/broken.yaml", "process: Broken\nid: 99\nnodes:\n  start: {go: nowhere}\n")

    said = empty("submit", "Greet", "name=Ada", "--wait", "--json")

    assert said.status == 0
    assert said.json["data"]["greeting"] == "Hello, Ada!"
    assert "broken.yaml:4:" in said.err
    assert "broken.yaml:4:" in empty("submit", "Greet", "name=Ada", "--wait").err, "it is still not deployed"


def test_a_warning_is_given_once_for_what_is_deployed(empty: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONV_REDIS_URL")
    monkeypatch.delenv("CONV_NAMESPACE")
    empty.write("processes/greet.yaml", GREET.replace("error: failed", "").replace("failed: {end: error}", ""))

    assert 'has no "error" route' in empty("submit", "Greet", "name=Ada", "--wait").err
    assert empty("submit", "Greet", "name=Ada", "--wait").err == ""


def test_an_error_in_what_is_reached_stops_it(empty: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONV_REDIS_URL")
    monkeypatch.delenv("CONV_NAMESPACE")
    empty.write("processes/greet.yaml", GREET.replace("go: final", "go: fnal"))

    said = empty("submit", "Greet", "name=Ada", "--wait")

    assert said.status == 1
    assert 'did you mean "final"?' in said.err


@pytest.mark.parametrize("how", ["its time is up", "it is interrupted"])
def test_waiting_ends_though_an_outside_call_does_not_and_gives_it_back(conv: Shell, how: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        conv.write(
            "processes/calls.yaml",
            f"""
            process: Calls
            id: 15
            nodes:
              start: {{go: call}}
              call: {{api_call: {{method: GET, url: "{url}"}}, error: failed, go: done}}
              done: {{end: success}}
              failed: {{end: error}}
            """,
        )
        assert conv("deploy").status == 0
        timeout = "1" if how == "its time is up" else "60"
        process = conv.start("submit", "Calls", "--ref", "r", "--wait", "--timeout", timeout)
        silent.settimeout(20)
        connection, _ = silent.accept()
        with connection:
            if how == "it is interrupted":
                process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)

    said = conv("why", "Calls", "r", "--json")
    assert said.json["place"] == "ready", "and not under a lease that must end first"
    assert process.returncode == (3 if how == "its time is up" else 130)


def test_a_ref_is_given_in_one_way(conv: Shell) -> None:
    said = conv("submit", "Greet", "name=Ada", "--ref", "a", "--ref-from", "name")

    assert said.status == 2
    assert "--ref and --ref-from exclude each other" in said.err
    assert conv("list", "--json").json[0]["living"] == 0


def test_text_behind_a_colon_is_answered_with_the_way_to_give_text(conv: Shell) -> None:
    said = conv("submit", "Greet", "name:=Ada")

    assert said.status == 2
    assert "name: not JSON: Expecting value; name:= takes JSON, name= takes text" in said.err


def test_a_long_value_is_cut_for_people_only(conv: Shell) -> None:
    conv.write("long.txt", "x" * 5000)

    assert "… (5,000 characters; --json shows all)" in conv("submit", "Greet", "name=@long.txt", "--wait").out

    [task] = conv("archive", "Greet", "final", "--json").json
    assert len(task["data"]["name"]) == 5000


def test_a_text_where_a_number_is_wanted_is_told_of_json(conv: Shell) -> None:
    said = conv("submit", "Greet", "name=Ada", "age=36")

    assert said.status == 2
    assert "age:=36 gives JSON, where age=36 is a text" in said.err
    assert "gives JSON" not in conv("submit", "Greet", "name:=5").err

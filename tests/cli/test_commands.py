"""The other commands that look at tasks and convs, and change them."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from typing import Any

import pytest

from engine.app import Engine
from engine.config import Settings
from tests.cli.conftest import GREET, SLEEPS, Shell
from tests.waiting import PATIENCE_S


@pytest.fixture
def parked(conv: Shell) -> Shell:
    """With a task `t` parked in Keeper."""
    assert conv("submit", "Keeper", "token=secret-text", "--ref", "t", "--wait").status == 0
    return conv


# --- One task ----------------------------------------------------------------------------------


def test_a_task_is_shown_with_its_path(parked: Shell) -> None:
    said = parked("task", "Keeper", "t")

    assert said.status == 0
    assert 'parked in "kept"' in said.out
    assert "start → kept" in said.out
    assert "***" in said.out
    assert "secret-text" not in said.out


def test_a_task_is_found_by_its_id(parked: Shell) -> None:
    by_ref = parked("task", "12", "t", "--json", "--reveal").json

    assert parked("task", "Keeper", by_ref["task_id"], "--json", "--reveal").json == by_ref
    assert by_ref["data"] == {"token": "secret-text"}


def test_control_characters_of_a_value_never_reach_the_terminal(conv: Shell) -> None:
    conv("submit", "Greet", 'name:="a\\u001b[31mb\\nc"', "--ref", "red")

    said = conv("task", "Greet", "red")

    assert "a\\x1b[31mb\\nc" in said.out


def test_a_retry_takes_new_data(conv: Shell) -> None:
    conv("submit", "Fails", "--ref", "r", "--wait")

    assert conv("retry", "Fails", "r", "n:=5", "--node", "final", "--wait").status == 0
    assert conv("task", "Fails", "r", "--json").json["data"]["n"] == 5


def test_why_names_the_reason_and_what_releases_it(parked: Shell) -> None:
    said = parked("why", "Keeper", "t")

    assert 'parked in the state "kept"' in said.out
    assert "conv modify 12 t name=value" in said.out


def test_why_says_that_a_paused_state_takes_nothing(parked: Shell) -> None:
    parked("pause", "Keeper")

    said = parked("why", "Keeper", "t", "--json").json

    assert said["reason"] == 'it is parked in the state "kept"; "Keeper" is paused'
    assert said["releases"] == "conv resume 12 (then: a modify: conv modify 12 t name=value)"


def test_why_says_that_no_worker_is_running(conv: Shell) -> None:
    conv("submit", "Greet", "name=Ada", "--ref", "a")

    said = conv("why", "Greet", "a", "--json")

    assert said.json["place"] == "ready"
    assert "no worker is running" in said.json["reason"]


@pytest.mark.parametrize("command", ["task", "why", "cancel", "retry", "delete"])
def test_a_task_that_is_not_there_is_status_5(conv: Shell, command: str) -> None:
    said = conv(command, "Greet", "nobody", "--json")

    assert said.status == 5
    assert said.error["code"] == "not_found_task"


def test_modify_merges_into_the_task(parked: Shell) -> None:
    said = parked("modify", "Keeper", "t", "token=other-text", "count:=2", "--json")

    assert said.status == 0
    assert said.json["workers"] == 0
    parked("submit", "Greet", "name=Ada", "--wait")  # runs all that is ready
    assert parked("task", "Keeper", "t", "--json", "--reveal").json["data"] == {"token": "other-text", "count": 2}


def test_a_modify_of_nothing_is_wrong_use(parked: Shell) -> None:
    assert parked("modify", "Keeper", "t").status == 2


def test_callback_answers_only_a_task_that_waits(parked: Shell) -> None:
    parked("submit", "Greet", "name=Ada", "--ref", "a")

    assert parked("callback", "Keeper", "t", "a=1").status == 0
    assert parked("callback", "Greet", "a", "a=1", "--json").error["code"] == "refused"


def test_a_cancelled_task_ends_in_the_error_end(parked: Shell) -> None:
    assert parked("cancel", "Keeper", "t").status == 0

    parked("submit", "Greet", "name=Ada", "--wait")
    said = parked("task", "Keeper", "t", "--json")
    assert (said.json["place"], said.json["end"]) == ("final", "error")


def test_an_ended_task_can_be_run_again(conv: Shell) -> None:
    conv("submit", "Greet", "name=Ada", "--ref", "a", "--wait")

    assert conv("retry", "Greet", "a", "--node", "greet").status == 0

    assert conv("task", "Greet", "a", "--json").json["place"] == "ready"


def test_a_wrong_node_is_answered_with_the_nearest(conv: Shell) -> None:
    conv("submit", "Greet", "name=Ada", "--ref", "a", "--wait")

    said = conv("retry", "Greet", "a", "--node", "gret")

    assert said.status == 5
    assert 'did you mean "greet"?' in said.err


def test_a_deleted_task_is_gone(parked: Shell) -> None:
    assert parked("delete", "Keeper", "t").status == 0

    assert parked("task", "Keeper", "t").status == 5


# --- The archive -------------------------------------------------------------------------------


@pytest.fixture
def archived(conv: Shell) -> Shell:
    for name in ("Ada", "Grace, Hopper", 'Kat"e'):
        conv("submit", "Greet", f"name={name}", "--ref", name[:3], "--wait")
    return conv


def test_the_archive_is_newest_first(archived: Shell) -> None:
    said = archived("archive", "Greet", "final")

    assert [line.split()[0] for line in said.out.splitlines()] == ["REF", "Kat", "Gra", "Ada"]


def test_the_archive_in_json_is_a_list_and_in_jsonl_lines(archived: Shell) -> None:
    as_list = archived("archive", "Greet", "final", "--json").json
    as_lines = archived("archive", "Greet", "final", "--jsonl").out

    assert [json.loads(line) for line in as_lines.splitlines()] == as_list
    assert [view["ref"] for view in as_list] == ["Kat", "Gra", "Ada"]


def test_the_archive_in_csv_has_a_column_for_each_parameter(archived: Shell) -> None:
    said = archived("archive", "Greet", "final", "--csv")

    rows = list(csv.DictReader(said.out.splitlines()))
    assert [row["data.name"] for row in rows] == ['Kat"e', "Grace, Hopper", "Ada"]
    assert rows[0]["data.greeting"] == 'Hello, Kat"e!'


def test_a_cell_of_csv_is_no_formula_and_nothing_that_a_terminal_obeys(empty: Shell) -> None:
    empty.write("processes/p.yaml", "process: P\nid: 7\nnodes: {start: {go: done}, done: {end: success}}\n")
    empty("deploy")
    starts = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\nx"]
    data: dict[str, Any] = {str(number): text for number, text in enumerate(starts)}
    data |= {"esc": "\x1b[2Jx", "cr": "\rx", "\x1b[2J": "b", "plain": "a=b - c", "number": -5}
    empty("submit", "P", "--ref", "=2", "--data", "-", "--wait", stdin=json.dumps(data).encode())

    said = empty("archive", "P", "done", "--csv")

    [row] = csv.DictReader(io.StringIO(said.out, newline=""))
    assert [row[f"data.{number}"] for number in range(len(starts))] == [f"'{text}" for text in starts]
    assert (row["ref"], row["data.plain"], row["data.number"]) == ("'=2", "a=b - c", "-5")
    assert (row["data.esc"], row["data.cr"], row["data.\\x1b[2J"]) == ("\\x1b[2Jx", "\\x0dx", "b")
    assert "\x1b" not in said.out


def test_the_archive_stops_at_the_limit_and_says_so(archived: Shell) -> None:
    said = archived("archive", "Greet", "final", "--limit", "2")

    assert len(said.out.splitlines()) == 3
    assert "--limit" in said.err


def test_the_archive_of_a_state_is_what_stands_there_masked(parked: Shell) -> None:
    assert parked("archive", "12", "kept", "--json").json[0]["data"] == {"token": "***"}
    assert parked("archive", "12", "kept", "--json", "--reveal").json[0]["data"] == {"token": "secret-text"}


def test_two_formats_at_once_are_wrong_use(conv: Shell) -> None:
    assert conv("archive", "Greet", "final", "--csv", "--json").status == 2


# --- Convs -------------------------------------------------------------------------------------


def test_list_and_show_count_the_tasks(parked: Shell) -> None:
    listed = parked("list")
    shown = parked("show", "Keeper", "--json")

    headers = ["ID", "KIND", "STATUS", "LIVING", "ARCHIVED", "IN/MIN", "OUT/MIN", "FAILED/H", "FOLDER", "TITLE"]
    assert listed.out.splitlines()[0].split() == headers
    assert [line.split()[0] for line in listed.out.splitlines()[1:]] == ["11", "12", "13", "14"]
    assert next(node for node in shown.json["nodes"] if node["name"] == "kept")["now"] == 1


def test_show_says_what_each_end_node_keeps_and_until_when(empty: Shell) -> None:
    archive = "archive: {for: 30d, at_most: 100, bytes: 2GB}"
    empty.write("processes/greet.yaml", GREET.replace("nodes:", f"{archive}\n    nodes:"))
    empty("deploy")
    before = empty("show", "Greet").out
    earliest_ms = time.time() * 1000 + 30 * 86_400_000
    empty("submit", "Greet", "name=Ada", "--wait")

    after = empty("show", "Greet").out
    nodes = {node["name"]: node["keeps"] for node in empty("show", "Greet", "--json").json["nodes"]}

    assert re.search(r"end: success      0   0    0 +100 tasks for 30 d, 2.0 GB\n", before)
    assert re.search(r"100 tasks for 30 d, 2.0 GB; the oldest until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n", after)
    assert nodes["start"] is None
    assert nodes["failed"] == {"tasks": 100, "age_ms": 30 * 86_400_000, "size_bytes": 2 * 10**9, "until_ms": 0}
    assert nodes["final"]["until_ms"] >= earliest_ms


def test_without_an_archive_the_settings_count(conv: Shell) -> None:
    keeps = conv("show", "Greet", "--json").json["nodes"][-1]["keeps"]

    assert (keeps["tasks"], keeps["size_bytes"]) == (Settings().archive_count, 0)


def test_columns_stand_under_each_other_whatever_the_letters(empty: Shell) -> None:
    empty.write("processes/wide.yaml", GREET.replace("greet:\n", "挨拶:\n").replace("go: greet", "go: 挨拶"))
    empty("deploy")

    lines = empty("show", "Greet").out.splitlines()[1:]

    wide = next(line for line in lines if line.startswith("挨拶"))
    assert lines[1].startswith("start   start ")
    assert wide.startswith("挨拶    set_parameters ")


def test_a_paused_conv_lets_nobody_in(conv: Shell) -> None:
    assert conv("pause", "Greet").status == 0

    assert conv("submit", "Greet", "name=Ada", "--json").error["code"] == "conveyor_is_not_active"
    assert conv("list", "--json").json[0]["paused"] is True
    assert conv("resume", "Greet").status == 0
    assert conv("submit", "Greet", "name=Ada", "--wait").status == 0


def test_variables_show_where_they_come_from_and_hide_secrets(empty: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    empty.write("processes/variables.yaml", "url: {value: http://a}\nkey: {secret: true}\nnone: {}\n")
    empty.write("processes/greet.yaml", GREET)
    empty("deploy")
    monkeypatch.setenv("CONV_VAR_KEY", "hidden")

    shown = {entry["name"]: entry for entry in empty("vars", "--json").json}

    assert shown["url"]["value"] == "http://a"
    assert (shown["key"]["value"], shown["key"]["source"]) == ("***", "environment")
    assert shown["none"]["value"] is None
    assert "hidden" in empty("vars", "--reveal").out
    assert "hidden" not in empty("vars").out


# --- Templates ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (["{{name}} of {{town}}", "name=Ada", "town=London"], "Ada of London\n"),
        (["{{n}}", "n:=9007199254740993"], "9007199254740993\n"),
        (["{{list}}", "list:=[1,true,null]"], "[1, true, null]\n"),
        (["plain"], "plain\n"),
        (["{{a}}", "a={{b}}", "b=no"], "{{b}}\n"),
    ],
)
def test_eval_prints_what_a_template_resolves_to(conv: Shell, words: list[str], out: str) -> None:
    assert conv("eval", *words).out == out


def test_eval_says_that_an_unclosed_mark_is_text(conv: Shell) -> None:
    said = conv("eval", "{{name", "name=Ada")

    assert (said.status, said.out) == (0, "{{name\n")
    assert "warning:" in said.err
    assert "stays text" in said.err


def test_eval_masks_what_comes_from_a_secret(parked: Shell) -> None:
    template = "Bearer <<conv[12].ref[t].token>>"

    assert parked("eval", template).out == "***\n"
    assert parked("eval", template, "--reveal").out == "Bearer secret-text\n"
    assert parked("eval", template, "--json").json == {"value": "***", "secret": True}


@pytest.mark.parametrize("template", ["{{missing}}", "{{conv[12].ref[nobody].token}}", "{{a..b}}"])
def test_eval_of_a_reference_to_nothing_is_status_1(conv: Shell, template: str) -> None:
    said = conv("eval", template)

    assert said.status == 1
    assert said.err.count("\n") == 1
    assert said.out == ""


# --- Definitions ---------------------------------------------------------------------------------


def test_lint_prints_every_problem_with_its_place(empty: Shell) -> None:
    empty.write("processes/a.yaml", GREET.replace("go: final", "go: fnal"))
    empty.write("processes/b.yaml", "process: B\nid: 3\nnodes:\n  start: {og: final}\n")

    said = empty("lint")

    assert said.status == 1
    assert any(line.startswith("processes/a.yaml:12:") and "final" in line for line in said.out.splitlines())
    assert any(line.startswith("processes/b.yaml:4:") for line in said.out.splitlines())
    assert "error" in said.err


def test_lint_for_programs_lists_the_same(empty: Shell) -> None:
    empty.write("processes/a.yaml", GREET.replace("go: final", "go: fnal"))

    answer = empty("lint", "--json").json

    assert answer["errors"] >= 1
    assert {"file", "line", "column", "message", "severity"} <= answer["problems"][0].keys()


def test_lint_finds_nothing_wrong(conv: Shell) -> None:
    said = conv("lint")

    assert (said.status, said.out) == (0, "")
    assert "4 definitions" in said.err


def test_lint_hints_at_calls_that_are_guarded(empty: Shell) -> None:
    nodes = "".join(
        f"  call {number}: {{api_call: {{method: GET, url: '{{{{u}}}}'}}, error: done, go: call {number + 1}}}\n"
        for number in range(4)
    )
    trusted = "  call 4: {api_call: {method: GET, url: 'https://a.example/{{u}}'}, error: done, go: done}\n"
    head = "process: Calls\nid: 1\nnodes:\n  start: {go: call 0}\n"
    empty.write("processes/calls.yaml", f"{head}{nodes}{trusted}  done: {{end: success}}\n")

    said, answer = empty("lint"), empty("lint", "--json").json

    assert (said.status, said.out) == (0, "")
    assert '"call 0" of processes/calls.yaml, ' in said.err
    assert "and 1 more (--json has all); such calls reach public addresses only" in said.err
    assert answer["guarded"] == [{"file": "processes/calls.yaml", "node": f"call {number}"} for number in range(4)]
    assert answer["problems"] == []


def test_lint_in_an_empty_folder_says_what_to_do(empty: Shell) -> None:
    said = empty("lint")

    assert said.status == 2
    assert "conv init" in said.err


def test_a_deploy_with_an_error_changes_nothing(conv: Shell) -> None:
    conv.write("processes/greet.yaml", GREET.replace("process: Greet", "process: Greets"))
    conv.write("processes/fails.yaml", "process: Fails\nid: 13\nnodes:\n  start: {go: nowhere}\n")

    said = conv("deploy", "--json")

    assert said.status == 1
    assert said.json["deployed"] is False
    assert {view["title"] for view in conv("list", "--json").json} == {"Greet", "Keeper", "Fails", "Sleeps"}


def test_a_second_deploy_changes_nothing(conv: Shell) -> None:
    said = conv("deploy", "--json")

    assert said.json["changed"] == []
    assert len(said.json["unchanged"]) == 4


def test_a_plan_names_what_would_be_stranded_and_a_map_carries_it_over(conv: Shell) -> None:
    conv("submit", "Sleeps")
    with Engine.open() as engine:
        assert engine.run_until_idle(PATIENCE_S)
    conv.write("processes/sleeps.yaml", SLEEPS.replace("sleep:", "nap:").replace("go: sleep", "go: nap"))

    said = conv("deploy", "--plan")
    assert said.status == 1
    assert "removed  sleep, 1 task there" in said.out
    assert '--map "14:sleep=new name"' in said.err
    assert conv("deploy").status == 2

    plan = conv("deploy", "--plan", "--map", "14:sleep=nap", "--json")
    assert (plan.status, plan.json["deployed"]) == (0, False)
    assert "renamed  sleep → nap, 1 task there" in conv("deploy", "--plan", "--map", "14:sleep=nap").out
    assert conv("deploy", "--map", "14:sleep=nap").status == 0
    assert "is not CONV:OLD=NEW" in conv("deploy", "--map", "sleep").err


# --- New files ---------------------------------------------------------------------------------


def test_init_makes_a_folder_that_runs(empty: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert empty("init", "shop").status == 0

    monkeypatch.chdir(empty.folder / "shop")
    assert empty("lint").status == 0
    assert empty("deploy").status == 0
    said = empty("submit", "Hello", "name=World", "--wait", "--json")
    assert said.json["data"]["greeting"] == "Hello, World!"


def test_init_leaves_alone_what_is_there(empty: Shell) -> None:
    empty.write(".gitignore", "mine\n")
    empty("init")

    said = empty("init", "--json")

    assert (empty.folder / ".gitignore").read_text() == "mine\n"
    assert said.json["written"] == []


@pytest.mark.parametrize(
    ("kind", "name", "file"),
    [
        ("process", "Get token", "processes/get_token.yaml"),
        ("diagram", "salesforce/Token storage", "diagrams/salesforce/token_storage.yaml"),
        ("process", 'На склад: "швидко" #1', "processes/на_склад_швидко_1.yaml"),
        ("process", "no", "processes/no.yaml"),
        ("process", "12:30", "processes/12_30.yaml"),
    ],
)
def test_a_new_file_has_a_free_id_and_no_problem(conv: Shell, kind: str, name: str, file: str) -> None:
    said = conv("new", kind, name, "--json")

    assert said.json["file"] == file
    assert said.json["id"] not in (11, 12, 13, 14)
    assert conv("lint").status == 0
    assert conv("deploy").status == 0
    assert conv("show", str(said.json["id"]), "--json").json["title"] == name.rpartition("/")[2]


@pytest.mark.parametrize("name", ["", "/etc/x", "../x", "a/../../x", "...", "a\nb"])
def test_a_name_that_is_no_title_is_refused(empty: Shell, name: str) -> None:
    assert empty("new", "process", name).status == 2
    assert list(empty.folder.rglob("*.yaml")) == []


def test_a_file_is_never_overwritten(conv: Shell) -> None:
    said = conv("new", "process", "Greet")

    assert said.status == 2
    assert "is there already" in said.err


# --- Pictures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "start"), [("mermaid", "---\n"), ("dot", "digraph"), ("svg", "<svg")])
def test_a_conv_is_drawn_in_each_format(conv: Shell, form: str, start: str) -> None:
    deployed = conv("graph", "Greet", "--format", form)
    from_file = conv("graph", "processes/greet.yaml", "--format", form)

    assert deployed.status == from_file.status == 0
    assert deployed.out.startswith(start)
    assert from_file.out.startswith(start)


def test_the_format_follows_the_name_of_the_file(conv: Shell) -> None:
    assert conv("graph", "processes/greet.yaml", "-o", "greet.svg").out == ""

    assert (conv.folder / "greet.svg").read_text().startswith("<svg")


def test_a_file_with_nothing_to_draw_is_status_1(empty: Shell) -> None:
    empty.write("processes/a.yaml", "process: [")

    assert empty("graph", "processes/a.yaml").status == 1

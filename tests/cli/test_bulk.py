"""conv retry, cancel and delete of many tasks; conv jobs."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from typing import Any

import pytest

from engine.app import Engine
from engine.config import Settings
from tests.cli.conftest import Shell
from tests.waiting import PATIENCE_S, eventually


@pytest.fixture
def failed(conv: Shell) -> Shell:
    """Seven tasks that failed, and two that greeted."""
    for number in range(7):
        conv("submit", "Fails", f"n:={number}", "--ref", f"f{number}")
    conv("submit", "Greet", "name=a", "--ref", "a")
    conv("submit", "Greet", "name=b", "--ref", "b", "--wait")
    return conv


def passes(conv: Shell, ref: str) -> int:
    """How often a task of Fails was in its node."""
    return [visit["node"] for visit in conv("task", "Fails", ref, "--json").json["path"]].count("look")


def run(conv: Shell) -> None:
    conv("submit", "Greet", "name=x", "--wait")


def test_many_tasks_are_retried_after_a_plan(failed: Shell) -> None:
    said = failed("retry", "Fails", "--where", "n >= 2", "--yes")

    assert said.status == 0
    assert [line.split() for line in said.out.splitlines()] == [
        ["NODE", "PLACE", "TASKS"],
        ["failed", "final", "5"],
        ["retried", "5", "of", "5", "tasks"],
    ]
    run(failed)
    assert [passes(failed, f"f{n}") for n in range(7)] == [1, 1, 2, 2, 2, 2, 2]


def test_a_retry_of_many_takes_those_that_failed(failed: Shell) -> None:
    assert "No such task" in failed("retry", "Greet", "--since", "1h", "--yes").err
    assert failed("retry", "Greet", "--all", "--yes").out.splitlines()[-1] == "retried 2 of 2 tasks"
    assert failed("retry", "Fails", "--error", "missing_reference", "--node", "final", "--yes").status == 0
    run(failed)
    assert failed("task", "Fails", "f0", "--json").json["node"] == "final"


def test_refs_come_from_a_file_or_standard_input(failed: Shell) -> None:
    failed.write("refs.txt", "f1\n\n  f2  \nnobody\n")

    said = failed("retry", "Fails", "--refs", "refs.txt", "--yes")

    assert said.status == 1
    assert "refused 1: 1 there is no such task" in said.out
    assert ["nobody", "there", "is", "no", "such", "task"] in [line.split() for line in said.out.splitlines()]
    assert failed("delete", "Fails", "--refs", "-", "--yes", stdin=b"f3\r\nf4\r\n").status == 0
    assert failed("task", "Fails", "f3").status == 5
    assert failed("retry", "Fails", "--refs", "gone.txt", "--yes").status == 2


def test_json_has_plan_job_and_refusals(failed: Shell) -> None:
    said = failed("cancel", "Fails", "--refs", "-", "--yes", "--json", stdin=b"f1\nnobody\n")

    assert said.status == 1
    answer = said.json
    assert answer["counts"] == [["failed", "final", 1]]
    assert answer["job"]["state"] == "done"
    assert [(row["ref"], row["reason"]) for row in answer["refused"]] == [("nobody", "not_found"), ("f1", "final")]


def test_without_a_terminal_nothing_is_done_without_yes(failed: Shell) -> None:
    said = failed("delete", "Fails", "--all")

    assert said.status == 2
    assert "--yes does it: 7 tasks" in said.err
    assert failed("jobs", "--json").json == []
    assert failed("task", "Fails", "f0").status == 0


def ask(conv: Shell, answer: bytes, *words: str) -> tuple[int, str]:
    """The command on a terminal, and what a person answers."""
    ours, theirs = pty.openpty()
    process = conv.start(*words, stdin=theirs)
    os.close(theirs)
    os.write(ours, answer)
    out, _ = process.communicate(timeout=PATIENCE_S)
    os.close(ours)
    return process.returncode, out.decode()


def test_a_person_is_asked(failed: Shell) -> None:
    status, out = ask(failed, b"n\n", "delete", "Fails", "--all")
    assert (status, "deleted" in out) == (1, False)
    assert failed("jobs", "--json").json == []

    status, out = ask(failed, b"y\n", "delete", "Fails", "--all")
    assert (status, out.splitlines()[-1]) == (0, "deleted 7 of 7 tasks")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cancel", "Fails"), "name a task by its ref or id, or say which"),
        (("cancel", "Fails", "f1", "--where", "n = 1"), "one of the three"),
        (("retry", "Fails", "--refs", "x", "--in", "look"), "one of the three"),
        (("retry", "Fails", "--all", "--wait"), "--wait is about one task"),
        (("retry", "Fails", "--all", "--json"), "give --yes too"),
        (("retry", "Fails", "--all", "--yes", "--data", "x.json"), "about one task"),
        (("retry", "Fails", "--where", "n >", "--yes"), "character 4"),
        (("jobs", "stop"), "name the job"),
        (("jobs", "explode", "x"), "explode"),
    ],
)
def test_wrong_words_are_refused(failed: Shell, words: tuple[str, ...], said: str) -> None:
    answer = failed(*words)

    assert answer.status == 2
    assert said in answer.err
    assert failed("jobs", "--json").json == []


def test_jobs_are_listed_shown_stopped_and_resumed(failed: Shell, settings: Settings) -> None:
    with Engine.open(settings) as engine:
        plan = engine.plan_job("retry", "Fails", refs=[*(f"f{n}" for n in range(7)), "nobody"], who="me")
        listed = failed("jobs").out.splitlines()
        assert listed[1].split()[:6] == [plan.job_id, "planned", "retry", "13", "0/8", "0"]

        said = failed("jobs", "resume", plan.job_id)

        assert said.status == 1
        assert "retried 7 of 8 tasks" in said.out
        shown = failed("jobs", "show", plan.job_id)
        assert "nobody  there is no such task" in shown.out
        assert failed("jobs", "show", plan.job_id, "--json").json["refusals"][0]["ref"] == "nobody"
        assert failed("jobs", "stop", plan.job_id).status == 2
        other = engine.plan_job("retry", "Fails", refs=["f1"])
        assert "stopped" in failed("jobs", "stop", other.job_id).out
        assert failed("jobs", "resume", other.job_id).status == 5


def test_a_killed_command_s_job_is_resumed(conv: Shell, settings: Settings) -> None:
    """kill -9 somewhere in it: whatever was done by then, in the end each task was retried once."""
    count = 3000
    with Engine.open(settings) as engine:
        engine.submit_many("Fails", [(f"f{n}", {"n": n}) for n in range(count)])
        assert engine.run_until_idle()
        process = conv.start("retry", "Fails", "--all", "--yes", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        job: Any = eventually(
            lambda: [view for view in engine.jobs() if view.done or view.state == "done"] or process.poll() is not None
        )
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert job is not True, "the command has ended with no job"
        job_id = job[0].job_id
        if engine.job(job_id).state != "done":
            engine.store.client.hset(f"{{{settings.namespace}:reg}} job:{job_id}", "until", 1)
            assert engine.job(job_id).state == "left"
            assert conv("jobs", "resume", job_id).status == 0

        assert engine.run_until_idle()
        view = engine.job(job_id)
        assert (view.state, view.done, view.refused) == ("done", count, 0)
        for task in engine.stream("Fails"):
            assert [visit.node for visit in task.path].count("look") == 2

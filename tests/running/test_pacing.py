"""How a worker paces itself: how long it runs one task, what holds up its other tasks, what it sends on at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.app import Engine
from engine.config import Settings
from engine.store import calls
from engine.store.records import LANE_RUN
from tests.running.conftest import Lab
from tests.waiting import PATIENCE_S, eventually
from tests.workers import working

LONG = """
    process: Long
    id: 1
    loop_passes: 1000000
    nodes:
      start: {go: count}
      count: {set_parameters: {n: "$.math({{n}} + 1)"}, error: failed, go: judge}
      judge:
        condition: [{if: {n: {less: 3000}}, go: count}]
        go: done
      done: {end: success}
      failed: {end: error}
    """

WATCHED = """
    diagram: Watched
    id: 1
    nodes:
      start: {go: open}
      open: {set_state: {}, condition: [{if: {text: {regexp: "a[ab]*c"}}, go: done}]}
      done: {end: success}
    """

SIMPLE = """
    process: Simple
    id: 2
    nodes: {start: {go: done}, done: {end: success}}
    """

ALARM = """
    diagram: Limited
    id: 1
    nodes:
      start: {go: full}
      full: {set_state: {}, task_limit: {count: 2, signal: alarm}}
      alarm: {end: success}
    """


@pytest.fixture
def host() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield server


@pytest.fixture
def hasty(settings: Settings, tmp_path: Path) -> Iterator[Lab]:
    """A lab whose runs may take a millisecond, and as many moves as they like."""
    with Engine.open(replace(settings, run_ms=1, run_moves=10**9)) as engine:
        yield Lab(engine, tmp_path)


@pytest.fixture
def patient(settings: Settings, tmp_path: Path) -> Iterator[Lab]:
    """A lab whose runs may take as long as they like."""
    with Engine.open(replace(settings, run_ms=60_000, run_moves=10**9)) as engine:
        yield Lab(engine, tmp_path)


def commits(lab: Lab) -> int:
    """How many commits a worker makes until all is done."""
    worker = lab.engine.worker()
    assert worker.run_until_idle(time.monotonic() + PATIENCE_S, lambda: False)
    worker.close()
    return worker.committed


def test_a_run_that_takes_long_is_committed_in_between(hasty: Lab) -> None:
    hasty.deploy(LONG)
    task = hasty.engine.submit(1, {"n": 0})

    assert commits(hasty) > 2
    assert hasty.engine.task(1, task.task_id).data["n"] == 3000


def test_a_run_after_a_node_that_would_have_grown_the_task_too_much_is_committed_in_between(hasty: Lab) -> None:
    too_large = "{set_parameters: {text: '" + "{{text}}" * 2 + "'}, error: count, go: done}"
    hasty.deploy(LONG.replace("start: {go: count}", f"start: {{go: large}}\n      large: {too_large}"))
    task = hasty.engine.submit(1, {"n": 0, "text": "x" * 100_000})

    assert commits(hasty) > 2
    view = hasty.engine.task(1, task.task_id)
    assert (view.node, view.data["n"]) == ("done", 3000)


def test_a_run_that_may_take_long_is_one_commit(patient: Lab) -> None:
    patient.deploy(LONG)
    patient.engine.submit(1, {"n": 0})

    assert commits(patient) == 1


def with_events(lab: Lab) -> None:
    """A parked task with a hundred events that leave it where it is."""
    lab.deploy(WATCHED)
    lab.submit(1, ref="r")
    for number in range(100):
        lab.engine.modify(1, "r", {"text": "c" + "ab" * 300, "number": number})


def test_many_events_are_committed_in_between(hasty: Lab) -> None:
    with_events(hasty)

    assert commits(hasty) > 1
    assert hasty.engine.task(1, "r").data["number"] == 99


def test_many_events_that_may_take_long_are_one_commit(patient: Lab) -> None:
    with_events(patient)

    assert commits(patient) == 1


@pytest.mark.parametrize("last", [True, False])
def test_only_the_last_attempt_of_a_task_claimed_alone_holds_up_others(
    settings: Settings, tmp_path: Path, host: HTTPServer, last: bool
) -> None:
    called, answer = threading.Event(), threading.Event()

    def slow(_: Request) -> Response:
        called.set()
        answer.wait(PATIENCE_S)
        return Response("{}", content_type="application/json")

    host.expect_request("/").respond_with_handler(slow)
    with Engine.open(replace(settings, poison_attempts=1 if last else 2)) as engine:
        lab = Lab(engine, tmp_path)
        lab.deploy(
            f"""
            process: Suspect
            id: 1
            nodes:
              start: {{go: call}}
              call: {{api_call: {{method: GET, url: "{host.url_for("/")}"}}, error: failed, go: done}}
              done: {{end: success}}
              failed: {{end: error}}
            """,
            SIMPLE,
        )
        suspect = engine.submit(1, {})
        lost_its_worker(lab, suspect.task_id)

        with working(engine) as worker:
            assert called.wait(PATIENCE_S)
            other = engine.submit(2, {})
            if last:
                beats(engine, worker.name, 4)  # seconds in which it has looked for work
                assert engine.task(2, other.task_id).node == "start"
                answer.set()
            eventually(lambda: engine.task(2, other.task_id).node == "done")
            assert last or engine.task(1, suspect.task_id).place == "calling"
            answer.set()
            eventually(lambda: engine.task(1, suspect.task_id).node == "done")


def lost_its_worker(lab: Lab, task_id: str) -> None:
    """As after the death of the worker that had it: the task is claimed alone from now on."""
    partition = lab.engine.current.partition(1, task_id)
    assert len(lab.engine.store.one(calls.claim(partition, LANE_RUN, 1, "of the dead", 50)).tasks) == 1
    eventually(lambda: lab.engine.store.one(calls.expire(partition, 100, [])).freed == 1)


def beats(engine: Engine, name: str, count: int) -> None:
    """Wait until a worker has said so often that it is there: it does so once a second."""
    silent = [2**31]

    def has_beaten() -> bool:
        (seen,) = [seen for seen in engine.workers() if seen.state.name == name]
        before, silent[0] = silent[0], seen.silent_ms
        return seen.silent_ms < before

    for _ in range(count):
        eventually(has_beaten)


def test_the_signal_of_a_crossed_count_does_not_wait_for_the_look_into_the_outbox(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.deploy(ALARM)
    lab.submit(1, ref="first")
    lab.engine.submit(1, {}, ref="second")
    worker = lab.engine.worker()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)  # whatever comes at intervals comes once

    for _ in range(100):
        worker.round(0.0)

    assert [view.node for view in lab.engine.archive(1, "alarm")] == ["alarm"]
    worker.close()

"""How many outside calls may begin, and what becomes of those under way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.convs import Convs
from engine.store.call import Partition
from engine.store.calls import claim
from engine.store.registry import Registry
from engine.task import Place
from engine.vault import Box
from engine.worker.outcalls import Answer, OutCalls
from engine.worker.run import Run


@pytest.fixture
def outcalls() -> OutCalls:
    return OutCalls(3, lambda _: None)


PROCESS = """
process: Ask
id: 1
nodes:
  start: { go: ask }
  ask: { api_call: { method: GET, url: "https://127.0.0.1/" }, error: failed, go: done }
  done: { end: success }
  failed: { end: error }
"""


@pytest.fixture
def run(settings: Settings, tmp_path: Path) -> Iterator[Run]:
    """A task that was claimed."""
    (tmp_path / "ask.yaml").write_text(PROCESS, "utf-8")
    with Engine.open(settings) as engine:
        engine.deploy(tmp_path / "ask.yaml")
        engine.submit("Ask", {})
        batch = engine.store.one(claim(Partition(1, 0), "run", 1, "T", 60_000))
        program = Convs(Registry(engine.store).load(), settings=settings).program(1)
        yield Run(program, batch.tasks[0], batch.now_ms, Box())


def under_way(outcalls: OutCalls, run: Run) -> Run:
    run.place = Place.CALLING
    outcalls.under_way[run.token] = run
    return run


def test_threads_that_claims_and_commits_may_need_are_kept_for_them(outcalls: OutCalls, run: Run) -> None:
    assert outcalls.free() == 3
    outcalls.ask(2)
    under_way(outcalls, run)

    assert outcalls.free() == 0
    assert not outcalls.may_begin(has_slot=False)
    assert outcalls.may_begin(has_slot=True), "its thread was kept"
    outcalls.ask(-2)
    assert outcalls.free() == 2


def test_after_a_stop_none_begins(outcalls: OutCalls) -> None:
    outcalls.is_stopping = True

    assert outcalls.free() == 0
    assert not outcalls.may_begin(has_slot=True)


def test_what_comes_back_goes_on_with_its_answer(outcalls: OutCalls, run: Run) -> None:
    under_way(outcalls, run)

    assert outcalls.came_back(Answer(run, {"status": 200}))
    assert (run.answer, run.place, run.called_from) == ({"status": 200}, "", run.step.id)
    assert not outcalls.under_way
    assert not outcalls.came_back(Answer(run, {})), "once"


def test_what_was_given_back_comes_to_nothing(outcalls: OutCalls, run: Run) -> None:
    under_way(outcalls, run)

    assert outcalls.give_back() == [run]
    outcalls.given_back()
    assert run.keep_due
    assert not outcalls.came_back(Answer(run, {}))

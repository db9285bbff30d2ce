"""How many outside calls may begin, and what becomes of those under way."""

from __future__ import annotations

from typing import Any

import pytest

from engine.worker.outcalls import Answer, OutCalls


@pytest.fixture
def outcalls() -> OutCalls:
    return OutCalls(3, lambda _: None)


class StandingRun:
    """As much of a Run as OutCalls looks at when it comes back."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.keep_due = False
        self.answer: Any = None
        self.stage, self.place, self.called_from = 0, "calling", ""
        self.step = type("Step", (), {"id": "5"})


def under_way(outcalls: OutCalls, token: str) -> Any:
    run: Any = StandingRun(token)
    outcalls.under_way[token] = run
    return run


def test_threads_that_claims_and_commits_may_need_are_kept_for_them(outcalls: OutCalls) -> None:
    assert outcalls.free() == 3
    outcalls.ask(2)
    under_way(outcalls, "T")

    assert outcalls.free() == 0
    assert not outcalls.may_begin(has_slot=False)
    assert outcalls.may_begin(has_slot=True), "its thread was kept"
    outcalls.ask(-2)
    assert outcalls.free() == 2


def test_after_a_stop_none_begins(outcalls: OutCalls) -> None:
    outcalls.is_stopping = True

    assert outcalls.free() == 0
    assert not outcalls.may_begin(has_slot=True)


def test_what_comes_back_goes_on_with_its_answer(outcalls: OutCalls) -> None:
    run = under_way(outcalls, "T")

    assert outcalls.came_back(Answer(run, {"status": 200}))
    assert (run.answer, run.place, run.called_from) == ({"status": 200}, "", "5")
    assert not outcalls.under_way
    assert not outcalls.came_back(Answer(run, {})), "once"


def test_what_was_given_back_comes_to_nothing(outcalls: OutCalls) -> None:
    run = under_way(outcalls, "T")

    assert outcalls.give_back() == [run]
    outcalls.given_back()
    assert run.keep_due
    assert not outcalls.came_back(Answer(run, {}))

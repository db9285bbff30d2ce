"""The table of chores. The clock is turned by hand."""

from __future__ import annotations

import math

from engine.worker.chores import Chore, Chores


def noted(*rows: tuple[str, float]) -> tuple[Chores, list[tuple[str, float]]]:
    done: list[tuple[str, float]] = []

    def chore(name: str, every_s: float) -> Chore:
        return Chore(name, every_s, lambda now: done.append((name, now)))

    return Chores(*(chore(name, every_s) for name, every_s in rows)), done


def test_each_is_done_at_its_distance_in_the_order_of_the_table() -> None:
    chores, done = noted(("b", 2.0), ("a", 1.0))
    for now in (0.5, 1.0, 1.6, 2.6):
        chores.do_due(now)

    assert done == [("b", 0.5), ("a", 0.5), ("a", 1.6), ("b", 2.6), ("a", 2.6)]
    assert chores.next() == 3.6


def test_one_that_is_hurried_is_done_at_once() -> None:
    chores, done = noted(("a", 10.0))
    chores.do_due(1.0)
    chores.hurry("a")

    assert chores.next() == 0.0
    chores.do_due(1.1)
    assert done == [("a", 1.0), ("a", 1.1)]


def test_a_chore_that_hurries_a_later_one_has_it_done_in_the_same_go() -> None:
    done: list[float] = []
    chores = Chores(
        Chore("first", 1.0, lambda _: chores.hurry("second")),
        Chore("second", 100.0, done.append, next=50.0),
    )
    chores.do_due(2.0)

    assert done == [2.0]


def test_one_that_is_never_due_waits_for_somebody_to_hurry_it() -> None:
    done: list[float] = []
    chores = Chores(Chore("beat", 1.0, done.append, next=math.inf))
    chores.do_due(1e9)

    assert done == []
    assert chores.next() == math.inf

"""When the next timer of each partition is due. The clock is turned by hand."""

from __future__ import annotations

import math

from engine.store.call import Partition
from engine.worker.timers import Timers

A, B = Partition(1, 0), Partition(2, 0)


def test_the_earliest_counts_and_is_taken_once() -> None:
    timers = Timers()
    timers.set(A, 5.0)
    timers.set(A, 3.0)
    timers.set(A, 9.0)

    assert timers.next() == 3.0
    assert timers.take(2.9) == []
    assert timers.take(3.0) == [A]
    assert timers.take(100.0) == [], "what comes after it, the store says when it fires it"


def test_each_partition_has_its_own() -> None:
    timers = Timers()
    timers.set(A, 5.0)
    timers.set(B, 4.0)

    assert timers.take(5.0) == [B, A]
    assert timers.next() == math.inf


def test_one_that_was_taken_can_be_set_again() -> None:
    timers = Timers()
    timers.set(A, 5.0)
    assert timers.take(6.0) == [A]
    timers.set(A, 7.0)

    assert timers.next() == 7.0
    assert timers.take(7.0) == [A]


def test_setting_the_same_again_and_again_keeps_one() -> None:
    timers = Timers()
    for _ in range(1000):
        timers.set(A, 5.0)

    assert timers.take(5.0) == [A]
    assert timers.next() == math.inf

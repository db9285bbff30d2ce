"""Where tasks wait: what wakes a lane, and what is claimed from. The clock is turned by hand."""

from __future__ import annotations

import math

from engine.store.call import Partition
from engine.store.records import Batch, Claimed
from engine.worker.lanes import AT_ONCE, Alone, Lanes

A, B, STRANGE = Partition(1, 0), Partition(2, 0), Partition(3, 0)
RUN_A, RUN_B, CALL_A = (A, "run"), (B, "run"), (A, "5")


def lanes() -> Lanes:
    made = Lanes()
    made.only({1, 2})
    return made


def batch(tasks: int = 0, *, wait_ms: int = 0, more: bool = False) -> Batch:
    task = Claimed("0" * 24, "", "1", 1, b"{}", b"{}", b"", b"", [], 0, 0, 0, "T")
    return Batch(0, [task] * tasks, wait_ms, more=more)


def test_a_woken_lane_is_taken_once() -> None:
    made = lanes()
    made.wake(A)
    made.wake(A)
    made.wake(B)

    assert made.take(is_ahead=True) == [RUN_A, RUN_B]
    assert made.take(is_ahead=True) == []


def test_a_conv_that_cannot_be_run_here_is_left_to_others() -> None:
    made = lanes()
    made.wake(STRANGE)
    made.wake(STRANGE, "alone")
    made.wake(B)
    made.wake(B, "alone")
    made.only({1})

    assert made.take(is_ahead=True) == []
    assert not made.alone


def test_one_round_claims_from_so_many_lanes_and_the_others_follow() -> None:
    made = lanes()
    for number in range(AT_ONCE + 3):
        made.wake(Partition(1, number))

    assert len(made.take(is_ahead=True)) == AT_ONCE
    assert [partition.number for partition, _ in made.take(is_ahead=True)] == [AT_ONCE, AT_ONCE + 1, AT_ONCE + 2]


def test_a_lane_that_had_as_much_as_was_asked_for_is_asked_again_before_the_answer() -> None:
    made = lanes()
    made.claimed(RUN_A, 2, batch(2), calling=False, now=0.0)

    assert made.take(is_ahead=True) == [RUN_A]
    assert made.take(is_ahead=False) == [RUN_A], "it flows, so it was kept for the round after"
    assert made.take(is_ahead=True) == []

    made.claimed(RUN_A, 2, batch(1), calling=False, now=0.0)
    assert made.take(is_ahead=True) == []


def test_a_rated_lane_is_woken_when_its_rate_allows_and_not_before() -> None:
    made = lanes()
    made.claimed(CALL_A, 5, batch(1, wait_ms=250), calling=True, now=10.0)

    assert made.next_rated() == 10.25
    made.wake_rated(10.2)
    assert made.take(is_ahead=True) == []
    made.wake_rated(10.25)
    assert made.take(is_ahead=True) == [CALL_A]
    assert made.next_rated() == math.inf


def test_a_crowded_lane_is_known_until_a_claim_finds_room() -> None:
    made = lanes()
    made.is_crowded(A, "5")
    assert made.crowded == {(1, "5")}
    assert made.take(is_ahead=True) == [CALL_A]

    made.claimed(CALL_A, 1, batch(1, more=True), calling=True, now=0.0)
    assert made.crowded
    made.claimed(CALL_A, 1, batch(1), calling=True, now=0.0)
    assert not made.crowded


def test_a_lane_without_a_free_thread_is_claimed_when_one_is_free() -> None:
    made = lanes()
    made.found_no_thread(CALL_A)
    assert made.take(is_ahead=True) == []

    made.thread_freed()

    assert made.take(is_ahead=True) == [CALL_A]
    made.thread_freed()
    assert made.take(is_ahead=True) == []


def test_a_lane_that_the_store_refused_waits_for_the_next_look() -> None:
    made = lanes()
    made.wake(A)
    made.refused(RUN_A)

    assert made.take(is_ahead=True) == []


def test_what_is_claimed_alone_holds_up_all_else_until_it_is_done() -> None:
    alone = Alone()
    assert not alone.holds_up(0.0)

    alone.claim("T1")
    assert alone.holds_up(1e9)
    assert alone.wakes_at() == math.inf
    alone.done("T2")
    assert alone.holds_up(0.0), "that was another lease"
    alone.done("T1")
    assert not alone.holds_up(0.0)


def test_its_outside_call_holds_up_others_for_a_while() -> None:
    alone = Alone()
    alone.claim("T1")
    alone.calls_out("T2", is_last=False, now=5.0)

    assert alone.wakes_at() == 5.0 + Alone.HOLDS_UP_S
    assert alone.holds_up(5.9)
    assert not alone.holds_up(6.0)
    assert alone.wakes_at() == math.inf


def test_its_last_attempt_is_alone_to_its_end() -> None:
    alone = Alone()
    alone.claim("T1")
    alone.calls_out("T2", is_last=True, now=5.0)

    assert alone.holds_up(1e9)
    alone.done("T2")
    assert not alone.holds_up(5.0)

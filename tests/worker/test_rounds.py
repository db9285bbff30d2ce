"""The calls to the store, in rounds: each answer finds its handler, and nothing is lost when no answer comes."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StoreUnavailable
from engine.store.call import Call, Partition
from engine.store.calls import stats
from engine.store.client import Store
from engine.store.roster import WorkerState, beat
from engine.worker.rounds import MOVING_S, Rounds
from tests.own_server import OwnServer

P = Partition(1, 0)


def noted(into: list[Any], what: Any, _: Any) -> None:
    into.append(what)


def broken() -> Call[Any]:
    """A call that the store refuses: it has no such script."""
    return Call("no_such_script", P, [], bytes)


def test_answers_come_in_the_order_in_which_their_calls_were_sent(store: Store) -> None:
    rounds, came = Rounds(store), list[Any]()
    for number in range(3):
        rounds.send(stats(P), partial(noted, came, number))
        rounds.begin()
    assert (rounds.count, len(rounds.under_way), rounds.answered) == (3, 3, -math.inf)

    rounds.take()
    assert came == [0]
    rounds.take()
    rounds.take()

    assert came == [0, 1, 2]
    assert rounds.answered > 0
    assert not rounds.is_busy()


def test_one_call_that_the_store_refuses_takes_no_other_along(store: Store) -> None:
    rounds, came = Rounds(store), list[Any]()
    rounds.send(stats(P), lambda _: came.append("before"))
    rounds.send(broken(), lambda _: came.append("never"), lambda: came.append("failed"))
    rounds.send(stats(P), lambda _: came.append("after"))
    rounds.begin()
    rounds.take()

    assert came == ["before", "failed", "after"]


def test_nothing_to_send_is_no_round(store: Store) -> None:
    rounds = Rounds(store)
    rounds.begin()

    assert rounds.count == 0
    assert not rounds.is_busy()


def test_what_is_being_moved_is_tried_again_in_a_moment(store: Store) -> None:
    rounds, done = Rounds(store), list[int]()
    rounds.soon(lambda: done.append(1))
    due = rounds.next_try()

    assert rounds.met_a_move, "the registry says where it stands now"
    rounds.try_again(due - MOVING_S / 2)
    assert not done
    rounds.try_again(due)
    rounds.try_again(due)
    assert done == [1]
    assert rounds.next_try() == math.inf


def test_what_was_not_answered_is_sent_again_but_no_beat(server_binary: Path, short_folder: Path) -> None:
    server = OwnServer(server_binary, short_folder)
    server.start()
    try:
        store = Store.connect(server.url, "rounds")
        rounds, came = Rounds(store), list[Any]()
        rounds.send(stats(P), lambda _: came.append("first"))
        rounds.begin()
        rounds.take()
        server.stop()
        rounds.send(stats(P), lambda _: came.append("second"))
        rounds.send(beat(WorkerState("w", "host", 1, 0)), lambda _: came.append("beat"))
        rounds.begin()
        rounds.send(stats(P), lambda _: came.append("third"))
        with pytest.raises(StoreUnavailable):
            rounds.take()
        assert (rounds.is_cut_off, came) == (True, ["first"])

        server.start()
        rounds.begin()
        rounds.take()
        store.close()
    finally:
        server.stop()

    assert came == ["first", "second", "third"]
    assert not rounds.is_cut_off
    assert not rounds.is_busy()

"""Which partitions are looked at: each second where something is under way, in turns the rest."""

from __future__ import annotations

import pytest

from engine.store.call import Partition
from engine.worker.looks import A_SECOND, AT_ONCE, Looks

MANY = [Partition(number, 0) for number in range(1000)]
FEW = MANY[:A_SECOND]


def hearing(partitions: list[Partition]) -> Looks:
    looks = Looks()
    looks.hears = True
    looks.at(partitions)
    while looks.take_urgent():
        pass
    return looks


def taken(looks: Looks) -> list[Partition]:
    each_second, in_turn = looks.take()
    assert not set(each_second) & set(in_turn)
    return each_second + in_turn


def test_a_few_are_all_looked_at_each_second() -> None:
    looks = hearing(FEW)

    assert set(taken(looks)) == set(taken(looks)) == set(FEW)


def test_of_many_each_has_its_turn_and_no_second_is_dearer_than_another() -> None:
    looks = hearing(MANY)

    seen: set[Partition] = set()
    for _ in range(len(MANY) // A_SECOND):
        some = taken(looks)
        assert len(some) == A_SECOND
        seen.update(some)
    assert seen == set(MANY)


def test_turns_that_do_not_divide_come_round_all_the_same() -> None:
    looks = hearing(MANY[: A_SECOND * 2 + 7])

    seen = {partition for _ in range(3) for partition in taken(looks)}

    assert seen == set(MANY[: A_SECOND * 2 + 7])


def test_without_a_subscription_all_are_looked_at_each_second() -> None:
    looks = hearing(MANY)
    looks.hears = False

    assert set(taken(looks)) == set(MANY)


def test_where_something_is_under_way_is_looked_at_each_second_until_it_is_quiet() -> None:
    looks = hearing(MANY)
    busy = MANY[77]
    looks.heard(busy, 1.0)

    assert all(busy in taken(looks) for _ in range(20))
    looks.quiet(busy, 0.5)
    assert busy in taken(looks), "that look was asked for before the hint came"
    looks.quiet(busy, 1.5)
    assert sum(busy in taken(looks) for _ in range(5)) == 1, "its turn"


def test_after_the_subscription_broke_all_are_looked_at_at_once_in_parts() -> None:
    partitions = [Partition(number, 0) for number in range(AT_ONCE + 5)]
    looks = hearing(partitions)
    assert not looks.is_urgent()

    looks.hurry()

    first, second = looks.take_urgent(), looks.take_urgent()
    assert (len(first), len(second)) == (AT_ONCE, 5)
    assert set(first + second) == set(partitions)
    assert not looks.is_urgent()


def test_a_new_partition_is_looked_at_at_once_and_one_that_is_gone_no_more() -> None:
    looks = hearing(MANY)
    looks.heard(MANY[0], 1.0)
    new = Partition(5000, 0)

    looks.at([*MANY[1:], new])

    assert looks.take_urgent() == [new]
    looks.heard(MANY[0], 2.0)
    assert MANY[0] not in {partition for _ in range(5) for partition in taken(looks)}


@pytest.mark.parametrize("count", [0, 1])
def test_none_and_one(count: int) -> None:
    assert taken(hearing(MANY[:count])) == MANY[:count]

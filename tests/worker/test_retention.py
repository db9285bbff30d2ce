"""Which archives are swept, and when."""

from __future__ import annotations

from engine.store.call import Partition
from engine.store.records import Swept
from engine.worker.retention import OVER, SHARE, Retention

A, B = Partition(1, 0), Partition(2, 0)


def swept(room: int, *, more: bool = False) -> Swept:
    return Swept(0, more, room)


def test_where_tasks_end_is_swept_though_nobody_was_told_to_look_there() -> None:
    retention = Retention()
    retention.committed(A, 1)

    assert list(retention.due) == [A]


def test_it_is_swept_again_after_a_part_of_the_room_that_is_left() -> None:
    retention = Retention()
    retention.swept(A, swept(room=10 * SHARE), at_most=100)
    retention.committed(A, 9)
    assert not retention.due
    retention.committed(A, 1)

    assert list(retention.due) == [A]


def test_a_full_archive_may_be_a_little_over_what_it_keeps() -> None:
    retention = Retention()
    retention.swept(A, swept(room=0), at_most=3 * OVER)
    retention.committed(A, 2)
    assert not retention.due
    retention.committed(A, 1)

    assert list(retention.due) == [A]


def test_while_there_is_more_it_is_swept_at_once() -> None:
    retention = Retention()
    retention.swept(A, swept(room=1000, more=True), at_most=10)

    assert list(retention.due) == [A]


def test_the_leader_looks_at_all_of_them() -> None:
    retention = Retention()
    retention.swept(A, swept(room=10_000), at_most=10_000)
    retention.all_due([A, B])

    assert list(retention.due) == [A, B]

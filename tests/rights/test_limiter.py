"""Who asks too often, with a clock that is turned by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import TooOften
from engine.rights.limiter import Limiter, address_name


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_burst_and_then_the_rate(clock: Clock) -> None:
    limiter = Limiter(2, 3, clock=clock)

    assert [limiter.take("a") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert limiter.take("a") == pytest.approx(0.5)
    assert limiter.take("a") == pytest.approx(0.5), "a refusal costs nothing"
    assert limiter.take("b") == 0.0, "others are not held back"
    clock.now += 0.5
    assert limiter.take("a") == 0.0
    assert limiter.take("a") > 0
    clock.now += 60
    assert [limiter.take("a") > 0 for _ in range(4)] == [False, False, False, True], "no more than a burst is saved up"


def test_it_says_when_to_come_again(clock: Clock) -> None:
    limiter = Limiter(1, 1, clock=clock)
    limiter.check("a")

    with pytest.raises(TooOften) as caught:
        limiter.check("a")

    assert caught.value.retry_after_s == pytest.approx(1)
    clock.now += caught.value.retry_after_s
    limiter.check("a")


def test_dear_requests_take_more(clock: Clock) -> None:
    limiter = Limiter(1, 10, clock=clock)

    assert limiter.take("a", 8) == 0.0
    assert limiter.take("a", 8) == pytest.approx(6)
    assert limiter.take("a", 2) == 0.0
    for cost in (11, -1):
        with pytest.raises(ValueError, match="never"):
            limiter.take("a", cost)


def test_it_forgets_who_has_nothing_to_wait_for(clock: Clock) -> None:
    limiter = Limiter(1, 1, clock=clock)
    for number in range(100):
        limiter.take(f"{number}")
    clock.now += 10
    for _ in range(100):
        limiter.take("new")
        clock.now += 1

    assert len(limiter._due) <= 2


def test_it_remembers_no_more_than_so_many(clock: Clock) -> None:
    limiter = Limiter(1, 1, clock=clock, most=10)

    for number in range(1000):
        limiter.take(f"{number}")

    assert len(limiter._due) == 10
    assert limiter.take("999") > 0
    assert limiter.take("0") == 0.0


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 4)), max_size=60))
def test_never_more_than_the_burst_and_the_rate_let(steps: list[tuple[float, int]]) -> None:
    clock = Clock()
    limiter = Limiter(2, 4, clock=clock)
    taken: list[tuple[float, int]] = []
    for after, cost in steps:
        clock.now += after
        if limiter.take("a", cost) == 0.0:
            taken.append((clock.now, cost))
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            span = taken[last][0] - taken[first][0]
            assert sum(cost for _, cost in taken[first : last + 1]) <= 4 + 2 * span + 1e-6


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_whose_an_address_is(address: str, name: str) -> None:
    assert address_name(address) == name

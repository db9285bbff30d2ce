"""How a leak is told from a tide; and the load itself, for a moment."""

from __future__ import annotations

import math

import pytest

from tests.soak.growth import grown
from tests.soak.measures import kind_of, kinds, measured
from tests.soak.world import COPIES, COUNT, world
from tests.waiting import eventually

MB = 1_000_000


def test_what_grows_all_the_time_has_grown() -> None:
    assert grown([{"seen": 2 * MB * n} for n in range(30)]) == {"seen": (20 * MB, 40 * MB)}


def test_a_leak_under_a_tide_has_grown() -> None:
    samples = [{"file": (n % 4) * 20 * MB + n * MB} for n in range(30)]

    assert grown(samples).keys() == {"file"}


def test_what_first_comes_late_has_grown() -> None:
    assert grown([{} if n < 15 else {"mail:": 30 * MB} for n in range(30)]) == {"mail:": (0, 30 * MB)}


@pytest.mark.parametrize(
    "level",
    [
        lambda n: 50 * MB,
        lambda n: min(n, 9) * 10 * MB,  # warming up
        lambda n: (n % 7) * 40 * MB,  # a file that is written anew
        lambda n: (50 + 4 * math.sin(n)) * MB,
        lambda n: (30 - n) * MB,
        lambda n: n * 10_000,
    ],
    ids=["level", "warm-up", "saw", "noise", "falling", "little"],
)
def test_what_does_not_grow(level: object) -> None:
    assert callable(level)

    assert grown([{"t:": level(n), "worker handles": 12 + n % 4} for n in range(30)]) == {}


def test_few_handles_are_many() -> None:
    assert grown([{"worker handles": 12 + n} for n in range(30)]).keys() == {"worker handles"}


def test_too_few_samples_say_nothing() -> None:
    with pytest.raises(ValueError, match="5 samples are too few"):
        grown([{}] * 5)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("{conv:7.0} t:0a1b", "t:"),
        ("{conv:7.0} arch:n1:20000", "arch:"),
        ("{conv:7.0} seen", "seen"),
        ("{conv:7.0} r:a} b:c", "r:"),
        ("{conv:reg} convs", "reg"),
        ("{conv:reg}", "reg"),
    ],
)
def test_kinds_of_keys(key: str, kind: str) -> None:
    assert kind_of(key.encode()) == kind


def test_the_load_ends_in_every_way_and_all_of_it_is_measured() -> None:
    with world(archive=50) as running:
        running.begin()
        eventually(lambda: running.ended() > 100)
        sample = running.measured()
        running.end()
        engine = running.engine

        ends = {node.name: node.entered for node in engine.show(900101).nodes}
        copies = {node.name: node.entered for node in engine.show(COPIES).nodes}
        added = sum(view.data["n"] for view in engine.archive(900103, "counting", limit=COUNT))
        assert ends["failed"] == running.submitted // 8, "who asks nobody, and who reads nothing"
        assert ends["done"] == running.submitted - ends["failed"] == copies["done"] == added
        assert ends["ask"] == ends["wait"] == running.submitted // 16
        assert running.ledger.keys.total() >= ends["ask"]
        assert min(sample[name] for name in ("worker", "worker handles", "server handles", "store", "file")) > 0
        assert {"t:", "seen", "arch:", "cnt"} <= kinds(engine.store.client).keys()
        assert measured(engine.store.client, running.worker.pid).keys() >= {"worker", "t:"}

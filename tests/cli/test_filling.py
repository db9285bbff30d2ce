"""What conv up says of a store that fills."""

from __future__ import annotations

import subprocess

import pytest

from engine.app import Engine
from engine.cli.filling import Look, said_of
from engine.config import Settings
from tests.cli.conftest import Shell
from tests.waiting import eventually

LIMIT = 20_000_000
LOOK = Look(0.0, 7 * 10**8, 10**9, {'ended tasks of "A"': 10, 'ended tasks of "B"': 5, "remembered effects": 9})


def test_says_what_grows_most_and_how_long_it_lasts() -> None:
    later = LOOK._replace(at=60.0, used=75 * 10**7, held={'ended tasks of "B"': 15, 'ended tasks of "A"': 40_010})

    said = said_of(LOOK, later, embedded=True)

    assert "The store is 75% full (750.0 MB of 1.0 GB) and grows by 50.0 MB a minute: full in about 5 minutes." in said
    assert 'What grows: ended tasks of "A" (+40,000 a minute), ended tasks of "B" (+10 a minute).' in said
    assert said.endswith("CONV_EMBEDDED_MEMORY_BYTES gives it more.")
    assert "maxmemory" in said_of(LOOK, later, embedded=False)


def test_says_when_it_does_not_grow() -> None:
    assert said_of(LOOK, LOOK._replace(at=60.0), embedded=True).endswith("it does not grow at the moment.")


def test_long_times_are_told_in_hours_and_days() -> None:
    def lasts(grown: int) -> str:
        return said_of(LOOK, LOOK._replace(at=60.0, used=LOOK.used + grown), embedded=True)

    assert "full in about 5 hours" in lasts(10**6)
    assert "full in about 21 days" in lasts(10**4)


def test_up_says_it_of_a_store_that_fills(empty: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONV_REDIS_URL", "CONV_NAMESPACE"):
        monkeypatch.delenv(name)
        del empty.environment[name]
    empty.environment["CONV_EMBEDDED_MEMORY_BYTES"] = str(LIMIT)
    empty.write("processes/kept.yaml", "process: Kept\nid: 5\nnodes: {start: {go: done}, done: {end: success}}\n")
    log = empty.folder / "up.log"
    with log.open("wb") as file:
        process = empty.start("up", "--workers", "1", stdout=subprocess.DEVNULL, stderr=file)
        try:
            eventually(lambda: "Deployed Kept" in log.read_text(), 30)
            with Engine.open(Settings(home=empty.folder / ".conv")) as engine:

                def fill(tasks: int) -> None:
                    engine.submit_many(5, [(None, {"text": "x" * 5000})] * tasks)

                def is_told() -> bool:
                    fill(5)
                    return "The store is " in log.read_text()

                while engine.memory()[0] < 0.62 * LIMIT:
                    fill(20)
                eventually(is_told, 120, every_s=0.1)
        finally:
            process.terminate()
            process.wait(30)

    assert 'What grows: ended tasks of "Kept"' in log.read_text()

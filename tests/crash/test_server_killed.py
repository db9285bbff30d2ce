"""`kill -9` of the embedded server under load: with an append-only file nothing that was acknowledged is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.app import Engine
from engine.config import Settings
from tests.crash import story
from tests.waiting import PATIENCE_S, eventually

KILLS = 10
TASKS_BETWEEN = 20


@pytest.fixture
def engine(short_folder: Path) -> Iterator[Engine]:
    with Engine.open(Settings(home=short_folder / ".conv", lease_ms=1000)) as engine:
        report = engine.deploy([story.write(short_folder / "story")])
        assert report.is_deployed, report.problems
        yield engine


@pytest.fixture
def worker(engine: Engine) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "CONV_HOME": str(engine.settings.home), "CONV_LEASE_MS": "1000"}
    environment["CONV_POISON_ATTEMPTS"] = "100"
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.worker"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    yield worker
    worker.terminate()
    worker.communicate(timeout=PATIENCE_S)


@pytest.mark.slow
def test_a_killed_server_loses_and_doubles_nothing(
    engine: Engine, worker: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = story.Ledger(slow_s=0.01)
    tasks = 0
    for _ in range(KILLS):
        for number in range(TASKS_BETWEEN):
            story.submit(engine, ledger.url, f"task-{tasks}")
            tasks += 1
            if number == TASKS_BETWEEN // 2:
                os.kill(int(engine.store.client.info("server")["process_id"]), signal.SIGKILL)

    def all_ended() -> bool:
        assert (ends := story.ends(engine, story.MAIN)) == {"done": tasks}, (ends, story.elsewhere(engine, story.MAIN))
        return True

    eventually(all_ended, every_s=0.1)

    assert worker.poll() is None, "the worker outlived every server"
    story.check(engine, ledger, tasks)
    ledger.close()
    with capsys.disabled():
        print(f"\nkilled the server {KILLS} times under load: {tasks} tasks, none lost, none doubled")

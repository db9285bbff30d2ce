"""A worker that is stopped, frozen, cut off from its store, or deaf."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.worker import worker as worker_module
from tests.crash import story
from tests.own_server import OwnServer
from tests.waiting import PATIENCE_S, eventually
from tests.workers import working

PROJECT = Path(__file__).parents[2]
TIMERS = """
process: Timers
id: 110
nodes:
  start: {go: wait}
  wait: {delay: {until: "{{due}}"}, go: done}
  done: {end: success}
"""


class WorkerProcess:
    """`conv worker` on these settings; what it says is kept in a file."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        environment = {
            **os.environ,
            "CONV_REDIS_URL": settings.redis_url,
            "CONV_HOME": str(settings.home),
            "CONV_NAMESPACE": settings.namespace,
            "CONV_LEASE_MS": str(settings.lease_ms),
        }
        self.log = folder / "worker.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "engine.cli", "worker"], env=environment, stdout=log, stderr=log, cwd=PROJECT
            )

    def close(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait(timeout=PATIENCE_S)


@pytest.fixture
def engine(settings: Settings, tmp_path: Path) -> Iterator[Engine]:
    with Engine.open(dataclasses.replace(settings, lease_ms=300)) as engine:
        report = engine.deploy([story.write(tmp_path / "story")])
        assert report.is_deployed, report.problems
        yield engine


@pytest.fixture
def ledger() -> Iterator[story.Ledger]:
    with contextlib.closing(story.Ledger(slow_s=0.2)) as ledger:
        yield ledger


def test_a_worker_frozen_past_its_lease_doubles_nothing(engine: Engine, ledger: story.Ledger, tmp_path: Path) -> None:
    frozen = WorkerProcess(engine.settings, tmp_path)
    with contextlib.closing(frozen):
        for number in range(30):
            engine.submit(story.MAIN, {"url": ledger.url}, ref=f"task-{number}")
        eventually(lambda: ledger.under_way > 0)
        frozen.process.send_signal(signal.SIGSTOP)

        with working(engine):
            eventually(lambda: story.ends(engine, story.MAIN) == {"done": 30})
            frozen.process.send_signal(signal.SIGCONT)
            # Awake again it sends what it has; then it works as any other.
            eventually(lambda: engine.workers_alive() == 2)
            engine.submit(story.MAIN, {"url": ledger.url}, ref="task-30")
            eventually(lambda: story.ends(engine, story.MAIN) == {"done": 31})
            eventually(lambda: story.ends(engine, story.CALLED) == {"done": 31})

    story.check(engine, ledger, 31)


def test_a_call_that_outlasts_a_graceful_stop_is_given_back(
    engine: Engine, ledger: story.Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "STOP_S", 0.1)
    engine.submit(story.MAIN, {"url": ledger.url}, ref="task-0")
    with working(engine):
        eventually(lambda: ledger.under_way == 1)

    view = engine.task(story.MAIN, "task-0")
    assert (view.place, view.node) == ("ready", "call out"), "and not under a lease that must end first"

    with working(engine):
        eventually(lambda: story.ends(engine, story.MAIN) == {"done": 1})
    story.check(engine, ledger, 1)
    assert ledger.keys.total() == 2, "asked again under its old key"


def test_timers_fire_without_any_hint(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "timers.yaml").write_text(TIMERS)
    assert engine.deploy([tmp_path / "timers.yaml"]).is_deployed
    deaf = threading.Event()

    def deafen() -> None:
        while not deaf.wait(0.002):
            engine.store.client.client_kill_filter(_type="pubsub")

    thread = threading.Thread(target=deafen)
    thread.start()
    try:
        with working(engine):
            now_s = time.time()
            engine.submit_many(110, [(None, {"due": now_s + 0.01 * n}) for n in range(1, 150)])
            eventually(lambda: story.ends(engine, 110) == {"done": 149})
    finally:
        deaf.set()
        thread.join()
    for view in engine.archive(110, "done", limit=200):
        assert view.path[-1].time_ms >= int(view.data["due"] * 1000), "never early"


def test_a_server_that_goes_away_and_comes_back_finds_its_worker(
    server_binary: Path, short_folder: Path, ledger: story.Ledger
) -> None:
    server = OwnServer(server_binary, short_folder)
    settings = Settings(redis_url=server.url, lease_ms=300)
    server.start()
    try:
        with Engine.open(settings) as engine:
            assert engine.deploy([story.write(short_folder / "story")]).is_deployed
            worker = WorkerProcess(settings, short_folder)
            with contextlib.closing(worker):
                for number in range(20):
                    engine.submit(story.MAIN, {"url": ledger.url}, ref=f"task-{number}")
                eventually(lambda: ledger.under_way > 0)
                server.stop()
                eventually(lambda: "trying again" in worker.log.read_text())
                server.start()
                eventually(lambda: story.ends(engine, story.MAIN) == {"done": 20})
                assert worker.process.poll() is None
                assert str(server.socket) in worker.log.read_text()
            story.check(engine, ledger, 20)
    finally:
        server.stop()

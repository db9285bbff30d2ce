"""An embedded store that keeps little, a worker, and a client that submits as fast as they end."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from engine.app import Engine
from engine.config import Settings
from tests.bench.__main__ import task_body
from tests.crash.story import Ledger
from tests.soak.growth import Sample
from tests.soak.measures import measured
from tests.waiting import PATIENCE_S, eventually

HERE = Path(__file__).parent
SOAK, COPIES, COUNTERS, CALLED = 900101, 900102, 900103, 900104
COUNT = 2048  # counters: seldom do two tasks want the same one
CHUNK = 256  # tasks of one submit
LIVING = 4 * CHUNK  # tasks that have not ended: more are submitted when there are fewer
KINDS = {0: "asks", 1: "asks nobody", 2: "waits", 3: "fails"}  # of 16 tasks; the others only copy, modify and call
REWRITE = "16mb"  # from here on the file is written anew when it has doubled; the server's own 64 MB take minutes


class World:
    """`submitted`: how many tasks the store has taken."""

    def __init__(self, engine: Engine, worker: subprocess.Popen[str]) -> None:
        self.engine = engine
        self.worker = worker
        self.ledger = Ledger(slow_s=0.0)
        self.submitted = 0
        self._stop = threading.Event()
        self._executor = ThreadPoolExecutor(1)
        self._load: Future[None] | None = None

    def close(self) -> None:
        self._stop.set()
        self._executor.shutdown()
        self.ledger.close()

    def begin(self) -> None:
        """Submit from now on."""
        self._load = self._executor.submit(self._submit)

    def wait(self, seconds: float) -> None:
        """While the load goes on. Raises what stopped it."""
        assert self._load is not None
        with contextlib.suppress(TimeoutError):
            self._load.result(seconds)
        assert self.worker.poll() is None, "the worker has died"

    def measured(self) -> Sample:
        return measured(self.engine.store.client, self.worker.pid)

    def end(self) -> None:
        """Submit no more; wait until all that was submitted has ended. Raises AssertionError for what is wrong then."""
        self._stop.set()
        assert self._load is not None
        self._load.result(PATIENCE_S)
        eventually(lambda: sum(self.engine.show(conv).living for conv in (SOAK, COPIES, CALLED)) == 0, every_s=0.1)
        assert self.ended() == self.submitted
        report = self.engine.audit()
        assert report.is_clean, [(finding.slot, finding.key, finding.text) for finding in report.findings][:10]

    def ended(self) -> int:
        return sum(node.entered for node in self.engine.show(SOAK).nodes if node.name in ("done", "failed"))

    def _submit(self) -> None:
        with Engine.open(self.engine.settings) as engine:
            engine.submit_many(COUNTERS, [(f"c{number}", {"n": 0}) for number in range(COUNT)])
            while not self._stop.is_set():
                if engine.show(SOAK).living > LIVING - CHUNK:
                    self._stop.wait(0.005)
                    continue
                numbers = range(self.submitted, self.submitted + CHUNK)
                engine.submit_many(SOAK, [(f"r{number}", self._task(number)) for number in numbers])
                self.submitted += CHUNK

    def _task(self, number: int) -> dict[str, object]:
        kind = KINDS.get(number % 16, "goes on")
        return {**task_body(number), "kind": kind, "url": self.ledger.url, "counter": f"c{number % COUNT}"}


@contextlib.contextmanager
def world(archive: int) -> Iterator[World]:
    """Everything new, in a folder of its own; `archive` tasks are kept at each end."""
    with tempfile.TemporaryDirectory(prefix="conv-") as folder:
        settings = Settings(home=Path(folder) / ".conv", archive_count=archive)
        with Engine.open(settings) as engine:
            engine.store.client.config_set("auto-aof-rewrite-min-size", REWRITE)
            report = engine.deploy([HERE / "definitions"])
            assert report.is_deployed, report.problems
            with _worker(settings) as worker, contextlib.closing(World(engine, worker)) as world:
                yield world


@contextlib.contextmanager
def _worker(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """A worker that is ready."""
    environment = {
        **os.environ,
        "CONV_HOME": str(settings.home),
        "CONV_ARCHIVE_COUNT": str(settings.archive_count),
        "CONV_REDIS_URL": "",
        "CONV_EGRESS_ALLOW": "127.0.0.1",
    }
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.soak.worker"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        cwd=HERE.parent.parent,
    )
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        yield worker
    finally:
        worker.terminate()
        worker.communicate(timeout=PATIENCE_S)

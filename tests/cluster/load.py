"""Load for tests in which something happens to the servers meanwhile: workers, and a client that submits the story."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.app import Engine
from engine.config import Settings
from engine.errors import StoreUnavailable
from tests.crash import story
from tests.waiting import PATIENCE_S, eventually


def environment(settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "CONV_REDIS_URL": settings.redis_url,
        "CONV_NAMESPACE": settings.namespace,
        "CONV_LEASE_MS": str(settings.lease_ms),
        "CONV_POISON_ATTEMPTS": "100",
        "CONV_DURABILITY": settings.durability,
        "CONV_REPLICAS": "" if settings.replicas is None else str(settings.replicas),
        "CONV_REPLICA_TIMEOUT_MS": str(settings.replica_timeout_ms),
        "CONV_SECRET_KEY": settings.secret_key,
    }


@contextlib.contextmanager
def worker(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """A worker process; stopped at the end, and still alive then."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.worker"],
        env=environment(settings),
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        assert process.poll() is None, "the worker outlived all of it"
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def run_story(settings: Settings, folder: Path, tasks: int, meanwhile: Callable[[Engine, int], None]) -> None:
    """Submit this many tasks with a worker running; `meanwhile` is called before each with its number. Then check."""
    ledger = story.Ledger(slow_s=0.01)
    with contextlib.closing(ledger), Engine.open(settings) as engine:
        report = engine.deploy([story.write(folder / "story")])
        assert report.is_deployed, report.problems
        with worker(settings):
            for number in range(tasks):
                meanwhile(engine, number)
                story.submit(engine, ledger.url, f"task-{number}")

            def all_ended() -> bool:
                try:
                    ends = story.ends(engine, story.MAIN)
                    why = [view.note for view in engine.archive(story.MAIN, "failed")]
                except StoreUnavailable:
                    return False
                assert ends == {"done": tasks}, (ends, why)
                return True

            eventually(all_ended, every_s=0.1)
        story.check(engine, ledger, tasks)

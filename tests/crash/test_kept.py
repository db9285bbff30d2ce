"""What is kept stays bounded: ended tasks at full load, and confirmed effects, whoever was stopped meanwhile."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.store import calls
from engine.store.call import Partition
from engine.store.calls import effects
from engine.worker import settling, tending, worker
from tests.crash import stopping
from tests.waiting import eventually
from tests.workers import working

PROJECT = Path(__file__).parents[2]
KEPT = 1000
DEFINITIONS = """
process: Sender
id: 120
nodes:
  start: {go: tell}
  tell: {modify_task: {conv: 122, ref: one, data: {add: 1}}, error: failed, go: copy}
  copy: {copy_task: {conv: 121, data: {from: "{{root.ref}}"}}, error: failed, go: done}
  done: {end: success}
  failed: {end: error}
---
process: Target
id: 121
nodes:
  start: {go: done}
  done: {end: success}
---
diagram: Counter
id: 122
nodes:
  start: {go: counting}
  counting: {set_state: {}, condition: [{if: {add: 1}, go: add}]}
  add: {set_parameters: {n: "$.math({{n}} + 1)", add: 0}, error: failed, go: counting}
  failed: {end: error}
"""


def deploy(engine: Engine, folder: Path) -> None:
    for number, text in enumerate(DEFINITIONS.split("---\n")):
        (folder / f"{number}.yaml").write_text(text)
    report = engine.deploy([folder])
    assert report.is_deployed, report.problems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "definitions"
    folder.mkdir()
    return folder


@pytest.fixture
def engine(settings: Settings, folder: Path) -> Iterator[Engine]:
    with Engine.open(dataclasses.replace(settings, lease_ms=500)) as engine:
        deploy(engine, folder)
        engine.submit(122, {"n": 0}, ref="one")
        yield engine


@contextlib.contextmanager
def stopping_at(script: str, settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "CONV_REDIS_URL": settings.redis_url,
        "CONV_NAMESPACE": settings.namespace,
        "CONV_LEASE_MS": str(settings.lease_ms),
    }
    process = subprocess.Popen([sys.executable, "-m", "tests.crash.stopping", script], env=environment, cwd=PROJECT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(timeout=30)


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def remembered(engine: Engine) -> int:
    return sum(engine.store.one(calls.stats(Partition(conv, 0))).seen for conv in (120, 121, 122))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only /proc says that a process is stopped")
@pytest.mark.parametrize("script", ["deliver", "confirm", "settle"])
def test_a_worker_stopped_until_its_effects_are_forgotten_doubles_nothing(
    engine: Engine, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, names in ((worker, ("LOOK_S", "RETENTION_S")), (tending, ("OUTBOX_S",)), (settling, ("SETTLE_S",))):
        for name in names:
            monkeypatch.setattr(module, name, 0.1)
    monkeypatch.setattr(effects, "FENCE_MS", stopping.FENCE_MS)
    monkeypatch.setattr(effects, "SETTLED_MS", stopping.SETTLED_MS)
    with stopping_at(script, engine.settings) as stopped:
        for number in range(20):
            engine.submit(120, {}, ref=f"s{number}")
        eventually(lambda: is_stopped(stopped.pid), 30)
        with working(engine):
            eventually(lambda: ended(engine, 120) == 20, 30)
            # Of the effects that the stopped one has confirmed and not settled nothing is known for a day.
            eventually(lambda: script == "settle" or remembered(engine) == 0, 30)

            stopped.send_signal(signal.SIGCONT)
            eventually(lambda: engine.workers_alive() == 2, 30)
            engine.submit(120, {}, ref="last")
            eventually(lambda: ended(engine, 120) == 21, 30)
            eventually(lambda: engine.show(121).archived >= 21 and engine.task(122, "one").mails == 0, 30)
    assert engine.run_until_idle(20)

    assert [view.data["from"] for view in engine.archive(121, "done")].count("s0") == 1
    assert ended(engine, 121) == 21
    assert engine.task(122, "one").data["n"] == 21


def ended(engine: Engine, conv: int) -> int:
    return next(node.now for node in engine.show(conv).nodes if node.name == "done")


def test_an_archive_at_full_load_holds_little_more_than_it_keeps(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = dataclasses.replace(settings, archive_count=KEPT, batch=32)
    most = 0
    with Engine.open(settings) as engine:
        deploy(engine, folder)
        loads: list[tuple[str | None, dict[str, Any]]] = [(None, {}) for _ in range(1000)]
        with working(engine):
            for _ in range(12):
                engine.submit_many(121, loads)
                eventually(lambda: engine.show(121).living < 500, 60, every_s=0.02)
                most = max(most, ended(engine, 121))
            eventually(lambda: engine.show(121).living == 0, 60)
            eventually(lambda: ended(engine, 121) == KEPT, 20)

    assert most <= 1.1 * KEPT


def test_what_was_left_behind_is_removed_at_once(settings: Settings, folder: Path) -> None:
    with Engine.open(settings) as engine:
        deploy(engine, folder)
        engine.submit_many(121, [(None, {}) for _ in range(5000)])
        assert engine.run_until_idle(60)
    with Engine.open(dataclasses.replace(settings, archive_count=10)) as engine, working(engine):
        eventually(lambda: ended(engine, 121) == 10, worker.RETENTION_S - 2)


def test_confirmed_effects_are_settled_and_forgotten(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effects, "SETTLED_MS", 0)
    for number in range(50):
        engine.submit(120, {}, ref=f"s{number}")
    with working(engine):
        eventually(lambda: ended(engine, 120) == 50, 30)
        eventually(lambda: remembered(engine) == 0, 60)


def test_keys_of_clients_are_remembered(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effects, "SETTLED_MS", 0)
    first = engine.submit(121, {"n": 1}, key="only once")
    engine.modify(122, "one", {"add": 1}, key="only once")
    engine.submit(120, {}, ref="s")
    with working(engine):
        eventually(lambda: ended(engine, 120) == 1 and remembered(engine) == 2, 60)

    assert engine.submit(121, {"n": 1}, key="only once") == first
    engine.modify(122, "one", {"add": 1}, key="only once")
    assert engine.run_until_idle(20)
    assert engine.task(122, "one").data["n"] == 2

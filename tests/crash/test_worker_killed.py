"""`kill -9` of a worker before, during and after each script and each outside call: none lost, none applied twice."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.errors import NotFound, RefTaken
from tests.crash import story
from tests.waiting import PATIENCE_S, eventually

SCRIPTS = (
    "claim",
    "commit",
    "deliver",
    "confirm",
    "settle",
    "expire",
    "fire",
    "outbox",
    "read",
    "renew",
    "sweep",
    "outside",
)
MOMENTS = ("before", "during", "after")
KILLS = 10  # of each script at each moment


class Zygote:
    """The process that forks those that die."""

    def __init__(self, settings: Settings) -> None:
        environment = {
            **os.environ,
            "CONV_REDIS_URL": settings.redis_url,
            "CONV_NAMESPACE": settings.namespace,
            "CONV_LEASE_MS": str(settings.lease_ms),
            "CONV_POISON_ATTEMPTS": str(settings.poison_attempts),
            "CONV_SECRET_KEY": settings.secret_key,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=Path(__file__).parents[2],
        )

    def kill(self, **plan: Any) -> bool:
        """Whether a child with this plan came to its step and died there."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"role": "worker", **plan}) + "\n")
        self.process.stdin.flush()
        return bool(json.loads(self.process.stdout.readline())["killed"])

    def close(self) -> None:
        self.process.communicate(timeout=PATIENCE_S)


@pytest.fixture
def crash_settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, lease_ms=300, poison_attempts=100)


@pytest.fixture
def engine(crash_settings: Settings, tmp_path: Path) -> Iterator[Engine]:
    with Engine.open(crash_settings) as engine:
        report = engine.deploy([story.write(tmp_path / "story")])
        assert report.is_deployed, report.problems
        yield engine


@pytest.fixture
def ledger() -> Iterator[story.Ledger]:
    ledger = story.Ledger()
    yield ledger
    ledger.close()


@pytest.fixture
def zygote(crash_settings: Settings) -> Iterator[Zygote]:
    zygote = Zygote(crash_settings)
    yield zygote
    zygote.close()


def finish(engine: Engine, leaving: int = 0) -> None:
    """Run until nothing is alive in the processes any more, but for `leaving` tasks of the first."""

    def idle() -> bool:
        engine.run_until_idle(1.0)
        return engine.show(story.MAIN).living == leaving and engine.show(story.CALLED).living == 0

    eventually(idle)


@pytest.mark.slow
def test_workers_killed_at_every_step_lose_and_double_nothing(
    engine: Engine, zygote: Zygote, ledger: story.Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    kills: Counter[str] = Counter()
    tasks = 0
    for script in SCRIPTS:
        for moment in MOMENTS:
            tries = 0
            while kills[f"{script} {moment}"] < KILLS:
                tries += 1
                assert tries <= 4 * KILLS, f"the step {script} {moment} is hardly ever reached: {kills}"
                for _ in range(2):
                    engine.submit(story.MAIN, {"url": ledger.url}, ref=f"task-{tasks}")
                    tasks += 1
                if zygote.kill(script=script, moment=moment, skip=tries % 3):
                    kills[f"{script} {moment}"] += 1

    finish(engine)

    story.check(engine, ledger, tasks)
    again = sum(ledger.keys.values()) - len(ledger.keys)
    with capsys.disabled():
        print(f"\nkilled {kills.total()} workers: " + ", ".join(f"{step} {count}" for step, count in kills.items()))
        print(f"{tasks} tasks, none lost, none doubled; {again} outside calls were made again under their old key")


PACED = """
process: Paced
id: 104
nodes:
  start: {go: call}
  call:
    api_call:
      method: POST
      url: "%s"
      data: {task: "{{root.ref}}", token: "{{conv[105].ref[token].token}}"}
      response: {answer: "{{body.answer}}"}
      max_threads: 1
    error: failed
    go: done
  done: {end: success}
  failed: {end: error}
"""
TOKEN = """
diagram: Token
id: 105
nodes:
  start: {go: open}
  open: {set_state: {}}
"""


@pytest.mark.slow
def test_workers_killed_between_slot_store_and_call_repeat_what_was_stored_and_nothing_else(
    engine: Engine, zygote: Zygote, ledger: story.Ledger, tmp_path: Path
) -> None:
    for name, text in (("paced", PACED % ledger.url), ("token", TOKEN)):
        (tmp_path / f"{name}.yaml").write_text(text)
    assert engine.deploy([tmp_path]).is_deployed
    engine.submit(105, {"token": 0}, ref="token")
    assert engine.run_until_idle(PATIENCE_S)
    tasks = kills = 0
    for script in ("claim", "commit", "outside", "expire"):
        for moment in MOMENTS:
            for skip in range(4):
                for _ in range(2):
                    engine.submit(104, {}, ref=f"task-{tasks}")
                    tasks += 1
                engine.modify(105, "token", {"token": tasks})
                kills += zygote.kill(script=script, moment=moment, skip=skip)

    def idle() -> bool:
        engine.run_until_idle(1.0)
        return engine.show(104).living == 0

    eventually(idle)
    assert kills > 30
    assert story.ends(engine, 104) == {"done": tasks}
    assert len(ledger.keys) == tasks
    assert {key: bodies for key, bodies in ledger.bodies.items() if len(bodies) > 1} == {}, "same key, same body"
    assert engine.audit().findings == []
    assert engine.store.client.exists(f"{{{engine.settings.namespace}:104.0}} at:2") == 0, "no slot is taken"


@pytest.mark.slow
def test_workers_killed_while_they_set_a_task_aside(engine: Engine, zygote: Zygote, ledger: story.Ledger) -> None:
    spoiled = []
    for number, moment in enumerate(MOMENTS * 2):
        task = engine.submit(story.COPIES, {}, ref=f"spoiled-{number}")
        spoiled.append(task.ref)
        record = f"{{{engine.settings.namespace}:{story.COPIES}.0}} t:{task.task_id}"
        engine.store.client.hset(record, "d", b"[1]")
        engine.submit(story.COPIES, {}, ref=f"good-{number}")
        assert zygote.kill(script="set_aside", moment=moment, skip=0)

    def idle() -> bool:
        engine.run_until_idle(1.0)
        return engine.show(story.COPIES).living == len(spoiled)

    eventually(idle, 30)
    assert {engine.task(story.COPIES, ref).place for ref in spoiled} == {"aside"}
    assert story.ends(engine, story.COPIES)["done"] == len(spoiled)
    assert engine.audit().findings == []


@pytest.mark.slow
def test_clients_killed_while_they_submit_or_cancel(engine: Engine, zygote: Zygote, ledger: story.Ledger) -> None:
    tasks = 0
    for moment in MOMENTS:
        for _ in range(KILLS):
            ref = f"task-{tasks}"
            data = {"url": ledger.url}
            plan = {"role": "client", "conv": story.MAIN, "ref": ref, "data": data}
            assert zygote.kill(script="create", moment=moment, skip=0, **plan)
            try:
                engine.submit(story.MAIN, data, ref=ref)
                assert moment != "after"
            except RefTaken:
                assert moment != "before"
            tasks += 1

    finish(engine)

    story.check(engine, ledger, tasks)
    for moment in MOMENTS:
        ref = f"cancel-{moment}"
        engine.submit(story.COUNTER, {"n": 0}, ref=ref)
        engine.run_until_idle()
        assert zygote.kill(script="wake", moment=moment, skip=0, role="canceller", conv=story.COUNTER, ref=ref)
        engine.run_until_idle()
        assert engine.task(story.COUNTER, ref).place == ("parked" if moment == "before" else "final")
        with pytest.raises(NotFound):
            engine.task(story.COUNTER, "nobody")


@pytest.mark.slow
def test_clients_killed_under_a_key_repeat_their_call_and_it_counts_once(engine: Engine, zygote: Zygote) -> None:
    engine.submit(story.COUNTER, {"n": 0}, ref="counter")
    engine.run_until_idle()
    called = 0
    for moment in MOMENTS:
        for number in range(KILLS):
            key = f"{moment} {number}"
            submit = {"conv": story.CALLED, "ref": None, "data": {"n": number}, "key": key}
            assert zygote.kill(script="create", moment=moment, skip=0, role="client", **submit)
            engine.submit(story.CALLED, {"n": number}, key=key)
            modify = {"conv": story.COUNTER, "ref": "counter", "data": {"add": 1}, "key": key}
            # With a key the script is first called to look whether it was: the second is the one that counts.
            assert zygote.kill(script="modify", moment=moment, skip=1, role="modifier", **modify)
            engine.modify(story.COUNTER, "counter", {"add": 1}, key=key)
            called += 1

    finish(engine)

    assert engine.task(story.COUNTER, "counter").data["n"] == called
    assert story.ends(engine, story.CALLED) == {"done": called}
    assert engine.audit().is_clean


@pytest.mark.parametrize("poison", ["poison", "poisonous call"])
def test_a_task_that_kills_its_worker_is_set_aside_and_the_others_go_on(
    crash_settings: Settings, engine: Engine, ledger: story.Ledger, poison: str
) -> None:
    zygote = Zygote(dataclasses.replace(crash_settings, poison_attempts=2))
    engine.submit(story.MAIN, {"url": ledger.url}, ref="poison")
    for number in range(5):
        engine.submit(story.MAIN, {"url": ledger.url}, ref=f"task-{number}")

    kills = 0
    while engine.task(story.MAIN, "poison").place != "aside":
        kills += zygote.kill(script=poison, moment="during", skip=0)
        assert kills < 12
    finish(engine, leaving=1)

    assert kills >= 2
    assert "lost its worker" in engine.task(story.MAIN, "poison").note
    assert "set aside" in engine.why(story.MAIN, "poison").reason
    assert story.ends(engine, story.MAIN)["done"] == 5
    engine.retry(story.MAIN, "poison")
    finish(engine)
    assert engine.task(story.MAIN, "poison").node == "done"
    zygote.close()

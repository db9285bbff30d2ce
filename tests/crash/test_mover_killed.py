"""`kill -9` of a repartition around each of its calls: the next one goes on, and no task is lost, doubled or stuck."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.store.registry import Registry
from tests.crash import story
from tests.waiting import PATIENCE_S, eventually

TASKS = 40
CALLS = 30  # of a repartition at which it is killed, one after the other
CONV = story.COUNTER


class Movers:
    """The process that forks those that die."""

    def __init__(self, settings: Settings) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.mover"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "CONV_REDIS_URL": settings.redis_url, "CONV_NAMESPACE": settings.namespace},
            cwd=Path(__file__).parents[2],
        )

    def kill(self, **plan: Any) -> bool:
        """Whether a child with this plan came to its call and died there."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(plan) + "\n")
        self.process.stdin.flush()
        return bool(json.loads(self.process.stdout.readline())["killed"])

    def close(self) -> None:
        self.process.communicate(timeout=PATIENCE_S)


@pytest.fixture
def engine(settings: Settings, tmp_path: Path) -> Iterator[Engine]:
    with Engine.open(dataclasses.replace(settings, lease_ms=300, poison_attempts=100)) as engine:
        assert engine.deploy([story.write(tmp_path / "story")]).is_deployed
        yield engine


@pytest.fixture
def movers(engine: Engine) -> Iterator[Movers]:
    movers = Movers(engine.settings)
    yield movers
    movers.close()


def take_over(engine: Engine) -> None:
    """The lock of one that died runs out; here nobody waits for that."""
    engine.store.client.delete(f"{{{engine.store.namespace}:reg}} mover:{CONV}")


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_repartition_killed_at_any_call_is_gone_on_with(engine: Engine, movers: Movers, moment: str) -> None:
    for number in range(TASKS):
        engine.submit(CONV, {"n": 0, "k": number}, ref=f"r{number}")
    assert engine.run_until_idle()
    killed, broken_off, partitions = 0, 0, 1
    for call in range(CALLS):
        partitions = partitions % 3 + 1
        killed += movers.kill(conv=CONV, partitions=partitions, call=call, moment=moment)
        take_over(engine)
        broken_off += any(finding.what == "broken_off" for finding in engine.audit().findings)

        engine.repartition(CONV, partitions)

        assert [engine.task(CONV, f"r{number}").data["k"] for number in range(TASKS)] == [*range(TASKS)]
        assert engine.audit().findings == []
        assert engine.show(CONV).living == TASKS
        story.check_counts(engine)
        assert len(Registry(engine.store).load().partitions(CONV)) == partitions
        # Frozen buckets would take no modify.
        engine.modify(CONV, f"r{call}", {"add": 1})
        assert engine.run_until_idle()
        eventually(lambda number=call: engine.task(CONV, f"r{number}").data["n"] == 1)  # type: ignore[misc]
    assert killed > CALLS // 2
    assert broken_off > CALLS // 2, "and the auditor says so"

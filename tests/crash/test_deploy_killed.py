"""`kill -9` of a deploy and of a rollback around the script that writes: all is there with its version, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.app import Engine
from engine.config import Settings
from tests.crash.test_worker_killed import MOMENTS, Zygote

ORDER = """\
process: Order
id: 10
nodes:
  start: {go: wait}
  wait: {delay: %dh, go: done}
  done: {end: success}
"""


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    with Engine.open(settings) as engine:
        yield engine


@pytest.fixture
def zygote(settings: Settings) -> Iterator[Zygote]:
    zygote = Zygote(settings)
    yield zygote
    zygote.close()


def check(engine: Engine) -> list[str]:
    """What is deployed is the newest version, and none is missing; their messages, the oldest first."""
    history = engine.history(10)
    assert [one.number for one in history] == [*range(len(history), 0, -1)]
    assert [one.is_current for one in history] == [True] + [False] * (len(history) - 1)
    assert history[0].text_hash == engine.find(10).text_hash
    assert all(engine.source(10, one.number) for one in history)
    assert engine.audit().findings == []
    return [one.message for one in history][::-1]


@pytest.mark.slow
def test_a_deploy_that_is_killed_is_whole_or_not_there(engine: Engine, zygote: Zygote, tmp_path: Path) -> None:
    file = tmp_path / "order.yaml"
    file.write_text(ORDER % 1)
    engine.deploy(file, message="first")
    known = ["first"]
    for number, moment in enumerate(MOMENTS * 2, 2):
        file.write_text(ORDER % number)
        message = f"{moment} {number}"

        assert zygote.kill(script="deploy", moment=moment, skip=0, role="deployer", path=str(file), message=message)

        found = check(engine)
        assert found == known or (found == [*known, message] and moment != "before")
        engine.deploy(file, message=message)
        known.append(message)
        assert check(engine) == known


@pytest.mark.slow
def test_a_rollback_that_is_killed_is_whole_or_not_there(engine: Engine, zygote: Zygote, tmp_path: Path) -> None:
    file = tmp_path / "order.yaml"
    for hours in (1, 2):
        file.write_text(ORDER % hours)
        engine.deploy(file, message=str(hours))
    known = ["1", "2"]
    for moment in MOMENTS * 2:
        target = len(known) - 1  # what is not deployed now
        message = f"{moment} {len(known)}"

        assert zygote.kill(
            script="deploy", moment=moment, skip=0, role="roller", conv=10, number=target, message=message
        )

        found = check(engine)
        assert found == known or (found == [*known, message] and moment != "before")
        engine.rollback(10, target, message=message)
        known.append(message)
        assert check(engine) == known

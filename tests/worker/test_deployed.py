"""What a worker knows of what is deployed, and of where tasks are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.store.call import Partition
from engine.store.registry import Owners
from engine.worker.deployed import Deployed

BUCKETS = 1024


@pytest.fixture
def engine(settings: Settings, tmp_path: Path) -> Iterator[Engine]:
    (tmp_path / "one.yaml").write_text("process: One\nid: 1\nnodes: {start: {go: end}, end: {end: success}}\n", "utf-8")
    with Engine.open(settings) as engine:
        engine.deploy(tmp_path)
        yield engine


def test_what_moved_amid_a_round_is_looked_at_by_the_next_refresh(engine: Engine, settings: Settings) -> None:
    deployed = Deployed(engine.store, settings)
    assert not deployed.refresh()
    assert engine.registry.own(1, None, Owners(3, [2] * BUCKETS))

    deployed.moved()
    assert deployed.convs.partition(1, "a") == Partition(1, 2)
    assert deployed.partitions == [Partition(1, 0)], "a round goes on with the partitions that it began with"

    assert deployed.refresh()
    assert deployed.partitions == [Partition(1, 0), Partition(1, 1), Partition(1, 2)]
    assert not deployed.refresh()


def test_programs_are_kept_when_only_tasks_have_moved(engine: Engine, settings: Settings) -> None:
    deployed = Deployed(engine.store, settings)
    before = deployed.convs.program(1)
    assert engine.registry.own(1, None, Owners(2, [1] * BUCKETS))

    assert deployed.refresh()
    assert deployed.convs.program(1) is before
    assert deployed.convs.call_limits(Partition(1, 0), before.start) == deployed.convs.call_limits(
        Partition(1, 1), before.start
    )

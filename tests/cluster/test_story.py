"""The crash tests' story over a cluster: claims, timers, outbox and calls across shards, with nodes that fail."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.app import Engine
from engine.config import Durability, Settings
from engine.store.call import Partition
from engine.store.calls import read
from engine.store.client import Store
from tests.cluster.load import run_story
from tests.cluster.servers import Cluster
from tests.crash import story
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("cluster")  # they share a cluster

TASKS = 60


def gate(store: Store, conv_id: int, partition: int) -> str:
    """The declared key of a partition: its slot is the partition's."""
    return f"{{{store.namespace}:{conv_id}.{partition}}} gate"


@pytest.mark.slow
def test_every_task_ends_and_every_effect_is_applied_once(settings: Settings, tmp_path: Path) -> None:
    run_story(settings, tmp_path, TASKS, lambda engine, number: None)


@pytest.mark.slow
def test_slots_that_move_under_load_lose_and_double_nothing(
    settings: Settings, cluster: Cluster, tmp_path: Path
) -> None:
    moved: list[int] = []

    def reshard(engine: Engine, number: int) -> None:
        if number % 5 == 4:
            conv_id = (story.MAIN, story.COPIES, story.COUNTER, story.CALLED)[number // 5 % 4]
            partition = Partition(conv_id, number % settings.partitions)
            asked = cluster.errors("ASK")
            with cluster.moving(gate(engine.store, conv_id, partition.number)) as move:
                moved.append(move())
                waiting = engine.store.begin([read(partition, ["a call on a slot that is moving"])])
                eventually(lambda: cluster.errors("ASK") > asked)
            waiting.results()

    redirected = cluster.errors("MOVED")

    run_story(settings, tmp_path, TASKS, reshard)

    assert sum(moved) > 0, "there were keys in them"
    assert cluster.errors("MOVED") > redirected, "there were calls on slots that had moved"


@pytest.mark.slow
def test_a_primary_killed_under_load_loses_nothing_that_its_replica_had(
    settings: Settings, cluster: Cluster, tmp_path: Path
) -> None:
    settings = dataclasses.replace(settings, durability=Durability.REPLICATED, replica_timeout_ms=2_000)

    with ThreadPoolExecutor(1) as aside:

        def kill(engine: Engine, number: int) -> None:
            if number == TASKS // 3:
                # Without a replica of its own, the new primary acknowledges nothing: the old one comes back as one.
                killed = aside.submit(cluster.fail_over, gate(engine.store, story.MAIN, 0))
                killed.add_done_callback(lambda _: cluster.heal())

        run_story(settings, tmp_path, TASKS, kill)

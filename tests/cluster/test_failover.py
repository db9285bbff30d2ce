"""A planned failover under load: nothing is done twice, and no more is lost than was under way at that moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config import Durability
from tests.cluster.failover import CLUSTER, SENTINEL, measure

TASKS = 300
# Of each client the submit under way when the replica is promoted, and a few more where the machine is busy. Until the
# Sentinels tell the old primary (8 s) it would be all.
UNDER_WAY = 40


@pytest.mark.slow
@pytest.mark.parametrize("durability", [Durability.EVERYSEC, Durability.ALWAYS, Durability.REPLICATED])
def test_a_primary_swapped_by_the_sentinels(server_binary: Path, tmp_path: Path, durability: Durability) -> None:
    outcome = measure(server_binary, SENTINEL, durability, tmp_path, TASKS)

    assert outcome.tasks >= 2 * TASKS
    assert outcome.doubled == 0
    assert outcome.lost <= (0 if durability is Durability.REPLICATED else UNDER_WAY)
    [said] = [line for line in outcome.log if "the primary conv is now" in line]
    assert "no longer" in said


@pytest.mark.slow
@pytest.mark.parametrize("durability", [Durability.EVERYSEC, Durability.ALWAYS, Durability.REPLICATED])
def test_a_primary_swapped_in_a_cluster(server_binary: Path, tmp_path: Path, durability: Durability) -> None:
    outcome = measure(server_binary, CLUSTER, durability, tmp_path, TASKS)

    assert outcome.tasks >= 2 * TASKS
    assert (outcome.lost, outcome.doubled) == (0, 0)
    assert any("the primaries of the cluster are now" in line for line in outcome.log)

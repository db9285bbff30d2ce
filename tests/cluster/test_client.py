"""The client of a cluster: each call to its node, all in one go; redirects, missing scripts, full nodes, hints."""

from __future__ import annotations

from engine.store.calls import Partition, claim, create, read
from engine.store.cluster import ClusterStore
from tests.store.words import new_task

PARTITIONS = [Partition(7, number) for number in range(12)]


def test_calls_on_every_shard_are_one_round_with_the_answers_in_order(store: ClusterStore) -> None:
    calls = [create(p, [new_task(f"task-{p.number}")]) for p in PARTITIONS]
    assert len({store.topology.owner(store.slot_of(call)) for call in calls}) == 3

    assert store.run(calls) == [["ok"]] * len(PARTITIONS)

    found = store.run([read(p, [f"task-{p.number}"]) for p in PARTITIONS])
    assert [answer.tasks[0].ref for answer in found] == [f"task-{p.number}" for p in PARTITIONS]
    batches = store.run([claim(p, "run", 10, "token", 5000) for p in PARTITIONS])
    assert [len(batch.tasks) for batch in batches] == [1] * len(PARTITIONS)
    assert store.run([]) == []

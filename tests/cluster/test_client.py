"""The client of a cluster: each call to its node, all in one go; slots that move, nodes that fail, hints."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.config import Durability, Settings
from engine.errors import ConfigError, StoreFull, StoreUnavailable
from engine.store import open_store
from engine.store.call import Call, Partition
from engine.store.calls import claim, create, deliver, pause, read
from engine.store.client import Hint
from engine.store.cluster import ClusterStore
from engine.store.ids import effect_task_id
from engine.store.records import Delivery
from engine.store.registry import ConvRecord, Registry
from tests.cluster import servers
from tests.cluster.servers import Cluster, Node
from tests.store.lanes import WAYS, Through, ThroughLane
from tests.store.words import new_task
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.xdist_group("cluster")  # they share a cluster

PARTITIONS = [Partition(7, number) for number in range(12)]
P = PARTITIONS[0]


@pytest.fixture(params=WAYS)
def through(request: pytest.FixtureRequest) -> Through:
    """How calls reach the store: each way promises the same."""
    return WAYS[request.param]


@pytest.fixture
def store(settings: Settings, through: Through) -> Iterator[ClusterStore]:
    with contextlib.closing(through(open_store(settings))) as store:
        yield store


def gate(store: ClusterStore | ThroughLane, p: Partition = P) -> str:
    return str(store.key(read(p, [])))


def test_calls_on_every_shard_are_one_round_with_the_answers_in_order(store: ClusterStore) -> None:
    calls = [create(p, [new_task(f"task-{p.number}")]) for p in PARTITIONS]
    assert len({store.topology.owner(store.slot_of(call)) for call in calls}) == 3

    assert store.run(calls) == [["ok"]] * len(PARTITIONS)

    found = store.run([read(p, [f"task-{p.number}"]) for p in PARTITIONS])
    assert [answer.tasks[0].ref for answer in found] == [f"task-{p.number}" for p in PARTITIONS]
    batches = store.run([claim(p, "run", 10, "token", 5000) for p in PARTITIONS])
    assert [len(batch.tasks) for batch in batches] == [1] * len(PARTITIONS)
    assert store.run([]) == []


def test_every_node_is_an_endpoint(store: ClusterStore, cluster: Cluster) -> None:
    def are_known() -> bool:
        store.topology.refresh(store.topology.version)  # a replica may just have come
        return store.endpoints() >= {("127.0.0.1", node.port) for node in cluster.nodes}

    eventually(are_known)


def test_the_catalogue_is_in_a_slot_of_its_own(store: ClusterStore) -> None:
    registry = Registry(store)
    record = ConvRecord(1, "process", "Get token", b"{}", {"start": "1"}, 2)

    assert registry.deploy(0, [record]) == 1
    assert registry.load().convs == {1: record}


def test_no_script_reads_or_writes_the_declared_key(store: ClusterStore, cluster: Cluster) -> None:
    store.run([create(P, [new_task("a")]), claim(P, "run", 1, "t", 1000), pause(P, True)])

    assert cluster.owner(gate(store)).command("EXISTS", gate(store)) == 0


# --- Slots that move -----------------------------------------------------------------------------------------------


def test_a_slot_that_has_moved_is_found_and_only_its_calls_are_sent_again(
    store: ClusterStore, cluster: Cluster
) -> None:
    store.run([create(p, [new_task("a")]) for p in PARTITIONS])
    cluster.move_slot_of(gate(store))
    before = cluster.errors("MOVED")

    found = store.run([read(p, ["a"]) for p in (*PARTITIONS, P)])

    assert all(answer.tasks[0].ref == "a" for answer in found)
    assert cluster.errors("MOVED") == before + 2, "two calls on that slot"
    store.run([read(p, ["a"]) for p in (*PARTITIONS, P)])
    assert cluster.errors("MOVED") == before + 2, "and the client has learned"


@pytest.mark.parametrize("keys", [0, 1, 2])
def test_a_call_on_a_slot_that_is_moving_waits_and_changes_nothing(
    store: ClusterStore, cluster: Cluster, keys: int
) -> None:
    store.run([create(P, [new_task("a"), new_task("b")])])
    calls = [create(P, [new_task("b")]), create(P, [new_task("c")])]
    with cluster.moving(gate(store)) as move:
        assert move(keys) == keys
        with pytest.raises(StoreUnavailable, match="is being moved to"):
            store.run([read(P, ["a", "b"])])
        begun = [store.begin(calls)]

    def answers() -> list[Any]:
        with contextlib.suppress(StoreUnavailable):  # it may take longer than a client waits
            return (begun.pop() if begun else store.begin(calls)).results()
        return []

    assert eventually(answers) == [["ref_taken"], ["ok"]]
    assert [record.ref for record in store.one(read(P, ["a", "b", "c"])).tasks if record] == ["a", "b", "c"]


def test_a_slot_that_is_moving_holds_up_no_other_caller_of_a_lane(settings: Settings, cluster: Cluster) -> None:
    with contextlib.closing(ThroughLane(open_store(settings))) as store:
        store.run([create(p, [new_task("a")]) for p in PARTITIONS])
        with cluster.moving(gate(store)) as move:
            move(1)
            calls = store.sent([read(p, ["a"]) for p in (*PARTITIONS, P)])
            answers = [call.result(PATIENCE_S) for call in calls[1:-1]]
            assert [answer.tasks[0].ref for answer in answers] == ["a"] * len(answers)
            for call in (calls[0], calls[-1]):
                with pytest.raises(StoreUnavailable, match="is being moved to"):
                    call.result(PATIENCE_S)
        assert eventually(lambda: found(store)) == ["a"] * len(PARTITIONS)


def found(store: ThroughLane) -> list[str]:
    with contextlib.suppress(StoreUnavailable):
        return [answer.tasks[0].ref for answer in store.run([read(p, ["a"]) for p in PARTITIONS])]
    return []


def test_calls_of_a_lane_stay_in_order_while_their_slot_moves(settings: Settings, cluster: Cluster) -> None:
    with contextlib.closing(ThroughLane(open_store(settings))) as store:
        store.run([create(P, [new_task("a")])])
        over = threading.Event()
        wrong: list[Any] = []

        def work() -> None:
            number = 0
            while not over.is_set() and not wrong:
                number += 1
                calls: list[Call[Any]] = [pause(P, True), create(P, [new_task(f"in-{number}")])]
                calls += [pause(P, False), create(P, [new_task(f"out-{number}")])]
                with contextlib.suppress(StoreUnavailable):
                    answers = store.run(calls * 5)
                    wrong.extend(answer for answer in answers[1::4] if answer != ["inactive"])
                    wrong.extend(answer for answer in answers[3::4] if answer not in (["ok"], ["ref_taken"], ["same"]))

        thread = threading.Thread(target=work)
        thread.start()
        for _ in range(3):
            cluster.move_slot_of(gate(store))
        over.set()
        thread.join()
        assert wrong == []


def test_calls_of_a_lane_that_were_refused_come_before_those_handed_in_later(
    settings: Settings, cluster: Cluster
) -> None:
    def calls(number: int) -> list[Call[Any]]:
        tasks = [new_task(f"{name}-{number}-{n}") for n in range(15) for name in ("in", "out")]
        paused = [pause(P, n % 2 == 0) for n in range(30)]
        return [call for n in range(30) for call in (paused[n], create(P, [tasks[n]]))]

    with contextlib.closing(ThroughLane(open_store(settings))) as store:
        store.run([create(P, [new_task("a"), new_task("b")])])

        async def send(number: int) -> list[Any]:
            """In many rounds: what comes later finds the connection free."""
            sent = []
            for call in calls(number):
                sent.append(store.lane.send(call))
                for _ in range(20):
                    await asyncio.sleep(0)
            return await asyncio.gather(*sent, return_exceptions=True)

        numbers = iter(range(1000))

        def answers() -> list[Any]:
            with cluster.moving(gate(store)) as move:
                move(1)
                before = cluster.errors("ASK")
                sent = asyncio.run_coroutine_threadsafe(send(next(numbers)), store.loop)
                eventually(lambda: cluster.errors("ASK") > before)
            found = sent.result(PATIENCE_S)
            # A busy machine may take longer to move the slot than a client waits.
            return [] if any(isinstance(answer, StoreUnavailable) for answer in found) else found

        found = eventually(answers)
        assert found[1::4] == [["inactive"]] * 15
        assert found[3::4] == [["ok"]] * 15


# --- Nodes that fail -----------------------------------------------------------------------------------------------


def test_a_node_without_the_scripts_gets_them(store: ClusterStore, cluster: Cluster) -> None:
    store.run([create(p, [new_task("a")]) for p in PARTITIONS])
    cluster.owner(gate(store)).command("FUNCTION", "FLUSH", "SYNC")

    found = store.run([read(p, ["a"]) for p in PARTITIONS])

    assert all(answer.tasks[0].ref == "a" for answer in found)


def test_a_connection_that_was_cut_is_replaced(store: ClusterStore, cluster: Cluster) -> None:
    store.run([create(p, [new_task("a")]) for p in PARTITIONS])
    round_ = store.begin([read(p, ["a"]) for p in PARTITIONS])
    for node in cluster.primaries():
        node.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    assert all(answer.tasks[0].ref == "a" for answer in round_.results())
    assert all(answer.tasks[0].ref == "a" for answer in store.run([read(p, ["a"]) for p in PARTITIONS]))


@contextlib.contextmanager
def maxmemory(node: Node, share: float) -> Iterator[None]:
    """A node of whose memory this share is used."""
    node.client.config_set("maxmemory", int(node.client.info("memory")["used_memory"] / share))
    try:
        yield
    finally:
        node.client.config_set("maxmemory", 0)


def test_one_full_node_refuses_new_work_everywhere(
    settings: Settings, store: ClusterStore, cluster: Cluster, through: Through
) -> None:
    store.run([read(p, ["a"]) for p in PARTITIONS])  # every node has the scripts: a full one takes none
    with maxmemory(cluster.owner(gate(store)), 0.9), contextlib.closing(through(open_store(settings))) as fresh:
        effect = Delivery("e", "create", effect_task_id("e", "x"), "x", "1")
        calls = [create(p, [new_task("a")]) for p in PARTITIONS]
        *refused, delivered = fresh.run([*calls, deliver(P, [effect])])

        assert all(isinstance(answer, StoreFull) for answer in refused)
        assert delivered == ["ok"]

    def taken() -> bool:
        return bool(fresh.one(create(P, [new_task("late")])) == ["ok"])

    with contextlib.closing(through(open_store(settings))) as fresh, contextlib.suppress(StoreFull):
        eventually(taken)


@pytest.mark.slow
def test_a_primary_that_falls_silent_is_replaced(store: ClusterStore, cluster: Cluster) -> None:
    store.run([create(p, [new_task("a")]) for p in PARTITIONS])
    eventually(lambda: cluster.owner(gate(store)).client.wait(1, 1000) == 1)
    silent = cluster.owner(gate(store))
    silent.signal(signal.SIGSTOP)

    found = store.run([read(p, ["a"]) for p in PARTITIONS])

    assert all(answer.tasks[0].ref == "a" for answer in found)
    eventually(lambda: cluster.owner(gate(store)) is not silent)


def test_a_cluster_of_which_nobody_answers_is_named(settings: Settings, cluster: Cluster) -> None:
    nobody = dataclasses.replace(settings, redis_url="redis://me:hunter2@127.0.0.1:1,127.0.0.1:2")

    with pytest.raises(StoreUnavailable, match="no node of the cluster answers") as caught:
        open_store(nobody)

    assert "hunter2" not in caught.value.message


def test_an_acknowledged_write_has_reached_the_replica(settings: Settings, cluster: Cluster, through: Through) -> None:
    patient = dataclasses.replace(settings, durability=Durability.REPLICATED, replica_timeout_ms=60_000)
    hasty = dataclasses.replace(patient, replica_timeout_ms=200)
    again = [new_task("b")]
    with contextlib.closing(through(open_store(patient))) as store:
        assert store.run([create(p, [new_task("a")]) for p in PARTITIONS]) == [["ok"]] * len(PARTITIONS)
        replica = cluster.replica_of(cluster.owner(gate(store)))
        replica.signal(signal.SIGSTOP)
        with contextlib.closing(through(open_store(hasty))) as other:
            for _ in range(2):  # the second finds the task there, and knows no better whether the replica has it
                with pytest.raises(StoreUnavailable, match="has not reached 1 replicas within 200 ms"):
                    other.run([create(P, again)])
        replica.signal(signal.SIGCONT)

        def acknowledged() -> bool:
            with contextlib.suppress(StoreUnavailable):
                return bool(store.one(create(P, again)) == ["same"])
            return False

        eventually(acknowledged)


# --- What is refused -----------------------------------------------------------------------------------------------


def test_a_node_of_a_cluster_is_not_taken_for_a_server(settings: Settings, cluster: Cluster) -> None:
    alone = dataclasses.replace(settings, redis_url=f"redis://{cluster.nodes[0].name}")

    with pytest.raises(ConfigError, match=r"is part of a cluster: add \?cluster=true"):
        open_store(alone)


def test_a_server_is_not_taken_for_a_cluster(server_binary: Path, short_folder: Path) -> None:
    with servers.server(server_binary, short_folder / "n") as node, pytest.raises(ConfigError) as caught:
        open_store(Settings(redis_url=f"redis://{node.name}?cluster=true"))

    assert "is not a cluster: leave away cluster=true" in caught.value.message


def test_a_node_that_evicts_is_named(settings: Settings, cluster: Cluster) -> None:
    node = cluster.primaries()[1]
    node.client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(ConfigError, match=rf"\({node.name}\) has maxmemory-policy allkeys-lru"):
            open_store(settings)
    finally:
        node.client.config_set("maxmemory-policy", "noeviction")


# --- Hints ---------------------------------------------------------------------------------------------------------


def test_hints_of_every_shard_are_heard_by_one_subscription(store: ClusterStore) -> None:
    with store.subscribe(done=False) as hints:
        assert store.listeners() == 1
        store.run([create(p, [new_task("a")]) for p in PARTITIONS])
        heard = {hint.partition for hint in (hints.get(PATIENCE_S) for _ in PARTITIONS) if isinstance(hint, Hint)}

    assert heard == {p.number for p in PARTITIONS}


@pytest.mark.slow
def test_a_listener_notices_that_its_node_is_silent(store: ClusterStore, cluster: Cluster) -> None:
    hints = store.subscribe(done=False)
    connection = hints._pubsub.connection
    node = next(node for node in cluster.nodes if node.port == connection.port)
    node.signal(signal.SIGSTOP)

    with pytest.raises(StoreUnavailable, match="silent for"):
        hints.get(PATIENCE_S)

    store.subscribe(done=False).close()  # to another node

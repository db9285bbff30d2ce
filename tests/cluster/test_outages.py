"""Servers that answer and can do nothing for the moment: an outage of which a worker says one line, and after which it
sends the same calls again. Nothing is lost, nothing is given up until a lease ends."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.app import Engine
from engine.config import Durability, Settings
from engine.errors import StoreError, StoreFull, StoreUnavailable
from engine.store import open_store
from engine.store.calls import create, read
from tests.cluster import servers
from tests.cluster.outages import Cause, busy, disk_full, no_replicas
from tests.cluster.servers import Cluster, Node
from tests.conftest import LOOPBACK
from tests.crash import story
from tests.store.lanes import WAYS, Through
from tests.store.words import P, new_task
from tests.waiting import eventually
from tests.workers import working

TASKS = 20
LONG_LEASE_MS = 120_000  # longer than any test: what a worker gives up is not done again in time
OPTIONS = ("--appendonly", "yes", "--appendfsync", "everysec")


@pytest.fixture
def node(server_binary: Path, short_folder: Path) -> Iterator[Node]:
    with servers.server(server_binary, short_folder / "n", *OPTIONS) as node:
        yield node


@pytest.fixture
def alone(node: Node, namespace: str, tmp_path: Path) -> Settings:
    """Settings of that server."""
    return Settings(
        redis_url=f"redis://{node.name}",
        namespace=namespace,
        home=tmp_path / ".conv",
        lease_ms=LONG_LEASE_MS,
        egress_allow=LOOPBACK,
        ready_ms=1_000,
    )


CAUSES = [no_replicas, disk_full, busy]


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("conv.")]


@pytest.mark.slow
@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
def test_a_worker_waits_says_one_line_and_goes_on(
    cause: Cause, node: Node, alone: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "conv")
    ledger = story.Ledger(slow_s=0.2)
    with contextlib.closing(ledger), Engine.open(alone) as engine:
        assert engine.deploy([story.write(tmp_path / "story")]).is_deployed
        with working(engine) as worker:
            for number in range(TASKS):
                engine.submit(story.MAIN, {"url": ledger.url}, ref=f"task-{number}")
            eventually(lambda: ledger.under_way > 0, 20)
            with cause(node) as word:
                eventually(lambda: not worker.is_ready(), 20)
                said = lines(caplog)
                assert word in said[0]
                assert len(said) == 1
                assert not any("full" in line for line in said)
            eventually(lambda: story.ends(engine, story.MAIN) == {"done": TASKS}, 60, every_s=0.05)
            eventually(worker.is_ready)
            assert "answers again" in lines(caplog)[1]
        story.check(engine, ledger, TASKS)


@pytest.mark.slow
def test_a_silent_server_is_noticed_before_it_is_given_up(
    node: Node, alone: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "conv")
    with Engine.open(alone) as engine:
        assert engine.deploy([story.write(tmp_path / "story")]).is_deployed
        with working(engine) as worker:
            eventually(worker.is_ready)
            node.signal(signal.SIGSTOP)
            try:
                eventually(lambda: lines(caplog), 20)
            finally:
                node.signal(signal.SIGCONT)
            eventually(lambda: "answers again, after" in lines(caplog)[-1], 20)
            eventually(worker.is_ready)

    assert lines(caplog)[0] == f"the store at redis://{node.name} has not answered for 2 s"


@pytest.mark.parametrize("through", WAYS.values(), ids=list(WAYS))
@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
def test_a_client_is_told_that_it_is_an_outage(cause: Cause, node: Node, alone: Settings, through: Through) -> None:
    with contextlib.closing(through(open_store(alone))) as store:
        assert store.one(create(P, [new_task("a")])) == ["ok"]
        with cause(node) as word:
            for call in (create(P, [new_task("b")]), create(P, [new_task("c")])):
                with pytest.raises(StoreUnavailable, match=f"can do nothing for the moment: {word} ") as caught:
                    store.one(call)
                assert not isinstance(caught.value, StoreFull)
            with contextlib.suppress(StoreError):  # and no other error
                list(store.scan())
                store.load()
                store.listeners()

        def back() -> bool:
            with contextlib.suppress(StoreUnavailable):
                return bool(store.one(create(P, [new_task("b")])) == ["ok"])
            return False

        eventually(back, 20)


def test_a_busy_server_is_no_wrong_one(node: Node, alone: Settings) -> None:
    with busy(node), pytest.raises(StoreUnavailable, match="can do nothing for the moment: BUSY"):
        open_store(alone)


@pytest.mark.slow
def test_a_worker_of_a_cluster_is_ready_nowhere_while_one_shard_takes_no_writes(
    settings: Settings, cluster: Cluster, tmp_path: Path
) -> None:
    # Longer than the longest pause: a beat that gets through with each try must not pass for readiness.
    settings = dataclasses.replace(settings, ready_ms=8_000, durability=Durability.NONE)
    with Engine.open(settings) as engine:
        assert engine.deploy([story.write(tmp_path / "story")]).is_deployed
        registry = cluster.owner(f"{{{settings.namespace}:reg}}")
        partition = next(
            p for p in engine.current.partitions(story.MAIN) if cluster.owner(engine.store.key(read(p, []))) != registry
        )
        other = cluster.owner(engine.store.key(read(partition, [])))

        def says_ready() -> bool:
            return any(seen.silent_ms < settings.ready_ms for seen in engine.workers())

        with working(engine) as worker:
            eventually(says_ready, 20)
            with no_replicas(other):
                eventually(lambda: not worker.is_ready(), 30)
                eventually(lambda: not says_ready(), 30)
            eventually(worker.is_ready, 20)
            eventually(says_ready, 20)


def test_a_client_without_an_answer_is_told_how_to_repeat_the_call(node: Node, alone: Settings, tmp_path: Path) -> None:
    with Engine.open(alone) as engine:
        assert engine.deploy([story.write(tmp_path / "story")]).is_deployed
        engine.submit(story.COUNTER, {"n": 0}, ref="counter")
        with no_replicas(node):
            with pytest.raises(StoreUnavailable, match="submit it again with the same ref; if that is taken, it was"):
                engine.submit(story.COPIES, {}, ref="mine")
            with pytest.raises(StoreUnavailable, match="submit it again with the same key"):
                engine.submit(story.COPIES, {}, key="mine")
            with pytest.raises(
                StoreUnavailable, match=r"may be created twice: give it a ref or a key .*\(--ref, --key\)"
            ):
                engine.submit(story.COPIES, {})
            with pytest.raises(StoreUnavailable, match=r"it may count twice: give it a key \(--key\)"):
                engine.modify(story.COUNTER, "counter", {"add": 1})

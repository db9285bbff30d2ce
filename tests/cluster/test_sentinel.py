"""A primary watched by Sentinels: the story goes on when it is killed, falls silent, or is swapped on purpose."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from engine.app import Engine
from engine.config import Durability, Settings
from engine.errors import ConfigError, StoreUnavailable
from engine.store import open_store
from engine.store.call import Partition
from engine.store.calls import create, read
from engine.store.client import Store
from tests.cluster.load import run_story
from tests.cluster.servers import Node, Watched, watched
from tests.conftest import answers
from tests.store.lanes import WAYS, Through
from tests.store.words import new_task
from tests.waiting import eventually

P = Partition(7, 0)
TASKS = 60


@pytest.fixture
def primary(server_binary: Path) -> Iterator[Watched]:
    with watched(server_binary) as whole:
        yield whole


@pytest.fixture
def settings(primary: Watched, namespace: str, tmp_path: Path) -> Settings:
    return Settings(
        redis_url=primary.url,
        namespace=namespace,
        home=tmp_path / ".conv",
        partitions=3,
        lease_ms=1000,
        durability=Durability.NONE,
    )


def test_sentinels_primary_and_replicas_are_endpoints(settings: Settings, primary: Watched) -> None:
    with contextlib.closing(open_store(settings)) as store:
        assert store.endpoints() >= {("127.0.0.1", node.port) for node in (*primary.nodes, *primary.sentinels)}


@pytest.mark.slow
def test_a_primary_killed_under_load_loses_nothing_that_its_replica_had(
    settings: Settings, primary: Watched, tmp_path: Path
) -> None:
    settings = dataclasses.replace(settings, durability=Durability.REPLICATED, replica_timeout_ms=2_000)
    killed = primary.primary()

    def come_back() -> None:
        eventually(lambda: primary.primary() is not killed, every_s=0.05)
        killed.start()
        # The Sentinels would do so after ten seconds; without a replica, the new primary acknowledges nothing.
        eventually(partial(answers, killed.client))
        killed.command("REPLICAOF", "127.0.0.1", primary.primary().port)

    with ThreadPoolExecutor(1) as aside:

        def kill(engine: Engine, number: int) -> None:
            if number == TASKS // 3:
                killed.kill()
                aside.submit(come_back)

        run_story(settings, tmp_path, TASKS, kill)

    assert primary.primary() is not killed


def taken(store: Store, ref: str) -> bool:
    """Whether the store has this task now; asked again after an error, as a careful client does."""
    with contextlib.suppress(StoreUnavailable):
        return bool(store.one(create(P, [new_task(ref)])) in (["ok"], ["ref_taken"]))
    return False


@pytest.mark.slow
@pytest.mark.parametrize("through", WAYS.values(), ids=list(WAYS))
def test_a_primary_that_was_swapped_is_noticed_though_the_old_one_goes_on(
    settings: Settings, primary: Watched, through: Through
) -> None:
    with contextlib.closing(through(open_store(settings))) as store, store.subscribe() as hints:
        assert taken(store, "a")
        swapped = primary.primary()
        primary.sentinels[0].command("SENTINEL", "FAILOVER", "conv")
        eventually(lambda: primary.primary() is not swapped, every_s=0.05)

        # What the old one still takes is lost, as every write that no replica has.
        eventually(lambda: taken(store, "b") and has_task(primary.primary(), store), every_s=0.05)

        assert hints.get(0.0) is not None


@pytest.mark.slow
def test_a_replica_that_dies_does_not_hold_up_anybody(
    server_binary: Path, namespace: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with watched(server_binary, replicas=2) as whole:
        settings = Settings(redis_url=whole.url, namespace=namespace, home=tmp_path, durability=Durability.NONE)
        with contextlib.closing(open_store(settings)) as store:
            assert store.one(create(P, [new_task("a")])) == ["ok"]
            dead = next(node for node in whole.nodes if node is not whole.primary())
            primary = whole.primary()
            dead.kill()
            eventually(lambda: primary.client.info("replication")["connected_slaves"] == 1)

            assert store.one(create(P, [new_task("b")])) == ["ok"]

            said = f"the primary {primary.name} has lost its replica {dead.name}: 1 left in step"
            assert [record.getMessage() for record in caplog.records if record.name == "conv.store"] == [said]


def has_task(node: Node, store: Store) -> bool:
    return bool(node.command("EXISTS", f"{store.key(read(P, []))[:-5]} r:b"))


@pytest.mark.slow
@pytest.mark.parametrize("through", WAYS.values(), ids=list(WAYS))
def test_a_primary_that_falls_silent_is_replaced(settings: Settings, primary: Watched, through: Through) -> None:
    with contextlib.closing(through(open_store(settings))) as store:
        assert taken(store, "a")
        eventually(lambda: primary.primary().client.wait(1, 1000) == 1)
        primary.primary().signal(signal.SIGSTOP)

        eventually(lambda: taken(store, "b"))

        assert [record.ref for record in store.one(read(P, ["a", "b"])).tasks if record] == ["a", "b"]


def test_sentinels_that_do_not_know_the_name_or_do_not_answer_are_told(settings: Settings, primary: Watched) -> None:
    unknown = dataclasses.replace(settings, redis_url=settings.redis_url.replace("/conv", "/other"))
    with pytest.raises(ConfigError, match=r"CONV_REDIS_URL: the Sentinels at .* know no primary named 'other'"):
        open_store(unknown)

    no_sentinel = dataclasses.replace(settings, redis_url=f"redis+sentinel://{primary.nodes[0].name}/conv")
    with pytest.raises(ConfigError, match=f"{primary.nodes[0].name} are no Sentinels, which listen at port 26379"):
        open_store(no_sentinel)

    nobody = dataclasses.replace(settings, redis_url="redis+sentinel://me:hunter2@127.0.0.1:1,127.0.0.1:2/conv")
    with pytest.raises(StoreUnavailable, match=r"no Sentinel at 127\.0\.0\.1:1, 127\.0\.0\.1:2 answers: ") as caught:
        open_store(nobody)
    assert "hunter2" not in caught.value.message

    wrong = dataclasses.replace(settings, redis_url=settings.redis_url.replace("//", "//me:hunter2@"))
    with pytest.raises(ConfigError, match="refuses the name or password") as refused:
        open_store(wrong)
    assert "hunter2" not in refused.value.message

"""Durability `replicated`: an acknowledged write has reached the replicas, on a real primary and a real replica."""

from __future__ import annotations

import contextlib
import dataclasses
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from engine.config import Durability, Settings
from engine.errors import StoreUnavailable
from engine.store import open_store
from engine.store.calls import create
from engine.store.client import Store
from engine.store.supervisor import server_arguments
from tests.conftest import answers
from tests.ports import free_port
from tests.store.lanes import WAYS, Through
from tests.store.words import P, new_task, submit
from tests.waiting import PATIENCE_S, eventually


@contextlib.contextmanager
def server(binary: Path, folder: Path, *more: str) -> Iterator[redis.Redis]:
    folder.mkdir()
    path = folder / "s"
    child = subprocess.Popen([binary, *server_arguments(str(path), "everysec"), *more], cwd=folder)
    client = redis.Redis(unix_socket_path=str(path), retry=Retry(NoBackoff(), 0))
    try:
        eventually(lambda: answers(client))
        yield client
    finally:
        client.close()
        child.terminate()
        child.wait(timeout=PATIENCE_S)


@pytest.fixture
def port(server_binary: Path, short_folder: Path) -> Iterator[str]:
    """Of a primary without replicas."""
    port = str(free_port())
    with server(
        server_binary, short_folder / "p", "--port", port, "--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0"
    ):
        yield port


@pytest.fixture
def settings(port: str, namespace: str) -> Settings:
    return Settings(
        redis_url=f"redis://127.0.0.1:{port}",
        namespace=namespace,
        durability=Durability.REPLICATED,
        replica_timeout_ms=20_000,
    )


@contextlib.contextmanager
def replica(binary: Path, folder: Path, port: str) -> Iterator[redis.Redis]:
    """A replica in step with the primary at this port."""
    with server(binary, folder, "--replicaof", "127.0.0.1", port) as client:
        eventually(lambda: client.info("replication")["master_link_status"] == "up", 30)
        with redis.Redis("127.0.0.1", int(port)) as primary:
            eventually(lambda: online(primary) >= 1, 30)
        yield client


def online(primary: redis.Redis) -> int:
    info = primary.info("replication")
    return sum(info[name]["state"] == "online" for name in info if name.startswith("slave") and name[5:].isdecimal())


def stop(replica: redis.Redis, primary_port: str, left: int) -> None:
    """It no longer answers the primary, which has noticed."""
    replica.shutdown(nosave=True)
    with redis.Redis("127.0.0.1", int(primary_port)) as primary:
        eventually(lambda: online(primary) == left, 30)


def become_impatient(store: Store) -> None:
    """Its replicas are not waited for long any more."""
    store.replica_timeout_ms = 200


@pytest.fixture(params=WAYS)
def through(request: pytest.FixtureRequest) -> Through:
    """How calls reach the store: each way promises the same."""
    return WAYS[request.param]


def test_a_submit_waits_for_the_replica_and_fails_without_it(
    server_binary: Path, short_folder: Path, settings: Settings, port: str, through: Through
) -> None:
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(replica(server_binary, short_folder / "r", port))
        plain = open_store(settings)
        store = stack.enter_context(contextlib.closing(through(plain)))

        [task_id] = submit(store, "a")

        assert any(task_id.encode() in key for key in first.scan_iter("*"))
        stop(first, port, 0)
        become_impatient(plain)
        with pytest.raises(
            StoreUnavailable, match=r"has not reached 1 replicas within 200 ms, only 0 \(CONV_REPLICAS\)"
        ):
            submit(store, "b")


def test_without_a_number_all_replicas_are_waited_for(
    server_binary: Path,
    short_folder: Path,
    settings: Settings,
    port: str,
    through: Through,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(replica(server_binary, short_folder / "r1", port))
        stack.enter_context(replica(server_binary, short_folder / "r2", port))
        plain = open_store(settings)
        store = stack.enter_context(contextlib.closing(through(plain)))
        submit(store, "a")
        stop(first, port, 1)

        become_impatient(plain)
        with pytest.raises(StoreUnavailable, match="has not reached 2 replicas within 200 ms, only 1"):
            submit(store, "b")

        assert "has lost its replica 127.0.0.1:" in caplog.text


def test_a_replica_that_comes_later_is_waited_for_too(
    server_binary: Path, short_folder: Path, settings: Settings, port: str, through: Through
) -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(replica(server_binary, short_folder / "r1", port))
        plain = open_store(settings)
        store = stack.enter_context(contextlib.closing(through(plain)))
        submit(store, "a")
        with replica(server_binary, short_folder / "r2", port) as second:
            with redis.Redis("127.0.0.1", int(port)) as primary:
                eventually(lambda: online(primary) == 2, 30)
            # Sent once more, when it turns out that there is one more to wait for.
            assert store.one(create(P, [new_task("b")])) in (["ok"], ["same"])
            assert second.exists(store.key(create(P, []))[: -len("gate")] + "r:b")
            stop(second, port, 1)

        become_impatient(plain)
        with pytest.raises(StoreUnavailable, match="has not reached 2 replicas"):
            submit(store, "c")


def test_fewer_than_there_are_is_warned_of(
    server_binary: Path, short_folder: Path, settings: Settings, port: str, caplog: pytest.LogCaptureFixture
) -> None:
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(replica(server_binary, short_folder / "r1", port))
        stack.enter_context(replica(server_binary, short_folder / "r2", port))
        with redis.Redis("127.0.0.1", int(port)) as primary:
            eventually(lambda: online(primary) == 2, 30)
        store = stack.enter_context(contextlib.closing(open_store(dataclasses.replace(settings, replicas=1))))

        assert "CONV_REPLICAS 1 waits for 1 of the 2 replicas" in caplog.text
        stop(first, port, 1)
        submit(store, "a")


def test_a_primary_without_replicas_is_refused_unless_their_number_is_given(
    settings: Settings, through: Through, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(StoreUnavailable, match="has no replica in step, and CONV_DURABILITY replicated waits for all"):
        open_store(settings)

    plain = open_store(dataclasses.replace(settings, replicas=1))
    with contextlib.closing(through(plain)) as store:
        assert "has 0 replicas in step, and CONV_REPLICAS waits for 1: nothing is acknowledged" in caplog.text
        become_impatient(plain)
        with pytest.raises(StoreUnavailable, match="has not reached 1 replicas"):
            submit(store, "a")

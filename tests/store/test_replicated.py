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
from engine.store.supervisor import server_arguments
from tests.conftest import answers
from tests.ports import free_port
from tests.store.words import submit
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


def test_a_submit_waits_for_the_replica_and_fails_without_it(
    server_binary: Path, short_folder: Path, namespace: str
) -> None:
    port = str(free_port())
    with server(
        server_binary, short_folder / "p", "--port", port, "--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0"
    ):
        settings = Settings(
            redis_url=f"redis://127.0.0.1:{port}",
            namespace=namespace,
            durability=Durability.REPLICATED,
            replica_timeout_ms=200,
        )
        with server(server_binary, short_folder / "r", "--replicaof", "127.0.0.1", port) as replica:
            eventually(lambda: replica.info("replication")["master_link_status"] == "up")
            with contextlib.closing(open_store(dataclasses.replace(settings, replica_timeout_ms=20_000))) as store:
                [task_id] = submit(store, "a")
            assert any(task_id.encode() in key for key in replica.scan_iter("*"))

        with contextlib.closing(open_store(settings)) as store, pytest.raises(StoreUnavailable, match="replicas"):
            submit(store, "b")

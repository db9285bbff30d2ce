"""What makes a server answer and do nothing for the moment. Each says by which word the server refuses."""

from __future__ import annotations

import contextlib
import resource
import threading
from collections.abc import Callable, Iterator

import redis

from tests.cluster.servers import Node
from tests.waiting import eventually

Cause = Callable[[Node], contextlib.AbstractContextManager[str]]


@contextlib.contextmanager
def no_replicas(node: Node) -> Iterator[str]:
    """Fewer than min-replicas-to-write follow it."""
    node.client.config_set("min-replicas-to-write", 3)
    yield "NOREPLICAS"
    node.client.config_set("min-replicas-to-write", 0)


@contextlib.contextmanager
def disk_full(node: Node) -> Iterator[str]:
    """Its append-only file may not grow."""
    hard = resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (1, hard))
    with contextlib.suppress(redis.RedisError):
        node.client.set("filler", "x")
    eventually(lambda: node.client.info("persistence")["aof_last_write_status"] == "err", 20)
    yield "MISCONF"
    resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (hard, hard))


@contextlib.contextmanager
def busy(node: Node) -> Iterator[str]:
    """Somebody's script does not end."""
    node.client.config_set("lua-time-limit", 50)
    other = redis.Redis("127.0.0.1", node.port, socket_timeout=60)

    def run() -> None:
        with contextlib.suppress(redis.RedisError):
            other.eval("while true do end", 0)

    thread = threading.Thread(target=run)
    thread.start()

    def refused() -> bool:
        try:
            node.client.ping()
        except redis.ResponseError as error:
            return str(error).startswith("BUSY")
        return False

    eventually(refused)
    yield "BUSY"
    node.command("SCRIPT", "KILL")
    thread.join(30)
    other.close()

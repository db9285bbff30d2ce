"""Servers for tests of growing: a cluster of three primaries with a replica each, or one primary watched by Sentinels.

All from the embedded store's program, on loopback ports, joined without redis-cli. Persistence is off: what these tests
kill is taken over by a replica.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.retry import Retry

from engine.config import Durability
from tests.conftest import answers
from tests.ports import free_port, free_ports
from tests.waiting import PATIENCE_S, eventually

SLOTS = 16_384
PRIMARIES = 3
NODE_TIMEOUT_MS = 1_500


class Node:
    """One server process, and a client that never tries twice."""

    def __init__(self, binary: Path, folder: Path, port: int, *options: str, password: str | None = None) -> None:
        self.port = port
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._command = [str(binary), *options]
        self.client = redis.Redis(
            "127.0.0.1", port, protocol=3, retry=Retry(NoBackoff(), 0), socket_timeout=1, password=password
        )
        self.start()

    def start(self) -> None:
        # restore_signals: a file that may not grow is an error of the write, as a full disk is, and not a signal.
        self.process = subprocess.Popen(
            self._command, cwd=self._folder, stdout=subprocess.DEVNULL, restore_signals=False
        )

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.port}"

    def command(self, *words: str | int) -> Any:
        return self.client.execute_command(*words)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=PATIENCE_S)

    def close(self) -> None:
        self.client.close()
        self.kill()


def server_options(port: int, *more: str) -> list[str]:
    return [
        *("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", "."),
        *("--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1", "--logfile", "log", *more),
    ]


def persistence(durability: Durability) -> list[str]:
    """What a server must do by itself for this promise."""
    if durability is Durability.REPLICATED:
        return []
    return ["--appendonly", "yes", "--appendfsync", "always" if durability is Durability.ALWAYS else "everysec"]


@contextlib.contextmanager
def server(binary: Path, folder: Path, *more: str, password: str | None = None) -> Iterator[Node]:
    """One server of its own, that answers."""
    port = free_port()
    if password is not None:
        more += ("--requirepass", password, "--masterauth", password)
    node = Node(binary, folder, port, *server_options(port, *more), password=password)
    try:
        eventually(lambda: answers(node.client))
        yield node
    finally:
        node.close()


class Cluster:
    """Three primaries and three replicas. `nodes[i]` and `nodes[i + 3]` begin as primary and replica of one shard."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes

    @property
    def url(self) -> str:
        """Two seeds, as CONV_REDIS_URL."""
        return f"redis://{self.nodes[0].name},{self.nodes[-2].name}"

    def owner(self, key: str) -> Node:
        """The primary of the key's slot, as most nodes see it."""
        seen = self._seen_owners(key_slot(key.encode()))
        port = max(seen, key=seen.count)
        return next(node for node in self.nodes if node.port == port)

    def _seen_owners(self, slot: int) -> list[int]:
        """The port of the slot's primary as each node sees it that answers."""
        seen: list[int] = []
        for node in self.nodes:
            with contextlib.suppress(redis.RedisError):
                for first, last, primary, *_ in node.command("CLUSTER", "SLOTS"):
                    if first <= slot <= last:
                        seen.append(int(primary[1]))
        return seen

    def replica_of(self, primary: Node) -> Node:
        """The node that replicates this one."""
        return next(node for node in self.nodes if node.client.info("replication").get("master_port") == primary.port)

    def primaries(self) -> list[Node]:
        return [node for node in self.nodes if role(node) == "master"]

    def is_whole(self) -> bool:
        """Every node is up, agrees that all slots are served, and each primary has a replica in step."""
        for node in self.nodes:
            if b"cluster_state:ok" not in node.command("CLUSTER", "INFO"):
                return False
            if b"fail" in node.command("CLUSTER", "NODES"):
                return False
        replicas = [node for node in self.nodes if role(node) == "slave"]
        return len(replicas) == len(self.nodes) - PRIMARIES and all(
            node.client.info("replication")["master_link_status"] == "up" for node in replicas
        )

    def move_slot_of(self, key: str) -> int:
        """Give the key's slot to the next primary, key by key, as `redis-cli --cluster reshard` does; how many keys."""
        with self.moving(key) as move:
            return move()

    @contextlib.contextmanager
    def moving(self, key: str) -> Iterator[Callable[..., int]]:
        """The key's slot on its way to the next primary: inside, give keys (all that are left, or some); how many."""
        slot = key_slot(key.encode())
        giver = self.owner(key)
        taker = next(node for node in self.primaries() if node is not giver)
        ids = {node.port: node.command("CLUSTER", "MYID").decode() for node in (giver, taker)}
        taker.command("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[giver.port])
        giver.command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[taker.port])

        def move(limit: int = SLOTS) -> int:
            moved = 0
            while keys := giver.command("CLUSTER", "GETKEYSINSLOT", slot, min(10, limit - moved)):
                giver.command("MIGRATE", "127.0.0.1", taker.port, "", 0, 5000, "KEYS", *keys)
                moved += len(keys)
            return moved

        yield move
        move()
        for node in (taker, giver, *self.primaries()):
            node.command("CLUSTER", "SETSLOT", slot, "NODE", ids[taker.port])
        # Replicas are told by gossip, and a client may ask one of them.
        eventually(lambda: set(self._seen_owners(slot)) == {taker.port}, every_s=0.02)

    def errors(self, name: str) -> int:
        """How often the nodes have answered with this error since they started: ASK, MOVED, …"""
        return sum(node.client.info("errorstats").get(f"errorstat_{name}", {}).get("count", 0) for node in self.nodes)

    def fail_over(self, key: str) -> None:
        """Kill the primary of the key's slot, and wait until its replica has taken over."""
        killed = self.owner(key)
        killed.kill()
        eventually(lambda: self.owner(key) is not killed, every_s=0.05)

    def heal(self) -> None:
        """Start what was killed, wake what was stopped, and wait until the cluster is whole."""
        for node in self.nodes:
            if node.process.poll() is not None:
                node.start()
            else:
                node.signal(signal.SIGCONT)
        eventually(lambda: tolerant(self.is_whole), every_s=0.05)


def role(node: Node) -> str:
    try:
        return str(node.client.info("replication")["role"])
    except redis.RedisError:
        return "gone"


def tolerant(condition: Callable[[], bool]) -> bool:
    """A server that is just starting has not met the condition yet."""
    try:
        return condition()
    except redis.RedisError:
        return False


def source_address(number: int) -> str:
    """Where the connections of node `number` of a cluster come from, if something stands between the nodes."""
    return f"127.0.0.{10 + number}"


@contextlib.contextmanager
def cluster(
    binary: Path, between: Callable[[int], int] | None = None, *more: str, replicas: bool = True
) -> Iterator[Cluster]:
    """A whole cluster, with a replica of each primary or none; stopped and removed at the end.

    `between`: given the port of each node's bus in turn, the port by which the other nodes shall reach it.
    """
    folder = Path(tempfile.mkdtemp(prefix="conv-"))
    ports = free_ports(4 * PRIMARIES)
    nodes: list[Node] = []
    buses: list[int] = []
    try:
        for number in range(2 * PRIMARIES if replicas else PRIMARIES):
            port, bus = ports[2 * number : 2 * number + 2]
            announced = []
            if between is not None:
                buses.append(between(bus))
                announced += ["--cluster-announce-ip", "127.0.0.1", "--cluster-announce-bus-port", str(buses[-1])]
                announced += ["--bind-source-addr", source_address(number)]
            else:
                buses.append(bus)
            options = server_options(
                port,
                *("--cluster-enabled", "yes", "--cluster-port", str(bus), "--cluster-config-file", "nodes"),
                *("--cluster-node-timeout", str(NODE_TIMEOUT_MS), "--cluster-replica-validity-factor", "0"),
                *("--cluster-migration-barrier", "10", *announced, *more),
            )
            nodes.append(Node(binary, folder / str(number), port, *options))
        for node in nodes:
            eventually(partial(answers, node.client))
        for number, node in enumerate(nodes):
            node.command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            node.command("CLUSTER", "MEET", "127.0.0.1", ports[0], buses[0])
        for number in range(PRIMARIES):
            first, last = SLOTS * number // PRIMARIES, SLOTS * (number + 1) // PRIMARIES - 1
            nodes[number].command("CLUSTER", "ADDSLOTSRANGE", first, last)
        ids = [node.command("CLUSTER", "MYID").decode() for node in nodes]
        for number, replica in enumerate(nodes[PRIMARIES:]):
            eventually(partial(replicates, replica, ids[number]))
        whole = Cluster(nodes)
        eventually(lambda: tolerant(whole.is_whole), every_s=0.02)
        yield whole
    finally:
        for node in nodes:
            node.close()
        shutil.rmtree(folder, ignore_errors=True)


def replicates(replica: Node, primary_id: str) -> bool:
    """Whether the node could be told whose replica it is: it must have heard of its primary."""
    try:
        replica.command("CLUSTER", "REPLICATE", primary_id)
    except redis.ResponseError:
        return False
    return True


class Watched:
    """One primary, one replica, and three Sentinels that call the primary `conv`."""

    def __init__(self, nodes: Sequence[Node], sentinels: Sequence[Node]) -> None:
        self.nodes = nodes
        self.sentinels = sentinels

    @property
    def url(self) -> str:
        """As CONV_REDIS_URL."""
        return f"redis+sentinel://{','.join(sentinel.name for sentinel in self.sentinels)}/conv"

    def primary(self) -> Node:
        """As most Sentinels see it."""
        seen = [int(sentinel.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "conv")[1]) for sentinel in self.sentinels]
        port = max(seen, key=seen.count)
        return next(node for node in self.nodes if node.port == port)

    def is_whole(self) -> bool:
        """The primary has all replicas in step, and every Sentinel knows that, and the others."""
        primary = self.primary()
        count = str(len(self.nodes) - 1).encode()
        for sentinel in self.sentinels:
            told = sentinel.command("SENTINEL", "MASTER", "conv")
            if (told[b"flags"], told[b"num-slaves"], told[b"num-other-sentinels"]) != (b"master", count, b"2"):
                return False
        known = [node.client.info("replication") for node in self.nodes if node is not primary]
        return all((info["role"], info.get("master_link_status")) == ("slave", "up") for info in known)


@contextlib.contextmanager
def watched(
    binary: Path, *more: str, replicas: int = 1, password: str | None = None, of_sentinels: str | None = None
) -> Iterator[Watched]:
    """A primary and its replicas, watched by Sentinels; stopped and removed at the end. With passwords of their own."""
    folder = Path(tempfile.mkdtemp(prefix="conv-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        primary = stack.enter_context(server(binary, folder / "0", *more, password=password))
        follows = ("--replicaof", "127.0.0.1", str(primary.port), *more)
        others = [
            stack.enter_context(server(binary, folder / str(number + 1), *follows, password=password))
            for number in range(replicas)
        ]
        sentinels = []
        for number, port in enumerate(free_ports(3)):
            its_folder = folder / f"sentinel-{number}"
            its_folder.mkdir()
            (its_folder / "conf").write_text(
                f"port {port}\nbind 127.0.0.1\nlogfile log\nsentinel monitor conv 127.0.0.1 {primary.port} 2\n"
                "sentinel down-after-milliseconds conv 1000\nsentinel failover-timeout conv 5000\n"
                + (f"sentinel auth-pass conv {password}\n" if password else "")
                + (f"requirepass {of_sentinels}\nsentinel sentinel-pass {of_sentinels}\n" if of_sentinels else "")
            )
            sentinel = Node(binary, its_folder, port, "conf", "--sentinel", password=of_sentinels)
            stack.callback(sentinel.close)
            sentinels.append(sentinel)
        for sentinel in sentinels:
            eventually(partial(answers, sentinel.client))
        whole = Watched([primary, *others], sentinels)
        eventually(lambda: tolerant(whole.is_whole), every_s=0.05)
        yield whole

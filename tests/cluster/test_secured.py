"""TLS, and a user who may do no more than README's line allows: over one server and over a cluster."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import ssl
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
import redis
import trustme

from engine.app import Engine
from engine.config import Durability, Settings
from engine.errors import ConfigError, StoreUnavailable
from engine.store import open_store
from engine.store.calls import create, read
from tests.chaos.proxy import Proxy
from tests.cluster import servers
from tests.conftest import answers
from tests.ports import free_ports
from tests.running.conftest import Lab
from tests.running.test_backup import CALLED, DEFINITIONS, FLOW
from tests.store.lanes import ThroughLane
from tests.store.words import P, new_task
from tests.waiting import PATIENCE_S, eventually

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


class Tls(NamedTuple):
    """Certificates by which servers and clients know each other; the paths of the files."""

    ca: Path
    certificate: Path
    key: Path

    def query(self) -> str:
        """What follows the ? of a URL."""
        return f"ssl_ca_certs={self.ca}&ssl_certfile={self.certificate}&ssl_keyfile={self.key}"

    def context(self) -> ssl.SSLContext:
        """A server's, who asks clients for a certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(self.ca))
        context.load_cert_chain(self.certificate, self.key)
        context.verify_mode = ssl.CERT_REQUIRED
        return context


def certificates(folder: Path) -> Tls:
    folder.mkdir()
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    tls = Tls(folder / "ca.pem", folder / "certificate.pem", folder / "key.pem")
    authority.cert_pem.write_to_path(str(tls.ca))
    issued.private_key_pem.write_to_path(str(tls.key))
    for number, blob in enumerate(issued.cert_chain_pems):
        blob.write_to_path(str(tls.certificate), append=number > 0)
    return tls


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return certificates(tmp_path_factory.mktemp("tls") / "own")


@contextlib.contextmanager
def secured_server(binary: Path, folder: Path, tls: Tls) -> Iterator[tuple[servers.Node, int]]:
    """A server, and the port at which it speaks TLS: the program of the embedded store cannot by itself."""
    with servers.server(binary, folder / "n") as node, contextlib.closing(Proxy(node.port, tls=tls.context())) as line:
        yield node, line.port


@contextlib.contextmanager
def secured_cluster(binary: Path, folder: Path, tls: Tls) -> Iterator[tuple[list[servers.Node], list[int]]]:
    """Three primaries that tell clients to come to their TLS ports."""
    with contextlib.ExitStack() as stack:
        nodes, lines = [], []
        buses = free_ports(3)
        for number, (port, bus) in enumerate(zip(free_ports(3), buses, strict=True)):
            line = Proxy(port, tls=tls.context())
            stack.callback(line.close)
            options = servers.server_options(
                port,
                *("--cluster-enabled", "yes", "--cluster-port", str(bus), "--cluster-config-file", "nodes"),
                *("--cluster-announce-port", str(line.port)),
            )
            node = servers.Node(binary, folder / str(number), port, *options)
            stack.callback(node.close)
            eventually(partial(answers, node.client))
            first, last = servers.SLOTS * number // 3, servers.SLOTS * (number + 1) // 3 - 1
            node.command("CLUSTER", "ADDSLOTSRANGE", first, last)
            node.command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            nodes.append(node)
            lines.append(line.port)
        for node in nodes[1:]:
            node.command("CLUSTER", "MEET", "127.0.0.1", nodes[0].port, buses[0])
        eventually(lambda: all(b"cluster_state:ok" in node.command("CLUSTER", "INFO") for node in nodes))
        yield nodes, lines


def acl_rules(node: servers.Node, namespace: str = "conv") -> list[str]:
    """What README says that the user of this server needs, in this namespace, and in that of a restored backup."""
    [oldest, others] = re.findall(r"^ACL SETUSER conv on >secret (.*)$", README, re.MULTILINE)
    info = node.client.info("server")
    is_oldest = "valkey_version" not in info and info["redis_version"].startswith("7.0.")
    words = (oldest if is_oldest else others).replace("conv:", f"{namespace}:").split()
    return [*words, f"~{{{namespace}b:*", f"&{namespace}b:*"]


def everything_works(settings: Settings, folder: Path) -> None:
    """What a user does with a store."""
    definitions = folder / "definitions"
    definitions.mkdir()
    with Engine.open(settings) as engine, engine.store.subscribe() as hints:
        lab = Lab(engine, definitions)
        lab.deploy(DEFINITIONS, FLOW, CALLED)
        for number in range(10):
            engine.submit(20, {"n": number}, ref=f"r{number}")
            engine.submit(21, {}, ref=f"r{number}")
        lab.run()
        assert hints.get(PATIENCE_S) is not None
        assert engine.workers_alive() == 1
        engine.pause(20)
        engine.resume(20)
        engine.modify(20, "r1", {"x": 1})
        engine.cancel(21, "r2")
        engine.delete(21, "r3")
        lab.forward(3601)
        assert engine.task(21, "r4").node == "done"
        assert len(engine.archive(21, "done")) == 8
        engine.repartition(20, 3)
        engine.repartition(20, 1)
        assert engine.backup(folder / "b").tasks > 20
        assert engine.audit(repair=True).findings == []
    with Engine.open(dataclasses.replace(settings, namespace=settings.namespace + "b")) as other:
        assert other.restore(folder / "b").tasks > 20


def check_refusals(nodes: Sequence[servers.Node]) -> None:
    """Nothing was tried that the user may not do."""
    assert [entry[b"object"] for node in nodes for entry in node.command("ACL", "LOG")] == []


@pytest.mark.slow
def test_one_server_with_tls_and_a_user(server_binary: Path, short_folder: Path, tls: Tls) -> None:
    with secured_server(server_binary, short_folder, tls) as (node, port):
        node.command("ACL", "SETUSER", "conv", "on", ">secret", *acl_rules(node))
        url = f"rediss://conv:secret@127.0.0.1:{port}?{tls.query()}"

        everything_works(Settings(redis_url=url, durability=Durability.NONE), short_folder)

        check_refusals([node])
        with contextlib.closing(open_store(Settings(redis_url=url, durability=Durability.NONE))) as store:
            with pytest.raises(redis.exceptions.NoPermissionError):
                store.client.set("other", "1")
            with pytest.raises(redis.exceptions.NoPermissionError):
                store.client.flushall()


@pytest.mark.slow
def test_another_database_and_namespace_with_a_user(server_binary: Path, short_folder: Path) -> None:
    with servers.server(server_binary, short_folder / "n", "--appendonly", "yes") as node:
        node.command("ACL", "SETUSER", "conv", "on", ">secret", *acl_rules(node, "billing"))

        everything_works(Settings(redis_url=f"redis://conv:secret@{node.name}/3", namespace="billing"), short_folder)

        check_refusals([node])
        assert not node.client.dbsize(), "nothing in database 0"


@pytest.mark.slow
def test_sentinels_with_a_password_of_their_own(server_binary: Path, short_folder: Path) -> None:
    with servers.watched(server_binary, password="secret", of_sentinels="other") as whole:
        settings = Settings(redis_url=whole.url.replace("//", "//:secret@"), durability=Durability.REPLICATED)
        for url in (settings.redis_url, settings.redis_url + "?sentinel_password=hunter2"):
            with pytest.raises(ConfigError, match=r"the Sentinels at .* want a password, or another") as said:
                open_store(dataclasses.replace(settings, redis_url=url))
            assert "hunter2" not in said.value.message
        settings = dataclasses.replace(settings, redis_url=f"{settings.redis_url}?sentinel_password=other")

        everything_works(settings, short_folder)


def test_a_missing_password_is_said(server_binary: Path, short_folder: Path) -> None:
    with (
        servers.server(server_binary, short_folder / "n", password="secret") as node,
        pytest.raises(ConfigError, match=r"wants a password, and CONV_REDIS_URL has none: redis://USER:PASSWORD@HOST$"),
    ):
        open_store(Settings(redis_url=f"redis://{node.name}"))


@pytest.mark.slow
def test_a_cluster_with_tls_and_a_user(server_binary: Path, short_folder: Path, tls: Tls) -> None:
    with secured_cluster(server_binary, short_folder, tls) as (nodes, ports):
        for node in nodes:
            node.command("ACL", "SETUSER", "conv", "on", ">secret", *acl_rules(node))
        url = f"rediss://conv:secret@127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}?{tls.query()}"

        everything_works(Settings(redis_url=url, partitions=3, durability=Durability.NONE), short_folder)

        check_refusals(nodes)


@pytest.fixture
def secured_port(server_binary: Path, short_folder: Path, tls: Tls) -> Iterator[int]:
    with secured_server(server_binary, short_folder, tls) as (_, port):
        yield port


def test_a_server_with_a_certificate_of_somebody_else_is_refused(secured_port: int, tmp_path: Path) -> None:
    other = certificates(tmp_path / "other")

    with pytest.raises((ConfigError, StoreUnavailable), match="certificate verify failed"):
        open_store(Settings(redis_url=f"rediss://127.0.0.1:{secured_port}?{other.query()}"))


def test_a_server_that_wants_tls_does_not_answer_without(secured_port: int) -> None:
    with pytest.raises(StoreUnavailable, match="does not answer"):
        open_store(Settings(redis_url=f"redis://127.0.0.1:{secured_port}"))


def test_a_wrong_password_is_said_and_not_repeated(secured_port: int, tls: Tls) -> None:
    with pytest.raises(ConfigError, match="refuses the name or password") as caught:
        open_store(Settings(redis_url=f"rediss://conv:hunter2@127.0.0.1:{secured_port}?{tls.query()}"))

    assert "hunter2" not in caught.value.message


def test_a_lane_over_tls(server_binary: Path, short_folder: Path, tls: Tls) -> None:
    """TLS has a buffer of its own: large things in both directions, and many small ones."""
    with secured_server(server_binary, short_folder, tls) as (_, port):
        url = f"rediss://127.0.0.1:{port}?{tls.query()}"
        with contextlib.closing(ThroughLane(open_store(Settings(redis_url=url, durability=Durability.NONE)))) as store:
            data = b"x" * 3_000_000
            assert store.run([create(P, [new_task(ref, data=data)]) for ref in "abc"]) == [["ok"]] * 3
            answers = store.run([read(P, ["a", "b"]) for _ in range(4)] + [read(P, ["nobody"]) for _ in range(500)])
            assert [[task.data == data for task in answer.tasks] for answer in answers[:4]] == [[True, True]] * 4
            assert [answer.tasks for answer in answers[4:]] == [[None]] * 500

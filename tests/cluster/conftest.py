"""Every server there is, and one cluster of each for all tests; each test works in a namespace of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.config import Durability, Settings
from engine.store import open_store
from engine.store.cluster import ClusterStore
from tests.binaries import server_binaries, versions
from tests.cluster import servers

BINARIES = server_binaries()


def pytest_report_header() -> str:
    return f"servers of tests/cluster: {versions()}"


@pytest.fixture(scope="session", params=BINARIES)
def server_binary(request: pytest.FixtureRequest) -> Path:
    """The server program: each test of this folder runs on all that there are."""
    return BINARIES[request.param]


@pytest.fixture(scope="session")
def running_cluster(server_binary: Path) -> Iterator[servers.Cluster]:
    with servers.cluster(server_binary) as cluster:
        yield cluster


@pytest.fixture
def cluster(running_cluster: servers.Cluster) -> Iterator[servers.Cluster]:
    """A whole cluster, made whole again after the test."""
    yield running_cluster
    running_cluster.heal()


@pytest.fixture
def settings(cluster: servers.Cluster, namespace: str, tmp_path: Path) -> Settings:
    return Settings(
        redis_url=cluster.url,
        namespace=namespace,
        home=tmp_path / ".conv",
        partitions=6,
        lease_ms=1000,
        durability=Durability.NONE,
    )


@pytest.fixture
def store(settings: Settings) -> Iterator[ClusterStore]:
    with contextlib.closing(open_store(settings)) as store:
        assert isinstance(store, ClusterStore)
        yield store

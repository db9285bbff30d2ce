"""One cluster for all tests of this folder; each test works in a namespace of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.config import Settings
from engine.store import open_store
from engine.store.cluster import ClusterStore
from tests.cluster import servers


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
    return Settings(redis_url=cluster.url, namespace=namespace, home=tmp_path / ".conv", partitions=6, lease_ms=1000)


@pytest.fixture
def store(settings: Settings) -> Iterator[ClusterStore]:
    with contextlib.closing(open_store(settings)) as store:
        assert isinstance(store, ClusterStore)
        yield store

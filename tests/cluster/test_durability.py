"""What a server promises by its settings is looked at before CONV_DURABILITY is believed."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.config import Durability, Settings
from engine.errors import ConfigError
from engine.store import open_store
from engine.store.calls import create
from tests.cluster import servers
from tests.cluster.servers import Cluster, Node
from tests.store.words import P, new_task


@pytest.fixture
def node(server_binary: Path, short_folder: Path) -> Iterator[Node]:
    """As a package of the distribution sets it up: no append-only file."""
    with servers.server(server_binary, short_folder / "n") as node:
        yield node


@pytest.fixture
def alone(node: Node, namespace: str, tmp_path: Path) -> Settings:
    return Settings(redis_url=f"redis://{node.name}", namespace=namespace, home=tmp_path / ".conv")


@pytest.mark.parametrize("durability", [Durability.EVERYSEC, Durability.ALWAYS])
def test_a_server_without_a_file_is_refused(alone: Settings, durability: Durability) -> None:
    with pytest.raises(
        ConfigError, match=f"keeps no append-only file, so that CONV_DURABILITY {durability} would"
    ) as said:
        open_store(dataclasses.replace(alone, durability=durability))

    assert "set appendonly yes on that server, or CONV_DURABILITY=none" in said.value.message


def test_who_wants_no_promise_says_so(alone: Settings) -> None:
    with contextlib.closing(open_store(dataclasses.replace(alone, durability=Durability.NONE))) as store:
        assert store.one(create(P, [new_task("a")])) == ["ok"]


@pytest.mark.parametrize(
    ("flushed", "promises"),
    [
        ({"appendfsync": "always"}, [Durability.EVERYSEC, Durability.ALWAYS]),
        ({"appendfsync": "everysec"}, [Durability.EVERYSEC]),
        ({"appendfsync": "no"}, []),
        ({"appendfsync": "always", "no-appendfsync-on-rewrite": "yes"}, [Durability.EVERYSEC]),
    ],
)
def test_a_promise_holds_only_where_the_server_flushes_so(
    node: Node, alone: Settings, flushed: dict[str, str], promises: list[Durability]
) -> None:
    for name, value in {"appendonly": "yes", **flushed}.items():
        node.client.config_set(name, value)

    for durability in (Durability.EVERYSEC, Durability.ALWAYS):
        settings = dataclasses.replace(alone, durability=durability)
        if durability in promises:
            open_store(settings).close()
        else:
            with pytest.raises(ConfigError, match=f"CONV_DURABILITY {durability} needs "):
                open_store(settings)


def test_each_primary_of_a_cluster_is_looked_at(settings: Settings, cluster: Cluster) -> None:
    for node in cluster.primaries()[1:]:
        node.client.config_set("appendonly", "yes")
    settings = dataclasses.replace(settings, durability=Durability.EVERYSEC)
    try:
        with pytest.raises(ConfigError, match=rf"\({cluster.primaries()[0].name}\) keeps no append-only file"):
            open_store(settings)
        cluster.primaries()[0].client.config_set("appendonly", "yes")
        open_store(settings).close()
    finally:
        for node in cluster.primaries():
            node.client.config_set("appendonly", "no")

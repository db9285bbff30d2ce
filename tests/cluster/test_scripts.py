"""The store's own tests over a cluster, which refuses a script that touches another slot than its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from engine.config import Settings
from engine.store import open_store
from engine.store.calls import read
from engine.store.cluster import ClusterStore
from tests.store.test_aside import *  # noqa: F403
from tests.store.test_effects import *  # noqa: F403
from tests.store.test_life import *  # noqa: F403
from tests.store.test_reading import *  # noqa: F403
from tests.store.test_waking import *  # noqa: F403
from tests.store.words import P

pytestmark = pytest.mark.xdist_group("cluster")  # they share a cluster


@pytest.fixture
def store(settings: Settings) -> Iterator[ClusterStore]:
    """A store whose plain client sees the keys of the partition that these tests look into."""
    with contextlib.closing(open_store(settings)) as store:
        assert isinstance(store, ClusterStore)
        owner = store.topology.owner(store.slot_of(read(P, [])))
        assert owner is not None
        store.client = store.topology.client(owner)
        yield store

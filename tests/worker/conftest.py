"""What the tests of the worker's rooms share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.store.client import Store
from tests.worker.rooms import Clock, Rooms


@pytest.fixture
def store(store_url: str, namespace: str) -> Iterator[Store]:
    """The store of a namespace that no other test uses."""
    store = Store.connect(store_url, namespace)
    yield store
    store.close()


@pytest.fixture
def rooms(settings: Settings, tmp_path: Path) -> Iterator[Rooms]:
    """The rooms of a worker that never runs."""
    folder = tmp_path / "definitions"
    folder.mkdir()
    with Engine.open(settings) as engine:
        yield Rooms(engine, folder)


@pytest.fixture
def clock() -> Clock:
    return Clock()

"""What the tests of the worker's rooms share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.store.client import Store


@pytest.fixture
def store(store_url: str, namespace: str) -> Iterator[Store]:
    """The store of a namespace that no other test uses."""
    store = Store.connect(store_url, namespace)
    yield store
    store.close()

"""The fault tests in short: each fault once, from a seed that is always the same. `make chaos` is the long form."""

from __future__ import annotations

import contextlib
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.faults import FAULTS, Ground
from tests.chaos.world import Scale

pytestmark = pytest.mark.xdist_group("chaos")  # they share a cluster

SEED = 1


@pytest.fixture(scope="module")
def ground(server_binary: Path) -> Iterator[Ground]:
    folder = Path(tempfile.mkdtemp(prefix="conv-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield Ground(server_binary, folder, stack)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost_and_nothing_doubled(ground: Ground, name: str) -> None:
    held = FAULTS[name](ground, random.Random(f"{SEED} {name}"), Scale.short())

    assert held.tasks > 0
    assert held.moves > held.tasks or held.lost

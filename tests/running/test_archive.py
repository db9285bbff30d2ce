"""What an end node shows of the tasks that ended there, also when these are more than one call of the store brings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.store.sizes import MAX_ITEMS
from tests.running.conftest import Lab
from tests.waiting import eventually

SIMPLE = """
    process: Simple
    id: 1
    nodes: {start: {go: done}, done: {end: success}}
    """


@pytest.fixture(params=[1, 3])
def spread(settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A lab of one and of three partitions, whose worker ends a thousand tasks in one commit, in one millisecond."""
    with Engine.open(replace(settings, partitions=request.param, batch=MAX_ITEMS)) as engine:
        yield Lab(engine, tmp_path)


def test_more_than_a_page_of_an_archive_misses_and_repeats_nothing(spread: Lab) -> None:
    count = 2 * MAX_ITEMS + 500
    spread.deploy(SIMPLE)
    ids = {task.task_id for task in spread.engine.submit_many(1, [(None, {})] * count)}
    spread.run()

    seen = [view.task_id for view in spread.engine.archive(1, "done", count + 1)]

    assert len(seen) == count
    assert set(seen) == ids


def is_past(moment_ms: int) -> bool:
    return int(time.time() * 1000) > moment_ms


@pytest.mark.parametrize("limit", [1, 9, 10, 11])
def test_a_limit_gives_so_many_of_the_newest(spread: Lab, limit: int) -> None:
    spread.deploy(SIMPLE)
    for number in range(10):
        # Which of two is newer that ended in the same millisecond, nobody can say.
        ended = spread.submit(1, ref=str(number)).path[-1].time_ms
        eventually(partial(is_past, ended), every_s=0.001)

    seen = [view.ref for view in spread.engine.archive(1, "done", limit)]

    assert seen == [str(number) for number in range(9, -1, -1)][:limit]

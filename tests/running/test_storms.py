"""Tasks that make ever more tasks are stopped, and a queue that is full says so."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.store import calls
from engine.store.records import Delivery
from tests.running.conftest import COPY_TAG, Lab
from tests.waiting import PATIENCE_S


@pytest.fixture
def small(settings: Settings) -> Iterator[Engine]:
    with Engine.open(dataclasses.replace(settings, descendants=50)) as engine:
        yield engine


def test_a_task_that_copies_itself_twice_is_stopped(lab: Lab, small: Engine) -> None:
    lab.deploy("""
        process: Storm
        id: 1
        nodes:
          start: {go: first}
          first: {copy_task: {conv: 1, data: {}}, error: failed, go: second}
          second: {copy_task: {conv: 1, data: {}}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """)
    submitted = small.submit(1, {})

    assert small.run_until_idle(PATIENCE_S)

    nodes = {node.name: node for node in small.show(1).nodes}
    assert nodes["start"].entered == 51
    assert nodes["failed"].now > 0
    failed = small.archive(1, "failed", 1)[0]
    assert failed.data[COPY_TAG] == "descendants_limit"
    assert small.audit().is_clean
    small.submit(1, {})  # of another first task there may be as many again
    assert small.run_until_idle(PATIENCE_S)
    assert {node.name: node for node in small.show(1).nodes}["start"].entered == 102
    assert submitted.task_id


def test_copies_into_a_full_queue_take_the_error_route(lab: Lab) -> None:
    lab.deploy(
        """
        process: Copy
        id: 1
        nodes:
          start: {go: copy}
          copy: {copy_task: {conv: 2, data: {}}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """,
        """
        process: Busy
        id: 2
        queue_limit: 3
        nodes: {start: {go: done}, done: {end: success}}
        """,
    )
    worker = lab.engine.worker()
    partition = lab.engine.current.partition(2, "x")
    new = [Delivery(f"e{n}", "create", f"{n:024x}", node="1", data=b"{}", meta=b"{}") for n in range(5)]
    queue = worker.convs.queue_limit(2)

    assert lab.engine.store.one(calls.deliver(partition, new, 100, queue)) == ["ok"] * 3 + ["queue_full"] * 2
    assert lab.engine.store.one(calls.deliver(partition, new, 100, queue)) == ["same"] * 3 + ["queue_full"] * 2


def test_a_sender_into_a_full_queue_knows_that_it_may_try_again(lab: Lab) -> None:
    lab.deploy(
        """
        process: Copy
        id: 1
        nodes:
          start: {go: copy}
          copy: {copy_task: {conv: 2, data: {}}, error: errors, go: done}
          errors: {condition: [{if: {__conveyor_copy_task_return_type_error__: hardware}, go: full}], go: failed}
          done: {end: success}
          full: {end: error}
          failed: {end: error}
        """,
        "process: Busy\nid: 2\nqueue_limit: 1\nnodes: {start: {go: done}, done: {end: success}}",
    )
    lab.engine.submit_many(1, [(f"c{n}", {}) for n in range(30)])
    lab.run()

    nodes = {node.name: node.now for node in lab.engine.show(1).nodes}
    assert nodes["full"] > 0
    assert nodes["full"] + nodes["done"] == 30
    assert lab.engine.archive(1, "full", 1)[0].data[COPY_TAG] == "queue_full"

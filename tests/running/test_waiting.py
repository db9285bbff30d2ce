"""Waiting for tasks from many threads of one Engine: they share a subscription and its looks."""

from __future__ import annotations

import threading

import pytest

from engine.errors import StoreError
from engine.views import TaskView
from tests.running.conftest import Lab
from tests.waiting import PATIENCE_S, eventually
from tests.workers import working

FLOW = """
    process: Flow
    id: 30
    nodes: {start: {go: done}, done: {end: success}}
    """


def subscriptions(lab: Lab) -> int:
    return int(lab.engine.store.client.pubsub_numsub(f"{lab.engine.store.namespace}:done")[0][1])


def test_many_threads_wait_on_one_subscription(lab: Lab) -> None:
    lab.deploy(FLOW)
    told: list[TaskView | None] = []
    tasks = [lab.engine.submit(30, {"n": number}, watched=True) for number in range(30)]
    threads = [
        threading.Thread(target=lambda task: told.append(lab.engine.wait(task, PATIENCE_S)), args=(task,))
        for task in tasks
    ]
    for thread in threads:
        thread.start()
    eventually(lambda: subscriptions(lab) == 1)
    with working(lab.engine):
        for thread in threads:
            thread.join(PATIENCE_S)

    assert sorted(view.data["n"] for view in told if view is not None) == list(range(30))
    assert {view.node for view in told if view is not None} == {"done"}
    assert subscriptions(lab) == 1


def test_one_that_waits_when_its_engine_is_closed_is_told(lab: Lab) -> None:
    lab.deploy(FLOW)
    task = lab.engine.submit(30, {})
    errors: list[BaseException] = []

    def work() -> None:
        with pytest.raises(StoreError, match="closed") as caught:
            lab.engine.wait(task, PATIENCE_S)
        errors.append(caught.value)

    thread = threading.Thread(target=work)
    thread.start()
    eventually(lambda: subscriptions(lab) == 1)
    lab.engine.close()
    thread.join(PATIENCE_S)

    assert len(errors) == 1

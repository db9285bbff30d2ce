"""What node types keep of a task: cleared by a move, carried on by workers of the version before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import redis

from engine.task import Address, Failure
from engine.views import MASK, TaskView
from engine.worker import Worker
from tests.running.conftest import Lab
from tests.waiting import eventually

QUEUE = """
diagram: Jobs
id: 70
params: {token: {type: string, secret: true}}
nodes:
  start: {go: held}
  held:
    queue: {data: {n: "{{n}}", token: "{{token}}"}}
    time_limit: {after: 1h, go: kept}
    error: failed
    go: done
  kept: {set_state: {}}
  done: {end: success}
  failed: {end: error}
"""

TAKER = """
process: Taker
id: 72
nodes:
  start: {go: take}
  take:
    get_from_queue: {conv: 70, node: held, count: 2, timeout: 30s}
    time_limit: {after: 1h, go: late}
    error: failed
    go: done
  done: {end: success}
  failed: {end: error}
  late: {end: error}
"""


class MetaBefore(msgspec.Struct, omit_defaults=True):
    """Meta of the version before `node`."""

    path: list[tuple[str, int]] = []
    secrets: list[str] = []
    prev_node: str = ""
    laps: dict[str, int] = {}
    hops: int = 0
    reply_to: Address | None = None
    must_reply: bool = False
    answer_to: list[Address] = []
    watched: bool = False
    user_id: int = 0
    note: str = ""
    queued: dict[str, Any] = {}
    queued_secret: bool = False
    part: int = 0
    taken: int = 0
    wait_until: int = 0
    limit_until: int = 0
    ancestor: str = ""
    failed: Failure | None = None


class Metas:
    """The meta of tasks, as the store has it."""

    def __init__(self, client: redis.Redis, namespace: str) -> None:
        self.client = client
        self.namespace = namespace

    def _key(self, view: TaskView) -> str:
        return f"{{{self.namespace}:{view.conv_id}.0}} t:{view.task_id}"

    def __getitem__(self, view: TaskView) -> dict[str, Any]:
        found: bytes = self.client.hget(self._key(view), "m")  # type: ignore[assignment]
        meta: dict[str, Any] = msgspec.json.decode(found)
        return meta

    def written_before(self, view: TaskView, change: Callable[[MetaBefore], None] | None = None) -> None:
        """A worker of the version before runs the task, and changes what it keeps."""
        found: bytes = self.client.hget(self._key(view), "m")  # type: ignore[assignment]
        meta = msgspec.json.decode(found, type=MetaBefore)
        if change is not None:
            change(meta)
        self.client.hset(self._key(view), "m", msgspec.json.encode(meta))
        assert "node" not in self[view]


@pytest.fixture
def metas(redis_client: redis.Redis, namespace: str) -> Metas:
    return Metas(redis_client, namespace)


@pytest.fixture
def queue(lab: Lab) -> Lab:
    lab.deploy(QUEUE, TAKER)
    return lab


def held(queue: Lab, n: int = 1) -> TaskView:
    return queue.submit(70, {"n": n, "token": "hidden-word"})


def test_a_move_clears_it(queue: Lab, metas: Metas) -> None:
    task = held(queue)
    assert metas[task]["node"] == {
        "type": "queue",
        "queued": {"n": 1, "token": "hidden-word"},
        "queued_secret": True,
    }

    queue.forward(3700)

    assert queue.engine.task(70, task.task_id).node == "kept"
    assert metas[task].keys() == {"path", "prev_node"}


def test_so_does_a_failure(queue: Lab, metas: Metas) -> None:
    taker = queue.submit(72)
    assert metas[taker].keys() == {"path", "prev_node", "node", "taken", "wait_until", "limit_until"}

    queue.forward(31)

    assert queue.engine.task(72, taker.task_id).node == "failed"
    assert metas[taker].keys() == {"path", "prev_node", "note", "failed"}


def test_a_task_of_a_type_that_keeps_nothing_has_none(queue: Lab, metas: Metas) -> None:
    held(queue, 1)
    held(queue, 2)

    taker = queue.submit(72)

    assert taker.node == "done"
    assert metas[taker].keys() == {"path", "prev_node", "secrets"}


BETWEEN = pytest.mark.parametrize("between", [False, True], ids=["this version alone", "the one before between"])


@BETWEEN
def test_what_lies_in_a_queue_goes_to_its_taker(queue: Lab, metas: Metas, between: bool) -> None:
    task = held(queue)
    if between:
        metas.written_before(task)

    view = queue.submit(72)

    assert view.data["__queue_task_data__"] == [{"n": 1, "token": "hidden-word"}]
    assert view.masked().data["__queue_task_data__"] == MASK
    assert queue.engine.task(70, task.task_id).node == "done"
    assert metas[task].keys() == {"path", "prev_node"}


@BETWEEN
def test_what_waits_for_a_queue_waits_no_longer(queue: Lab, metas: Metas, between: bool) -> None:
    taker = queue.submit(72)
    until = metas[taker]["node"]["wait_until"]
    if between:
        metas.written_before(taker)

    queue.forward(20)
    assert queue.engine.task(72, taker.task_id).place == "delayed"
    assert metas[taker]["node"] == {"type": "get_from_queue", "wait_until": until}
    assert metas[taker]["wait_until"] == until
    queue.forward(11)

    assert queue.engine.task(72, taker.task_id).node == "failed"


def test_it_waits_as_long_as_the_version_before_has_written(queue: Lab, metas: Metas) -> None:
    taker = queue.submit(72)

    def begin_later(meta: MetaBefore) -> None:
        meta.wait_until += 20_000

    metas.written_before(taker, begin_later)
    queue.forward(31)
    assert queue.engine.task(72, taker.task_id).place == "delayed"
    queue.forward(20)

    assert queue.engine.task(72, taker.task_id).node == "failed"


@BETWEEN
def test_as_many_are_taken_as_were_asked_for(queue: Lab, metas: Metas, between: bool) -> None:
    ids = [held(queue, n).task_id for n in (1, 2, 3)]
    submitted = queue.engine.submit(72, {})
    worker = Worker(queue.engine.store, queue.engine.settings)

    def has_taken(number: int) -> bool:
        worker.round(0.0)
        view = queue.engine.task(72, submitted.task_id)
        return len(view.data.get("__queue_task_id__", ())) == number

    eventually(lambda: has_taken(1))
    taker = queue.engine.task(72, submitted.task_id)
    assert (taker.place, metas[taker]["node"]) == ("sending", {"type": "get_from_queue", "taken": 1})
    if between:
        metas.written_before(taker)
    worker.close()
    queue.run()

    view = queue.engine.task(72, submitted.task_id)
    assert (view.node, view.data["__queue_task_id__"]) == ("done", ids[:2])
    assert queue.engine.task(70, ids[2]).node == "held"

"""max_threads, rate and queue_limit, over several workers and convs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.app import Engine
from engine.config import Settings
from engine.errors import QueueFull, TooManyPartitions
from engine.worker import batches
from tests.running.conftest import Lab
from tests.waiting import PATIENCE_S, eventually
from tests.workers import working

CALLS = """
    process: Calls
    id: {id}
    {limits}
    nodes:
      start: {{go: call}}
      call: {{api_call: {{method: GET, url: "{url}", {node}}}, error: failed, go: done}}
      done: {{end: success}}
      failed: {{end: error}}
    """


class Host:
    """A server that notes how many requests it has at once, and when they came; it answers while `open`."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/")
        self.open = threading.Event()
        self.open.set()
        self.most = 0
        self.times: list[float] = []
        self._now = 0
        self._lock = threading.Lock()
        server.expect_request("/").respond_with_handler(self._answer)

    def _answer(self, _: Request) -> Response:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            self.times.append(time.monotonic())
        self.open.wait(PATIENCE_S)
        with self._lock:
            self._now -= 1
        return Response("{}", content_type="application/json")


@pytest.fixture
def host(make_httpserver: HTTPServer) -> Host:
    return Host(make_httpserver)


@pytest.fixture(scope="session")
def make_httpserver() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield server


@pytest.fixture(autouse=True)
def _cleared(make_httpserver: HTTPServer) -> Iterator[None]:
    yield
    make_httpserver.clear()


@contextmanager
def workers(settings: Settings, count: int) -> Iterator[None]:
    """So many workers, each with a connection of its own as on a machine of its own."""
    with ExitStack() as running:
        for _ in range(count):
            running.enter_context(working(running.enter_context(Engine.open(settings))))
        yield


def ended(lab: Lab, conv: int) -> int:
    return sum(node.now for node in lab.engine.show(conv).nodes if node.name == "done")


@pytest.mark.parametrize(
    ("limits", "node"), [("", "max_threads: 3"), ("max_threads: 3", "max_threads: 50")], ids=["node", "process"]
)
def test_max_threads_holds_across_workers(lab: Lab, settings: Settings, host: Host, limits: str, node: str) -> None:
    lab.deploy(CALLS.format(id=1, url=host.url, limits=limits, node=node))
    lab.engine.submit_many(1, [(None, {})] * 20)
    host.open.clear()

    with workers(settings, 3):
        eventually(lambda: host.most >= 3)
        host.open.set()
        eventually(lambda: ended(lab, 1) == 20)

    assert host.most == 3


@pytest.mark.parametrize(("limits", "node"), [("", "rate: 20/s"), ("rate: 20/s", "")], ids=["node", "process"])
def test_a_rate_holds_across_workers(lab: Lab, settings: Settings, host: Host, limits: str, node: str) -> None:
    lab.deploy(CALLS.format(id=1, url=host.url, limits=limits, node=node))
    lab.engine.submit_many(1, [(None, {})] * 30)

    with workers(settings, 3):
        eventually(lambda: ended(lab, 1) == 30)

    # 29 intervals of 50 ms, less what may come early, and less what the way from the store to the host takes.
    assert host.times[-1] - host.times[0] > 1.2


def test_a_slow_host_does_not_hold_the_calls_of_another_process(lab: Lab, settings: Settings, host: Host) -> None:
    with HTTPServer(host="127.0.0.1", threaded=True) as quick:
        quick.expect_request("/").respond_with_json({})
        lab.deploy(
            CALLS.format(id=1, url=host.url, limits="", node="max_threads: 5"),
            CALLS.format(id=2, url=quick.url_for("/"), limits="", node="").replace("process: Calls", "process: Quick"),
        )
        host.open.clear()
        lab.engine.submit_many(1, [(None, {})] * 50)
        with workers(settings, 1):
            eventually(lambda: host.most == 5)
            lab.engine.submit_many(2, [(None, {})] * 20)
            eventually(lambda: ended(lab, 2) == 20)
            assert ended(lab, 1) == 0
            host.open.set()
            eventually(lambda: ended(lab, 1) == 50)


def test_a_process_with_much_to_do_does_not_starve_another(lab: Lab, settings: Settings) -> None:
    simple = "process: P{id}\nid: {id}\nnodes:\n  start: {{go: done}}\n  done: {{end: success}}\n"
    lab.deploy(simple.format(id=1), simple.format(id=2))
    lab.engine.submit_many(1, [(None, {})] * 30_000)
    lab.engine.submit_many(2, [(None, {})] * 100)

    with workers(settings, 1):
        eventually(lambda: ended(lab, 2) == 100)
        left = 30_000 - ended(lab, 1)

    assert left > 15_000


def test_long_runs_are_committed_before_the_whole_batch_has_run(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_S", 0.0)  # every run is a long one
    simple = "process: P{id}\nid: {id}\nnodes:\n  start: {{go: done}}\n  done: {{end: success}}\n"
    lab.deploy(simple.format(id=1), simple.format(id=2))
    lab.engine.submit_many(1, [(None, {})] * 60)
    quick = lab.engine.submit(2, {})
    worker = lab.engine.worker()

    while lab.engine.task(2, quick.task_id).node != "done":
        worker.round(0.0)
    assert ended(lab, 1) < 30
    assert worker.run_until_idle(time.monotonic() + PATIENCE_S, lambda: False)
    assert ended(lab, 1) == 60


def test_a_full_queue_refuses_and_recovers_by_itself(lab: Lab) -> None:
    lab.deploy("process: P\nid: 1\nqueue_limit: 10\nnodes: {start: {go: done}, done: {end: success}}\n")
    lab.engine.submit_many(1, [(None, {})] * 10)

    with pytest.raises(QueueFull, match=r'"P" has as many tasks waiting for a worker as its queue_limit allows'):
        lab.engine.submit(1, {}, ref="refused")

    lab.run()
    assert ended(lab, 1) == 10
    assert lab.submit(1, ref="refused").node == "done"


@pytest.mark.parametrize(
    ("limits", "node", "why"),
    [
        ("", "rate: 3/s", r'1 at most: the rate of node "call" is exact'),
        ("rate: 3/s", "", "1 at most: its rate is exact"),
        ("", "max_threads: 2", r'2 at most: node "call" has max_threads: 2, shared'),
        ("max_threads: 3", "", "3 at most: its max_threads: 3 is shared"),
    ],
)
def test_a_conv_of_many_partitions_takes_no_limit_that_they_cannot_share(
    settings: Settings, lab: Lab, limits: str, node: str, why: str
) -> None:
    with Engine.open(replace(settings, partitions=4)) as engine:
        many = Lab(engine, lab.folder)
        many.deploy(CALLS.format(id=1, url="http://127.0.0.1/", limits="", node=""))
        assert len(engine.current.partitions(1)) == 4
        with pytest.raises(TooManyPartitions, match=f"cannot have 4 partitions, {why}"):
            many.deploy(CALLS.format(id=1, url="http://127.0.0.1/", limits=limits, node=node))


def test_a_new_conv_gets_no_more_partitions_than_its_limits_allow(settings: Settings, lab: Lab) -> None:
    with Engine.open(replace(settings, partitions=4)) as engine:
        many = Lab(engine, lab.folder)
        many.deploy(CALLS.format(id=1, url="http://127.0.0.1/", limits="", node="max_threads: 2"))
        many.deploy(CALLS.format(id=2, url="http://127.0.0.1/", limits="rate: 3/s", node=""))
        many.deploy(CALLS.format(id=3, url="http://127.0.0.1/", limits="rate: 3/s\n    approximate: true", node=""))
        assert [len(engine.current.partitions(conv)) for conv in (1, 2, 3)] == [2, 1, 4]


def test_the_partitions_share_what_may_be_under_way_and_leave_nothing_over(
    settings: Settings, lab: Lab, host: Host
) -> None:
    with Engine.open(replace(settings, partitions=3)) as engine:
        many = Lab(engine, lab.folder)
        many.deploy(CALLS.format(id=1, url=host.url, limits="", node="max_threads: 5"))
        by_partition: dict[int, list[str]] = {0: [], 1: [], 2: []}
        for ref in map(str, range(1000)):
            refs = by_partition[engine.current.partition(1, ref).number]
            if len(refs) < 5:
                refs.append(ref)
        engine.submit_many(1, [(ref, {}) for refs in by_partition.values() for ref in refs])
        host.open.clear()

        with workers(settings, 1):
            eventually(lambda: host.most >= 5)
            host.open.set()
            eventually(lambda: ended(many, 1) == 15)

    assert host.most == 5

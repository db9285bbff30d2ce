"""A worker that stops leaves nothing behind: what it holds is ended or given back, and idle is what is idle."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.app import Engine
from engine.config import Settings
from engine.store import calls
from engine.store.call import Partition
from engine.worker import worker as worker_module
from engine.worker.outcalls import Answer
from engine.worker.run import Run
from engine.worker.runner import Runner
from tests.running.conftest import Lab
from tests.waiting import PATIENCE_S, eventually

CALLS = """
    process: Calls
    id: 1
    nodes:
      start: {go: call}
      call: {api_call: {method: POST, url: "%s", data: {ref: "{{root.ref}}"}}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """
PLAIN = "process: Plain\nid: 2\nnodes:\n  start: {go: done}\n  done: {end: success}\n"


class SlowHost:
    """Answers when it is `open`; `came` are the refs of the tasks that called."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/")
        self.open = threading.Event()
        self.came: list[str] = []
        server.expect_request("/").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.came.append(request.get_json()["ref"])
        self.open.wait(PATIENCE_S)
        return Response("{}", content_type="application/json")


@pytest.fixture
def host() -> Iterator[SlowHost]:
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        slow = SlowHost(server)
        yield slow
        slow.open.set()


def places(lab: Lab, refs: list[str]) -> set[str]:
    return {lab.engine.task(1, ref).place for ref in refs}


def leases(lab: Lab) -> int:
    return sum(lab.engine.store.one(calls.stats(Partition(conv, 0))).leases for conv in (1, 2))


def soon(do: Callable[[], None], when: Callable[[], bool]) -> threading.Thread:
    """Do something as soon as something is so, in a thread."""

    def run() -> None:
        eventually(when)
        do()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_the_calls_of_other_tasks_are_ended_before_the_one_that_waited_returns(lab: Lab, host: SlowHost) -> None:
    lab.deploy(CALLS % host.url, PLAIN)
    refs = [lab.engine.submit(1, {}, ref=f"call {n}").ref for n in range(3)]
    mine = lab.engine.submit(2, {})
    opened = soon(host.open.set, lambda: len(host.came) == 3)

    assert lab.engine.run_until_idle(20, until=mine)

    opened.join()
    assert places(lab, refs) == {"final"}
    assert leases(lab) == 0
    lab.run()
    assert sorted(host.came) == refs, "each called once"


def test_calls_that_take_too_long_are_given_back(lab: Lab, host: SlowHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "STOP_S", 0.2)
    lab.deploy(CALLS % host.url, PLAIN)
    refs = [lab.engine.submit(1, {}, ref=f"call {n}").ref for n in range(3)]
    mine = lab.engine.submit(2, {})

    assert lab.engine.run_until_idle(20, until=mine)

    assert places(lab, refs) == {"ready"}
    assert leases(lab) == 0
    host.open.set()
    lab.run()
    assert places(lab, refs) == {"final"}


def test_nothing_is_idle_while_own_calls_hang_and_at_the_deadline_they_are_given_back(lab: Lab, host: SlowHost) -> None:
    lab.deploy(CALLS % host.url, PLAIN)
    refs = [lab.engine.submit(1, {}, ref=f"call {n}").ref for n in range(3)]

    assert not lab.engine.run_until_idle(0.5)

    assert places(lab, refs) == {"ready"}
    assert leases(lab) == 0


def test_what_a_dead_worker_held_is_waited_for(lab: Lab, settings: Settings) -> None:
    lab.deploy(PLAIN)
    task = lab.engine.submit(2, {})
    assert lab.engine.store.one(calls.claim(Partition(2, 0), "run", 1, "dead", 400)).tasks

    assert lab.engine.run_until_idle(PATIENCE_S)

    assert lab.engine.task(2, task.task_id).place == "final"


def test_what_another_worker_holds_is_not_idle(lab: Lab) -> None:
    lab.deploy(PLAIN)
    lab.engine.submit(2, {})
    assert lab.engine.store.one(calls.claim(Partition(2, 0), "run", 1, "other", 60_000)).tasks

    assert not lab.engine.run_until_idle(0.3)


def test_partitions_with_nothing_to_do_are_looked_into_together(lab: Lab) -> None:
    lab.deploy(
        *(f"process: P{n}\nid: {n}\nnodes: {{start: {{go: done}}, done: {{end: success}}}}" for n in range(1, 65))
    )
    worker = lab.engine.worker()

    assert worker.run_until_idle(time.monotonic() + PATIENCE_S, lambda: False)

    assert worker.round_trips < 10


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_exception_leaves_nothing_lent(lab: Lab, host: SlowHost, error: type[BaseException]) -> None:
    lab.deploy(CALLS % host.url, PLAIN)
    refs = [lab.engine.submit(1, {}, ref=f"call {n}").ref for n in range(3)]
    worker = lab.engine.worker()

    def until() -> bool:
        if len(host.came) == 3:
            raise error
        return False

    with pytest.raises(error):
        worker.run_until_idle(time.monotonic() + PATIENCE_S, until)

    assert places(lab, refs) == {"ready"}
    assert leases(lab) == 0
    host.open.set()
    assert worker.run_until_idle(time.monotonic() + PATIENCE_S, lambda: False)
    assert places(lab, refs) == {"final"}


def test_an_interrupt_in_the_middle_of_a_batch_leaves_nothing_lent_and_nothing_half_done(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.deploy(
        """
        process: Sends
        id: 1
        nodes:
          start: {go: add}
          add: {sum: {total: 1}, go: send}
          send: {copy_task: {conv: 2, data: {}}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """,
        PLAIN,
    )
    lab.engine.submit_many(1, [(None, {})] * 20)
    advance = Runner.advance
    left = iter(range(12))

    def interrupted(self: Runner, run: Run) -> None:
        advance(self, run)
        if next(left, None) == 10:
            raise KeyboardInterrupt

    monkeypatch.setattr(Runner, "advance", interrupted)

    with pytest.raises(KeyboardInterrupt):
        lab.engine.run_until_idle(PATIENCE_S)

    assert leases(lab) == 0
    lab.run()
    assert {node.name: node.now for node in lab.engine.show(1).nodes if node.now} == {"done": 20}
    assert {node.name: node.now for node in lab.engine.show(2).nodes if node.now} == {"done": 20}
    assert lab.engine.evaluate("{{conv[1].node[add].total}}") == (20, False)


def test_a_worker_that_fails_gives_back_what_it_holds(settings: Settings, lab: Lab, host: SlowHost) -> None:
    lab.deploy(CALLS % host.url, PLAIN)
    refs = [lab.engine.submit(1, {}, ref=f"call {n}").ref for n in range(3)]
    with Engine.open(replace(settings)) as engine:
        worker = engine.worker()
        failed: list[BaseException] = []

        def run() -> None:
            try:
                worker.run()
            except BaseException as error:  # noqa: BLE001 - it is what the test is about
                failed.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        eventually(lambda: len(host.came) == 3)
        worker.inbox.put(Answer(None, None))  # type: ignore[arg-type]
        thread.join(PATIENCE_S)

    assert [type(error) for error in failed] == [AttributeError]
    assert places(lab, refs) == {"ready"}
    assert leases(lab) == 0

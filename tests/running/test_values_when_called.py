"""A request is made when its call may begin, from what is stored then; a stored one is repeated as it is."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import redis
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.app import Engine
from engine.config import Settings
from engine.store import calls
from engine.store.call import Partition
from engine.store.records import Claimed, Outcome
from engine.worker import Worker
from tests.running.conftest import Lab
from tests.running.test_limits import workers
from tests.waiting import PATIENCE_S, eventually

TOKENS = "diagram: Tokens\nid: 9\nnodes:\n  start: {go: open}\n  open: {set_state: {}}\n"
P = Partition(1, 0)
TOKEN = "{{conv[9].ref[token].token}}"


def calls_out(url: str, limits: str) -> str:
    return f"""
    process: Calls
    id: 1
    nodes:
      start: {{go: call}}
      call:
        api_call:
          method: POST
          url: "{url}"
          headers: {{X-Token: "{TOKEN}"}}
          data: {{token: "{TOKEN}", at: "$.unixtime()"}}
          {limits}
        error: failed
        go: done
      done: {{end: success}}
      failed: {{end: error}}
    """


class Host:
    """Keeps every request; `answered` is called with their number before each is answered."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/")
        self.requests: list[Request] = []
        self.bodies: list[dict[str, Any]] = []
        self.answered: Callable[[int], object] = lambda number: None
        server.expect_request("/").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        body = request.get_json()
        self.bodies.append(body)
        self.requests.append(request)
        self.answered(len(self.bodies))
        return Response("{}", content_type="application/json")

    @property
    def tokens(self) -> list[Any]:
        return [body["token"] for body in self.bodies]


@pytest.fixture
def host() -> Iterator[Host]:
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield Host(server)


@pytest.fixture
def other(settings: Settings) -> Iterator[Engine]:
    """An engine for the host's own threads."""
    with Engine.open(settings) as engine:
        yield engine


def set_token(engine: Engine, token: Any) -> None:
    """Modify the token; returns when a worker has merged it."""
    engine.modify(9, "token", {"token": token})
    eventually(lambda: engine.task(9, "token").data["token"] == token)


def ended(engine: Engine, node: str = "done") -> int:
    return sum(found.now for found in engine.show(1).nodes if found.name == node)


def test_calls_that_wait_for_a_slot_carry_the_token_of_their_own_moment(
    lab: Lab, settings: Settings, host: Host, other: Engine
) -> None:
    lab.deploy(TOKENS, calls_out(host.url, "max_threads: 1"))
    lab.submit(9, {"token": 0}, ref="token")
    host.answered = lambda number: set_token(other, number)
    lab.engine.submit_many(1, [(None, {})] * 12)

    with workers(settings, 2):
        eventually(lambda: ended(lab.engine) == 12)

    assert host.tokens == list(range(12))
    assert [request.headers["X-Token"] for request in host.requests] == [str(n) for n in range(12)]


def test_calls_that_wait_for_a_rate_carry_token_and_time_of_their_own_moment(
    lab: Lab, settings: Settings, host: Host, other: Engine
) -> None:
    lab.deploy(TOKENS, calls_out(host.url, "rate: 5/s"))
    lab.submit(9, {"token": "old"}, ref="token")
    lab.engine.submit_many(1, [(None, {})] * 20)
    changed = threading.Event()

    def change(number: int) -> None:
        if number == 8:
            set_token(other, "new")
            changed.set()

    host.answered = change
    with workers(settings, 2):
        eventually(lambda: ended(lab.engine) == 20)

    assert changed.is_set()
    assert host.tokens[:8] == ["old"] * 8
    assert host.tokens[-5:] == ["new"] * 5
    times = [body["at"] for body in host.bodies]
    assert len(set(times)) > 1, "20 calls at 5/s take more than a second"


@pytest.mark.parametrize("what", ["held", "no free thread"])
def test_a_task_that_waits_has_no_request(lab: Lab, settings: Settings, host: Host, what: str) -> None:
    lab.deploy(TOKENS, calls_out(host.url, "max_threads: 1" if what == "held" else "max_threads: 50"))
    lab.submit(9, {"token": "x"}, ref="token")
    open_ = threading.Event()
    host.answered = lambda number: open_.wait(PATIENCE_S)
    lab.engine.submit_many(1, [(None, {})] * 3)

    with workers(settings if what == "held" else replace(settings, threads=1), 1):
        eventually(lambda: len(host.bodies) == 1 and lab.engine.store.one(calls.stats(P)).lanes.get("2") == 2)
        records: list[Any] = [lab.engine.store.client.hgetall(key) for key in task_keys(lab.engine)]
        open_.set()
        eventually(lambda: ended(lab.engine) == 3)

    stored = sorted((record[b"p"].decode(), b"q" in record) for record in records)
    assert stored == [("calling", True), ("ready", False), ("ready", False)]


def task_keys(engine: Engine) -> list[bytes]:
    return [key for page in engine.store.scan(P) for key in page]


def test_a_template_that_fails_when_the_slot_is_had_takes_the_error_route_and_frees_the_slot(
    lab: Lab, settings: Settings, host: Host, other: Engine
) -> None:
    lab.deploy(TOKENS, calls_out(host.url, "max_threads: 1"))
    lab.submit(9, {"token": "x"}, ref="token")
    first = threading.Event()

    def withdraw(number: int) -> None:
        if number == 1:
            first.wait(PATIENCE_S)
            other.delete(9, "token")

    host.answered = withdraw
    lab.engine.submit_many(1, [(None, {})] * 5)
    with workers(settings, 1):
        eventually(lambda: lab.engine.store.one(calls.stats(P)).lanes.get("2") == 4)
        first.set()
        eventually(lambda: (ended(lab.engine), ended(lab.engine, "failed")) == (1, 4))
        lab.engine.submit(9, {"token": "y"}, ref="token")
        eventually(lambda: lab.engine.task(9, "token").place == "parked")
        lab.engine.submit_many(1, [(None, {})] * 3)
        eventually(lambda: ended(lab.engine) == 4)

    assert host.tokens == ["x", "y", "y", "y"]
    assert "missing_reference" in lab.engine.archive(1, "failed")[0].note
    assert lab.engine.audit().findings == []


def claim_to_call(lab: Lab, lease_ms: int = 300) -> Claimed:
    """As a worker does that dies before it says more."""
    limits = lab.engine.current.call_limits(P, lab.engine.current.program(1).steps["call"])
    [lent] = lab.engine.store.one(calls.claim(P, "2", 1, "dead", lease_ms, True, 5, limits)).tasks
    return lent


def in_lane(lab: Lab, request: bytes = b"") -> str:
    """A task that waits in its node's lane, perhaps with a request that an earlier worker sent."""
    task_id = lab.engine.submit(1, {}).task_id
    [lent] = lab.engine.store.one(calls.claim(P, "run", 1, "T", 60_000)).tasks
    outcome = Outcome(task_id, "2", "ready", 2, None, lent.meta, 0, lane="2", request=request)
    lab.engine.store.one(calls.commit(P, "T", [[("1", 0, 1), ("2", 1, 0)]], [outcome], 60_000))
    return task_id


def test_calling_without_a_request_after_a_crash_is_made_from_what_is_stored_then(
    lab: Lab, settings: Settings, host: Host
) -> None:
    lab.deploy(TOKENS, calls_out(host.url, "max_threads: 1"))
    lab.submit(9, {"token": "old"}, ref="token")
    task_id = in_lane(lab)
    claim_to_call(lab)
    lab.engine.modify(9, "token", {"token": "new"})

    with workers(settings, 1):
        eventually(lambda: lab.engine.task(1, task_id).place == "final")

    assert host.tokens == ["new"]
    assert lab.engine.audit().findings == []


def test_a_stored_request_is_repeated_as_it_is_under_its_key(lab: Lab, settings: Settings, host: Host) -> None:
    lab.deploy(TOKENS, calls_out(host.url, "max_threads: 1"))
    lab.submit(9, {"token": "old"}, ref="token")
    task_id = in_lane(lab)
    stop = threading.Event()
    host.answered = lambda number: stop.wait(PATIENCE_S)
    worker = Worker(lab.engine.store, replace(settings, lease_ms=300))
    while not host.bodies:  # then it is heard of no more
        worker.round(0.01)
    stop.set()
    lab.engine.modify(9, "token", {"token": "new"})

    with workers(settings, 1):
        eventually(lambda: lab.engine.task(1, task_id).place == "final")

    assert host.tokens == ["old", "old"]
    keys = {request.headers["Idempotency-Key"] for request in host.requests}
    assert keys == {f"{task_id}:2:2"}
    assert host.bodies[0] == host.bodies[1]


def test_a_request_in_a_lane_is_that_of_a_call_given_back(lab: Lab, settings: Settings, host: Host) -> None:
    """Calls that are given back twice: what was perhaps sent stays as it is."""
    lab.deploy(TOKENS, calls_out(host.url, "max_threads: 1"))
    lab.submit(9, {"token": "old"}, ref="token")
    task_id = lab.engine.submit(1, {}).task_id
    shut = threading.Event()
    host.answered = lambda number: shut.wait(PATIENCE_S)

    for number, token in enumerate(("new", "newer"), 1):

        def stop(number: int = number) -> bool:
            if len(host.bodies) == number:
                raise InterruptedError
            return False

        with pytest.raises(InterruptedError):
            lab.engine.worker().run_until_idle(time.monotonic() + PATIENCE_S, stop)
        assert lab.engine.task(1, task_id).place == "ready"
        lab.engine.modify(9, "token", {"token": token})
    shut.set()
    lab.run()

    assert host.tokens == ["old"] * 3
    assert lab.engine.task(1, task_id).place == "final"
    assert {request.headers["Idempotency-Key"] for request in host.requests} == {f"{task_id}:2:2"}


def test_the_error_route_of_a_held_call_keeps_to_the_limits_of_the_node_it_leads_to(
    lab: Lab, settings: Settings, host: Host
) -> None:
    """A task has its slot in one node only."""
    lab.deploy(
        f"""
        process: Calls
        id: 1
        nodes:
          start: {{go: call}}
          call:
            api_call: {{method: POST, url: "{host.url}", data: {{token: "{{{{nothing}}}}"}}, max_threads: 20}}
            error: tell
            go: done
          tell:
            api_call: {{method: POST, url: "{host.url}", data: {{token: 1}}, max_threads: 2}}
            go: done
          done: {{end: success}}
        """
    )
    most = [0, 0]
    lock = threading.Lock()

    def count(_: int) -> None:
        with lock:
            most[0] += 1
            most[1] = max(most)
        threading.Event().wait(0.02)
        with lock:
            most[0] -= 1

    host.answered = count
    lab.engine.submit_many(1, [(None, {})] * 30)

    with workers(settings, 2):
        eventually(lambda: ended(lab.engine) == 30)

    assert most[1] <= 2


OUTSIDE = {
    "api_call": "api_call: {method: GET, url: 'http://127.0.0.1:9/', max_threads: 1}",
    "code": "code: {src: 'data.x = 1', max_threads: 1}",
    "database_call": "database_call: {instance: shop, query: 'SELECT 1', max_threads: 1}",
    "git_call": "git_call: {lang: python, code: 'def main(data): return data', max_threads: 1}",
}


@pytest.mark.parametrize("node", OUTSIDE)
def test_whatever_reaches_outside_is_made_when_its_slot_is_had(lab: Lab, node: str) -> None:
    (lab.folder / "instances.yaml").write_text('shop: {url: "sqlite:///shop.db"}\n')
    lab.deploy(
        f"""
        process: Calls
        id: 1
        nodes:
          start: {{go: call}}
          call: {{{OUTSIDE[node]}, error: failed, go: done}}
          done: {{end: success}}
          failed: {{end: error}}
        """
    )
    in_lane(lab)
    claim_to_call(lab, lease_ms=60_000)
    waits = lab.engine.submit(1, {})

    assert not lab.engine.run_until_idle(0.3), "another worker has the slot"

    record: Any = lab.engine.store.client.hgetall(f"{{{lab.engine.store.namespace}:1.0}} t:{waits.task_id}")
    assert (record[b"p"], record[b"l"], b"q" in record) == (b"ready", b"2", False)
    assert "max_threads and rate" in lab.engine.why(1, waits.task_id).reason


def test_scripts_too_have_their_values_when_they_run(lab: Lab, settings: Settings) -> None:
    lab.deploy(
        """
        process: Calls
        id: 1
        nodes:
          start: {go: call}
          call: {code: {src: "data.ran = 1;", max_threads: 1}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """
    )
    lab.engine.submit_many(1, [(None, {"n": n}) for n in range(20)])

    with workers(settings, 2):
        eventually(lambda: ended(lab.engine) == 20)

    assert {json.dumps(view.data["ran"]) for view in lab.engine.archive(1, "done")} == {"1"}
    assert lab.engine.audit().findings == []


def test_slots_never_leak(lab: Lab, settings: Settings, host: Host, redis_client: redis.Redis) -> None:
    """Cancelled, timed out, deleted and failed on the way: at the end no slot is taken."""
    lab.deploy(
        TOKENS,
        calls_out(host.url, "max_threads: 2").replace(
            "error: failed", "error: failed\n        time_limit: {after: 1s, go: failed}"
        ),
    )
    lab.submit(9, {"token": "x"}, ref="token")
    shut = threading.Event()
    host.answered = lambda number: shut.wait(1.2)
    tasks = lab.engine.submit_many(1, [(None, {})] * 20)

    with workers(replace(settings, threads=3), 2):
        eventually(lambda: len(host.bodies) >= 2)
        for task in tasks[:5]:
            lab.engine.cancel(1, task.task_id)
        for task in tasks[5:8]:
            lab.engine.delete(1, task.task_id)
        eventually(lambda: lab.engine.show(1).living == 0)
        shut.set()
        last = lab.engine.submit(1, {})
        eventually(lambda: lab.engine.task(1, last.task_id).node == "done")

    assert lab.engine.audit().findings == []
    assert redis_client.exists(f"{{{settings.namespace}:1.0}} at:2") == 0

"""Whatever stands in the store costs the task that it belongs to, and no other."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
import redis
from pytest_httpserver import HTTPServer

from engine.app import Engine
from engine.config import Settings
from engine.errors import DefinitionError, NotFound, Rejected, StoreError, UnknownConv
from engine.store import calls
from engine.store.call import Partition
from engine.store.records import Effect, Outcome
from engine.views import TaskView
from tests.running.conftest import Lab
from tests.waiting import PATIENCE_S, eventually
from tests.workers import working

PLAIN = "process: P\nid: 1\nnodes:\n  start: {go: done}\n  done: {end: success}\n"
STATE = """
    diagram: S
    id: 2
    nodes:
      start: {go: open}
      open:
        set_state: {}
        condition: [{if: {stop: 1}, go: done}]
      done: {end: success}
    """
CALL = """
    process: C
    id: 3
    nodes:
      start: {go: call}
      call: {api_call: {method: GET, url: "%s"}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """
READER = """
    process: R
    id: 4
    nodes:
      start: {go: look}
      look: {set_parameters: {x: "{{conv[2].ref[s].x | default(1)}}"}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """
COPY = """
    process: K
    id: 5
    nodes:
      start: {go: copy}
      copy: {copy_task: {conv: 1, data: {x: 1}}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """


class Records:
    """The records of a store, to write into them by hand."""

    def __init__(self, client: redis.Redis, namespace: str) -> None:
        self.client = client
        self.namespace = namespace

    def key(self, conv: int, name: str) -> str:
        return f"{{{self.namespace}:{conv}.0}} {name}"

    def set(self, conv: int, task_id: str, field: str, value: bytes | str) -> None:
        assert self.client.hset(self.key(conv, f"t:{task_id}"), field, value) in (0, 1)


@pytest.fixture
def records(redis_client: redis.Redis, namespace: str) -> Records:
    return Records(redis_client, namespace)


def audited(engine: Engine) -> list[Any]:
    return engine.audit().findings


def now_in(lab: Lab, conv: int, node: str) -> int:
    return sum(found.now for found in lab.engine.show(conv).nodes if found.name == node)


def aside(lab: Lab, conv: int, task_id: str, why: str) -> TaskView:
    view = lab.engine.task(conv, task_id)
    assert (view.place, why in view.note) == ("aside", True), view
    assert why in lab.engine.why(conv, task_id).reason
    return view


WRONG = [
    ("d", b"{", "its data cannot be read: Input data was truncated"),
    ("d", b"[1, 2]", "its data cannot be read: Expected `object`, got `array`"),
    ("d", b'{"a": "\xff"}', "its data cannot be read"),
    ("d", b'{"a": ' * 20_000 + b"1" + b"}" * 20_000, "its data cannot be read"),
    ("m", b"", "its meta cannot be read"),
    ("m", b'{"hops": "many"}', "its meta cannot be read: Expected `int`, got `str` - at `$.hops`"),
    ("m", b'{"part": -9}', "its record cannot be read"),
    ("e", b"timeout", "its event cannot be read"),
    ("e", b'{"type": 1}', "its event cannot be read"),
    ("v", b"once", "its record cannot be read"),
    ("c", b"then", "its record cannot be read"),
    ("n", b"\xff", "its record cannot be read"),
]


@pytest.mark.parametrize(("field", "value", "why"), WRONG, ids=[f"{field} {value[:12]!r}" for field, value, _ in WRONG])
def test_a_record_that_cannot_be_read_costs_its_task_and_no_other(
    lab: Lab, records: Records, field: str, value: bytes, why: str
) -> None:
    lab.deploy(PLAIN)
    tasks = lab.engine.submit_many(1, [(None, {"n": n}) for n in range(100)])
    bad = tasks[50].task_id
    was = records.client.hget(records.key(1, f"t:{bad}"), field)
    records.set(1, bad, field, value)

    lab.run()

    assert now_in(lab, 1, "done") == 99
    aside(lab, 1, bad, why)
    assert [finding.what for finding in audited(lab.engine)] == (["count"] * 2 if field == "n" else [])
    if was is None:
        records.client.hdel(records.key(1, f"t:{bad}"), field)
    else:
        records.set(1, bad, field, was)
    lab.engine.retry(1, bad)
    lab.run()
    assert lab.engine.task(1, bad).node == "done"


def test_an_unreadable_task_can_be_looked_at_before_it_runs_and_deleted_after(lab: Lab, records: Records) -> None:
    lab.deploy(STATE)
    good = lab.submit(2, {"x": 1}, ref="good")
    bad = lab.submit(2, {"x": "a secret, who knows"}, ref="bad")
    records.set(2, bad.task_id, "m", b"{")

    view = lab.engine.task(2, "bad")

    assert (view.place, view.data, view.path) == ("parked", {}, ())
    assert "its meta cannot be read" in view.note
    assert "once its record is mended" in lab.engine.why(2, "bad").releases
    assert {seen.task_id for seen in lab.engine.archive(2, "open")} == {good.task_id, bad.task_id}
    lab.modify(2, "bad", {"x": 2})
    aside(lab, 2, "bad", "its meta cannot be read")
    assert lab.engine.delete(2, "bad") == "ok"
    with pytest.raises(NotFound):
        lab.engine.task(2, "bad")
    assert audited(lab.engine) == []


HEAD = b"modify 0 0 - 0 e1\n"


@pytest.mark.parametrize("mail", [b"nothing", HEAD + b"nothing", HEAD + b"\x92\xc4\x01{\xc4\x00"])
def test_mail_that_cannot_be_read_costs_its_task_and_no_other(lab: Lab, records: Records, mail: bytes) -> None:
    lab.deploy(STATE)
    states = [lab.submit(2, {}, ref=f"s{n}") for n in range(3)]
    records.client.rpush(records.key(2, f"mail:{states[1].task_id}"), mail)

    for view in states:
        lab.engine.modify(2, view.ref, {"stop": 1})
    lab.run()

    assert now_in(lab, 2, "done") == 2
    aside(lab, 2, "s1", "cannot be read")
    assert audited(lab.engine) == []
    records.client.lpop(records.key(2, f"mail:{states[1].task_id}"))
    lab.engine.retry(2, "s1")
    lab.run()
    assert lab.engine.task(2, "s1").node == "done", "what came besides was kept"


def test_a_stored_request_that_cannot_be_read_is_never_sent(lab: Lab, records: Records, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_json({})
    lab.deploy(CALL % httpserver.url_for("/"))
    bad, good = lab.engine.submit(3, {}).task_id, lab.engine.submit(3, {}).task_id
    call = lab.engine.current.program(3).steps["call"].id
    # As a worker leaves it that died while it called.
    records.set(3, bad, "q", b'{"fields": 1}')
    records.set(3, bad, "n", call.encode())
    for change, node in ((-1, "1"), (1, call)):
        records.client.hincrby(records.key(3, "cnt"), f"{node}.i", change)

    lab.run()

    assert now_in(lab, 3, "done") == 1
    assert lab.engine.task(3, good).node == "done"
    aside(lab, 3, bad, "its stored request cannot be read")
    assert len(httpserver.log) == 1
    assert audited(lab.engine) == []
    lab.engine.retry(3, bad)
    lab.run()
    assert lab.engine.task(3, bad).node == "done"


def test_fields_that_an_older_worker_does_not_know_and_nodes_that_are_gone(lab: Lab, records: Records) -> None:
    lab.deploy(PLAIN)
    newer, gone = lab.engine.submit(1, {}).task_id, lab.engine.submit(1, {}).task_id
    records.set(1, newer, "m", b'{"unheard": [1], "hops": 1}')
    records.set(1, newer, "zz", b"1")
    records.set(1, gone, "n", b"77")

    lab.run()

    assert lab.engine.task(1, newer).node == "done"
    assert "not in the deployed definition" in lab.engine.task(1, gone).note


def test_a_reference_to_a_task_that_cannot_be_read_takes_the_error_route(lab: Lab, records: Records) -> None:
    lab.deploy(STATE, READER)
    state = lab.submit(2, {"x": 5}, ref="s")
    records.set(2, state.task_id, "d", b"[]")

    assert lab.submit(4).node == "failed"
    assert "its data cannot be read" in lab.engine.archive(4, "failed")[0].note
    records.set(2, state.task_id, "d", b'{"x": 5}')
    assert lab.submit(4).data == {"x": 5}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("create", b"nothing"),
        ("create", msgspec.msgpack.encode({"kind": "explode", "conv_id": 1})),
        ("create", msgspec.msgpack.encode({"kind": "reply", "conv_id": 1, "task_id": "x"})),
        ("refuse", b"not_found_task"),
    ],
)
def test_an_effect_that_cannot_be_read_is_set_aside_with_the_task_that_waits_for_it(
    lab: Lab, records: Records, kind: str, body: bytes
) -> None:
    lab.deploy(PLAIN, COPY)
    waits = lab.engine.submit(5, {}, ref="waits").task_id
    p = Partition(5, 0)
    node = lab.engine.current.program(5).steps["copy"].id
    [lent] = lab.engine.store.one(calls.claim(p, "run", 1, "T", 60_000)).tasks
    out = Outcome(waits, node, "sending", 2, None, lent.meta, 0, effects=(Effect("e1", 1, "no id", kind, body, True),))
    lab.engine.store.one(calls.commit(p, "T", [[("1", 0, 1), (node, 1, 0)]], [out], 60_000))
    lab.engine.submit(5, {})
    lab.engine.submit(1, {})

    lab.run()

    assert (now_in(lab, 1, "done"), now_in(lab, 5, "done")) == (2, 1)
    view = lab.engine.task(5, "waits")
    assert (view.place, "its effect e1 cannot be read" in view.note) == ("aside", True), view.note
    [late] = records.client.keys(records.key(5, "late:*").replace("{", "\\{"))
    assert "cannot be read" in str(records.client.hget(late, "y"))
    assert audited(lab.engine) == []
    lab.engine.retry(5, "waits")
    lab.run()
    assert lab.engine.task(5, "waits").node == "done"


def test_an_entry_of_the_outbox_without_its_fields_is_set_aside(lab: Lab, records: Records) -> None:
    lab.deploy(PLAIN, COPY)
    records.client.xadd(records.key(5, "out"), {"b": b"?"})
    records.client.xadd(records.key(5, "out"), {"a": str(int(time.time() * 1000)), "t": "x", "c": "many"})

    assert lab.submit(5).node == "done"

    assert records.client.xlen(records.key(5, "out")) == 0
    assert len(records.client.zrange(records.key(5, "aside"), 0, -1)) == 2


def test_a_registry_entry_that_cannot_be_read_costs_its_conv_and_no_other(
    lab: Lab, records: Records, settings: Settings
) -> None:
    lab.deploy(PLAIN, STATE)
    lab.submit(2, {}, ref="s")
    registry = f"{{{records.namespace}:reg}} convs"
    entry = records.client.hget(registry, "2")
    assert entry is not None
    records.client.hset(registry, "2", b"nothing")
    records.client.hincrby(f"{{{records.namespace}:reg}} meta", "version", 1)

    with Engine.open(settings) as engine:
        other = Lab(engine, lab.folder)
        assert other.submit(1).node == "done"
        assert [view.conv_id for view in engine.convs()] == [1]
        with pytest.raises(UnknownConv, match="what the registry says of conv 2 cannot be read"):
            engine.task(2, "s")
        with pytest.raises(Rejected, match="a backup would be without its tasks"):
            engine.backup(lab.folder / "backup")
        (lab.folder / "2.yaml").write_text(STATE.replace("open", "shut"))
        with pytest.raises(DefinitionError, match="what the registry says of conv 2 cannot be read"):
            engine.deploy([lab.folder])

    records.client.hset(registry, "2", entry)
    with Engine.open(settings) as engine:
        assert Lab(engine, lab.folder).modify(2, "s", {"stop": 1}).node == "done"


def test_a_definition_that_cannot_be_read_costs_its_conv_and_deploying_it_again_mends_it(
    lab: Lab, records: Records, settings: Settings
) -> None:
    lab.deploy(PLAIN, STATE, COPY)
    lab.submit(2, {}, ref="s")
    lab.engine.modify(2, "s", {"stop": 1})
    record = lab.engine.find(2)
    document = msgspec.json.decode(record.document)
    document["of a newer version"] = 1
    newer = msgspec.structs.replace(record, document=msgspec.json.encode(document), text_hash="other")
    version = lab.engine.registry.version()
    assert lab.engine.registry.deploy(version, [newer]) == version + 1

    with Engine.open(settings) as engine:
        other = Lab(engine, lab.folder)
        assert other.submit(5).node == "done"
        assert {view.conv_id: view.status for view in engine.convs()} == {1: "active", 2: "unreadable", 5: "active"}
        with pytest.raises(DefinitionError, match=r'the deployed definition of "S" \(2\) cannot be read here'):
            engine.task(2, "s")
        with working(engine):
            eventually(lambda: [seen.state.unknown for seen in engine.workers()])
            [seen] = engine.workers()
            assert seen.state.unknown.keys() == {2}
            assert seen.state.unknown[2] == (
                'the deployed definition of "S" (2) cannot be read here: it does not know "of a newer version"; upgrade'
                " this conv to the version that deployed it, or deploy it again from here"
            )
            other.deploy()
            eventually(lambda: engine.task(2, "s").node == "done")
            eventually(lambda: not engine.workers()[0].state.unknown)


def test_variables_that_cannot_be_read_stop_a_command_with_the_reason(
    lab: Lab, records: Records, settings: Settings
) -> None:
    lab.deploy(PLAIN)
    records.client.set(f"{{{records.namespace}:reg}} variables", b'{"x": 1}')

    with Engine.open(settings) as engine, pytest.raises(StoreError, match="cannot be read"):
        engine.convs()


def test_a_worker_goes_on_with_what_it_read_before_the_registry_could_not_be_read(lab: Lab, records: Records) -> None:
    lab.deploy(PLAIN, STATE)
    worker = lab.engine.worker()
    lab.engine.submit(2, {}, ref="s")
    records.client.hset(f"{{{records.namespace}:reg}} convs", "2", b"nothing")
    records.client.hincrby(f"{{{records.namespace}:reg}} meta", "version", 1)
    good = lab.engine.submit(1, {})

    assert worker.run_until_idle(time.monotonic() + PATIENCE_S, lambda: False)

    assert lab.engine.task(1, good.task_id).node == "done"
    assert lab.engine.task(2, "s").place == "parked"

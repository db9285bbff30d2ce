"""What callers may give: refused before anything is stored, or stored as it is; and records that cannot be read."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.app import Engine
from engine.data import DEPTH
from engine.errors import EngineError, NotFound, RefTaken, Rejected, UnknownConv, WrongData
from engine.store.ids import is_task_id
from tests.running.conftest import Lab
from tests.test_data import SCALARS, VALUES, endless, nested

KEPT = """
diagram: Kept
id: 5
params: {given: {type: object}, list: {type: array, default: []}}
nodes:
  start: {go: kept}
  kept: {set_state: {}}
"""

WAITS = """
process: Waits
id: 6
nodes:
  start: {go: wait}
  wait: {wait_for_callback: {obj_id_path: task_id}, go: done}
  done: {end: success}
"""

DOORS: dict[str, Callable[[Engine, Any], object]] = {
    "submit": lambda engine, data: engine.submit(5, data),
    "submit with a ref": lambda engine, data: engine.submit("Kept", data, ref="new"),
    "submit to a process without params": lambda engine, data: engine.submit(6, data),
    "submit_many": lambda engine, data: engine.submit_many(5, [("a", {}), ("b", data), ("c", {})]),
    "modify": lambda engine, data: engine.modify(5, "kept", data),
    "callback": lambda engine, data: engine.callback(6, "waits", data),
    "callback_in": lambda engine, data: engine.callback_in(6, "wait", data),
    "evaluate": lambda engine, data: engine.evaluate("{{a}}", data),
}


@pytest.fixture
def standing(lab: Lab) -> Lab:
    """One task in a state, and one that waits for a callback."""
    lab.deploy(KEPT, WAITS)
    lab.submit(5, {"a": 1}, ref="kept")
    lab.submit(6, {"a": 1}, ref="waits")
    return lab


def standing_tasks(lab: Lab) -> list[tuple[str, dict[str, Any]]]:
    return [
        (view.ref, view.data) for conv, node in ((5, "kept"), (6, "wait")) for view in lab.engine.archive(conv, node)
    ]


WRONG: dict[str, Any] = {
    "a list": [1, 2],
    "a text": "text",
    "null": None,
    "not a number": {"n": float("nan")},
    "infinity": {"a": [{"n": float("-inf")}]},
    "too many digits": {"n": 10**5000},
    "half a character": {"t": "\ud83d"},
    "half a character in a name": {"\ud83d": 1},
    "a number for a name": {1: 2},
    "a tuple": {"t": (1,)},
    "a date": {"t": datetime.date(2026, 1, 1)},
    "too deep": {"deep": nested(DEPTH)},
    "much too deep": {"deep": nested(50_000)},
    "endless": {"deep": endless()},
}


@pytest.mark.parametrize(
    ("door", "wrong"),
    [(door, wrong) for door in DOORS for wrong in WRONG if (door, wrong) != ("evaluate", "null")],  # it needs no data
)
def test_what_no_task_can_have_changes_nothing(standing: Lab, door: str, wrong: str) -> None:
    before = standing_tasks(standing)

    with pytest.raises(WrongData):
        DOORS[door](standing.engine, WRONG[wrong])

    standing.run()
    assert standing_tasks(standing) == before


def test_data_may_lie_as_deep_as_the_setting_says(standing: Lab) -> None:
    deep = {"deep": nested(DEPTH - 1)}

    assert standing.submit(5, deep).data["deep"] == deep["deep"]
    assert standing.modify(5, "kept", deep).data["deep"] == deep["deep"]


def test_a_default_may_not_lie_deeper_either(lab: Lab) -> None:
    path = ".".join("abcdefghijklmnopqrstuvwxyz")
    inner = "[" * 80 + "]" * 80
    lab.deploy(f"""
        process: Deep
        id: 1
        params: {{{path}: {{type: array, default: {inner}}}}}
        nodes:
          start: {{go: done}}
          done: {{end: success}}
        """)

    with pytest.raises(WrongData, match=r"more than 100 deep in each other \(CONV_DEPTH\)"):
        lab.engine.submit(1, {})


ACTS: dict[str, Callable[[Engine, Any], object]] = {
    "task": lambda engine, ref: engine.task(5, ref),
    "why": lambda engine, ref: engine.why(5, ref),
    "modify": lambda engine, ref: engine.modify(5, ref, {"a": 1}),
    "callback": lambda engine, ref: engine.callback(5, ref, {"a": 1}),
    "cancel": lambda engine, ref: engine.cancel(5, ref),
    "retry": lambda engine, ref: engine.retry(5, ref),
    "delete": lambda engine, ref: engine.delete(5, ref),
    "archive of a node": lambda engine, node: engine.archive(5, node),
    "callback_in a node": lambda engine, node: engine.callback_in(6, node, {"task_id": "waits"}),
    "retry in a node": lambda engine, node: engine.retry(5, "kept", node),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("name", [5, b"kept", ["kept"], "\udc80", "", "x" * 300, "a\r\nb\0"], ids=ascii)
def test_a_name_that_nothing_can_have_is_the_callers_mistake(standing: Lab, act: str, name: Any) -> None:
    with pytest.raises(Rejected):
        ACTS[act](standing.engine, name)


@pytest.mark.parametrize(
    "conv", [["Kept"], None, 10**40, "9" * 5000, "\ud83d", b"Kept", -5], ids=lambda conv: type(conv).__name__
)
def test_a_conv_that_nothing_is_called_is_unknown(standing: Lab, conv: Any) -> None:
    with pytest.raises(UnknownConv):
        standing.engine.submit(conv, {})


@pytest.mark.parametrize(
    "ref", ["a\r\nb", "\0", "\n", " ", "x" * 255, "😀" * 255, "{a}", "a:b *", "\x1b[31m"], ids=ascii
)
def test_any_text_is_a_ref(standing: Lab, ref: str) -> None:
    engine = standing.engine
    view = standing.submit(5, {"a": 1}, ref=ref)
    assert engine.task(5, ref).task_id == view.task_id

    with Engine.open(engine.settings) as stale:
        assert stale.task(5, ref) == view
        engine.repartition(5, 3)
        stale.modify(5, ref, {"a": 2})  # "elsewhere" is an answer with the ref in it
    standing.run()
    assert engine.task(5, ref).data["a"] == 2
    assert ref in [found.ref for found in engine.archive(5, "kept")]
    with pytest.raises(EngineError):
        engine.submit(5, {}, ref=ref)
    assert engine.cancel(5, ref) == "ok"
    standing.run()
    assert engine.delete(5, ref) == "ok"
    with pytest.raises(NotFound):
        engine.task(5, ref)
    assert engine.audit().findings == []


@pytest.mark.parametrize("ref", [None, "mine"], ids=["its ref", "another's id"])
@pytest.mark.parametrize("key", [None, "k"], ids=["", "key"])
def test_an_id_that_was_given_before_is_a_ref_as_any_other(standing: Lab, ref: str | None, key: str | None) -> None:
    engine = standing.engine
    first = standing.submit(5, {"a": 1}, ref=ref)
    if ref is None:
        with pytest.raises(RefTaken):
            engine.submit(5, {"a": 2}, ref=first.task_id)
        engine.cancel(5, first.task_id)
        standing.run()

    second = engine.submit(5, {"a": 2}, ref=first.task_id, key=key)
    standing.run()

    assert second.task_id != first.task_id
    assert (engine.task(5, first.task_id).task_id, engine.task(5, second.task_id).data["a"]) == (second.task_id, 2)
    with pytest.raises(RefTaken):
        engine.submit(5, {"a": 3}, ref=first.task_id)
    engine.repartition(5, 3)
    assert engine.task(5, first.task_id).data["a"] == 2
    assert engine.audit().findings == []


SENDS = """
process: Sends
id: 9
nodes:
  start: {go: copy}
  copy: {copy_task: {conv: 5, ref: "{{root.ref}}", send_all: true}, error: failed, go: write}
  write:
    modify_task: {conv: 5, ref: "{{root.ref}}", wait: true, data: {written: ["{{root.ref}}"]}}
    error: failed
    go: done
  done: {end: success}
  failed: {end: error}
"""


@pytest.mark.parametrize("ref", ["a\r\nb", "\0", " \n ", "1 5 - 1 x\n", "😀" * 255], ids=ascii)
def test_any_ref_is_one_in_what_tasks_send_too(standing: Lab, ref: str) -> None:
    standing.deploy(SENDS)

    assert standing.submit(9, {"a": 1}, ref=ref).node == "done"
    assert standing.engine.task(5, ref).data["written"] == [ref]
    assert standing.engine.audit().findings == []


@settings(max_examples=60)
@given(
    tasks=st.lists(
        st.tuples(
            st.text(min_size=1, max_size=255),
            st.dictionaries(
                st.text() | st.sampled_from(["", "a.b", "{{x}}", "root", "__proto__"]),
                st.recursive(
                    st.none()
                    | st.booleans()
                    | st.integers()
                    | st.floats(allow_nan=False, allow_infinity=False)
                    | st.text(),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
                    max_leaves=12,
                ),
                max_size=5,
            ),
        ),
        max_size=5,
        unique_by=lambda task: task[0],
    )
)
def test_what_is_accepted_goes_through_the_engine_unchanged(lab: Lab, tasks: list[tuple[str, dict[str, Any]]]) -> None:
    lab.deploy(KEPT.replace("params: {given: {type: object}, list: {type: array, default: []}}", ""), SENDS)

    submitted = lab.engine.submit_many(9, tasks)
    lab.run()

    for (ref, data), task in zip(tasks, submitted, strict=True):
        assert lab.engine.task(9, task.task_id).node == "done"
        assert lab.engine.task(5, ref).data == {**data, "written": [ref]}
        assert lab.engine.delete(5, ref) == "ok"
        assert lab.engine.delete(9, task.task_id) == "ok"


@settings(max_examples=200)
@given(
    data=VALUES | st.dictionaries(st.text(), VALUES, max_size=4),
    ref=st.none() | st.text(st.characters(), max_size=260) | SCALARS,
)
def test_whatever_is_given_comes_back_equal_or_is_refused(standing: Lab, data: Any, ref: Any) -> None:
    engine = standing.engine
    try:
        submitted = engine.submit(6, data, ref=ref)
    except EngineError as error:
        error.message.encode()
    else:
        standing.run()
        view = engine.task(6, submitted.task_id)
        assert view.data == data
        assert view.ref == (submitted.task_id if ref is None else ref)
        json.dumps(view.masked().as_dict()).encode()
        if not is_task_id(view.ref):
            assert engine.why(6, view.ref).place == "waiting"
        assert engine.delete(6, submitted.task_id) == "ok"

    try:
        engine.modify(5, "kept", data)
    except EngineError as error:
        error.message.encode()
    else:
        standing.run()
        kept = engine.task(5, "kept").data
        assert {name: kept[name] for name in data} == data

    assert [view.place for view in engine.archive(6, "wait")] == ["waiting"]


# --- Records that cannot be read ------------------------------------------------------------------

BROKEN = {
    "data that is no JSON": ("d", b"{", "its data cannot be read"),
    "data that is a list": ("d", b"[1]", "its data cannot be read"),
    "data with half a character": ("d", rb'{"a": "\ud83d"}', "its data cannot be read"),
    "data that is too deep to show": ("d", b'{"a":' + b"[" * 600 + b"]" * 600 + b"}", "more than 200 deep"),
    "data that is too deep to read": ("d", b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "more than 200 deep"),
    "no data": ("d", b"", "its data cannot be read"),
    "meta that is no JSON": ("m", b"\x02", "its meta cannot be read"),
    "meta of another kind": ("m", b'{"secrets": 5}', "its meta cannot be read"),
    "a note that is no text": ("y", b"\xff", "\\xff"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_record_that_cannot_be_read_is_shown_with_the_reason(
    standing: Lab, redis_client: redis.Redis, kind: str
) -> None:
    field, content, reason = BROKEN[kind]
    engine = standing.engine
    broken = standing.submit(5, {"token": "b"}, ref="broken")
    standing.submit(5, {"token": "c"}, ref="whole")
    redis_client.hset(f"{{{engine.settings.namespace}:5.0}} t:{broken.task_id}", field, content)

    views = {view.ref: view for view in engine.archive(5, "kept")}

    assert views.keys() == {"kept", "broken", "whole"}
    assert views["whole"].data["token"] == "c"
    assert reason in views["broken"].note
    assert engine.task(5, "broken") == views["broken"]
    assert engine.why(5, "broken").place == "parked"
    for view in views.values():
        json.dumps(view.masked().as_dict())
    assert [view.living for view in engine.convs()] == [3, 1]
    engine.audit()


READS = """
process: Reads
id: 8
nodes:
  start: {go: read}
  read: {set_parameters: {got: "{{conv[5].ref[{{of}}].token}}"}, error: failed, go: done}
  done: {end: success}
  failed: {end: error}
"""


@pytest.mark.parametrize("kind", [kind for kind, (field, *_) in BROKEN.items() if field != "y" and "show" not in kind])
def test_a_record_that_cannot_be_read_costs_only_the_task_that_reads_it(
    standing: Lab, redis_client: redis.Redis, kind: str
) -> None:
    field, content, _ = BROKEN[kind]
    standing.deploy(READS)
    broken = standing.submit(5, {"token": "b"}, ref="broken")
    standing.submit(5, {"token": "c"}, ref="whole")
    redis_client.hset(f"{{{standing.engine.settings.namespace}:5.0}} t:{broken.task_id}", field, content)

    reads, other = standing.engine.submit_many(8, [(None, {"of": "broken"}), (None, {"of": "whole"})])
    standing.run()

    view = standing.engine.task(8, reads.task_id)
    assert view.node == "failed"
    assert 'the task "broken" of "Kept" cannot be read' in view.note
    assert standing.engine.task(8, other.task_id).data["got"] == "c"

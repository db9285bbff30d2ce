"""What `engine` exports: every error, whole in another process, and every public method checks what it is given."""

from __future__ import annotations

import inspect
import multiprocessing
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import engine as package
from engine import ConfigError, Engine, EngineError, Settings, StoreError, Submitted, errors
from engine.cli import status
from tests.running.conftest import Lab


def classes(kind: type[EngineError] = EngineError) -> Iterator[type[EngineError]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from classes(inner)


OWN = [kind for kind in classes() if kind.__module__ == "engine.errors"]


def made(kind: type[EngineError]) -> EngineError:
    """One of this class, with a value for each of its arguments."""
    values: dict[str, Any] = {"position": 7, "parameters": {"a": [1]}, "kind": "hardware"}
    parameters = inspect.signature(kind).parameters
    return kind(**{name: values.get(name, f"a {name}") for name in parameters})


@pytest.mark.parametrize("kind", OWN, ids=lambda kind: kind.__name__)
def test_every_error_is_exported_and_whole_after_a_journey(kind: type[EngineError]) -> None:
    assert getattr(package, kind.__name__) is kind
    error = made(kind)

    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own

    assert (type(back), str(back), back.args, vars(back)) == (kind, str(error), error.args, vars(error))


def test_every_error_class_stands_in_one_file() -> None:
    others = [kind for kind in classes() if kind.__module__.startswith("engine.") and kind not in OWN]
    assert [kind.__qualname__ for kind in others] == ["Refusal"], "template/refusal.py: its texts are made there"


@pytest.mark.parametrize("kind", OWN, ids=lambda kind: kind.__name__)
def test_every_error_has_a_code_and_statuses_that_the_readme_lists(kind: type[EngineError]) -> None:
    assert re.fullmatch(r"[a-z][a-z_]*", kind.code)
    assert kind.exit_status in {status.BROKEN, status.WRONG_USE, status.UNREACHABLE, status.NOT_FOUND}
    assert 400 <= kind.http_status < 600
    assert (kind.http_status >= 500) == (issubclass(kind, StoreError | ConfigError) or kind is EngineError)
    assert (kind.http_status == 404) == (kind.exit_status == status.NOT_FOUND)
    row = f"| `{kind.__name__}` | `{kind.code}` | {kind.exit_status} | {kind.http_status} | "
    assert row in (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def _refuse(conn: Any) -> None:
    conn.send(made(errors.LogicError))
    conn.close()


def test_an_error_comes_out_of_another_process() -> None:
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=_refuse, args=(there,))
    child.start()
    error = here.recv()
    child.join()

    assert (error.tag, error.kind, error.parameters) == ("a tag", "hardware", {"a": [1]})


def test_every_exported_name_is_there_and_described() -> None:
    for name in package.__all__:
        found = getattr(package, name)
        assert inspect.getdoc(found), name


PUBLIC = [
    name
    for name, member in inspect.getmembers(Engine)
    if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property))
]


def test_every_public_method_is_described() -> None:
    assert [name for name in PUBLIC if not (getattr(Engine, name).__doc__ or "").strip()] == []


WRONG: dict[str, list[Any]] = {
    "conv": [None, 1.5, True, "", "nowhere", ["Shop"], "x" * 1000, "\ud83d", -1],
    "ref_or_id": [None, 7, "", "x" * 1000, "nothing", "\ud83d"],
    "ref": [7, "", "x" * 256, "\ud83d"],
    "data": [None, [1], "text", {1: 2}, {"x": float("nan")}, {"x": {1, 2}}, {"x": b"b"}, {"x": "\ud83d"}],
    "body": [None, [1], "text", {1: 2}, {"x": float("nan")}],
    "tasks": [None, 5, "Shop", {}, [1], [("a", None)], [(7, {})], [(None, {"x": {1}})]],
    "node": [7, "", "nowhere", "\ud83d"],
    "key": [7, "", "x" * 1000, "\ud83d"],
    "other": [0, -1, "5", 1.5, True, 99],
    "to": [None, 7, "a\0b", "\ud83d"],
    "convs": [1.5, {}, [None], "nowhere", ["Shop", "nowhere"], -1],
    "force": [None, 1, "yes"],
    "number": [0, -1, "5", 1.5, True, 99],
    "author": [7, "a\nb", "x" * 201, "\ud83d"],
    "message": [None, 7, "x" * 10_001, "\ud83d"],
    "limit": [0, -1, "5", 1.5, True],
    "paths": [None, 7, [None], [7], "nowhere.yaml", ["nowhere.yaml"]],
    "only_reached_by": ["nowhere", 7],
    "path": [None, 7, "a\0b", "\ud83d"],
    "template": [None, 7],
    "count": [0, -1, "5", 1.5],
    "partitions": [0, -1, "5", 1.5],
    "watched": [None, 1, "yes", {}],
    "repair": [None, 1, "yes"],
    "keep_rollbacks": [None, 1, "yes"],
    "submitted": [None, 5, "here"],
    "timeout_s": [None, "x", float("nan")],
    "progress": [None, 5],
    "since_s": ["x", float("nan"), -1, None],
    "since": ["x", 1.5, -1],
    "step": ["day", 5],
    "by": [["nothing"], 5, [["node"]]],
    "what": [5, "amount > 1", {}],
    "cursor": [5, "abc", "\ud83d"],
    "kind": [None, 7, "explode", "\ud83d"],
    "refs": [None, 7, [7], "here", ["\ud83d"]],
    "who": [None, 7, "\ud83d"],
    "job_id": [None, 7, "nothing", "\ud83d"],
    "settings": ["redis://localhost:1", 5],
}
NOT_CHECKED = {
    "raise_on_errors",
    "until",
    "given_up",
    "node_map",
    "text",
    "scope",
}
"""Flags, functions and times, and what another method has made."""
FINE: list[tuple[str, str, Any]] = [
    ("plan", "paths", "nowhere.yaml"),  # a look: what is wrong is in its report
    ("plan", "paths", ["nowhere.yaml"]),
    ("difference", "paths", "nowhere.yaml"),
    ("difference", "paths", ["nowhere.yaml"]),
    ("deploy", "only_reached_by", "nowhere"),  # it may be deployed already
    ("evaluate", "conv", None),
    ("evaluate", "data", None),
    ("failures", "conv", None),  # of all
    ("retry", "data", None),
    ("submit_each", "tasks", [("a", None)]),  # an outcome of its own
    ("submit_each", "tasks", [(7, {})]),
    ("submit_each", "tasks", [(None, {"x": {1}})]),
]
GOOD: dict[str, Any] = {
    "given_up": None,
    "conv": "Shop", "ref": "here", "ref_or_id": "here", "data": {}, "body": {}, "tasks": [], "node": "kept",
    "paths": [], "limit": 5, "number": 1, "to": Path("/dev/null"),
    "path": Path("/nonexistent/file"), "template": "a", "partitions": 1,
    "submitted": Submitted("0" * 24, "here", 1), "timeout_s": 1.0, "kind": "retry", "job_id": "here",
}  # fmt: skip
SHOP = "diagram: Shop\nid: 1\nnodes: {start: {go: kept}, kept: {set_state: {}}}\n"


def cases() -> Iterator[tuple[str, str, int]]:
    for name in PUBLIC:
        member = getattr(Engine, name)
        if not inspect.isfunction(member):
            continue
        for parameter in list(inspect.signature(member).parameters)[1:]:
            for number in range(len(WRONG.get(parameter, ()))):
                if (name, parameter, WRONG[parameter][number]) not in FINE:
                    yield name, parameter, number


@pytest.mark.parametrize(("name", "parameter", "number"), [*cases()])
def test_what_is_wrong_is_refused_by_an_error_of_ours(lab: Lab, name: str, parameter: str, number: int) -> None:
    lab.deploy(SHOP)
    lab.submit(1, {"a": 1}, ref="here")
    member = getattr(Engine, name)
    arguments = {
        other: GOOD[other]
        for other, found in list(inspect.signature(member).parameters.items())[1:]
        if found.default is inspect.Parameter.empty and other in GOOD
    }
    before = lab.engine.task(1, "here")

    with pytest.raises(EngineError) as caught:
        member(lab.engine, **{**arguments, parameter: WRONG[parameter][number]})

    assert str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).message == caught.value.message  # noqa: S301
    assert lab.engine.task(1, "here") == before


@pytest.mark.parametrize("name", [name for name in PUBLIC if name not in ("close", "open")])
def test_a_closed_engine_says_so(settings: Settings, name: str) -> None:
    engine = Engine.open(settings)
    engine.close()
    engine.close()
    wanted: dict[str, Any] = {}
    member = getattr(Engine, name)
    if inspect.isfunction(member):
        wanted = {
            parameter: GOOD[parameter]
            for parameter, found in list(inspect.signature(member).parameters.items())[1:]
            if found.default is inspect.Parameter.empty and parameter in GOOD
        }

    with pytest.raises(errors.StoreError, match="this Engine is closed"):
        getattr(engine, name)(**wanted) if inspect.isfunction(member) else getattr(engine, name)


def test_a_deploy_with_errors_raises_with_its_report_or_is_false(lab: Lab) -> None:
    file = lab.folder / "wrong.yaml"
    file.write_text("process: Wrong\nid: 5\nnodes: {start: {go: nowhere}}\n")

    with pytest.raises(errors.NotDeployed, match=r"wrong.yaml:3:\d+: .*nowhere.*; nothing was deployed") as caught:
        lab.engine.deploy(file)
    report = lab.engine.deploy(str(lab.folder), raise_on_errors=False)

    assert not report
    assert report.errors == caught.value.report.errors != []
    assert lab.engine.convs() == []
    file.write_text("process: Right\nid: 5\nnodes: {start: {go: done}, done: {end: success}}\n")
    assert lab.engine.deploy(file)


def test_each_parameter_of_each_method_is_known_here() -> None:
    found = {
        parameter
        for name in PUBLIC
        if inspect.isfunction(member := getattr(Engine, name))
        for parameter in list(inspect.signature(member).parameters)[1:]
    }
    assert found - WRONG.keys() - NOT_CHECKED == set()

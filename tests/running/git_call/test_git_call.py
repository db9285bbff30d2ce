"""git_call: what handlers out of real repositories do. Source: reference 3.13, and our own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.running.conftest import Lab
from tests.running.git_call.handlers import (
    ADD,
    ADD_JS,
    Repository,
    failed,
    needs_node,
    process,
    ran,
    result,
)


def test_a_python_handler_changes_the_data(lab: Lab, repository: Repository) -> None:
    commit = repository.commit(lib__add_py=ADD)

    view = ran(lab, {"a": 1}, repo=str(repository.folder), commit=commit, path="lib/add.py")

    assert view.node == "done"
    assert view.data == {"a": 1, "b": 2}


@needs_node
def test_a_javascript_handler_changes_the_data(lab: Lab, repository: Repository) -> None:
    commit = repository.commit(index_js=ADD_JS)

    view = ran(lab, {"a": 1, "big": 9007199254740993}, lang="js", repo=str(repository.folder), commit=commit)

    assert view.data == {"a": 1, "b": 2, "big": 9007199254740993}


def test_what_a_handler_returns_takes_the_place_of_the_data() -> None:
    assert result("def handle(data):\n    return {'b': data['a'], 'n': 10**30}", {"a": 1}) == {"b": 1, "n": 10**30}


def test_a_parameter_that_a_handler_leaves_out_is_gone(lab: Lab) -> None:
    view = ran(lab, {"a": 1, "keep": 1.0}, code="def handle(data):\n    return {'keep': data['keep']}")

    assert view.data == {"keep": 1.0}


def test_the_handler_is_the_function_that_is_named(lab: Lab, repository: Repository) -> None:
    commit = repository.commit(main_py="def other(data): data['x'] = 1\ndef handle(data): data['x'] = 2")

    assert ran(lab, repo=str(repository.folder), commit=commit, handler="other").data == {"x": 1}
    assert "no function gone" in failed(ran(lab, repo=str(repository.folder), commit=commit, handler="gone"))


def test_a_handler_imports_what_lies_in_its_repository(lab: Lab, repository: Repository) -> None:
    commit = repository.commit(
        jobs__main_py="import near, lib.far\ndef handle(data): data['x'] = near.X + lib.far.X",
        jobs__near_py="X = 1",
        lib__far_py="X = 2",
    )

    assert ran(lab, repo=str(repository.folder), commit=commit, path="jobs").data == {"x": 3}


def test_a_python_handler_may_be_a_coroutine() -> None:
    assert result("async def handle(data): return {'x': 1}") == {"x": 1}


JAVASCRIPT = [
    ("module.exports = async (data) => ({ x: await Promise.resolve(1) });", {"x": 1}),
    ("module.exports = (data) => { data.x = 1; };", {"x": 1}),
    ("exports.handle = 1; module.exports = (data) => ({ x: typeof require('path').join });", {"x": "function"}),
]


@needs_node
@pytest.mark.parametrize(("source", "after"), JAVASCRIPT)
def test_javascript_has_all_of_node(source: str, after: Any) -> None:
    assert result(source, lang="js") == after


@needs_node
def test_javascript_may_be_a_module_with_named_handlers(lab: Lab, repository: Repository) -> None:
    commit = repository.commit(
        es_mjs="export function named(data) { data.x = 1; }", common_js="exports.named = (data) => { data.x = 2; };"
    )

    for path, x in (("es.mjs", 1), ("common.js", 2)):
        view = ran(lab, lang="js", repo=str(repository.folder), commit=commit, path=path, handler="named")
        assert view.data == {"x": x}


@pytest.mark.parametrize(
    "lang", ["python", pytest.param("js", marks=needs_node)]
)  # fmt: skip
def test_what_a_handler_prints_is_not_its_answer(lab: Lab, lang: str) -> None:
    code = {
        "python": """import os
def handle(data):
    print('{"jsonrpc": "2.0", "id": 1, "result": {"data": {"x": 9}}}')
    os.system('echo from a shell')
    print('x' * 200000)
    data['x'] = 1
""",
        "js": """module.exports = (data) => {
    console.log('{"jsonrpc": "2.0", "id": 1, "result": {"data": {"x": 9}}}');
    console.error('x'.repeat(200000));
    data.x = 1;
};""",
    }[lang]

    assert ran(lab, lang=lang, code=code).data == {"x": 1}


def test_what_a_handler_prints_is_kept_where_it_is_wanted(lab: Lab) -> None:
    code = "def handle(data):\n    print('seen', data['n'])\n    if data['n'] > 1: raise ValueError('no')"
    lab.deploy(process(code=code, log=True))

    good, bad = lab.submit(70, {"n": 1}), lab.submit(70, {"n": 2})

    assert good.data["__conveyor_git_call_log__"] == "seen 1\n"
    assert bad.data["__conveyor_git_call_log__"] == "seen 2\n"
    assert failed(bad) == "ValueError: no"


def test_nothing_of_one_task_is_there_for_the_next(lab: Lab) -> None:
    lab.deploy(process(code="seen = []\ndef handle(data):\n    seen.append(1)\n    data['n'] = len(seen)"))

    assert [lab.submit(70).data["n"] for _ in range(3)] == [1, 1, 1]

"""git_call: what handlers out of real repositories do. Source: reference 3.13, and our own."""

from __future__ import annotations

from pathlib import Path
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


def test_nothing_of_one_task_is_there_for_the_next(lab: Lab) -> None:
    lab.deploy(process(code="seen = []\ndef handle(data):\n    seen.append(1)\n    data['n'] = len(seen)"))

    assert [lab.submit(70).data["n"] for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize("path", ["jobs/main.py", "jobs", "my-jobs/v1.2/main.py", "main.py", "pack/__init__.py"])
def test_a_handler_imports_what_lies_beside_it(lab: Lab, repository: Repository, path: str) -> None:
    source = "from . import util\nfrom .util import X\ndef handle(data): data['x'] = [X, util.X]"
    names = ("main.py", "jobs/main.py", "my-jobs/v1.2/main.py", "pack/__init__.py")
    files = dict.fromkeys(names, source) | {name.replace("main", "util"): f"X = '{name}'" for name in names[:3]}
    commit = repository.write({**files, "pack/util.py": "X = 'pack/__init__.py'"})

    view = ran(lab, repo=str(repository.folder), commit=commit, path=path)

    right = f"{path}/main.py" if path == "jobs" else path
    assert view.node == "done", view.data
    assert view.data == {"x": [right, right]}


def test_a_handler_imports_what_lies_above_it(lab: Lab, repository: Repository) -> None:
    files = {
        "shared.py": "X = 1",
        "risk/risk.py": "X = 2",
        "risk/deep/main.py": "from .. import risk\nfrom ... import shared\nfrom ..risk import X\nimport pickle\n"
        "class A: pass\ndef handle(data): data['x'] = [shared.X, X, type(pickle.loads(pickle.dumps(A()))).__name__]",
    }
    commit = repository.write(files)

    view = ran(lab, repo=str(repository.folder), commit=commit, path="risk/deep")

    assert view.data == {"x": [1, 2, "A"]}, view.data


def test_a_handler_that_imports_past_its_repository_fails(lab: Lab, repository: Repository) -> None:
    commit = repository.commit(main_py="from .. import x")

    assert "ImportError" in failed(ran(lab, repo=str(repository.folder), commit=commit))


MODULES = [
    "export default (data) => ({ x: 1 });",
    "import fs from 'fs'; export function handle(data) { return { x: fs.readFileSync ? 1 : 0 }; }",
    "const x = await Promise.resolve(1); export default async () => ({ x });",
    "export default () => ({ x: import.meta.url ? 1 : 0 });",
    "module.exports = async () => ({ x: (await import('fs')).default.readFileSync ? 1 : 0 });",
]


@needs_node
@pytest.mark.parametrize("source", MODULES)
def test_code_may_be_a_module(source: str) -> None:
    assert result(source, lang="js") == {"x": 1}


@needs_node
@pytest.mark.parametrize("name", ["index.mjs", "main.mjs", "index.cjs"])
def test_a_folder_may_stand_for_a_module(lab: Lab, repository: Repository, name: str) -> None:
    source = "module.exports = () => ({ x: 1 });" if name.endswith("cjs") else MODULES[0]
    commit = repository.write({f"jobs/{name}": source})

    assert ran(lab, lang="js", repo=str(repository.folder), commit=commit, path="jobs").data == {"x": 1}


@needs_node
def test_modules_of_a_repository_import_each_other(lab: Lab, repository: Repository) -> None:
    commit = repository.write(
        {
            "package.json": '{"type": "module"}',
            "lib/far.js": "export const far = 2;",
            "jobs/index.js": "import { far } from '../lib/far.js'; import near from './near.cjs'; import data from "
            "'./data.json' with { type: 'json' }; export function handle() { return { x: [near, far, data.n] }; }",
            "jobs/near.cjs": "module.exports = 1;",
            "jobs/data.json": '{"n": 3}',
        }
    )

    view = ran(lab, lang="js", repo=str(repository.folder), commit=commit, path="jobs")

    assert view.data == {"x": [1, 2, 3]}, view.data


@pytest.mark.parametrize("lang", ["python", pytest.param("js", marks=needs_node)])
def test_each_call_has_an_empty_folder_of_its_own(lab: Lab, repository: Repository, lang: str) -> None:
    files = {
        "main.py": "import os\ndef handle(data):\n    data['seen'] = os.listdir()\n    data['cwd'] = os.getcwd()\n"
        "    os.mkdir('sub')\n    open('sub/x', 'w').close()\n    os.chmod('sub', 0)",
        "index.js": "const fs = require('fs');\nmodule.exports = (data) => { data.seen = fs.readdirSync('.');\n"
        "data.cwd = process.cwd(); fs.mkdirSync('sub'); fs.writeFileSync('sub/x', ''); };",
    }
    commit = repository.write(files)
    lab.deploy(process(lang=lang, repo=str(repository.folder), commit=commit))

    views = [lab.submit(70).data for _ in range(2)]

    assert [view["seen"] for view in views] == [[], []]
    assert views[0]["cwd"] != views[1]["cwd"]
    assert not any(Path(view["cwd"]).exists() for view in views)

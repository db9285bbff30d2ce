"""git_call: what a handler prints is its log, whatever becomes of it."""

from __future__ import annotations

import dataclasses

import pytest

from tests.running.conftest import Lab
from tests.running.git_call.handlers import Repository, failed, needs_node, process, ran

LOG = "__conveyor_git_call_log__"
LANGUAGES = ["python", pytest.param("js", marks=needs_node)]


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
    assert bad.data["__conveyor_git_call_log__"].startswith("seen 2\nTraceback")
    assert failed(bad) == "ValueError: no"


ENDS = {
    "python": {
        "raise": "raise ValueError('no')",
        "exit": "import os; os._exit(3)",
        "sys.exit": "import sys; sys.exit(3)",
        "hang": "while True: pass",
        "abort": "import os; os.abort()",
        "memory": "bytearray(10**10)",
    },
    "js": {
        "raise": "throw new Error('no');",
        "exit": "process.exit(3);",
        "sys.exit": "process.reallyExit(3);",
        "hang": "while (true) {}",
        "abort": "process.abort();",
        "memory": "const a = []; while (true) a.push(new Array(100000).fill(7));",
    },
}


@pytest.mark.parametrize("how", ["raise", "exit", "sys.exit", "hang", "abort", "memory"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_it_printed_is_there_however_it_ends(lab: Lab, lang: str, how: str) -> None:
    lab.engine.settings = dataclasses.replace(lab.engine.settings, git_call_ms=3000)
    code = {
        "python": f"def handle(data):\n    print('first')\n    {ENDS['python'][how]}",
        "js": f"module.exports = () => {{ console.log('first'); {ENDS['js'][how]} }};",
    }[lang]

    view = ran(lab, lang=lang, code=code, log=True)

    assert view.node == "failed"
    assert "first\n" in view.data[LOG]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_output_and_errors_are_there_in_their_order(lab: Lab, lang: str) -> None:
    code = {
        "python": "import os, sys\ndef handle(data):\n    print('a')\n    print('b', file=sys.stderr)\n"
        "    os.system('echo c')\n    print('d', end='')\n    sys.stderr.write('e')\n    print('f')",
        "js": "module.exports = () => { console.log('a'); console.error('b'); process.stdout.write('c\\nd');\n"
        "process.stderr.write('e'); console.log('f'); };",
    }[lang]

    assert ran(lab, lang=lang, code=code, log=True).data[LOG] == "a\nb\nc\ndef\n"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_exception_is_there_with_its_place(lab: Lab, repository: Repository, lang: str) -> None:
    files = {
        "main.py": "import other\ndef handle(data):\n    other.f(0)",
        "other.py": "def f(n):\n    return 1 / n",
        "index.js": "const other = require('./other');\nmodule.exports = () => other.f();",
        "other.js": "exports.f = () => {\n  throw new Error('no'); };",
    }
    commit = repository.write(files)

    log = ran(lab, lang=lang, repo=str(repository.folder), commit=commit, log=True).data[LOG]

    place = {"python": 'other.py", line 2, in f', "js": "other.js:2:9"}[lang]
    assert place in log
    assert ("1 / n" if lang == "python" else "index.js:2:") in log
    assert "child." not in log


SECRET = {"secret": "hunter22"}


@pytest.mark.parametrize("how", ["raise", "exit", "hang"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_was_printed_after_a_secret_was_read_is_secret(lab: Lab, lang: str, how: str) -> None:
    lab.engine.settings = dataclasses.replace(lab.engine.settings, git_call_ms=3000)
    code = {
        "python": f"def handle(data):\n    print(data['secret'][::-1])\n    {ENDS['python'][how]}",
        "js": f"module.exports = (data) => {{ console.log([...data.secret].reverse().join('')); {ENDS['js'][how]} }};",
    }[lang]

    view = ran(lab, SECRET, lang=lang, code=code, log=True)

    assert "22retnuh" in view.data[LOG]
    assert view.masked().data[LOG] == "***"


def test_the_log_of_a_task_without_secrets_is_shown(lab: Lab) -> None:
    view = ran(lab, code="import os\ndef handle(data):\n    print('seen'); os._exit(3)", log=True)

    assert view.masked().data[LOG] == "seen\n"
    assert failed(view) == "the handler's process ended before it answered (exit status 3)"

"""git_call: the process of a handler has limits, and ends with its call and its worker."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine import gitcode
from engine.config import Settings
from tests.running.conftest import Lab
from tests.running.git_call.handlers import (
    MEMORY,
    called,
    needs_node,
    process,
    result,
    said,
)
from tests.waiting import PATIENCE_S, eventually


def test_what_prints_on_after_the_answer_is_not_waited_for() -> None:
    source = """
import subprocess
def handle(data):
    subprocess.Popen(["/usr/bin/env", "PATH=/usr/bin:/bin", "yes"])
    data["x"] = 1
"""
    assert result(source) == {"x": 1}


RUNAWAYS = [
    ("python", "while True: pass"),
    ("python", "class E(Exception):\n    def __str__(self):\n        while True: pass\ndef handle(data): raise E"),
    ("python", "def handle(data):\n    while True: print('x' * 1000)"),
    ("python", "import re\ndef handle(data): re.match('(a+)+$', 'a' * 40 + 'b')"),
    pytest.param("js", "module.exports = () => { throw { toString() { while (true) {} } }; };", marks=needs_node),
    pytest.param("js", "module.exports = () => ({ toJSON() { while (true) {} } });", marks=needs_node),
    pytest.param("js", "module.exports = () => { while (true) console.log('x'.repeat(1000)); };", marks=needs_node),
    (
        "python",
        "import signal, time\nsignal.signal(15, signal.SIG_IGN)\ndef handle(data): time.sleep(3600)",
    ),
    pytest.param("js", "while (true) {}", marks=needs_node),
    pytest.param("js", "module.exports = () => new Promise(() => {});", marks=needs_node),
]


@pytest.mark.parametrize(("lang", "source"), RUNAWAYS)
def test_a_handler_that_does_not_end_is_stopped(lang: str, source: str) -> None:
    assert said(called(source, lang=lang, limit_ms=400)) == ("hardware", "usercode: timeout")


def test_what_a_handler_has_started_ends_with_it(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    source = f"""
import subprocess
import sys
def handle(data):
    child = subprocess.Popen(["/bin/sleep", "3600"])
    open({str(file)!r}, "w").write(str(child.pid))
"""
    assert result(source) == {}

    eventually(lambda: not _is_alive(int(file.read_text())))


@pytest.mark.parametrize("lang", ["python", pytest.param("js", marks=needs_node)])
def test_a_handler_ends_with_its_worker(lang: str, tmp_path: Path) -> None:
    file = tmp_path / "pids"
    source = {
        "python": f"""
import os, subprocess
def handle(data):
    child = subprocess.Popen(["/bin/sleep", "3600"])
    with open({str(file)!r}, "w") as file:
        print(os.getpid(), child.pid, "end", file=file)
    while True: pass
""",
        "js": f"""
module.exports = () => {{
    const child = require('child_process').spawn('/bin/sleep', ['3600']);
    require('fs').writeFileSync({str(file)!r}, `${{process.pid}} ${{child.pid}} end`);
    while (true) {{}}
}};
""",
    }[lang]
    call = f"gitcode.run(gitcode.Job({lang!r}, '', '', {source!r}, '', b'{{}}', 600_000, {MEMORY}))"
    with subprocess.Popen([sys.executable, "-c", f"from engine import gitcode\n{call}"]) as worker:
        eventually(lambda: file.exists() and "end" in file.read_text(), 20.0)

        worker.kill()

    pids = [int(pid) for pid in file.read_text().split()[:2]]
    eventually(lambda: not any(_is_alive(pid) for pid in pids), 20.0)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("lang", ["python", pytest.param("js", marks=needs_node)])
def test_a_handler_has_no_environment_and_no_descriptors_of_ours(lang: str, tmp_path: Path) -> None:
    source = {
        "python": """
import os
def handle(data):
    found = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    return {"env": sorted(os.environ), "open": [os.readlink(file) for file in found if os.path.exists(file)]}
""",
        "js": """
const fs = require('fs');
const link = (number) => { try { return fs.readlinkSync('/proc/self/fd/' + number); } catch { return ''; } };
module.exports = () => ({ env: Object.keys(process.env), open: fs.readdirSync('/proc/self/fd').map(link) });
""",
    }[lang]

    with (tmp_path / "ours").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        found = result(source, lang=lang)

    assert set(found["env"]) <= {"LC_CTYPE"}
    assert not [name for name in found["open"] if "ours" in name or "socket" in name]


def test_a_runaway_costs_its_own_task_only(settings: Settings, lab: Lab) -> None:
    code = """
import os
def handle(data):
    while data['n'] == 3: pass
    if data['n'] == 4: os.abort()
    data['done'] = 1
"""
    lab.deploy(process(code=code))
    lab.engine.settings = dataclasses.replace(lab.engine.settings, git_call_ms=1500)
    tasks = [(f"t{n}", {"n": n}) for n in range(8)]

    lab.engine.submit_many(70, tasks)
    lab.run()

    nodes = [lab.engine.task(70, ref).node for ref, _ in tasks]
    assert nodes == ["failed" if n in (3, 4) else "done" for n in range(8)]


BROKEN = [
    ("echo 'error while loading shared libraries: libx.so' >&2; exit 127", "software", "exit status 127",
     "error while loading shared libraries: libx.so"),
    ("printf '/x/child.js:1\\na = b?.c;\\n   ^\\nSyntaxError: Unexpected token\\n    at x\\nNode.js v12\\n'; exit 1",
     "software", "exit status 1", "SyntaxError: Unexpected token"),
    ("exit 3", "software", "exit status 3", ""),
    ("kill -9 $$", "hardware", "signal 9", ""),
]  # fmt: skip


@pytest.mark.parametrize("lang", ["python", "js"])
@pytest.mark.parametrize(("program", "kind", "how", "why"), BROKEN)
def test_a_process_that_does_not_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str, program: str, kind: str, how: str, why: str
) -> None:
    (tmp_path / "node").write_text(f"#!/bin/sh\n{program}\n")
    (tmp_path / "node").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "node"))

    answer = called("", {"secret": "hunter22"}, lang)

    text = f"the handler's process cannot be started ({how})" + (f": {why}" if why else "")
    assert said(answer) == (kind, text)


def test_a_python_without_a_program_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "")

    assert "sys.executable" in said(called(""))[1]


@pytest.mark.parametrize("lang", ["python", pytest.param("js", marks=needs_node)])
def test_a_worker_of_before_is_told_the_answer_alone(lang: str, tmp_path: Path) -> None:
    here = Path(gitcode.__file__).parent
    source = {"python": "def handle(data): return {'x': 1}", "js": "module.exports = () => ({ x: 1 });"}[lang]
    params = {
        "root": "", "file": "", "source": source, "handler": "", "data": {}, "memory": MEMORY, "limit_s": 20
    }  # fmt: skip
    program = {"python": [sys.executable, "-I", "-S", str(here / "child.py")], "js": ["node", str(here / "child.js")]}
    answers, end = os.pipe()

    with subprocess.Popen([*program[lang], str(end)], stdin=subprocess.PIPE, pass_fds=[end], cwd=tmp_path) as child:
        os.close(end)
        assert child.stdin is not None
        child.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "run", "params": params}).encode() + b"\n")
        child.stdin.flush()
        child.wait(PATIENCE_S)

    with os.fdopen(answers) as pipe:
        assert json.loads(pipe.read())["result"]["data"] == {"x": 1}

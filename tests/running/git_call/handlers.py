"""What tests of git_call share: repositories, a process with one handler, and a handler by itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from engine import gitcode
from engine.config import Settings
from engine.views import TaskView
from tests.running.conftest import Lab

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine")

GIT = shutil.which("git") or ""

LIMIT_MS = 20_000

MEMORY = 256_000_000


class Repository:
    """A repository of this test. `git` runs a command in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> str:
        names = {f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", **names}
        done = subprocess.run([GIT, *words], cwd=self.folder, env=environment, check=True, capture_output=True)
        return done.stdout.decode().strip()

    def commit(self, **files: str) -> str:
        """Commit files, `__` in their names for a slash and `_` before the ending for a dot; the commit's id."""
        for name, text in files.items():
            stem, _, ending = name.rpartition("_")
            file = self.folder / f"{stem.replace('__', '/')}.{ending}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return self.commit_all()

    def write(self, files: dict[str, str]) -> str:
        """Commit files by their paths; the commit's id."""
        for name, text in files.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return self.commit_all()

    def commit_all(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "x")
        return self.git("rev-parse", "HEAD")


def process(**node: Any) -> str:
    return f"""
process: Handlers
id: 70
params: {{secret: {{type: string, secret: true}}}}
nodes:
  start: {{go: work}}
  work: {{git_call: {json.dumps({"lang": "python", **node}, ensure_ascii=False)}, error: failed, go: done}}
  done: {{end: success}}
  failed: {{end: error}}
"""


def ran(lab: Lab, data: dict[str, Any] | None = None, **node: Any) -> TaskView:
    lab.deploy(process(**node))
    return lab.submit(70, data or {})


def checked_out(
    settings: Settings, repository: gitcode.Repository, commit: str, room: gitcode.Room | None = None
) -> Path:
    """A checkout, once it is made and let go."""
    with gitcode.checkout(settings.home, repository, commit, room) as tree:
        return tree


def error_of(view: TaskView) -> tuple[str, str, str]:
    assert view.node == "failed", view.data
    prefix = "__conveyor_git_call_return_"
    return (
        view.data[prefix + "type_error__"], view.data[prefix + "type_tag__"], view.data[prefix + "description__"],
    )  # fmt: skip


def failed(view: TaskView, kind: str = "software") -> str:
    """The description of a failure of this kind."""
    found = error_of(view)
    assert found[:2] == (kind, "git_call_executing_error")
    return found[2]


def called(
    source: str, data: Any = None, lang: str = "python", limit_ms: int = LIMIT_MS, memory: int = MEMORY
) -> gitcode.Answer:
    """One call of a handler that stands in the definition."""
    return gitcode.run(gitcode.Job(lang, "", "", source, "", json.dumps(data or {}).encode(), limit_ms, memory))


def result(source: str, data: Any = None, lang: str = "python") -> Any:
    answer = called(source, data, lang)
    assert answer.error is None, answer
    return json.loads(answer.after)


def said(answer: gitcode.Answer) -> tuple[str, str]:
    """How a call failed: kind and description."""
    assert answer.error is not None, answer
    return answer.error.kind, answer.error.description


ADD = "def handle(data):\n    data['b'] = data['a'] + 1\n"

ADD_JS = "module.exports = (data) => { data.b = data.a + 1; return data; };\n"

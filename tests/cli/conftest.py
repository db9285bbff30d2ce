"""The command line as a user has it: words in; exit status, standard output and standard error out."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.cli import entry

GREET = """
    process: Greet
    id: 11
    alias: greet
    params:
      name: {type: string, required: true}
      age: {type: number}
    nodes:
      start: {go: greet}
      greet:
        set_parameters: {greeting: "Hello, {{name}}!"}
        error: failed
        go: final
      failed: {end: error}
      final: {end: success}
"""

KEEPER = """
    diagram: Keeper
    id: 12
    params:
      token: {type: string, required: true, secret: true}
    nodes:
      start: {go: kept}
      kept: {set_state: {}}
"""

FAILS = """
    process: Fails
    id: 13
    nodes:
      start: {go: look}
      look:
        set_parameters: {token: "{{conv[12].ref[nobody].token}}"}
        error: failed
        go: final
      failed: {end: error}
      final: {end: success}
"""

SLEEPS = """
    process: Sleeps
    id: 14
    nodes:
      start: {go: sleep}
      sleep: {delay: 1h, go: final}
      final: {end: success}
"""


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """The error document on standard error."""
        error: dict[str, str] = json.loads(self.err.strip().splitlines()[-1])["error"]
        return error


class Shell:
    """A folder with definitions and a store. Calling it runs a command in this process."""

    def __init__(
        self, folder: Path, environment: dict[str, str], capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
    ) -> None:
        self.folder = folder
        self.environment = {**os.environ, **environment}
        self._capsys = capsys
        self._patch = patch

    def __call__(self, *words: str, stdin: bytes = b"") -> Said:
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        self._capsys.readouterr()
        status = entry.run([*words])
        said = self._capsys.readouterr()
        assert "Traceback" not in said.err
        return Said(status, said.out, said.err)

    def write(self, path: str, text: str) -> Path:
        """A file in the folder; indentation that all lines share is taken away."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"), "utf-8")
        return file

    def start(self, *words: str | bytes, **options: Any) -> subprocess.Popen[bytes]:
        """A command in a process of its own."""
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.Popen(
            [sys.executable, "-m", "engine.cli", *words], cwd=self.folder, env=self.environment, **pipes
        )


@pytest.fixture
def empty(
    tmp_path: Path,
    store_url: str,
    namespace: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Shell]:
    """A folder with nothing in it, on the test server."""
    root = str(Path(__file__).parent.parent.parent)
    environment = {"CONV_REDIS_URL": store_url, "CONV_NAMESPACE": namespace, "PYTHONPATH": root}
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    hook = sys.excepthook
    yield Shell(folder, environment, capsys, monkeypatch)
    sys.excepthook = hook


@pytest.fixture
def conv(empty: Shell) -> Shell:
    """A folder with four small convs, deployed."""
    empty.write("processes/greet.yaml", GREET)
    empty.write("diagrams/keeper.yaml", KEEPER)
    empty.write("processes/fails.yaml", FAILS)
    empty.write("processes/sleeps.yaml", SLEEPS)
    said = empty("deploy")
    assert said.status == 0, said.err
    return empty

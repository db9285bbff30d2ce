"""`from conv import Engine` in a project that has an `engine/` of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import engine

CAR = "class Motor: pass\n"
PROCESS = """
process: Double
id: 77
nodes:
  start: { go: twice }
  twice: { code: data.twice = data.n * 2, go: done }
  done: { end: success }
"""
PROGRAM = """
import sys
import conv
import engine
from conv import Engine, NotFound
from conv.errors import NotFound as SameNotFound

assert engine.Motor and NotFound is SameNotFound is conv.NotFound
with Engine.open() as ours:
    ours.deploy("processes")
    task = ours.submit("Double", {"n": 21})
    ours.run_until_idle()
    print(ours.task("Double", task.task_id).data["twice"])
    try:
        ours.task("Double", "nobody")
    except NotFound as error:
        print(error)
print(*(name for name in sys.modules if name.startswith("engine.")))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a package `engine` of its own, one process and a program."""
    for name, text in {"engine/__init__.py": CAR, "processes/double.yaml": PROCESS, "program.py": PROGRAM}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def run(folder: Path, *words: str) -> str:
    environment = {**os.environ, "CONV_HOME": str(folder / ".conv"), "PYTHONPATH": str(folder)}
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


def test_a_project_s_own_engine_hides_nothing(project: Path) -> None:
    said = run(project, "program.py").splitlines()

    assert said[0] == "42"
    assert "nobody" in said[1]
    assert said[2] == "", "no module of the engine is loaded as engine.…"


def test_the_command_line_works_beside_it(project: Path) -> None:
    assert "Double" in run(project, "-m", "conv.cli", "deploy")
    assert "twice" in run(project, "-m", "conv.cli", "show", "Double")


def test_both_names_offer_the_same() -> None:
    script = "import conv; print(*conv.__all__); print(*(getattr(conv, name).__module__ for name in conv.__all__))"
    names, homes = run(Path.cwd(), "-c", script).splitlines()

    assert names.split() == engine.__all__
    assert {home.split(".")[0] for home in homes.split()} == {"conv"}


def test_what_is_not_there_is_said_with_the_name_in_use(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run(tmp_path, "-c", "from conv import Motor")

    assert "cannot import name 'Motor' from 'conv'" in caught.value.stderr

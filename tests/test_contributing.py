"""CONTRIBUTING.md against the tree: its commands run, and what it names is there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]
NOT_RUN = {
    "make setup": "it made what runs this test",
    "make lint": "the checks of every change run it",
    "make test PYTEST=tests/store": "these tests are run by themselves",
    "make lock PYTHON=python3.11": "asks the package index, and changes constraints.txt",
    ".venv/bin/python -m engine.reference README.md": "changes README.md; tests/test_docs.py compares it",
}
"""Commands that are only looked at, and why."""


@pytest.mark.slow
@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in NOT_RUN])
def test_every_command_runs(command: str) -> None:
    words = [sys.executable if word == ".venv/bin/python" else word for word in shlex.split(command)]

    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_what_is_not_run_is_there() -> None:
    assert NOT_RUN.keys() <= set(COMMANDS)
    for command in NOT_RUN:
        if command.startswith("make "):
            assert f"\n{shlex.split(command)[1]}:" in MAKEFILE


def test_make_help_tells_of_every_target() -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607

    targets = set(re.findall(r"^(\w+):(?!=)", MAKEFILE, re.MULTILINE))
    assert set(re.findall(r"^make (\w+) +\S", said, re.MULTILINE)) == targets


def test_what_it_names_is_there() -> None:
    # The rooms of the worker are named without their folder.
    paths = {path for path in re.findall(r"`((?:engine|tests|\.ci)/[\w./]*)`", TEXT) if "TYPE" not in path}

    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / target).exists(), target


def test_the_folders_of_the_engine_are_all_told() -> None:
    told = set(re.findall(r"`engine/(\w+)/`", TEXT))

    assert told == {path.name for path in (ROOT / "engine").iterdir() if (path / "__init__.py").exists()}


def test_what_is_installed_for_development_is_of_fixed_versions_from_no_named_place() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]

    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.!+]+", line)] == []

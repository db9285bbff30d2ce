"""README.md against the engine: its commands run, its definitions are right, and its tables leave nothing out."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import reference
from engine.cli.group import COMMANDS
from engine.config import PREFIX, VARIABLE_PREFIX, SettingRow, settings_table
from engine.load import read_tree
from engine.nodes import ACTIONS
from engine.template import Scope, compile_text, text_of
from engine.template.functions import EXAMPLES
from engine.template.parse import FILTERS
from engine.template.parse_functions import FUNCTIONS
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")

ASSIGNMENT = re.compile(r"[A-Z_]+=.*")

THERE = "CONV_REDIS_URL=redis://store.example:6379/0 conv"
NOT_RUN = {
    "conv up": "runs until it is stopped; tests/cli has it",
    f"{THERE} deploy": "needs that server",
    f"{THERE} worker": "needs that server",
    "conv backup all.backup": "tests/test_operating.py runs these five",
    "cp .conv/secret.key conv.key": "the same",
    f"CONV_SECRET_KEY_FILE=conv.key {THERE} restore all.backup": "the same",
    f"CONV_SECRET_KEY_FILE=conv.key {THERE} audit": "the same",
    f"CONV_SECRET_KEY_FILE=conv.key {THERE} worker": "the same",
    ". .venv/bin/activate": "the test has its own way to find conv",
}
"""Commands of README that the test leaves out, and why. `make demo` runs as `conv demo`, other targets only are."""

EXIT_STATUS = {"conv submit Price amount:=5000 --ref big --wait": 3, "conv diff": 1, "conv diff Rates 1 2": 1}
"""Commands that end otherwise than well, because that is what they are there to show."""


SAYS = {
    "conv submit Price amount:=5000 --ref big --wait": "5500",
    "conv deploy": "deployed   Account (30)",
}
"""What a command answers, where it shows that an earlier one counts."""


def steps() -> Iterator[tuple[str, str]]:
    """What a reader does from top to bottom: (path, text) of a definition to write, or ("", command)."""
    for language, block in re.findall(r"^```(yaml|sh)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL):
        if language == "yaml":
            yield block.split("\n", 1)[0].removeprefix("# "), block
        else:
            yield from (("", line) for line in block.splitlines() if line.strip())


def blocks(language: str) -> list[str]:
    """The texts of README's blocks in a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines() if line.strip()]


def definitions() -> list[tuple[str, str]]:
    """(path, text) of each definition in README: its first line is a comment with the path."""
    return [(block.split("\n", 1)[0].removeprefix("# "), block) for block in blocks("yaml")]


def environment() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**own, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}


@pytest.mark.slow
def test_every_command_of_the_readme_runs(short_folder: Path) -> None:
    here = short_folder
    for path, command in steps():
        if path:
            (here / path).write_text(command, "utf-8")
            continue
        words = shlex.split(command)
        if command in NOT_RUN:
            continue
        if words[0] == "make" and words[1] != "demo":
            continue
        if words[:2] == ["conv", "init"]:
            here = short_folder  # the second story begins where the first did
        if words[0] == "cd":
            here = here / words[1]
            assert here.is_dir(), command
            continue
        words = ["conv", "demo"] if words == ["make", "demo"] else words
        given = dict(word.split("=", 1) for word in itertools.takewhile(ASSIGNMENT.fullmatch, words))

        done = subprocess.run(
            words[len(given) :],
            cwd=here,
            env={**environment(), **given},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            stdin=subprocess.DEVNULL,
        )

        assert done.returncode == EXIT_STATUS.get(command, 0), f"{command}\n{done.stdout}\n{done.stderr}"
        assert SAYS.get(command, "") in done.stdout, f"{command}\n{done.stdout}\n{done.stderr}"


def test_every_command_is_run_or_left_out_for_a_reason() -> None:
    for command in commands():
        first = next(word for word in shlex.split(command) if not ASSIGNMENT.fullmatch(word))
        assert first in ("conv", "make", "cd") or command in NOT_RUN, command
    assert NOT_RUN.keys() <= set(commands())
    assert EXIT_STATUS.keys() | SAYS.keys() <= set(commands())


def test_every_make_target_exists() -> None:
    named = {shlex.split(command)[1] for command in commands() if command.startswith("make ")}
    named |= set(re.findall(r"`make (\w+)`", README))
    targets = set(re.findall(r"^(\w+):", MAKEFILE, re.MULTILINE))

    assert named <= targets
    assert {target for target in targets if target != "VENV"} <= named


def test_the_definitions_are_right(tmp_path: Path) -> None:
    for path, text in definitions():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")

    assert [str(problem) for problem in read_tree([tmp_path]).problems] == []


def test_the_python_runs(short_folder: Path) -> None:
    (program,) = [block for block in blocks("python") if "import Client" not in block]  # tests/api/test_readme.py
    conv = Path(sys.executable).with_name("conv")
    subprocess.run(
        [conv, "init"], cwd=short_folder, env=environment(), check=True, capture_output=True, timeout=PATIENCE_S
    )

    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=short_folder,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )

    assert (done.stdout, done.stderr) == ("Hello, World!\n", "")


@pytest.mark.parametrize("row", settings_table(), ids=lambda row: row.env)
def test_every_setting_is_in_its_table(row: SettingRow) -> None:
    default = f"`{row.default}` {row.unit}".strip() if row.default else "none"

    assert f"| `{row.env}` | {default} | {row.doc} |" in README


def test_no_setting_is_made_up() -> None:
    known = {row.env for row in settings_table()}

    for name in set(re.findall(rf"\b{PREFIX}[A-Z_]+", README)):
        assert name in known or name.startswith(VARIABLE_PREFIX), name


@pytest.mark.parametrize("key", [*ACTIONS, "condition", "delay", "end"])
def test_every_node_type_is_in_its_table(key: str) -> None:
    assert f"| `{key}: " in README


def test_the_reference_is_what_the_code_says() -> None:
    assert reference.text() in README, "python -m engine.reference README.md"


@pytest.mark.parametrize("name", [*FUNCTIONS])
def test_every_function_has_an_example_that_gives_what_it_says(name: str) -> None:
    example, gives, _ = EXAMPLES[name]

    value = compile_text(example)(Scope({}))

    assert f"$.{name}(" in example
    assert not gives or text_of(value) == gives


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_its_table(name: str) -> None:
    assert f"`conv {name}" in README


def test_no_command_is_made_up() -> None:
    assert set(re.findall(r"\bconv ([a-z]+)\b", "\n".join([*commands(), *re.findall(r"`conv [^`]*`", README)]))) <= {
        *COMMANDS
    }


@pytest.mark.parametrize("name", [*FUNCTIONS])
def test_every_function_is_named(name: str) -> None:
    assert f"`$.{name}(" in README


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_is_named(name: str) -> None:
    (row,) = re.findall(r"^.*\| filters: (.*) \|$", README, re.MULTILINE)

    assert f"`{name}`" in row


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target

"""What the commands say about themselves, and about words that they do not know."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import click
import pytest

from engine.cli.group import COMMANDS
from engine.cli.group import conv as group
from tests.cli.conftest import Shell

FROM_THE_DESIGN = """
    demo lint deploy up worker submit modify task archive why cancel retry eval list show graph new init pause resume
    delete callback vars watch
"""

AT_ONCE = {"engine", "engine.errors", *(f"engine.cli{part}" for part in ("", ".entry", ".group", ".output", ".status"))}
HEAVY = {"redis", "pydantic", "jinja2", "requests", "transitions", "yaml", "msgspec", "regex", "sqlalchemy", "quickjs"}


def command(name: str) -> click.Command:
    found = group.get_command(click.Context(group), name)
    assert found is not None
    return found


def leaves(name: str) -> list[tuple[list[str], click.Command]]:
    """The command, or those in it, with their words."""
    found = command(name)
    if isinstance(found, click.Group):
        return [([name, word], leaf) for word, leaf in found.commands.items()]
    return [([name], found)]


def test_every_command_of_the_design_is_there() -> None:
    assert set(FROM_THE_DESIGN.split()) <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_teaches_with_an_example(empty: Shell, name: str) -> None:
    said = empty(name, "--help")

    assert said.status == 0
    assert COMMANDS[name].summary.rstrip(".") in " ".join(said.out.split())
    assert re.search(rf"^    (CONV_\w+=\S+ )?conv {name}\b", said.out, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_json(name: str) -> None:
    for words, leaf in leaves(name):
        assert any("--json" in param.opts for param in leaf.params), words


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_in_a_group_teaches_with_an_example(empty: Shell, name: str) -> None:
    for words, _ in leaves(name):
        said = empty(*words, "--help")

        assert said.status == 0
        assert re.search(rf"^    (CONV_\w+=\S+ )?conv {' '.join(words)}\b", said.out, re.MULTILINE), words


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is_for(name: str) -> None:
    for words, leaf in leaves(name):
        for param in leaf.params:
            assert not isinstance(param, click.Option) or param.help, words


def test_no_words_show_the_help(empty: Shell) -> None:
    said = empty()

    assert "\nStart here:\n" in said.out
    assert (said.status, said.err) == (2, "")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["submitt"], 'did you mean "conv submit"?'),
        (["LIST"], 'did you mean "conv list"?'),
        (["xyzzy"], "conv --help"),
        (["list", "--jsno"], "--json"),
        (["show"], "conv show --help"),
        (["new", "proces", "A"], "process"),
        (["archive", "Greet", "final", "--limit", "many"], "many"),
    ],
)
def test_wrong_words_are_one_line_with_a_way_out(empty: Shell, words: list[str], hint: str) -> None:
    said = empty(*words)

    assert said.status == 2
    assert said.err.count("\n") == 1
    assert hint in said.err
    assert said.out == ""


def test_wrong_words_are_a_document_for_programs(empty: Shell) -> None:
    said = empty("show", "--json")

    assert said.error["code"] == "usage"
    assert json.loads(said.err).keys() == {"error"}


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_what_is_told_at_once_loads_nothing_heavy(word: str) -> None:
    script = "import sys; from engine.cli import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    said = subprocess.run([sys.executable, "-c", script, word], capture_output=True, text=True, check=True)

    loaded = said.stderr.split()
    assert "conv" in said.stdout
    assert {name for name in loaded if name.split(".")[0] == "engine"} <= AT_ONCE
    assert not {name.split(".")[0] for name in loaded} & HEAVY


# --- Settings and stores that cannot be used -------------------------------------------------------


def test_a_store_that_does_not_answer_is_status_4_with_its_address(
    empty: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONV_REDIS_URL", "unix:///nowhere/socket")

    said = empty("list")

    assert said.status == 4
    assert said.err.count("\n") == 1
    assert "unix:///nowhere/socket" in said.err
    assert empty("list", "--json").error["code"] == "store_unavailable"


def test_a_wrong_setting_is_named(empty: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONV_REDIS_URI", "redis://localhost")

    said = empty("list")

    assert said.status == 2
    assert "did you mean CONV_REDIS_URL?" in said.err


def test_looking_leaves_no_store_in_a_folder_that_has_none(empty: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONV_REDIS_URL")

    said = empty("list")

    assert said.status == 2
    assert "conv deploy" in said.err
    assert [*empty.folder.iterdir()] == []

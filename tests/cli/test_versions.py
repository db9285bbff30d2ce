"""conv history, rollback, and what deploy, list and show say of versions and folders."""

from __future__ import annotations

import re
import textwrap

import pytest

from tests.cli.conftest import GREET, Shell


@pytest.fixture
def shop(empty: Shell) -> Shell:
    """Greet in two versions."""
    empty.write("processes/shop/greet.yaml", GREET)
    assert empty("deploy", "-m", "the first", "--author", "Ada").status == 0
    empty.write("processes/shop/greet.yaml", GREET.replace("Hello", "Good morning") + "# politely\n")
    assert empty("deploy", "-m", "politely\nas the boss said").status == 0
    return empty


def test_deploy_says_which_version_it_made(empty: Shell) -> None:
    empty.write("processes/greet.yaml", GREET)

    assert empty("deploy").out == "deployed   Greet (11), version 1\n"
    assert empty("deploy").out == "unchanged  Greet (11)\n"
    empty.write("processes/greet.yaml", GREET + "# more\n")
    assert empty("deploy", "--json").json["versions"] == {"11": 2}


def test_history_lists_who_when_and_why(shop: Shell) -> None:
    lines = shop("history", "@greet").out.splitlines()
    found = shop("history", "11", "--json").json

    assert re.fullmatch(r"\* +2  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  .+ +2  shop +politely", lines[1])
    assert re.fullmatch(r" +1  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  Ada +1  shop +the first", lines[2])
    assert [(one["number"], one["message"]) for one in found] == [(2, "politely\nas the boss said"), (1, "the first")]


def test_control_characters_of_a_message_never_reach_the_terminal(shop: Shell) -> None:
    shop("rollback", "Greet", "1", "-m", "a\x1b[31mb")

    assert "back to 1: a\\x1b[31mb" in shop("history", "Greet").out


def test_the_author_may_be_a_setting(shop: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONV_AUTHOR", "The robot")
    shop.write("processes/shop/greet.yaml", GREET)
    shop("deploy")

    assert shop("history", "Greet", "--json").json[0]["author"] == "The robot"


def test_list_and_show_name_folder_and_version(shop: Shell) -> None:
    assert "shop" in shop("list").out.splitlines()[1].split()
    assert shop("list", "--json").json[0]["folder"] == "shop"
    assert "Greet  process 11  @greet  in shop  version 2  active" in shop("show", "Greet").out
    shown = shop("show", "Greet", "--json").json
    assert (shown["folder"], shown["version"]) == ("shop", 2)


def test_rollback_makes_a_new_version(shop: Shell) -> None:
    said = shop("rollback", "Greet", "1", "-m", "too polite")

    assert (said.status, said.out) == (0, "deployed   Greet (11), version 3\n")
    assert "back to 1: too polite" in shop("history", "Greet").out
    assert shop("rollback", "Greet", "1").out == "unchanged  Greet (11)\n"
    assert shop("rollback", "Greet", "2", "--json").json["versions"] == {"11": 4}


def test_rollback_to_nothing_is_refused(shop: Shell) -> None:
    said = shop("rollback", "Greet", "7", "--json")

    assert said.status == 5
    assert said.error["code"] == "unknown_version"
    assert shop("rollback", "Greet", "none").status == 2
    assert shop("rollback", "Nobody", "1").status == 5


def test_rollback_names_what_would_be_stranded(shop: Shell) -> None:
    shop.write(
        "processes/shop/greet.yaml", GREET.replace("go: greet}", "go: sleep}\n      sleep: {delay: 1h, go: greet}")
    )
    assert shop("deploy").status == 0
    shop("submit", "Greet", "name=Ada", "--wait", "--timeout", "1s")

    said = shop("rollback", "Greet", "1")

    assert said.status == 2
    assert '"sleep" holds 1 tasks' in said.err
    assert len(shop("history", "Greet", "--json").json) == 3


# --- diff -----------------------------------------------------------------------------------------


def test_diff_shows_meaning_then_text_and_ends_with_1(shop: Shell) -> None:
    shop.write("processes/shop/greet.yaml", GREET.replace("Hello", "\x1b[31mHi\t").replace("\x1b", "") + "# politely\n")

    said = shop("diff")

    assert said.status == 1
    lines = said.out.splitlines()
    assert lines[0] == "Greet (11): changed"
    assert lines[1] == "  changed  node greet"
    assert lines[2].startswith("      set_parameters.greeting: Good morning, {{name}}! → [31mHi")
    assert lines[3:5] == ["--- version 2", "+++ processes/shop/greet.yaml"]
    assert sum(line.startswith("-  ") for line in lines) == sum(line.startswith("+  ") for line in lines) == 1


def test_diff_of_nothing_ends_with_0(shop: Shell) -> None:
    said = shop("diff")

    assert (said.status, said.out, said.err) == (0, "", "No difference.\n")
    assert shop("diff", "--json").json == {"different": False, "convs": [], "site": [], "problems": [], "not_here": []}


def test_diff_of_versions(shop: Shell) -> None:
    said = shop("diff", "Greet", "1", "2")
    found = shop("diff", "@greet", "1", "--json")

    assert said.status == found.status == 1
    assert "--- version 1\n+++ version 2\n" in said.out
    assert found.json["convs"][0]["changes"][0]["name"] == "greet"
    assert shop("diff", "Greet", "2").status == 0
    assert shop("diff", "Greet", "7").status == 5


def test_diff_says_what_it_takes(shop: Shell) -> None:
    said = shop("diff", "Greet")

    assert said.status == 2
    assert "conv diff CONV VERSION" in said.err


def test_diff_of_wrong_files_shows_what_is_wrong(shop: Shell) -> None:
    shop.write("processes/shop/greet.yaml", GREET.replace("go: final", "go: nowhere"))

    said = shop("diff")

    assert said.status == shop("diff", "--json").status == 1
    assert "nowhere" in said.err
    assert "nothing was compared" in said.err


def test_diff_has_colours_on_a_terminal_only(shop: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write("processes/shop/greet.yaml", GREET)

    assert "\x1b[" not in shop("diff").out
    monkeypatch.setattr("engine.cli.entry.colour", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    said = shop("diff")
    assert "\x1b[31m-" in said.out
    assert "\x1b[32m+" in said.out


# --- pull -----------------------------------------------------------------------------------------


def test_pull_writes_what_is_deployed_and_says_so(shop: Shell) -> None:
    shop("rollback", "Greet", "1")

    said = shop("pull")

    assert (said.status, said.out) == (0, "replaced   processes/shop/greet.yaml: Greet (11), version 3\n")
    assert (shop.folder / "processes/shop/greet.yaml").read_text() == textwrap.dedent(GREET).lstrip("\n")
    assert shop("diff").status == 0
    path = "processes/shop/greet.yaml"
    unchanged = {"conv_id": 11, "title": "Greet", "number": 3, "what": "unchanged", "path": path, "was": None}
    assert shop("pull", "--json").json == [unchanged]


def test_pull_lists_what_was_changed_here(shop: Shell) -> None:
    file = shop.write("processes/shop/greet.yaml", GREET + "# mine\n")

    said = shop("pull")
    error = shop("pull", "--json").error

    assert said.status == 2
    assert "changed here since, and not replaced: processes/shop/greet.yaml" in said.err
    assert error["code"] == "local_changes"
    assert "# mine" in file.read_text()
    assert shop("pull", "--force").status == 0
    assert "# politely" in file.read_text()


def test_pull_of_a_version_to_another_folder(shop: Shell) -> None:
    said = shop("pull", "Greet", "--version", "1", "--to", "old")

    assert said.out == "written    old/processes/shop/greet.yaml: Greet (11), version 1\n"
    assert shop("pull", "Nobody").status == 5
    assert shop("pull", "Greet", "--version", "9").status == 5


def test_a_command_that_deploys_by_itself_undoes_no_rollback(shop: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONV_REDIS_URL", "CONV_NAMESPACE"):
        monkeypatch.delenv(name)  # the embedded store, which submit --wait deploys to
    shop.write("processes/shop/greet.yaml", GREET)
    assert shop("deploy").status == 0
    shop.write("processes/shop/greet.yaml", GREET.replace("Hello", "Bye"))
    assert shop("deploy").status == 0
    assert shop("rollback", "Greet", "1").status == 0

    said = shop("submit", "Greet", "name=Ada", "--wait")

    assert "Hello, Ada!" in said.out
    assert "is a version that was rolled back" in said.err
    assert shop("deploy").status == 0
    assert "Bye, Ada!" in shop("submit", "Greet", "name=Ada", "--wait").out

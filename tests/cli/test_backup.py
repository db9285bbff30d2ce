"""conv backup, conv restore."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Shell


def test_a_backup_is_restored_into_another_namespace(conv: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert conv("submit", "Sleeps", "--ref", "s").status == 0
    said = conv("backup", "all.backup")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("all.backup: 4 convs, 1 task, ")

    monkeypatch.setenv("CONV_NAMESPACE", conv.environment["CONV_NAMESPACE"] + "b")
    said = conv("restore", "all.backup")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("4 convs and 1 task are back, as of 20")
    assert conv("task", "Sleeps", "s", "--json").json["ref"] == "s"
    assert conv("audit").status == 0
    assert "is not empty" in conv("restore", "all.backup").err


def test_what_cannot_be_saved_is_said(conv: Shell) -> None:
    assert conv("backup", "b").status == 0
    assert "b is there already; --force writes over it" in conv("backup", "b").err
    assert conv("backup", "b", "--force", "--json").json["convs"] == 4
    assert "there is no folder" in conv("backup", "none/b").err


def test_what_is_no_backup_is_refused(conv: Shell) -> None:
    conv.write("b", "hello")
    said = conv("restore", "b", "--json")
    assert (said.status, said.error["code"]) == (2, "damaged_backup")
    assert "does not exist" in conv("restore", "none").err

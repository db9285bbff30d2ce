"""conv key, conv group and conv audit-log, as a user has them."""

from __future__ import annotations

import pytest

from engine.app import Engine
from tests.cli.conftest import Shell


def test_a_key_is_shown_once_on_standard_output_alone(conv: Shell) -> None:
    said = conv("key", "create", "Billing", "--role", "submit", "--on", "@greet", "--on", "Keeper", "--expires", "30d")

    assert said.status == 0
    login, _, secret = said.out.strip().partition(".")
    assert login == "10001"
    assert len(secret) == 43
    assert secret not in said.err
    with Engine.open() as engine:
        assert engine.keyring.signed_in(10001, secret).name == "Billing"
    for words in (["key", "list"], ["key", "list", "--json"], ["audit-log"], ["audit-log", "--json"]):
        shown = conv(*words)
        assert "Billing" in shown.out
        assert secret not in shown.out + shown.err


def test_a_program_reads_a_new_key_from_one_document(conv: Shell) -> None:
    made = conv("key", "create", "Billing", "--role", "view", "--json").json

    assert made["key"] == f"{made['login']}.{made['secret']}"
    assert made["grants"] == [{"role": "view", "on": "*"}]
    (listed,) = conv("key", "list", "--json").json
    assert listed == {name: value for name, value in made.items() if name not in ("secret", "key")}


@pytest.mark.parametrize(
    ("words", "status", "hint"),
    [
        (["create", "x"], 2, "--role"),
        (["create", "x", "--on", "@greet"], 2, "--role"),
        (["create", "x", "--role", "owner"], 2, "admin"),
        (["create", "x", "--role", "view", "--on", "nobody"], 5, "nobody/"),
        (["create", "x", "--role", "view", "--on", "../"], 2, "folder"),
        (["create", "x", "--group", "sales"], 5, "conv group list"),
        (["create", "x", "--role", "view", "--expires", "0"], 2, "--expires"),
        (["create", "", "--role", "view"], 2, "name"),
        (["revoke", "10001"], 5, "conv key list"),
        (["rotate", "10001"], 5, "conv key list"),
        (["can", "10001", "view"], 5, "conv key list"),
        (["revoke", "x"], 2, "x"),
    ],
)
def test_what_is_wrong_is_one_line_and_changes_nothing(conv: Shell, words: list[str], status: int, hint: str) -> None:
    said = conv("key", *words)

    assert (said.status, said.out) == (status, "")
    assert hint in said.err
    assert said.err.count("\n") == 1
    assert conv("key", "list", "--all", "--json").json == []


def test_a_conv_that_is_yet_to_come_is_told(conv: Shell) -> None:
    said = conv("key", "create", "x", "--role", "view", "--on", "777")

    assert said.status == 0
    assert "nothing is deployed as 777 yet" in said.err


def test_can_says_yes_or_no_and_why(conv: Shell) -> None:
    conv("key", "create", "Billing", "--role", "modify", "--on", "@greet")

    yes = conv("key", "can", "10001", "submit", "Greet")
    no = conv("key", "can", "10001", "submit", "Keeper")

    assert (yes.status, yes.out) == (0, "yes: modify on 11\n")
    assert (no.status, no.out) == (
        1,
        'no: the key 10001 would need submit on "Keeper" (12); it may modify on 11\n',
    )
    assert conv("key", "can", "10001", "view", "--json").json["allowed"] is False
    assert conv("key", "can", "10001", "view", "Nobody").status == 5


def test_a_key_is_rotated_granted_and_revoked(conv: Shell) -> None:
    first = conv("key", "create", "Billing", "--role", "view").out
    second = conv("key", "rotate", "10001").out

    assert second.startswith("10001.")
    assert second != first
    assert conv("key", "grant", "10001", "submit", "--on", "@greet", "--on", "Keeper").status == 0
    assert conv("key", "can", "10001", "submit", "Keeper").status == 0
    assert conv("key", "withdraw", "10001", "submit", "--on", "Keeper").status == 0
    assert conv("key", "can", "10001", "submit", "Keeper").status == 1
    assert conv("key", "revoke", "10001").out == "revoked 10001 Billing: view on everything, submit on 11\n"
    assert conv("key", "can", "10001", "view").out == "no: the key 10001: it was revoked\n"
    assert conv("key", "revoke", "10001").status == 2
    assert conv("key", "list").out == ""
    assert "revoked" in conv("key", "list", "--all").out


def test_groups_give_their_keys_rights(conv: Shell) -> None:
    assert conv("group", "list").out == ""
    assert conv("group", "create", "sales", "--role", "modify", "--on", "sales/").status == 0
    conv("key", "create", "Ann", "--group", "sales")
    conv("key", "create", "Ben", "--role", "view")
    assert conv("group", "add", "sales", "10002").out == "added 10002 to sales: modify on sales/\n"
    assert conv("group", "grant", "sales", "submit", "--on", "@greet").status == 0

    assert conv("group", "list", "--json").json == [
        {
            "name": "sales",
            "grants": [{"role": "modify", "on": "sales/"}, {"role": "submit", "on": "11"}],
            "keys": [10001, 10002],
        }
    ]
    assert conv("key", "can", "10002", "submit", "@greet").out == "yes: submit on 11, by the group sales\n"
    assert conv("group", "drop", "sales", "10002").status == 0
    assert conv("key", "can", "10002", "submit", "@greet").status == 1
    assert conv("group", "withdraw", "sales", "submit", "--on", "@greet").status == 0
    assert conv("group", "remove", "sales").out == "removed sales; 1 key had been in it\n"
    assert conv("group", "remove", "sales").status == 5


def test_the_log_says_who_did_what_and_that_it_is_whole(conv: Shell) -> None:
    conv("key", "create", "Billing", "--role", "view")
    conv("key", "revoke", "10001")

    said = conv("audit-log", "--json").json
    assert [(entry["what"], entry["on"]) for entry in said][-2:] == [
        ("key created", "key 10001"),
        ("key revoked", "key 10001"),
    ]
    assert all(entry["who"].startswith("shell") for entry in said)
    verified = conv("audit-log", "--verify", "--json")
    assert verified.status == 0
    assert verified.json["whole"] is True
    assert verified.json["last"] == said[-1]["number"]
    assert verified.json["head"] == said[-1]["hash"]


def test_a_log_that_was_changed_is_found(conv: Shell) -> None:
    conv("key", "create", "Billing", "--role", "view")
    conv("key", "revoke", "10001")
    with Engine.open() as engine:
        key = f"{{{engine.store.namespace}:reg}} trail"
        *_, last = engine.keyring.trail()
        engine.store.client.xdel(key, last.entry_id)

    said = conv("audit-log", "--verify")

    assert said.status == 1
    assert "the last entry should be" in said.out


def test_the_log_is_followed_until_it_is_interrupted(conv: Shell) -> None:
    conv("key", "create", "Billing", "--role", "view")
    process = conv.start("audit-log", "--follow")
    assert process.stdout is not None
    assert b"deployed" in process.stdout.readline()
    assert b"key created" in process.stdout.readline()
    conv("key", "revoke", "10001")

    line = process.stdout.readline()

    process.terminate()
    process.communicate()
    assert b"key revoked key 10001: Billing" in line


def whats(conv: Shell) -> list[tuple[str, str, str]]:
    entries = conv("audit-log", "--json").json
    return [(entry["what"], entry["on"], entry["outcome"]) for entry in entries if entry["what"] != "deployed"]


def test_secrets_that_are_shown_are_noted_and_masked_ones_are_not(conv: Shell) -> None:
    conv.write("processes/variables.yaml", "key: {value: hidden-word, secret: true}\nplain: {value: x}\n")
    assert conv("deploy").status == 0
    task_id = conv("submit", "Keeper", "token=hidden-word", "--ref", "t", "--wait", "--json").json["task_id"]
    for words in (["task", "Keeper", "t"], ["vars"], ["eval", "{{conv[12].ref[t].token}}"], ["eval", "1", "--reveal"]):
        assert "hidden-word" not in conv(*words).out
    assert whats(conv) == []

    for words in (["task", "Keeper", "t"], ["vars"], ["eval", "{{conv[12].ref[t].token}}"]):
        assert "hidden-word" in conv(*words, "--reveal").out

    assert whats(conv) == [
        ("saw secrets", f"task {task_id} of Keeper (12)", "done"),
        ("saw secrets", "variables", "done"),
        ("saw secrets", "a template's value", "done"),
    ]
    assert "hidden-word" not in conv("audit-log").out


def test_values_that_are_edited_are_noted_without_what_is_in_them(conv: Shell) -> None:
    conv("submit", "Keeper", "token=hidden-word", "--ref", "t", "--wait")
    conv("submit", "Sleeps", "--ref", "s")

    assert conv("modify", "Keeper", "t", "token=other-word").status == 0
    assert conv("modify", "Keeper", "nobody", "token=other-word").status == 5
    conv("modify", "Sleeps", "s", "x=1")

    assert whats(conv) == [
        ("value edited", "task t of Keeper (12)", "done"),
        ("value edited", "task nobody of Keeper (12)", "done"),
        ("value edited", "task nobody of Keeper (12)", "not_found_task"),
    ]
    said = conv("audit-log").out
    assert "token" in said
    assert "other-word" not in said


def test_the_last_key_that_may_do_everything_is_revoked_only_on_purpose(conv: Shell) -> None:
    assert conv("key", "create", "one", "--role", "admin").status == 0
    assert conv("key", "create", "two", "--role", "admin", "--on", "billing/").status == 0

    said = conv("key", "revoke", "10001")
    assert said.status == 2
    assert "conv key revoke 10001 --yes" in said.err
    assert conv("key", "revoke", "10002").status == 0
    assert conv("key", "create", "three", "--role", "admin").status == 0
    assert conv("key", "revoke", "10001").status == 0
    assert conv("key", "revoke", "10003", "--yes").status == 0

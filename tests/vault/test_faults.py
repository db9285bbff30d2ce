"""What is sealed and does not open costs its own task, which is set aside with the reason; without the key nothing is
read, and nothing is made in its place."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from click.testing import CliRunner

from engine.app import Engine
from engine.cli.group import conv
from engine.config import Settings
from engine.errors import SecretKeyError
from engine.store import calls
from engine.store.call import Partition
from engine.store.records import Delivery, Record
from engine.vault import owner_of
from engine.vault.key import FILE
from tests.running.conftest import Lab
from tests.vault.conftest import KEY, OTHER, everything, unzipped

CANARY = "Kanarienvogel-73915462"
STATE = """
diagram: Kept
id: 3
params: {token: {secret: true}, other: {secret: true}}
nodes:
  start: {go: kept}
  kept: {set_state: {}}
"""


@pytest.fixture
def two(sealed: Lab) -> Lab:
    sealed.deploy(STATE)
    sealed.submit(3, {"token": CANARY}, ref="one")
    sealed.submit(3, {"token": "of the other"}, ref="two")
    return sealed


def record(lab: Lab, ref: str) -> Record:
    [found] = lab.engine.store.one(calls.read(Partition(3, 0), [ref])).tasks
    assert found is not None
    return found


def write(client: redis.Redis, lab: Lab, ref: str, field: str, value: bytes) -> None:
    client.hset(f"{{{lab.engine.settings.namespace}:3.0}} t:{record(lab, ref).task_id}", field, value)


def cut_off(lab: Lab) -> bytes:
    return record(lab, "one").data[:-5]


def of_another_task(lab: Lab) -> bytes:
    return record(lab, "two").data


def of_another_field(lab: Lab) -> bytes:
    return lab.engine.store.box.seal(b"{}", owner_of(3, record(lab, "one").task_id, "meta"))


@pytest.mark.parametrize("wrong", [cut_off, of_another_task, of_another_field])
def test_what_does_not_open_is_set_aside_and_can_be_mended(
    two: Lab, redis_client: redis.Redis, caplog: pytest.LogCaptureFixture, wrong: Callable[[Lab], bytes]
) -> None:
    right = record(two, "one").data
    write(redis_client, two, "one", "d", wrong(two))
    shown = two.engine.task(3, "one")
    assert shown.data == {}
    assert "sealed, and cannot be opened" in shown.note
    assert "of the other" not in str(shown)

    with caplog.at_level(logging.ERROR):
        two.engine.modify(3, "one", {"other": "new" + CANARY})
        two.run()

    aside = two.engine.task(3, "one")
    assert aside.place == "aside"
    assert "its data is sealed, and cannot be opened" in aside.note
    assert two.engine.task(3, "two").data == {"token": "of the other"}, "the other task goes on"
    assert CANARY not in caplog.text

    write(redis_client, two, "one", "d", right)
    two.engine.retry(3, "one")
    two.run()
    assert two.engine.task(3, "one").data["token"] == CANARY


def test_a_reader_of_what_does_not_open_takes_its_error_route(two: Lab, redis_client: redis.Redis) -> None:
    two.deploy("""
        process: Reads
        id: 4
        nodes:
          start: {go: read}
          read: {set_parameters: {copied: "{{conv[3].ref[one].token}}"}, error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """)
    write(redis_client, two, "one", "d", cut_off(two))

    task = two.submit(4, {})

    assert task.node == "failed"
    assert 'the task "one" of "Kept" cannot be read: its data is sealed' in task.note


def test_mail_that_was_moved_to_another_task_is_not_taken(two: Lab, redis_client: redis.Redis) -> None:
    sent = b'{"token":"taken over"}'
    sealed = two.engine.store.box.seal(sent, owner_of(3, "two", "mail"))
    mail = Delivery("e", "modify", "", "one", data=sealed)
    two.engine.store.one(calls.deliver(Partition(3, 0), [mail]))

    two.run()

    assert two.engine.task(3, "one").place == "aside"
    assert "its mail is sealed" in two.engine.task(3, "one").note


def test_an_effect_that_does_not_open_is_set_aside(two: Lab, redis_client: redis.Redis) -> None:
    two.deploy("""
        process: Sends
        id: 4
        params: {token: {secret: true}}
        nodes:
          start: {go: send}
          send: {modify_task: {conv: 3, ref: one, data: {token: "{{token}}"}}, error: done, go: done}
          done: {end: success}
        """)
    two.engine.pause(3)
    partition = Partition(4, 0)
    two.engine.resume(3)
    submitted = two.engine.submit(4, {"token": CANARY})
    worker = two.engine.worker()
    while not two.engine.store.one(calls.stats(partition)).outbox:
        worker.round(0.0)
    # It died before it delivered, and somebody has cut the entry off.
    stream = f"{{{two.engine.settings.namespace}:4.0}} out"
    server: Any = redis_client  # whose types say that anything may be a text, or nothing
    [(out_id, fields)] = server.xrange(stream)
    redis_client.xdel(stream, out_id)
    milliseconds, _, number = out_id.decode().partition("-")
    redis_client.xadd(stream, {**fields, b"b": fields[b"b"][:-1]}, id=f"{milliseconds}-{int(number) + 1}")
    redis_client.hset(
        f"{{{two.engine.settings.namespace}:4.0}} t:{submitted.task_id}", "o", f"{milliseconds}-{int(number) + 1}"
    )
    worker.close()

    two.run()

    task = two.engine.task(4, submitted.task_id)
    assert task.place == "aside"
    assert CANARY.encode() not in everything(redis_client, two.engine.settings.namespace)


# --- Without the key ----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an embedded store that has secrets; its key was taken away."""
    with Engine.open(Settings(home=home)) as engine:
        definitions = tmp_path / "definitions"
        definitions.mkdir()
        Lab(engine, definitions).deploy(STATE)
        engine.submit(3, {"token": CANARY}, ref="one")
        assert engine.run_until_idle(30)
    (home / FILE).rename(tmp_path / FILE)
    monkeypatch.setenv("CONV_HOME", str(home))
    monkeypatch.delenv("CONV_SECRET_KEY", raising=False)
    return home


@pytest.mark.parametrize(
    "words",
    [["task", "3", "one"], ["list"], ["submit", "3", "token=x"], ["modify", "3", "one", "token=x"], ["vars"],
     ["archive", "3", "kept"], ["why", "3", "one"], ["show", "3"], ["key", "rotate-data"], ["worker"]],
    ids=lambda words: words[0],
)  # fmt: skip
def test_a_command_that_reads_stops_with_the_reason(folder: Path, words: list[str]) -> None:
    done = CliRunner().invoke(conv, words)

    assert isinstance(done.exception, SecretKeyError)
    assert "there is none here" in done.exception.message
    assert "secret.key" in done.exception.message
    assert done.exception.exit_status == 2
    assert not (folder / FILE).exists(), "no other key is made"


def test_a_wrong_key_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONV_SECRET_KEY", OTHER)

    done = CliRunner().invoke(conv, ["task", "3", "one"])

    assert isinstance(done.exception, SecretKeyError)
    assert "here are only others" in done.exception.message
    assert OTHER not in done.exception.message


def test_the_key_put_back_opens_everything(folder: Path, tmp_path: Path) -> None:
    (tmp_path / FILE).rename(folder / FILE)

    done = CliRunner().invoke(conv, ["task", "3", "one", "--reveal"])

    assert done.exit_code == 0
    assert CANARY in done.output


def test_audit_and_backup_need_no_key(folder: Path, tmp_path: Path) -> None:
    for words in (["audit"], ["backup", str(tmp_path / "backup")]):
        done = CliRunner().invoke(conv, words)
        assert done.exit_code == 0, done.output

    assert CANARY.encode() not in unzipped(tmp_path / "backup")


def test_a_backup_is_restored_with_its_key_only(two: Lab, settings: Settings, tmp_path: Path) -> None:
    two.engine.backup(tmp_path / "backup")
    other = dataclasses.replace(settings, namespace=settings.namespace + "-other")
    for key in ("", OTHER):
        with Engine.open(dataclasses.replace(other, secret_key=key)) as engine:
            with pytest.raises(SecretKeyError, match="the secrets in this backup are sealed with the key"):
                engine.restore(tmp_path / "backup")
            assert engine.registry.version() == 0

    with Engine.open(dataclasses.replace(other, secret_key=f"{OTHER} {KEY}")) as engine:
        engine.restore(tmp_path / "backup")
        assert engine.task(3, "one").data == {"token": CANARY}
        assert engine.rotate_key() == engine.store.box.ids[0], "and then it may have another"
        assert engine.task(3, "one").data == {"token": CANARY}

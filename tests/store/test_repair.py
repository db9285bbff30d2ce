"""A damaged append-only file: what the server forgives, what it refuses, and the repair that cuts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import redis

from engine.errors import StoreError, StoreUnavailable
from engine.store.embedded import attach
from engine.store.repair import MANIFEST, repair
from engine.store.supervisor import DATA
from tests.store.folder import is_quiet, stop
from tests.waiting import eventually

RECORDS = 100


@pytest.fixture
def home(short_folder: Path) -> Path:
    """The folder of a stopped server that holds k0 … k99, written in this order."""
    home = short_folder / ".conv"
    with attach(home) as server, redis.Redis(unix_socket_path=server.socket_path) as client:
        for number in range(RECORDS):
            client.set(f"k{number}", number)
    stop(home)
    return home


def appended(home: Path) -> Path:
    return home / DATA / "appendonly.aof.1.incr.aof"


def keys_left(home: Path) -> int:
    with attach(home) as server, redis.Redis(unix_socket_path=server.socket_path) as client:
        left = client.dbsize()
    assert isinstance(left, int)
    return left


def damage(file: Path, position: int, content: bytes) -> None:
    with file.open("r+b") as opened:
        opened.seek(position)
        opened.write(content)


def test_a_file_that_ends_in_a_record_loses_only_that_record(home: Path) -> None:
    file = appended(home)
    file.write_bytes(file.read_bytes()[:-5])

    assert keys_left(home) == RECORDS - 1


@pytest.mark.parametrize(
    "content",
    [b"XXXX", b"\0" * 500, b"*9999999999\r\n", b"$-1\r\n", b"SEU", b"*1\r\n$3\r\n\xff\xfe\xfd\r\n"],
    ids=["letters", "zeros", "huge count", "negative length", "unknown command", "not text"],
)
def test_a_file_broken_in_the_middle_is_refused_and_can_be_cut_there(home: Path, content: bytes) -> None:
    file = appended(home)
    whole = file.read_bytes()
    record = whole.index(b"*3\r\n$3\r\nSET\r\n$3\r\nk50")
    damage(file, record + 8 if content == b"SEU" else record, content)
    damaged = file.read_bytes()

    with pytest.raises(
        StoreUnavailable, match=r"does not start: .*; to cut its file at the first bad record: python -m "
    ):
        attach(home)
    eventually(lambda: is_quiet(home))
    (cut,) = repair(home)

    assert (cut.file, cut.offset, cut.cut_bytes) == (file, record, len(whole) - record)
    assert cut.copy.read_bytes() == damaged
    assert file.read_bytes() == whole[:record]
    assert keys_left(home) == 50


def test_an_unfinished_transaction_is_cut_whole(home: Path) -> None:
    file = appended(home)
    whole = file.read_bytes()
    file.write_bytes(whole + b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$1\r\n1\r\nbroken")

    (cut,) = repair(home)

    assert cut.offset == len(whole)
    assert keys_left(home) == RECORDS


def test_a_sound_file_is_left_alone(home: Path) -> None:
    before = appended(home).read_bytes()

    assert repair(home) == []
    assert appended(home).read_bytes() == before


def test_files_after_the_broken_one_are_emptied(home: Path) -> None:
    first = appended(home)
    second = first.with_name("appendonly.aof.2.incr.aof")
    second.write_bytes(b"*3\r\n$3\r\nSET\r\n$5\r\nlater\r\n$1\r\n1\r\n")
    with (home / DATA / MANIFEST).open("a") as manifest:
        manifest.write("file appendonly.aof.2.incr.aof seq 2 type i\n")
    damage(first, 500, b"XXXX")

    cuts = repair(home)

    assert [cut.file for cut in cuts] == [first, second]
    assert cuts[1].copy.stat().st_size > second.stat().st_size == 0
    assert 0 < keys_left(home) < RECORDS


def test_a_running_server_is_never_repaired(home: Path) -> None:
    with attach(home), pytest.raises(StoreError, match="is running; stop every conv command there first"):
        repair(home)


def test_other_damage_asks_for_a_backup(home: Path) -> None:
    (home / DATA / MANIFEST).write_text("garbage")

    with pytest.raises(StoreUnavailable, match=r"its data is damaged: restore .*\.conv from a backup"):
        attach(home)
    eventually(lambda: is_quiet(home))
    with pytest.raises(StoreError, match=r"appendonly\.aof\.manifest is damaged \('garbage'\)"):
        repair(home)


def test_a_folder_without_a_store_is_not_repaired(short_folder: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot be repaired: .*appendonly\.aof\.manifest"):
        repair(short_folder)


def test_the_command_says_what_it_did(home: Path) -> None:
    damage(appended(home), 500, b"XXXX")

    command = [sys.executable, "-m", "engine.store.repair", str(home)]
    first = subprocess.run(command, capture_output=True, text=True, check=True)
    second = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "cut at byte" in first.stdout
    assert second.stdout == "no bad record found; nothing was changed\n"

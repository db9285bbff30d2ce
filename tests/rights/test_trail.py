"""The chain of the trail: whatever is changed in it is found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from engine.rights import trail
from engine.rights.trail import Chain, entry_of, entry_text
from engine.store.rights import TrailLine


def chain_of(count: int) -> list[TrailLine]:
    lines: list[TrailLine] = []
    before = bytes(32)
    for number in range(1, count + 1):
        text, entry_id = entry_text("10001", f"did {number}"), f"{1000 + number}-0"
        told = f"{number} {entry_id}".encode()
        digest = hashlib.sha256(before + hashlib.sha256(text).digest() + told).digest()
        lines.append(TrailLine(entry_id, text, number, before, digest))
        before = digest
    return lines


def verdict(lines: list[TrailLine], noted: int, head: bytes) -> list[str]:
    chain = Chain()
    for line in lines:
        chain.take(line)
    return chain.end(noted, head).wrong


def test_a_whole_chain_is_whole() -> None:
    lines = chain_of(5)

    assert verdict(lines, 5, lines[-1].hash) == []
    assert verdict([], 0, b"") == []


def test_what_was_trimmed_is_whole_from_its_first_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "KEEPS", 3)
    lines = chain_of(5)

    assert verdict(lines[2:], 5, lines[-1].hash) == []
    assert verdict(lines[3:], 5, lines[-1].hash) != []


CHANGES: dict[str, Callable[[list[TrailLine]], list[TrailLine]]] = {
    "another text": lambda lines: [lines[0], lines[1]._replace(text=entry_text("10002", "did 2")), *lines[2:]],
    "another time": lambda lines: [lines[0], lines[1]._replace(entry_id="1002-1"), *lines[2:]],
    "one taken out": lambda lines: [lines[0], *lines[2:]],
    "the first taken out": lambda lines: lines[1:],
    "the last taken out": lambda lines: lines[:-1],
    "all taken out": lambda lines: [],
    "two in another order": lambda lines: [lines[1], lines[0], *lines[2:]],
    "one twice": lambda lines: [lines[0], lines[0], *lines[1:]],
    "a hash of its own": lambda lines: [lines[0], lines[1]._replace(hash=bytes(32)), *lines[2:]],
    "another one before": lambda lines: [lines[0], lines[1]._replace(before=bytes(32)), *lines[2:]],
    "a beginning of its own": lambda lines: [lines[0]._replace(before=b"x" * 32), *lines[1:]],
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_changed_is_found(change: str) -> None:
    lines = chain_of(5)

    assert verdict(CHANGES[change](lines), 5, lines[-1].hash) != []


def test_a_new_chain_is_found_by_a_hash_that_was_noted() -> None:
    lines = chain_of(5)

    assert verdict(chain_of(5), 5, lines[-1].hash) == ["the last entry, number 5, is not the one that was written"]


def test_an_entry_is_cut_and_shows_nothing_that_cannot_be_seen() -> None:
    text = entry_text("shell \x1b[31mann", "x" * 1000)

    entry = entry_of(TrailLine("1700000000000-0", text, 1, bytes(32), b"\x01"))

    assert entry.who == "shell  [31mann"
    assert len(entry.what) == trail.LONGEST
    assert (entry.time_ms, entry.outcome, entry.hash) == (1_700_000_000_000, "done", "01")
    assert entry_text("a", "b") != entry_text("a", "b")


def test_an_entry_that_cannot_be_read_is_one() -> None:
    assert entry_of(TrailLine("1-0", b"nonsense", 1, bytes(32), bytes(32))).what == "cannot be read"

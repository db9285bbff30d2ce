"""The trail (`conv audit-log`): who did what, on what, and how it ended. Never a secret, and no data of tasks.

Each entry is chained to the one before by SHA-256, in the store (engine/store/lua/shared/trail.lua); `Chain` follows
it. Whoever can write to the store can make a new chain: who must not trust it notes the last hash elsewhere.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import NamedTuple

import msgspec

from ..store.rights import TrailLine

KEEPS = 100_000  # as TRAIL_KEEPS of the script
MOST_SAID = 20  # of what is wrong with it
LONGEST = 300  # characters of each part of an entry


class Written(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry's text, JSON. `id`: like no other's."""

    who: str
    what: str
    on: str = ""
    outcome: str = "done"
    about: str = ""
    id: str = ""


class Entry(NamedTuple):
    """One line of the trail. `time_ms`: Unix ms by the store's clock; `number` counts from 1 and leaves none out;
    `hash` in hex."""

    number: int
    time_ms: int
    who: str
    what: str
    on: str
    outcome: str
    about: str
    hash: str
    entry_id: str


class Verified(NamedTuple):
    """`entries`: how many there are, from number `first` to `last`; `head`: the hash of the last, in hex. `wrong`: what
    is not as it was written, in words; empty: the chain is whole."""

    entries: int
    first: int
    last: int
    head: str
    wrong: list[str]


def entry_text(who: str, what: str, on: str = "", outcome: str = "done", about: str = "") -> bytes:
    """What is appended. Each part is cut at LONGEST characters; what cannot be seen is left out."""
    written = Written(_seen(who), _seen(what), _seen(on), _seen(outcome), _seen(about), uuid.uuid4().hex[:16])
    return msgspec.json.encode(written)


def _seen(text: str) -> str:
    text = "".join(char if char.isprintable() else " " for char in text[: LONGEST + 1])
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def entry_of(line: TrailLine) -> Entry:
    """An entry for people; of one that cannot be read, its place."""
    try:
        it = _decode(line.text)
    except (msgspec.MsgspecError, ValueError):
        it = Written("?", "cannot be read")
    return Entry(
        line.number, _time_ms(line.entry_id), it.who, it.what, it.on, it.outcome, it.about, line.hash.hex(),
        line.entry_id,
    )  # fmt: skip


class Chain:
    """Follows the chain, entry by entry."""

    def __init__(self) -> None:
        self._wrong: list[str] = []
        self._count = self._first = self._last = 0
        self._before: bytes | None = None

    def take(self, line: TrailLine) -> None:
        self._count += 1
        self._first = self._first or line.number
        if self._before is None:
            if line.number == 1 and line.before != bytes(32):
                self._say(f"{_place(line)} is not the beginning of the chain")
        elif line.number != self._last + 1:
            self._say(f"between {self._last} and {_place(line)} entries are missing")
        elif line.before != self._before:
            self._say(f"{_place(line)} does not follow the one before it")
        if hash_of(line) != line.hash:
            self._say(f"{_place(line)} is not as it was written")
        self._before, self._last = line.hash, line.number

    def end(self, noted: int, head: bytes) -> Verified:
        """`noted`, `head`: number and hash of the last entry, as the store has them."""
        if self._last != noted:
            self._say(f"the last entry should be number {noted}, and is {self._last or 'gone'}")
        elif self._count and self._before != head:
            self._say(f"the last entry, number {self._last}, is not the one that was written")
        if self._first > 1 and self._count < KEEPS:
            self._say(f"those before number {self._first} are gone, though {KEEPS:,} entries are kept")
        return Verified(self._count, self._first, self._last, head.hex(), self._wrong)

    def _say(self, what: str) -> None:
        if len(self._wrong) < MOST_SAID:
            self._wrong.append(what)


def hash_of(line: TrailLine) -> bytes:
    """What its hash should be."""
    told = f"{line.number} {line.entry_id}".encode()
    return hashlib.sha256(line.before + hashlib.sha256(line.text).digest() + told).digest()


def _place(line: TrailLine) -> str:
    return f"entry {line.number} ({line.entry_id})"


def _time_ms(entry_id: str) -> int:
    return int(entry_id.partition("-")[0])


_decode = msgspec.json.Decoder(Written).decode

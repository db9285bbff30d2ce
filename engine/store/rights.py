"""Who may do what, in the registry's slot: keys and groups (opaque bytes here), sessions, and the trail."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .call import Call, pack
from .wire import RightsMessage, RightsReply, SessionReply, TrailReply, TrailRow, rows


class RightsRecords(NamedTuple):
    """Of one moment. `keys` by login, `groups` by name; None: the version is the one that was known."""

    version: int
    last_login: int
    now_ms: int
    keys: dict[int, bytes] | None
    groups: dict[str, bytes] | None


class RightsChange(NamedTuple):
    """What is written on top of a version; None: it goes. `ended`: whose sessions end. `entry`: of the trail."""

    last_login: int
    keys: Mapping[int, bytes | None]
    groups: Mapping[str, bytes | None]
    ended: Sequence[int]
    entry: bytes


class OpenSession(NamedTuple):
    """Whose it is; `mark`: what told the key's secret from others when it was opened."""

    login: int
    mark: str
    made_ms: int


class TrailLine(NamedTuple):
    """An entry as it lies in the store. Its id begins with the server's Unix ms."""

    entry_id: str
    text: bytes
    number: int
    before: bytes
    hash: bytes


class TrailPage(NamedTuple):
    """`noted`, `head`: number and hash of the last entry; `kept`: how many there are."""

    noted: int
    head: bytes
    kept: int
    lines: list[TrailLine]


def load(known: int | None = None) -> Call[RightsRecords]:
    """Keys and groups. `known`: they are left out if this is still the version."""
    args: list[bytes | str | int] = ["" if known is None else known]

    def read(reply: list[Any]) -> RightsRecords:
        it = RightsReply(*reply)
        version = int(it.version)
        if known is not None and version == known:
            return RightsRecords(version, int(it.login), int(it.now_ms), None, None)
        keys = {int(login): record for login, record in zip(it.keys[::2], it.keys[1::2], strict=True)}
        groups = {name.decode(): record for name, record in zip(it.groups[::2], it.groups[1::2], strict=True)}
        return RightsRecords(version, int(it.login), int(it.now_ms), keys, groups)

    return Call("rights", None, args, read, read_only=True)


def change_rights(expected: int, change: RightsChange) -> Call[int | None]:
    """The new version; None: it is not the expected one any more, and nothing was written."""
    message = RightsMessage(
        expected=expected,
        stamp=uuid.uuid4().hex,
        login=change.last_login,
        keys=[str(login) for login in change.keys],
        groups=list(change.groups),
        ended=[str(login) for login in change.ended],
    )
    records = [record or b"" for record in (*change.keys.values(), *change.groups.values())]
    args: list[bytes | str | int] = [pack(message), *records, change.entry, hashlib.sha256(change.entry).digest()]
    return Call("change_rights", None, args, lambda version: None if version < 0 else int(version))


def note(entry: bytes) -> Call[int]:
    """Append to the trail; the text must be like no other."""
    return Call("note", None, [entry, hashlib.sha256(entry).digest()], int)


def trail(after: str, count: int, since_ms: int = 0) -> Call[TrailPage]:
    """So many entries after the one of this id; "": from a Unix time in ms on."""
    return Call("trail", None, [after, since_ms, count], _read_trail, read_only=True)


def _read_trail(reply: list[Any]) -> TrailPage:
    it = TrailReply(*reply)
    lines = [
        TrailLine(row.entry_id.decode(), row.text, int(row.number or 0), row.before, row.hash)
        for row in rows(TrailRow, it.entries)
    ]
    return TrailPage(int(it.noted), it.head, int(it.kept), lines)


def open_session(digest: str, login: int, mark: str, idle_ms: int, longest_ms: int, entry: bytes) -> Call[int]:
    """`digest`: of what its holder has; `entry`: of the trail."""
    args: list[bytes | str | int] = [digest, login, mark, idle_ms, longest_ms, entry, hashlib.sha256(entry).digest()]
    return Call("open_session", None, args, int)


def session(digest: str, idle_ms: int) -> Call[OpenSession | None]:
    """Whose it is; it lives on for so long."""

    def read(reply: list[Any]) -> OpenSession | None:
        if not reply:
            return None
        it = SessionReply(*reply)
        return OpenSession(int(it.login), it.mark.decode(), int(it.made_ms))

    return Call("session", None, [digest, idle_ms], read)


def end_session(digest: str) -> Call[bool]:
    """Whether there was one."""
    return Call("end_session", None, [digest], bool)

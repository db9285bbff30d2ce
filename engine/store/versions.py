"""The versions of each conv that are kept: what was deployed, as it was written, by whom, when and why.

They are in the registry's slot, in two hashes per conv: heads, which are read often, and sources. A deploy writes them
in its own script (`Registry.deploy`); the oldest go when there are more than VERSIONS, or VERSIONS_BYTES of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from .call import UNREADABLE, Call
from .wire import HistoryRow, VersionRow, rows

_MANY = 1000  # convs in one call


class VersionHead(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of a version beside its source.

    `deploy`: the catalogue's number; 0: not known. `file`: the name of its file. `text_hash`: of the definition,
    `source_hash` and `size_bytes`: of the source. `back_to`: the number of the version to which it rolled back.
    `is_made`: the source was made from the definition, as nobody has kept the one that was deployed.
    """

    deploy: int
    text_hash: str
    source_hash: str
    size_bytes: int
    author: str = ""
    message: str = ""
    folder: str = ""
    file: str = ""
    back_to: int = 0
    is_made: bool = False


class KeptVersion(NamedTuple):
    """A version in the store. `time_ms`: Unix ms of the server; 0: not known. `head` None: it cannot be read here."""

    number: int
    time_ms: int
    head: VersionHead | None


class NewVersion(NamedTuple):
    """A version to write. `time_ms` None: now, by the server's clock; 0: not known. `source`: as of `packed`."""

    conv_id: int
    number: int
    time_ms: int | None
    head: bytes
    source: bytes


def packed(source: bytes) -> bytes:
    """A source as it is kept."""
    return zlib.compress(source)


def unpacked(kept: bytes) -> bytes:
    """Raises ValueError when it is none."""
    try:
        return zlib.decompress(kept)
    except zlib.error as error:
        raise ValueError(str(error)) from error


def new_version(conv_id: int, number: int, head: VersionHead, source: bytes, time_ms: int | None = None) -> NewVersion:
    return NewVersion(conv_id, number, time_ms, _pack(head), packed(source))


def version_args(versions: Iterable[NewVersion]) -> list[bytes | str | int]:
    """As the scripts take them, one after another."""
    args: list[bytes | str | int] = []
    for it in versions:
        time_ms = "" if it.time_ms is None else it.time_ms
        row = VersionRow(it.conv_id, it.number, time_ms, it.head, it.source)
        args += [getattr(row, name) for name in row.__struct_fields__]
    return args


def history(conv_id: int) -> Call[list[KeptVersion]]:
    """The versions of a conv that are kept, the newest first."""
    return Call("history", None, [conv_id], _read_history, read_only=True)


def newest(conv_ids: Sequence[int]) -> list[Call[list[int]]]:
    """Per conv the number of its newest version; 0: it has none. In as many calls as it takes."""
    parts = (conv_ids[start : start + _MANY] for start in range(0, len(conv_ids), _MANY))
    return [Call("newest", None, list(part), list, read_only=True) for part in parts]


def version_source(conv_id: int, number: int) -> Call[bytes | None]:
    """The source of a version, packed; None: it is not kept."""
    return Call("version_source", None, [conv_id, number], lambda reply: reply, read_only=True)


def kept_version(conv_id: int, number: int) -> Call[NewVersion | None]:
    """A version as it lies there, for a backup; None: it is not kept."""

    def decode(reply: list[Any] | None) -> NewVersion | None:
        if not reply:
            return None
        stamped, source = reply
        time_ms, _, head = stamped.partition(b" ")
        return NewVersion(conv_id, number, int(time_ms), head, source)

    return Call("kept_version", None, [conv_id, number], decode, read_only=True)


def keep_versions(versions: Sequence[NewVersion]) -> Call[int]:
    """Write versions of a backup; nobody sees them before their conv is deployed."""
    return Call("keep_versions", None, version_args(versions), int)


def read_head(head: bytes) -> VersionHead | None:
    """None: it cannot be read here."""
    try:
        return _unpack(head)
    except UNREADABLE:
        return None


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(VersionHead).decode


def _read_history(reply: list[Any]) -> list[KeptVersion]:
    found = [KeptVersion(int(it.number), int(it.time_ms), read_head(it.head)) for it in rows(HistoryRow, reply)]
    return sorted(found, key=lambda one: one.number, reverse=True)

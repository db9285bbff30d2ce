"""The file of a backup: gzip of records, each its length in 4 bytes and then MessagePack.

The first record is the Header; the last, End, has the number of records and the SHA-256 of all before it: so a file
that was cut off, or changed, is told from a whole one before anything of it is used.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple

import msgspec

from ..errors import DamagedBackup
from ..store.registry import ConvRecord, Owners

VERSION = 1
LARGEST = 1 << 30  # bytes of one record

_LENGTH = struct.Struct(">I")


class Header(msgspec.Struct, tag="header"):
    """`made_ms`: when, in Unix ms."""

    version: int
    made_ms: int
    namespace: str


class PartitionHead(msgspec.Struct, tag="partition"):
    """What follows, until the next one, is of this partition."""

    conv_id: int
    number: int
    paused: bool


class Tasks(msgspec.Struct, tag="tasks"):
    """Per task: id, whether its ref's pointer leads to it, fields (name, value, …), and what stands in each of its keys
    (engine.store.keys.task_keys): mails, …"""

    tasks: list[tuple[Any, ...]]


class Effects(msgspec.Struct, tag="effects"):
    """Of the outbox, with those that were applied while the backup was made; and those set aside: out id, fields."""

    sent: list[tuple[bytes, list[bytes]]]
    late: list[tuple[bytes, list[bytes]]]


class Seen(msgspec.Struct, tag="seen"):
    """Effects applied before their bucket was copied: id, score, …; `words`: answers that have no number, by id."""

    rows: list[bytes]
    words: dict[bytes, bytes] = {}


class Counts(msgspec.Struct, tag="counts"):
    """Totals of the nodes: field, number, …; and the entries of what was counted in each minute and hour."""

    counts: list[bytes]
    minutes: list[bytes] = []
    hours: list[bytes] = []


class Deployed(msgspec.Struct, tag="deployed"):
    """`owners`: of convs that were repartitioned. `instances`: of databases, as JSON. `keys`, `groups`: of the API, by
    login and by name, as the registry has them; `last_login`: the last one ever given. Secrets in variables, instances
    and tasks are sealed as they were in the store; `seal`: with which key (engine/vault/state.py), b"": with none."""

    convs: list[ConvRecord]
    variables: bytes
    owners: dict[int, Owners]
    instances: bytes = b"{}"
    keys: dict[int, bytes] = {}
    groups: dict[str, bytes] = {}
    last_login: int = 0
    seal: bytes = b""


class Versions(msgspec.Struct, tag="versions"):
    """Of the convs, after what is deployed: conv id, number, Unix ms, head, source."""

    versions: list[tuple[int, int, int, bytes, bytes]]


class End(msgspec.Struct, tag="end"):
    records: int
    tasks: int
    sha256: bytes


Record = Header | PartitionHead | Tasks | Effects | Seen | Counts | Deployed | Versions | End

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Record).decode


class Summary(NamedTuple):
    """What a backup holds."""

    tasks: int
    convs: int
    made_ms: int


class Writer:
    """Writes beside the path, and puts the file there when all is written; readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._records = self._tasks = 0
        self._digest = hashlib.sha256()

    def __enter__(self) -> Writer:
        self._raw: IO[bytes] = os.fdopen(os.open(self._part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb")
        self._zip = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, compresslevel=5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._put(End(self._records, self._tasks, self._digest.digest()))
        self._zip.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._raw.close()
        if error is None:
            self._part.replace(self._path)
        else:
            self._part.unlink()

    def put(self, record: Record) -> None:
        self._digest.update(self._put(record))
        self._records += 1
        if isinstance(record, Tasks):
            self._tasks += len(record.tasks)

    def _put(self, record: Record) -> bytes:
        body = _encode(record)
        framed = _LENGTH.pack(len(body)) + body
        self._zip.write(framed)
        return framed


def read(path: Path) -> Iterator[Record]:
    """The records, as they come; End is checked against them. Raises DamagedBackup, OSError."""
    digest = hashlib.sha256()
    count = 0
    with gzip.open(path, "rb") as file:
        while True:
            try:
                head = file.read(_LENGTH.size)
                length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else LARGEST + 1
                body = file.read(length) if length <= LARGEST else b""
                record: Any = _decode(body)
            except (EOFError, zlib.error, gzip.BadGzipFile, msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise _damaged(path) from error
            if count == 0 and not (isinstance(record, Header) and record.version == VERSION):
                raise _damaged(path)
            if isinstance(record, End):
                if not _is_at_end(file) or (record.records, record.sha256) != (count, digest.digest()):
                    raise _damaged(path)
                yield record
                return
            digest.update(head)
            digest.update(body)
            count += 1
            yield record


def _is_at_end(file: gzip.GzipFile) -> bool:
    """Whether nothing follows, and gzip's own checksum is right."""
    try:
        return not file.read(1)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return False


def verify(path: Path) -> Summary:
    """Read all of it. Raises DamagedBackup, OSError."""
    tasks = convs = made_ms = 0
    for record in read(path):
        if isinstance(record, Header):
            made_ms = record.made_ms
        elif isinstance(record, Tasks):
            tasks += len(record.tasks)
        elif isinstance(record, Deployed):
            convs = len(record.convs)
    return Summary(tasks, convs, made_ms)


def _damaged(path: Path) -> DamagedBackup:
    return DamagedBackup(
        f"{path} is no backup, or a damaged one: it was cut off or changed; nothing of it was restored", where=str(path)
    )

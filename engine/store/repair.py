"""Repair of the embedded server's append-only file: cut it at its first bad record, and keep a copy of what it was.

    python -m conv.store.repair .conv

The server forgives a file that ends in the middle of a record (a crash), but refuses one that is broken further in (a
disk). What stands after the first bad record is lost to the store: commits build on each other, so nothing after a gap
may be applied. A changed byte inside a value is not noticed, by the server or here: the file has no checksums.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ..errors import EngineError, StoreError
from . import supervisor
from .embedded import attach

MANIFEST = "appendonly.aof.manifest"
_LINE_BYTES = 1_000  # the longest line that may open a record or one of its arguments


class Cut(NamedTuple):
    """A file of the append-only directory that was cut: at which byte, how much fell away, where the copy is."""

    file: Path
    offset: int
    cut_bytes: int
    copy: Path


def repair(folder: Path) -> list[Cut]:
    """Cut the append-only files of the embedded server in `folder`; an empty list when nothing is wrong with them.

    Files after the one with the bad record are emptied. Raises StoreError while a server works on the folder, when it
    holds no such files, and when the list of files is itself damaged.
    """
    locks: list[int] = []
    try:
        for name in (supervisor.SUPERVISOR_LOCK, supervisor.LOCK):
            held = supervisor.take(str(folder / name))
            if held is None:
                raise StoreError(f"the embedded server in {folder} is running; stop every conv command there first")
            locks.append(held)
        return _repair(folder, _known_commands())
    except OSError as error:
        raise StoreError(f"{folder} cannot be repaired: {error}", where=str(folder)) from error
    finally:
        for held in locks:
            os.close(held)


def _repair(folder: Path, commands: frozenset[bytes]) -> list[Cut]:
    cuts: list[Cut] = []
    copies = folder / time.strftime("broken-%Y%m%d-%H%M%S", time.gmtime())
    for file in appended_files(folder / supervisor.DATA):
        size = file.stat().st_size
        with file.open("rb") as opened:
            offset = 0 if cuts else good_bytes(opened, commands)
        if offset == size:
            continue
        copies.mkdir(exist_ok=True)
        shutil.copy2(file, copies / file.name)
        with file.open("r+b") as opened:
            opened.truncate(offset)
            os.fsync(opened.fileno())
        cuts.append(Cut(file, offset, size - offset, copies / file.name))
    return cuts


def appended_files(data: Path) -> list[Path]:
    """The files of commands that the manifest names, in the order in which the server reads them."""
    numbered = []
    for line in (data / MANIFEST).read_text("utf-8").splitlines():
        words = line.split()
        entry = dict(zip(words[::2], words[1::2], strict=False))
        if not entry.keys() >= {"file", "seq", "type"} or not entry["seq"].isdigit():
            raise StoreError(f"{data / MANIFEST} is damaged ({line[:80]!r}): restore {data.parent} from a backup")
        if entry["type"] == "i":
            numbered.append((int(entry["seq"]), data / entry["file"]))
    return [file for _, file in sorted(numbered)]


def good_bytes(file: BinaryIO, commands: frozenset[bytes]) -> int:
    """How many bytes from the start are whole records of known commands; those of an unfinished MULTI do not count."""
    good = 0
    open_multi = False
    while (record := _read_record(file)) is not None:
        name = record[0].lower() if record else b""
        if record and name not in commands:
            break
        if name == b"multi":
            open_multi = True
        elif name == b"exec":
            open_multi = False
        if not open_multi:
            good = file.tell()
    return good


def _read_record(file: BinaryIO) -> list[bytes] | None:
    """The next command and its arguments (an empty list for a remark), or None when there is no whole record."""
    line = file.readline(_LINE_BYTES)
    if line.startswith(b"#") and line.endswith(b"\r\n"):
        return []
    count = _number(line, b"*")
    if not count:
        return None
    words = []
    for _ in range(count):
        length = _number(file.readline(_LINE_BYTES), b"$")
        word = b"" if length is None else file.read(length + 2)
        if length is None or len(word) != length + 2 or not word.endswith(b"\r\n"):
            return None
        words.append(word[:-2])
    return words


def _known_commands() -> frozenset[bytes]:
    """The commands of the server, in lower case, asked of one that is started on an empty folder."""
    with (
        tempfile.TemporaryDirectory(prefix="conv-", ignore_cleanup_errors=True) as folder,
        attach(Path(folder)) as server,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection,
    ):
        connection.connect(server.socket_path)
        connection.sendall(b"COMMAND LIST\r\n")
        with connection.makefile("rb") as answer:
            return frozenset(_read_record(answer) or [])


def _number(line: bytes, mark: bytes) -> int | None:
    digits = line[1:-2]
    if line[:1] != mark or line[-2:] != b"\r\n" or not digits.isdigit() or len(digits) > 10:
        return None
    return int(digits)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m conv.store.repair FOLDER\n")
        return 2
    try:
        cuts = repair(Path(arguments[0]))
    except EngineError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    for cut in cuts:
        sys.stdout.write(f"{cut.file}: cut at byte {cut.offset}, {cut.cut_bytes} bytes fell away; copy: {cut.copy}\n")
    if not cuts:
        sys.stdout.write("no bad record found; nothing was changed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

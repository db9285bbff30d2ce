"""What make.py leaves of one version of the engine, and how tests find and unpack it.

stores/0.1.0-b033a4e/       version, and the commit that last changed the engine
    store.tar.xz            the embedded server's data
    backup.conv             a backup, made by that version a moment before
    engine.tar.xz           as much of the engine as a worker needs
    definitions/            what is deployed in it
    facts.json              Facts: what a test must know of it
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import msgspec

from tests.upgrade.ledger import Request

STORES = Path(__file__).parent / "stores"

ACCOUNTS, NOTES, PAY, TELL, SEND, PACED, ASK, ANSWER, LINE, TAKE = range(1, 11)
COPY, COPIED, LATER, WATCHED, COMPUTE, FRAGILE, TARGETS, PLAIN, UNSENT, CHAIN = range(11, 21)


class Facts(msgspec.Struct):
    """`saved_ms`: when, in Unix time; the store's clock is turned back to it. `requests`: those that had come by then.
    `applied`: effect ids that the conv TARGETS remembers, with the first answer. `asked`: the Answer task of each Ask
    task, by ref. `places`: what stood where, for people: how many tasks in each place of each conv."""

    saved_ms: int
    requests: list[Request]
    applied: dict[str, str]
    asked: dict[str, str]
    places: dict[str, dict[str, int]]


def read_facts(store: Path) -> Facts:
    return msgspec.json.decode((store / "facts.json").read_bytes(), type=Facts)


def pack(archive: Path, folder: Path, names: list[str]) -> None:
    """Make an archive of these files and folders of `folder`; the same for the same content."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = 0
        return entry

    with tarfile.open(archive, "w:xz", preset=9) as tar:
        for name in sorted(names):
            tar.add(folder / name, name, filter=plain)


def unpack(archive: Path, folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder

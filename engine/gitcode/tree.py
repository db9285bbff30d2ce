"""The files of a checkout: closed to writing, known again, and taken away.

A handler may run as a user to whom nothing is closed, and others may clear up under a checkout: so it is looked at
before each use. To look costs some 10 µs for each file.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

_POINTER = b"version https://git-lfs.github.com/spec/"
_LARGEST_POINTER = 1024  # bytes


def close(tree: Path) -> None:
    """Nothing in it may be written any more; the folder itself stays open, to be renamed."""
    for folder, _, files in os.walk(tree):
        for name in files:
            file = os.path.join(folder, name)  # noqa: PTH118 - there may be many
            if not os.path.islink(file):  # noqa: PTH114
                os.chmod(file, os.stat(file).st_mode & 0o555)  # noqa: PTH101, PTH116
        if folder != str(tree):
            os.chmod(folder, 0o555)  # noqa: PTH101, S103 - less than it was


def look(tree: Path) -> tuple[str, int]:
    """What tells these files, as they are now, from others and from changed ones; and their bytes. Raises OSError."""
    if tree.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, "a link in place of a checkout")
    told, size = hashlib.sha256(), 0
    for path, entry in _entries(str(tree), ""):
        found = entry.stat(follow_symlinks=False)
        what = f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"  # the last one nobody can put back
        if entry.is_symlink():
            what = os.readlink(entry.path)  # noqa: PTH115
        told.update(
            f"{path}\0{stat.S_IFMT(found.st_mode)}\0{'' if entry.is_dir(follow_symlinks=False) else what}\0".encode(
                errors="surrogateescape"
            )
        )
        size += found.st_size
    return told.hexdigest(), size


def _entries(folder: str, path: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        yield path + entry.name, entry
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(entry.path, f"{path}{entry.name}/")


def pointers(tree: Path) -> list[str]:
    """Files of which only a pointer into Git LFS is there."""
    found, attributes = [], False
    for path, entry in _entries(str(tree), ""):
        if not entry.is_file(follow_symlinks=False):
            continue
        if entry.name == ".gitattributes":
            attributes = attributes or b"filter=lfs" in Path(entry.path).read_bytes()
        elif entry.stat().st_size <= _LARGEST_POINTER:
            with Path(entry.path).open("rb") as file:
                if file.read(len(_POINTER)) == _POINTER:
                    found.append(path)
    return found if attributes else []


def remove(tree: Path) -> None:
    """Take it away, though nothing in it may be written."""
    for folder, _, _ in os.walk(tree):
        with contextlib.suppress(OSError):
            os.chmod(folder, 0o700)  # noqa: PTH101
    shutil.rmtree(tree, ignore_errors=True)

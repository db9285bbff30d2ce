"""Room for checkouts: what nobody has used for long goes, and what takes more room than there is for it.

Only where nobody makes or uses it: a checkout in use is held (checkout.py).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .tree import remove


class Room(NamedTuple):
    """How long a checkout may be unused, and how many bytes all of them, with what was fetched, may take."""

    age_s: float
    size: int


class _Kept(NamedTuple):
    used: float
    size: int
    sign: Path  # its file; the folder beside it has the same name without the ending


@contextlib.contextmanager
def locked(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """The lock of a repository's folder. False: somebody else has it, and is not waited for."""
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


def make_room(place: Path, room: Room) -> None:
    """Take away what is old, then what was not used for longest, until the rest has room."""
    kept = sorted(_kept(place))
    objects = {folder: _size(folder / "objects") for folder in place.iterdir() if folder.is_dir()}
    total = sum(one.size for one in kept) + sum(objects.values())
    for one in kept:
        if one.used >= time.time() - room.age_s and total <= room.size:
            break
        if _taken_away(one):
            total -= one.size
            if not any(one.sign.parent.glob("*.sign")):
                total -= objects.get(one.sign.parent, 0)


def _kept(place: Path) -> Iterator[_Kept]:
    for sign in place.glob("*/*.sign"):
        with contextlib.suppress(OSError, ValueError):  # another worker has taken it away
            yield _Kept(sign.stat().st_mtime, int(sign.read_text().partition(" ")[2] or 0), sign)


def _size(folder: Path) -> int:
    found = 0
    for where, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                found += os.lstat(os.path.join(where, name)).st_size  # noqa: PTH118
    return found


def _taken_away(kept: _Kept) -> bool:
    folder = kept.sign.parent
    with locked(folder, wait=False) as is_ours:
        if not is_ours:
            return False
        try:
            with kept.sign.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(file.fileno()).st_mtime > kept.used:
                    return False
                kept.sign.unlink()
                put_aside(kept.sign.with_suffix(""))
        except OSError:  # in use, or gone
            return False
        if not any(folder.glob("*.sign")):
            put_aside(folder / "objects")
    return True


def put_aside(tree: Path) -> None:
    """Take a folder away at once, by another name: what is left of it if we are killed is known by that name."""
    if tree.is_symlink() or tree.is_file():  # somebody put it there; what it leads to is not ours
        tree.unlink()
    if not tree.exists():
        return
    tree.chmod(0o700)
    aside = Path(tempfile.mkdtemp(prefix="new-", dir=tree.parent))
    tree.rename(aside / "old")
    remove(aside)

"""Checkouts of repositories: one folder for each commit, made once, then used without git and without a network.

    HOME/git/<hash of the URL>/objects      what was fetched, a bare repository
    HOME/git/<hash of the URL>/<commit id>  the files of a commit, without .git, not to be written
    HOME/git/<hash of the URL>/<commit id>.sign  what tells whether they are whole, and their bytes; held while in use,
                                            and its time is that of the last use
    HOME/git/<hash of the URL>/lock         held while something is made or taken away

A checkout is made in a folder of another name and then renamed, and used only while it is as its sign says: else it is
made anew. The locks (flock) hold between threads, processes and workers, and end with the process that holds them.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .failure import failure
from .git import FULL_ID, Damaged, Git
from .repository import Repository
from .room import Room, locked, make_room, put_aside
from .tree import close, look, pointers, remove

_ID = re.compile(r"[0-9a-f]{7,64}")
_NAME = re.compile(r"(?!.*(\.\.|//|@\{|\.lock(/|$)))[A-Za-z0-9_][A-Za-z0-9._/+@-]{0,199}")


def is_id(commit: str) -> bool:
    """Whether this is the id of a commit, full or its first 7 digits at least."""
    return _ID.fullmatch(commit.lower()) is not None


def is_name(commit: str) -> bool:
    """Whether this can be a tag or branch."""
    return _NAME.fullmatch(commit) is not None


@contextlib.contextmanager
def checkout(home: Path, repository: Repository, commit: str, room: Room | None = None) -> Iterator[Path]:
    """The folder with the files of a commit: an id, a tag, a branch, or "" for the default branch.

    It stays as long as the context. A name is asked for at every call, so it needs the network; an id that is here
    already does not.
    Raises LogicError git_call_executing_error: hardware when the repository does not answer, software when it has no
    such commit, or one with submodules or files in Git LFS.
    """
    if commit and not is_id(commit) and not is_name(commit):
        raise failure("the commit must be an id, a tag or a branch")
    place = home.absolute() / "git"
    folder = place / hashlib.sha256(repository.url.encode()).hexdigest()[:32]
    git = Git(repository, folder / "objects")
    held = _known(git, folder, commit)
    if held is None:
        home.mkdir(parents=True, exist_ok=True)
        place.mkdir(mode=0o700, exist_ok=True)
        # Node looks upwards for one, which must not be that of the folder in which a worker happens to run.
        if not (place / "package.json").exists():
            (place / "package.json").write_text("{}")
        folder.mkdir(exist_ok=True)
        held, is_new = _fetched(git, folder, commit)
        if is_new and room is not None:
            make_room(place, room)
    with held:
        yield Path(held.name).with_suffix("")


def _known(git: Git, folder: Path, commit: str) -> IO[str] | None:
    """The checkout of an id, if it is here and whole."""
    if not is_id(commit) or not git.is_made():
        return None
    full = commit.lower() if FULL_ID.fullmatch(commit.lower()) else git.find(commit.lower())
    return _held(folder / full) if full is not None else None


def _held(tree: Path) -> IO[str] | None:
    """A checkout that is here and whole, not to be taken away while the file is open."""
    try:
        file = tree.with_suffix(".sign").open()
        fcntl.flock(file, fcntl.LOCK_SH)
        try:
            if os.fstat(file.fileno()).st_nlink and file.read().partition(" ")[0] == look(tree)[0]:
                os.utime(file.fileno())
                return file
        except (OSError, ValueError):
            file.close()
            raise
    except (OSError, ValueError):  # not there, or no text
        return None
    file.close()
    return None


def _fetched(git: Git, folder: Path, commit: str) -> tuple[IO[str], bool]:
    """The checkout, and whether it was made only now. What was fetched and is damaged is fetched again."""
    try:
        with locked(folder):
            git.prepare()
        wanted = commit.lower() if is_id(commit) else git.id_of_name(commit)
        with locked(folder):
            try:
                return _found(git, folder, commit, wanted)
            except Damaged:
                git.wipe()
            return _found(git, folder, commit, wanted)
    except Damaged as error:
        raise failure(f"git: {error}") from error


def _found(git: Git, folder: Path, commit: str, wanted: str) -> tuple[IO[str], bool]:
    git.prepare()
    full = git.fetched(wanted)
    if full is None and not FULL_ID.fullmatch(commit) and is_id(commit):
        full = git.fetched(git.id_of_name(commit))  # a tag such as 20240131 looks like the beginning of an id
    if full is None:
        raise failure(f"the repository has no commit {commit}")
    held = _held(folder / full)
    if held is not None:
        return held, False
    _make(git, folder, full)
    held = _held(folder / full)
    if held is None:
        raise failure("the checkout was changed while it was made", hardware=True)
    return held, True


def _make(git: Git, folder: Path, commit: str) -> None:
    _refuse("submodules", git.submodules(commit))
    for left in folder.glob("new-*"):  # of a process that was killed; nobody else is here
        remove(left)
    new = Path(tempfile.mkdtemp(prefix="new-", dir=folder))
    files, tree = new / "files", folder / commit
    files.mkdir()
    try:
        git.checked("--work-tree", str(files), "read-tree", "--reset", "-u", commit, index=new / "index")
        _refuse("files in Git LFS", pointers(files))
        close(files)
        put_aside(tree)  # a damaged one; who uses it goes on with the new one, which has the same names
        files.rename(tree)
        tree.chmod(0o555)
    finally:
        remove(new)
    told, size = look(tree)
    tree.with_suffix(".sign").write_text(f"{told} {size}")


def _refuse(what: str, paths: list[str]) -> None:
    if paths:
        named = ", ".join(paths[:3]) + (", …" if len(paths) > 3 else "")
        raise failure(f"the commit has {what}, which are not fetched: {named}")

"""Checkouts of repositories: one folder for each commit, made once, then used without git and without a network.

    HOME/git/<hash of the URL>/objects      what was fetched, a bare repository
    HOME/git/<hash of the URL>/<commit id>  the files of a commit, without .git
    HOME/git/<hash of the URL>/lock         held while one of the two is made

A checkout is made in a folder of another name and then renamed, so it is whole or not there. The lock (flock) holds
between threads, processes and workers, and ends with the process that holds it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from engine.gitcode.failure import failure
from engine.gitcode.process import end_all
from engine.gitcode.repository import Repository
from engine.sealing import masked

GIT_S = 300.0  # one command of git, of which a fetch may take long
_FULL_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ID = re.compile(r"[0-9a-f]{7,64}")
_NAME = re.compile(r"(?!.*(\.\.|//|@\{|\.lock(/|$)))[A-Za-z0-9_][A-Za-z0-9._/+@-]{0,199}")
_SAFE = ("-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "core.autocrlf=false")
_KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_SSL_CAINFO", "SSL_CERT_FILE")
_FETCH = ("--quiet", "--no-tags", "--no-recurse-submodules")
_ALL = ("+refs/heads/*:refs/fetched/heads/*", "+refs/tags/*:refs/fetched/tags/*")


def is_id(commit: str) -> bool:
    """Whether this is the id of a commit, full or its first 7 digits at least."""
    return _ID.fullmatch(commit.lower()) is not None


def is_name(commit: str) -> bool:
    """Whether this can be a tag or branch."""
    return _NAME.fullmatch(commit) is not None


def checkout(home: Path, repository: Repository, commit: str) -> Path:
    """The folder with the files of a commit: an id, a tag, a branch, or "" for the default branch.

    A name is asked for at every call, so it needs the network; an id that is here already does not.
    Raises LogicError git_call_executing_error: hardware when the repository does not answer, software when it has no
    such commit.
    """
    if commit and not is_id(commit) and not is_name(commit):
        raise failure("the commit must be an id, a tag or a branch")
    place = home.absolute() / "git"
    folder = place / hashlib.sha256(repository.url.encode()).hexdigest()[:32]
    git = _Git(repository, folder / "objects")
    found = _known(git, folder, commit)
    if found is not None:
        return found
    home.mkdir(parents=True, exist_ok=True)
    place.mkdir(mode=0o700, exist_ok=True)
    # Node looks upwards for one, which must not be that of the folder in which a worker happens to run.
    if not (place / "package.json").exists():
        (place / "package.json").write_text("{}")
    folder.mkdir(exist_ok=True)
    with _locked(folder):
        git.prepare()
    wanted = commit.lower() if is_id(commit) else git.id_of_name(commit)
    with _locked(folder):
        full = git.fetched(wanted)
        if full is None and not _FULL_ID.fullmatch(commit) and is_id(commit):
            full = git.fetched(git.id_of_name(commit))  # a tag such as 20240131 looks like the beginning of an id
        if full is None:
            raise failure(f"the repository has no commit {commit}")
        if not (folder / full).is_dir():
            _make(git, folder, full)
    return folder / full


def _known(git: _Git, folder: Path, commit: str) -> Path | None:
    """The checkout of an id, if it is here."""
    if not is_id(commit) or not git.is_made():
        return None
    full = commit.lower() if _FULL_ID.fullmatch(commit.lower()) else git.find(commit.lower())
    return folder / full if full is not None and (folder / full).is_dir() else None


def _make(git: _Git, folder: Path, commit: str) -> None:
    for left in folder.glob("new-*"):  # of a process that was killed; nobody else is here
        shutil.rmtree(left, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix="new-", dir=folder))
    files = new / "files"
    files.mkdir()
    try:
        git.checked("--work-tree", str(files), "read-tree", "--reset", "-u", commit, index=new / "index")
        files.rename(folder / commit)
    finally:
        shutil.rmtree(new, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class _Failed(Exception):
    """git ended with an error; the text is what it said last, masked."""


class _Git:
    """The commands of git on the bare repository of one URL."""

    def __init__(self, repository: Repository, objects: Path) -> None:
        self.repository = repository
        self.objects = objects

    def prepare(self) -> None:
        """Make the repository, and mend what a git that was killed has left. Under the lock."""
        self.objects.mkdir(exist_ok=True)
        for left in self.objects.glob("*.lock"):
            left.unlink()
        if not self.is_made():
            self.checked("init", "--quiet", "--bare", "--template=", str(self.objects), here=False)
            (self.objects / "made").touch()

    def is_made(self) -> bool:
        return (self.objects / "made").exists()

    def id_of_name(self, name: str) -> str:
        """The commit that a tag or branch names now; tags first, as git does."""
        wanted = [f"refs/tags/{name}^{{}}", f"refs/tags/{name}", f"refs/heads/{name}"] if name else ["HEAD"]
        listed = self._asked("ls-remote", "origin", *wanted)
        found = {ref: commit for commit, _, ref in (line.partition("\t") for line in listed.splitlines())}
        for ref in wanted:
            if _FULL_ID.fullmatch(found.get(ref, "")):
                return found[ref]
        raise failure(f"the repository has no tag or branch {name}" if name else "the repository is empty")

    def fetched(self, commit: str) -> str | None:
        """The full id of a commit, fetched if it is not here; None when the repository does not have it."""
        found = self.find(commit)
        if found is None and _FULL_ID.fullmatch(commit):
            with contextlib.suppress(_Failed):  # not every server gives a commit by its id
                self.run("fetch", *_FETCH, "--depth=1", "origin", commit)
            found = self.find(commit)
        if found is None:
            deepen = ["--unshallow"] if (self.objects / "shallow").exists() else []
            self._asked("fetch", *_FETCH, "--prune", *deepen, "origin", *_ALL)
            found = self.find(commit)
        return found

    def find(self, commit: str) -> str | None:
        """The full id of a commit that is here."""
        try:
            return self.run("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}").strip()
        except _Failed:
            return None

    def _asked(self, *words: str) -> str:
        """A command that asks the repository: it may be out of reach for a while."""
        try:
            return self.run(*words)
        except _Failed as error:
            raise failure(f"the repository cannot be read: {error}", hardware=True) from error

    def checked(self, *words: str, here: bool = True, index: Path | None = None) -> None:
        """A command that nothing but a mistake or a full disk can stop."""
        try:
            self.run(*words, here=here, index=index)
        except _Failed as error:
            raise failure(f"git: {error}") from error

    def run(self, *words: str, here: bool = True, index: Path | None = None) -> str:
        """What git prints. Raises _Failed; LogicError when there is no git or it does not end."""
        program = shutil.which("git")
        if program is None:
            raise failure("there is no git on this machine: it must be on the worker's PATH")
        place = ["--git-dir", str(self.objects)] if here else []
        process = subprocess.Popen(
            [program, *_SAFE, *place, *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
            env=self._environment(index), cwd=self.objects, start_new_session=True,
        )  # fmt: skip
        try:
            out, err = process.communicate(timeout=GIT_S)
        except subprocess.TimeoutExpired as error:
            raise failure(f"git {words[0]} took more than {GIT_S:.0f} s", hardware=True) from error
        finally:
            end_all(process)
        if process.returncode:
            lines = [line for line in err.splitlines() if line.strip()]
            said = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[-1] if lines else "")
            raise _Failed(masked(said, self.repository.secrets) or f"git {words[0]} failed")
        return out

    def _environment(self, index: Path | None) -> dict[str, str]:
        # The operator's own keys and configuration serve, nobody is asked, and the URL, which may hold a password, is
        # neither in the arguments, which everybody can read, nor on the disk.
        kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.lower().endswith("_proxy")}
        extra = {"GIT_INDEX_FILE": str(index)} if index is not None else {}
        return kept | extra | {
            "GIT_ALLOW_PROTOCOL": "file:https:ssh",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "remote.origin.url",
            "GIT_CONFIG_VALUE_0": self.repository.url,
            "LC_ALL": "C.UTF-8",
        }  # fmt: skip

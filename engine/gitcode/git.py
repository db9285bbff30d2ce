"""Git, as a program: what it is told, and what it sees of this machine."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from ..sealing import masked
from .failure import failure
from .process import end_all
from .repository import Repository

GIT_S = 300.0  # one command of git, of which a fetch may take long
FULL_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SAFE = (
    *("-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "core.autocrlf=false"),
    *("-c", "http.followRedirects=false"),  # what is allowed is a place, and not where its server sends us
)
_REDIRECTED = re.compile(r"requested URL returned error: 30[12378]")
_NOT_FOLLOWED = "; it redirects, which is not followed: write where it leads, often the same with .git at its end"
_KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_SSL_CAINFO", "SSL_CERT_FILE")
_FETCH = ("--quiet", "--no-tags", "--no-recurse-submodules")
_ALL = ("+refs/heads/*:refs/fetched/heads/*", "+refs/tags/*:refs/fetched/tags/*")


class Failed(Exception):
    """git ended with an error; the text is what it said last, masked."""


class Damaged(Exception):
    """What was fetched cannot be used; the text is what git said last, masked."""


class Git:
    """The commands of git on the bare repository of one URL. Each raises LogicError, too."""

    def __init__(self, repository: Repository, objects: Path) -> None:
        self.repository = repository
        self.objects = objects

    def prepare(self) -> None:
        """Make the repository, and mend what a git that was killed has left. Under the lock."""
        self.objects.mkdir(exist_ok=True)
        for left in self.objects.glob("*.lock"):
            left.unlink()
        if self.is_made() and not self._is_repository():
            self.wipe()
            self.objects.mkdir()
        if not self.is_made():
            self.checked("init", "--quiet", "--bare", "--template=", str(self.objects), here=False)
            (self.objects / "made").touch()

    def wipe(self) -> None:
        """Forget what was fetched. Under the lock."""
        shutil.rmtree(self.objects, ignore_errors=True)

    def _is_repository(self) -> bool:
        try:
            self.run("rev-parse", "--git-dir")
        except Failed:
            return False
        return True

    def is_made(self) -> bool:
        return (self.objects / "made").exists()

    def id_of_name(self, name: str) -> str:
        """The commit that a tag or branch names now; tags first, as git does."""
        wanted = [f"refs/tags/{name}^{{}}", f"refs/tags/{name}", f"refs/heads/{name}"] if name else ["HEAD"]
        listed = self._asked("ls-remote", "origin", *wanted)
        found = {ref: commit for commit, _, ref in (line.partition("\t") for line in listed.splitlines())}
        for ref in wanted:
            if FULL_ID.fullmatch(found.get(ref, "")):
                return found[ref]
        raise failure(f"the repository has no tag or branch {name}" if name else "the repository is empty")

    def fetched(self, commit: str) -> str | None:
        """The full id of a commit, fetched if it is not here; None when the repository does not have it.

        Raises Damaged.
        """
        found = self.find(commit)
        if found is None and FULL_ID.fullmatch(commit):
            with contextlib.suppress(Failed):  # not every server gives a commit by its id
                self.run("fetch", *_FETCH, "--depth=1", "origin", commit)
            found = self.find(commit)
        if found is None:
            deepen = ["--unshallow"] if (self.objects / "shallow").exists() else []
            words = ("fetch", *_FETCH, "--prune", *deepen, "origin", *_ALL)
            try:
                self.run(*words)
            except Failed as error:
                self._asked("ls-remote", "origin", "HEAD")  # is it the repository, or is it what is here?
                raise Damaged(str(error)) from error
            found = self.find(commit)
        if found is None:
            self.checked("rev-list", "--all", "--quiet")  # all that it should have of the past is here
        return found

    def submodules(self, commit: str) -> list[str]:
        """The paths in a commit at which there is another repository. Raises Damaged."""
        listed = self.checked("ls-tree", "-r", "-z", "--full-tree", commit)
        return [line.partition("\t")[2] for line in listed.split("\0") if line.startswith("160000 ")]

    def find(self, commit: str) -> str | None:
        """The full id of a commit that is here."""
        try:
            return self.run("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}").strip()
        except Failed:
            return None

    def _asked(self, *words: str) -> str:
        """A command that asks the repository: it may be out of reach for a while."""
        try:
            return self.run(*words)
        except Failed as error:
            raise failure(f"the repository cannot be read: {error}", hardware=True) from error

    def checked(self, *words: str, here: bool = True, index: Path | None = None) -> str:
        """A command that nothing but damage or a full disk can stop. Raises Damaged."""
        try:
            return self.run(*words, here=here, index=index)
        except Failed as error:
            if "No space left" in str(error):
                raise failure(f"git: {error}", hardware=True) from error
            raise Damaged(str(error)) from error

    def run(self, *words: str, here: bool = True, index: Path | None = None) -> str:
        """What git prints. Raises Failed; LogicError when there is no git or it does not end."""
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
            more = _NOT_FOLLOWED if _REDIRECTED.search(said) else ""
            raise Failed(masked(said, self.repository.secrets) + more or f"git {words[0]} failed")
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

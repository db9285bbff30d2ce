"""git_call: a handler from a git repository changes the task's data. Source: reference 3.13; how it runs is our own.

Off unless the operator allows it. The checkout and the process are engine/gitcode/; run again after a crash, a handler
gets the same data again, but what it did outside is done twice.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

import msgspec
from pydantic import Field, model_validator

from .. import gitcode, sealing
from ..changes import Seen, read_result, secret_texts, take_changes, unshown
from ..config import read_settings
from ..definition import OutsideAction
from ..errors import LogicError
from ..fields import Anything, Flag, Integer, TemplateText, Text
from ..logic import Builder, CallOut, Context, Event, Running, Site, Stay, keep_secret

RUN_HERE = ("python", "js")
LOG = "__conveyor_git_call_log__"

Lang = Literal["js", "python", "golang", "php", "java", "lisp", "clojure", "prolog", "dockerfile"]

_VARIABLE = re.compile(r"\{\{\s*env_var\[@?[\w-]+\]\s*\}\}|<<\s*env_var\[@?[\w-]+\]\s*>>")
_MARK = re.compile(r"\{\{|<<|\$\.")
_PASSWORD = re.compile(r"https://([^/@:]+|[^/@:]*:[^/@]+)@|ssh://[^/@:]*:[^/@]+@")

_encode = msgspec.json.Encoder().encode


class GitCall(OutsideAction):
    """Runs a handler from a git repository, at a pinned commit, in a process of its own: off unless `CONV_GIT_CALL`
    allows it."""

    key: ClassVar[str] = "git_call"
    error_prefix: ClassVar[str] = "git_call"
    icon: ClassVar[str] = (
        "M5 3.5v9M5 8c4 0 6-1 6-3.5M3.5 3.5a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0"
        "M9.5 3a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0"
    )

    lang: Lang = Field(description="js and python run; the others are kept, but fail when they are run")
    repo: TemplateText = Field(
        "", description="https, ssh or file URL, user@host:path or absolute path; variables only"
    )
    commit: Text = Field(
        "", description="id of a commit; a tag or branch is not pinned and needs the network each time"
    )
    path: Text = Field("", description="the handler's file in the repository, or its folder")
    script: Text = Field("", description="build script; kept, but not run")
    code: Text = Field("", description="the handler's file itself, in place of repo")
    handler: Text = Field("", description="name of the function; none: handle (Python), module.exports (JavaScript)")
    log: Flag = Field(False, description=f"the end of what the handler prints goes to {LOG}")
    public: tuple[Text, ...] = Field(
        (), description="parameters that are no secret though they are written after one was read"
    )
    code_error: Anything = Field(None, description="kept, without a meaning here")
    version: Integer = Field(2, description="kept, without a meaning here")

    @model_validator(mode="after")
    def _what_runs(self) -> GitCall:
        if not self.repo and not self.code:
            raise ValueError("git_call needs repo or code")
        if _MARK.search(_VARIABLE.sub("", self.repo)):
            raise ValueError("repo may hold variables, {{env_var[@name]}}, and no other template")
        return self

    def warnings(self) -> list[str]:
        if self.lang not in RUN_HERE:
            return [f"unsupported: {self.lang}; the node will fail with git_call_executing_error"]
        said = []
        if not read_settings().git_call:
            said.append("it is off here: a worker runs it only when CONV_GIT_CALL allows it")
        if self.repo:
            said += self._warnings_of_repo()
        if self.script:
            said.append("script is not run; what the handler needs must be in the repository")
        return said

    def _warnings_of_repo(self) -> list[str]:
        said = []
        if self.code:
            said.append("code is not used, as there is a repo")
        if not gitcode.is_id(self.commit):
            named = f'commit "{self.commit}" is a name' if self.commit else "there is no commit"
            said.append(f"{named}, so what runs is not pinned; write the id of a commit")
        if _PASSWORD.match(_VARIABLE.sub("", self.repo)):
            said.append("repo holds a password; put it into a secret variable, {{env_var[@name]}}")
        if not _VARIABLE.search(self.repo):
            try:
                gitcode.read_repository(self.repo)
            except ValueError as error:
                said.append(f"the node will fail with git_call_executing_error: {error}")
        return said

    def build(self, builder: Builder) -> GitCallLogic:
        return GitCallLogic(self, builder)


class Stored(msgspec.Struct, frozen=True):
    """A call as the store keeps it while it is under way; in `repo` secret variables are named only."""

    data: msgspec.Raw
    repo: str
    secrets: tuple[str, ...] = ()  # names of secret parameters


_decode_stored = msgspec.json.Decoder(Stored).decode


class Came(NamedTuple):
    """What a call brought: as Answer of gitcode, and the secrets that its texts may hold."""

    answer: gitcode.Answer
    secrets: tuple[str, ...]


class GitCallLogic:
    def __init__(self, action: GitCall, builder: Builder) -> None:
        self.action = action
        self.repo = builder.value(action.repo, "string")
        self.settings = builder.settings

    def run(self, task: Running, ctx: Context) -> Stay | None:
        if self.action.lang not in RUN_HERE:
            raise gitcode.failure(f"{self.action.lang} does not run here")
        repo = self.repo(ctx.scope)
        hidden = sealing.hide(repo, sealing.names_of(ctx.secret_variables, ()))
        secrets = tuple(sorted(task.secrets & task.data.keys()))
        stored = Stored(msgspec.Raw(_encode(task.data)), hidden, secrets)
        return CallOut(_encode(stored), bool(secrets or ctx.scope.reads))

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        return self.run(task, ctx)

    def perform(self, request: bytes, site: Site) -> Came:
        secrets = site.secret_variables
        hidden = tuple(sealing.long_enough(secrets.values()))
        try:
            stored = _decode_stored(request)
            text = sealing.reveal(stored.repo, sealing.names_of(secrets, ()), gitcode.TAG)
            repository = self._repository(text) if self.action.repo else None
            self._check_allowed(repository)
            if repository is not None:
                hidden += repository.secrets
            with self._checkout(repository) as tree:
                return Came(gitcode.run(self._job(stored, tree)), hidden)
        except OSError as error:
            broken = gitcode.failure(f"the files of the call cannot be made: {error.strerror}", hardware=True)
            return Came(gitcode.Answer(broken, b"", b"", ""), hidden)
        except LogicError as error:
            return Came(gitcode.Answer(error, b"", b"", ""), hidden)

    def _repository(self, text: str) -> gitcode.Repository:
        try:
            return gitcode.read_repository(text)
        except ValueError as error:
            raise gitcode.failure(str(error)) from error

    def _check_allowed(self, repository: gitcode.Repository | None) -> None:
        if gitcode.allows(self.settings.git_call, repository):
            return
        what = "code of the definition" if repository is None else repository.place.removeprefix("file://")
        word = "inline" if repository is None else what
        raise gitcode.failure(f"{what} may not run here; CONV_GIT_CALL={word} for the workers would allow it")

    @contextlib.contextmanager
    def _checkout(self, repository: gitcode.Repository | None) -> Iterator[Path | None]:
        if repository is None:
            yield None
            return
        settings = self.settings
        room = gitcode.Room(settings.git_keep_ms / 1000, settings.git_keep_bytes)
        with gitcode.checkout(settings.home, repository, self.action.commit, room) as tree:
            yield tree

    def _job(self, stored: Stored, tree: Path | None) -> gitcode.Job:
        action, settings = self.action, self.settings
        root = file = ""
        if tree is not None:
            root, file = str(tree), str(gitcode.handler_file(tree, action.path, action.lang))
        return gitcode.Job(
            action.lang, root, file, action.code, action.handler, bytes(stored.data), settings.git_call_ms,
            settings.git_call_memory_bytes, stored.secrets,
        )  # fmt: skip

    def take(self, task: Running, ctx: Context, answer: Came) -> Stay | None:
        came, secrets = answer
        hidden = (*secrets, *secret_texts(task))
        log = {LOG: came.log} if self.action.log and came.log else {}
        has_read = bool(came.unread)
        may_have_read = has_read or (came.is_silent and not task.secrets.isdisjoint(task.data))
        if log and ((may_have_read and LOG not in self.action.public) or any(secret in came.log for secret in hidden)):
            keep_secret(task, [LOG])
        if came.error is not None:
            text = sealing.masked(came.error.description, hidden)
            if has_read:
                text = unshown(text)
            raise LogicError(came.error.tag, text, kind=came.error.kind, parameters=dict(log))
        try:
            before, after = read_result(came.before), read_result(came.after)
        except ValueError as error:
            text = f"what the handler returned cannot be taken: {error}"
            raise LogicError(gitcode.TAG, text, parameters=dict(log)) from None
        seen = Seen.of(came.unread, self.action.public)
        take_changes(task, before, after, self.settings.depth, gitcode.TAG, seen)
        task.data.update(log)
        return None

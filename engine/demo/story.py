"""The Salesforce story, played from start to end in a folder of its own: what `conv demo` shows."""

from __future__ import annotations

import contextlib
import importlib.resources
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from ..app import Engine
from ..config import Settings
from ..errors import DefinitionError, Refused
from ..variables import environment_name
from ..views import TaskView
from . import stand_in
from .stand_in import StandIn

Say = Callable[[str], None]

GET_TOKEN, TOKEN_STORAGE, LIST_ACCOUNTS = 140896, 140897, 140898
REFERENCE = "{{conv[140897].ref[token].token}}"
VARIABLE = "salesforce_login_url"
FOLDERS = ("processes", "diagrams")
TIMEOUT_S = 60.0
LINGER_S = 3600


def next_commands(url: str) -> tuple[str, ...]:
    """What to type next. *List accounts* calls the host that came with the token: for this one that must be allowed."""
    return (
        "conv archive 140897 token",
        f"conv eval '{REFERENCE}' --reveal",
        f'CONV_EGRESS_ALLOW={_place(url)} conv submit "List accounts" --wait',
    )


def _place(url: str) -> str:
    """Host and port."""
    return url.partition("://")[2]


@dataclass(frozen=True, slots=True)
class Demo:
    """What was played. The views are masked; `token_chars` is the length of the token that the reference gave."""

    directory: Path
    url: str
    get_token: TaskView
    storage: TaskView | None
    token_chars: int
    list_accounts: TaskView | None
    next: tuple[str, ...]

    @property
    def is_told(self) -> bool:
        """Whether the story went as it should, to its end."""
        return self.list_accounts is not None and self.list_accounts.end == "success"

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        views = {"get_token": self.get_token, "storage": self.storage, "list_accounts": self.list_accounts}
        shown = {name: view.as_dict() if view is not None else None for name, view in views.items()}
        return {"directory": str(self.directory), "url": self.url, **shown, "next": list(self.next)}


def play(directory: Path, say: Say, *, linger_s: int = LINGER_S) -> Demo:
    """Play the story in `directory`, with a store of its own there; everything stays there afterwards.

    A second time, the files that are there are used as they are, and the token is replaced. `say` is called with one
    line at a time. The stand-in answers for linger_s seconds after the last request.
    Raises Refused for a folder with something else in it, DefinitionError when its definitions were broken since.
    """
    copy_definitions(directory)
    marker = directory / ".conv" / "stand-in"
    marker.parent.mkdir(mode=0o700, exist_ok=True)
    told = False
    try:
        host = stand_in.start(marker, linger_s)
        name_host(directory, host.url)
        settings = Settings(home=directory / ".conv", egress_allow=_place(host.url))
        with _environment({environment_name(VARIABLE): host.url}), Engine.open(settings) as engine:
            demo = _Play(engine, directory, host, say).play()
        told = True
    finally:
        if not told:
            stand_in.stop(marker)
    return demo


def copy_definitions(directory: Path) -> None:
    """The story's files into a folder that is new, empty, or has them already. Raises Refused."""
    if directory.exists() and not directory.is_dir():
        raise Refused(f"{directory} is a file; name another folder with --dir")
    is_ours = (directory / "processes" / "salesforce" / "get_token.yaml").is_file()
    if directory.exists() and any(directory.iterdir()) and not is_ours:
        raise Refused(f"{directory} has something else in it; name another folder with --dir")
    for folder in FOLDERS:
        _copy(importlib.resources.files(__package__) / "definitions" / folder, directory / folder)


def _copy(source: Traversable, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for part in source.iterdir():
        if part.is_dir():
            _copy(part, target / part.name)
        elif part.name.endswith(".yaml") and not (target / part.name).exists():
            (target / part.name).write_bytes(part.read_bytes())


def name_host(directory: Path, url: str) -> None:
    """Write the stand-in's address into the folder's variables.yaml; the rest of it stays."""
    file = directory / "processes" / "variables.yaml"
    text = file.read_text("utf-8")
    named = re.sub(rf"(?m)^({VARIABLE}:\s*\n\s+value:).*$", lambda match: f"{match[1]} {url}", text, count=1)
    file.write_text(named, "utf-8")


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """The environment wins over variables.yaml: the demo must not reach a real host that is named there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, text in before.items():
            if text is None:
                del os.environ[name]
            else:
                os.environ[name] = text


class _Play:
    def __init__(self, engine: Engine, directory: Path, host: StandIn, say: Say) -> None:
        self.engine = engine
        self.directory = directory
        self.host = host
        self.say = say

    def play(self) -> Demo:
        self.say(f"A stand-in for login.salesforce.com answers at {self.host.url}")
        self._deploy()
        got = self._run(
            GET_TOKEN,
            {
                "callback_url": self.host.callback_url,
                "client_id": self.host.client_id,
                "client_secret": self.host.client_secret,
                "code": self.host.code,
            },
        )
        if got.end != "success":
            return Demo(self.directory, self.host.url, got, None, 0, None, ())
        stored = self.engine.task(TOKEN_STORAGE, "token").masked()
        self.say(
            f'Token storage keeps it: task "{stored.ref}" parks in node "{stored.node}" with {_shown(stored.data)}'
        )
        token, _ = self.engine.evaluate(REFERENCE)
        self.say(f"{REFERENCE} gives *** ({len(str(token))} characters)")
        listed = self._run(LIST_ACCOUNTS, {})
        demo = Demo(self.directory, self.host.url, got, stored, len(str(token)), listed, next_commands(self.host.url))
        if demo.is_told:
            names = [record["Name"] for record in listed.data["records"]]
            self.say(f"  {listed.data['totalSize']} accounts, asked for with that token: {', '.join(names)}")
            self._say_next(demo.next)
        return demo

    def _deploy(self) -> None:
        report = self.engine.deploy([self.directory / folder for folder in FOLDERS])
        for problem in report.problems:
            self.say(str(problem))
        if not report.is_deployed:
            raise DefinitionError(f"the definitions in {self.directory} do not check; delete the folder to start again")
        self.say("Deployed: " + ", ".join(sorted([*report.changed, *report.unchanged])))

    def _run(self, conv_id: int, data: dict[str, Any]) -> TaskView:
        """Submit a task and run it until it ends, here when nobody else does."""
        started = time.perf_counter()
        submitted = self.engine.submit(conv_id, data, watched=True)
        if self.engine.workers_alive():
            self.engine.wait(submitted, TIMEOUT_S)
        else:
            self.engine.run_until_idle(TIMEOUT_S, until=submitted)
        view = self.engine.task(conv_id, submitted.task_id).masked()
        took_ms = (time.perf_counter() - started) * 1000
        self.say(f"{view.conv}: {' → '.join(visit.node for visit in view.path)}   ({took_ms:.0f} ms)")
        if view.end != "success":
            self.say(f'  it is {view.place} in node "{view.node}": {view.note or _shown(view.data)}')
        return view

    def _say_next(self, commands: tuple[str, ...]) -> None:
        self.say("")
        self.say(f"Everything stays in {self.directory}; the stand-in answers for another hour. Try next:")
        self.say(f"  cd {self.directory}")
        for command in commands:
            self.say(f"  {command}")


def _shown(data: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in data.items())

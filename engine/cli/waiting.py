"""`--wait`: until a task has ended or parked; where no worker runs, this command is the worker meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import NotFound
from .commands.look import show_data, status_words, unused_words
from .options import DurationType, reveal_option
from .output import document, fields, note, plain, span
from .progress import working
from .status import BROKEN, STILL_WAITING, Interrupted
from .trail import secrets_of_task_shown

if TYPE_CHECKING:
    from ..app import Engine, Submitted
    from ..views import TaskView

F = TypeVar("F", bound=Callable[..., Any])

OLDER_S = 10.0  # for how long what was sent before is run first


def wait_options(command: F) -> F:
    """--wait, --timeout and --reveal, for a command that is about one task."""
    wait = click.option(
        "--wait", is_flag=True, help="Wait until it ends or parks in a state; print where, and its data."
    )
    timeout = click.option(
        "--timeout", type=DurationType(), default="60s", show_default=True, help="How long --wait waits."
    )
    return wait(timeout(reveal_option(command)))


class Waiting:
    """One `--wait`: `run_older`, then the command does its work, then `show`."""

    def __init__(self, engine: Engine, timeout_s: float, reveal: bool, as_json: bool) -> None:
        self.is_alone = not engine.is_remote and not engine.workers_alive()
        self._engine = engine
        self._timeout_s = timeout_s
        self._reveal = reveal
        self._as_json = as_json

    def run_older(self) -> None:
        """Without workers, first run all that was sent before, so that commands take effect in their order.

        In one batch with an older modify of a state, a task could read the state before the modify is merged.
        """
        if not self.is_alone:
            return
        limit_s = min(OLDER_S, self._timeout_s)
        try:
            with working("Running older tasks", hidden=self._as_json):
                is_idle = self._engine.run_until_idle(limit_s)
        except KeyboardInterrupt:
            raise Interrupted("interrupted while older tasks ran; nothing was sent") from None
        if not is_idle:
            note(f"Older tasks still run after {span(int(limit_s * 1000))}; this may overtake them.")

    def show(self, task: Submitted) -> None:
        """Wait for the task; say where it stands. Raises click's Exit with the status when it failed or still waits."""
        view = self._wait(task)
        if view is None:
            if self._as_json:
                document({**task._asdict(), "place": "final", "kept": False})
            else:
                click.echo("ended in a node that keeps no tasks")
            return
        if self._reveal:
            secrets_of_task_shown(self._engine, view)
        shown = view if self._reveal else view.masked()
        if self._as_json:
            document(shown.as_dict())
        else:
            click.echo(status_words(shown))
            lines = [("ref", plain(shown.ref))]
            if shown.note:
                lines.append(("note", plain(shown.note)))
            if shown.unused:
                lines.append(("unused", unused_words(shown)))
            fields(lines)
            show_data(shown)
        if view.place not in ("final", "parked", "aside"):
            self._say_why(view)
            raise click.exceptions.Exit(STILL_WAITING)
        if view.failed or view.place == "aside":
            raise click.exceptions.Exit(BROKEN)

    def _wait(self, task: Submitted) -> TaskView | None:
        """The task where it stands at the end of the waiting; None: it has ended in a node that keeps no tasks."""
        try:
            with working("Running" if self.is_alone else "Waiting", hidden=self._as_json):
                if self.is_alone:
                    self._engine.run_until_idle(self._timeout_s, task)
                else:
                    self._engine.wait(task, self._timeout_s)
        except KeyboardInterrupt:
            raise Interrupted(f'interrupted; the task lives on: conv task {task.conv_id} "{task.ref}"') from None
        try:
            return self._engine.task(task.conv_id, task.task_id)
        except NotFound:
            return None

    def _say_why(self, view: TaskView) -> None:
        reason = self._engine.why(view.conv_id, view.task_id)
        releases = f" Releases it: {plain(reason.releases)}." if reason.releases else ""
        waited = "" if self.is_alone else f" after {span(int(self._timeout_s * 1000))}"
        note(f"Still waiting{waited}: {plain(reason.reason)}.{releases}")
        if view.due_ms and not self._engine.workers_alive():
            note("Timers need a running worker: conv up")

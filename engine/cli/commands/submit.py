"""conv submit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cli.commands.definitions import FOLDERS, checking, show_problems
from engine.cli.commands.look import show_data, status_words
from engine.cli.lines import Lines, read_tasks
from engine.cli.many import ref_of, submit_many
from engine.cli.options import DurationType, json_option, key_option, opened, reveal_option, values_argument
from engine.cli.output import count_of, document, fields, note, plain, span, warn
from engine.cli.progress import working
from engine.cli.status import BROKEN, STILL_WAITING, Interrupted
from engine.cli.values import parse_values
from engine.errors import DefinitionError, NotFound

if TYPE_CHECKING:
    from engine.app import Engine, Submitted
    from engine.views import TaskView


@click.command()
@click.argument("process", metavar="PROCESS")
@values_argument
@click.option("--data", "data_file", metavar="FILE|-", help="A JSON object; or many tasks, one object a line (JSONL).")
@click.option("--ref", metavar="REF", help="Your own id of the task, unique while it lives; default: its id.")
@click.option("--ref-from", metavar="NAME", help="For many tasks: the parameter that holds the ref of each.")
@click.option("--wait", is_flag=True, help="Wait until it ends or parks in a state; print where, and its data.")
@click.option("--timeout", type=DurationType(), default="60s", show_default=True, help="How long --wait waits.")
@key_option
@reveal_option
@json_option
def submit(
    process: str,
    values: tuple[str, ...],
    data_file: str | None,
    ref: str | None,
    ref_from: str | None,
    wait: bool,
    timeout: float,
    key: str | None,
    reveal: bool,
    as_json: bool,
) -> None:
    """name=value is text, name:=value is JSON, name=@file the text of a file, name:=@file.json its JSON. Secrets that
    are required and missing are asked for on a terminal.

    With --wait and no conv up running, this command runs all ready work itself; with the embedded store it first
    deploys what has changed under processes and diagrams.

    \b
      conv submit "Get token" client_id=abc code=@code.txt --ref first --wait
      conv submit 140896 --data task.json
      conv submit Import --data rows.jsonl --ref-from order_id

    Exit status with --wait: 0 it ended well or parked, 1 it failed, 3 it still waits.
    """
    with opened(make=True) as engine:
        words = parse_values(values)
        tasks = read_tasks(data_file) if data_file is not None else None
        if isinstance(tasks, Lines):
            with tasks:
                if wait or ref is not None or key is not None:
                    raise click.ClickException("--wait, --ref and --key are for one task; these are many")
                sent = submit_many(engine, process, tasks, words, ref_from, as_json)
            if as_json:
                document({"conv_id": engine.find(process).conv_id, "submitted": sent})
            else:
                click.echo(f"submitted {count_of(sent, 'task')}")
                _note_workers(engine)
            return
        data = {**(tasks or {}), **words}
        if ref_from is not None:
            ref = ref_of(data, ref_from, "--data")
        alone = wait and not engine.workers_alive()
        if alone and engine.settings.embedded:
            deploy_changed(engine, process)
        data = ask_secrets(engine, process, data)
        submitted = engine.submit(process, data, ref=ref, watched=wait, key=key)
        if not wait:
            if as_json:
                document(submitted._asdict())
            else:
                _say_submitted(engine, submitted)
            return
        view = _wait(engine, submitted, timeout, alone, as_json)
        _show_end(engine, submitted, view, reveal, as_json, f"after {span(int(timeout * 1000))}" if not alone else "")


# --- Before ------------------------------------------------------------------------------------


def deploy_changed(engine: Engine, process: str) -> None:
    """Deploy what has changed in this folder; only errors in what the process reaches stop it."""
    folders = [folder for folder in FOLDERS if Path(folder).is_dir()]
    if not folders:
        return
    with checking(folders):
        report = engine.deploy(folders, only_reached_by=process)
    errors = [problem for problem in report.problems if problem.severity == "error"]
    if errors:
        show_problems(errors, err=True)
        raise DefinitionError(f'"{process}" cannot run: {count_of(len(errors), "error")} in what it reaches')
    if report.problems:
        first = report.problems[0]
        more = f" (and {len(report.problems) - 1} more: conv lint)" if len(report.problems) > 1 else ""
        warn(f"{plain(str(first)).replace('warning: ', '')}{more}")


def ask_secrets(engine: Engine, process: str, data: dict[str, Any]) -> dict[str, Any]:
    """On a terminal, ask for required secret parameters that are missing. What is typed is not shown."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return data
    params = engine.definition(process).params
    asked = {
        name: click.prompt(plain(name), hide_input=True, err=True)
        for name, param in params.items()
        if param.secret and param.required and param.input and name not in data
    }
    return {**data, **asked}


# --- After -------------------------------------------------------------------------------------


def _say_submitted(engine: Engine, submitted: Submitted) -> None:
    click.echo(f"submitted {plain(submitted.ref)}")
    _note_workers(engine)


def _note_workers(engine: Engine) -> None:
    if not engine.workers_alive():
        note("No worker is running, so nothing moves yet: conv up (or submit with --wait)")


def _wait(engine: Engine, submitted: Submitted, timeout_s: float, alone: bool, as_json: bool) -> TaskView | None:
    """The task where it stands at the end of the waiting; None: it has ended in a node that keeps no tasks."""
    try:
        with working("Running" if alone else "Waiting", hidden=as_json):
            if alone:
                engine.run_until_idle(timeout_s, submitted)
            else:
                engine.wait(submitted, timeout_s)
    except KeyboardInterrupt:
        raise Interrupted(f'interrupted; the task lives on: conv task {submitted.conv_id} "{submitted.ref}"') from None
    try:
        return engine.task(submitted.conv_id, submitted.task_id)
    except NotFound:
        return None


def _show_end(
    engine: Engine, submitted: Submitted, view: TaskView | None, reveal: bool, as_json: bool, waited: str
) -> None:
    if view is None:
        if as_json:
            document({**submitted._asdict(), "place": "final", "kept": False})
        else:
            click.echo("ended in a node that keeps no tasks")
        return
    shown = view if reveal else view.masked()
    if as_json:
        document(shown.as_dict())
    else:
        click.echo(status_words(shown))
        lines = [("ref", plain(shown.ref))] + ([("note", plain(shown.note))] if shown.note else [])
        fields(lines)
        show_data(shown)
    if view.place not in ("final", "parked", "aside"):
        reason = engine.why(view.conv_id, view.task_id)
        releases = f" Releases it: {plain(reason.releases)}." if reason.releases else ""
        note(f"Still waiting{' ' + waited if waited else ''}: {plain(reason.reason)}.{releases}")
        if view.due_ms and not engine.workers_alive():
            note("Timers need a running worker: conv up")
        raise click.exceptions.Exit(STILL_WAITING)
    if view.failed or view.place == "aside":
        raise click.exceptions.Exit(BROKEN)

"""conv submit."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...errors import BadParameter, DefinitionError
from ...params import check_params
from ..lines import Lines, read_tasks
from ..many import ref_of, submit_many
from ..options import json_option, key_option, reached, values_argument
from ..output import count_of, document, note, plain, warn
from ..values import parse_values
from ..waiting import Waiting, wait_options
from .definitions import FOLDERS, ROLLED_BACK, checking, show_problems

if TYPE_CHECKING:
    from ...app import Engine, Submitted


@click.command()
@click.argument("process", metavar="PROCESS")
@values_argument
@click.option("--data", "data_file", metavar="FILE|-", help="A JSON object; or many tasks, one object a line (JSONL).")
@click.option("--ref", metavar="REF", help="Your own id of the task, unique while it lives; default: its id.")
@click.option("--ref-from", metavar="NAME", help="For many tasks: the parameter that holds the ref of each.")
@key_option
@wait_options
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

    With --wait and no conv up running, this command runs all ready work itself: older tasks first, for up to 10 s, so
    that an earlier conv modify counts. With the embedded store it begins by deploying what has changed under processes
    and diagrams.

    \b
      conv submit "Get token" client_id=abc code=@code.txt --ref first --wait
      conv submit 140896 --data task.json
      conv submit Import --data rows.jsonl --ref-from order_id

    Exit status with --wait: 0 it ended well or parked, 1 it failed, 3 it still waits.
    """
    with reached(make=True, reveal=reveal) as engine, _json_hinted(values):
        if ref is not None and ref_from is not None:
            raise click.UsageError("--ref and --ref-from exclude each other: both say what the ref is")
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
        waiting = Waiting(engine, timeout, reveal, as_json) if wait else None
        if waiting is not None and waiting.is_alone and engine.is_embedded:
            deploy_changed(engine, process)
        data = ask_secrets(engine, process, data)
        if waiting is not None:
            check_params(engine.definition(process).params, data)  # a submit that is refused runs nothing
            waiting.run_older()
        submitted = engine.submit(process, data, ref=ref, watched=wait, key=key)
        if waiting is not None:
            waiting.show(submitted)
        elif as_json:
            document(submitted._asdict())
        else:
            _say_submitted(engine, submitted)


# --- Before ------------------------------------------------------------------------------------


@contextlib.contextmanager
def _json_hinted(values: tuple[str, ...]) -> Iterator[None]:
    """Who writes name=3 for a number is told of name:=3."""
    try:
        yield
    except BadParameter as error:
        name = error.parameter or (found[1] if (found := _QUOTED.search(error.message)) is not None else "")
        given = next((word for word in values if word.startswith(f"{name}=")), None)
        if name and given is not None and "string" in error.message:
            value = given.partition("=")[2]
            hint = f"{name}:={value} gives JSON, where {name}={value} is a text"
            raise BadParameter(f"{error.message}; {hint}", parameter=name, where=error.where) from None
        raise


_QUOTED = re.compile(r'parameter "([^"]+)"')


def deploy_changed(engine: Engine, process: str) -> None:
    """Deploy what has changed in this folder; only errors in what the process reaches stop it."""
    folders = [folder for folder in FOLDERS if Path(folder).is_dir()]
    if not folders:
        return
    with checking(folders):
        report = engine.deploy(folders, only_reached_by=process, raise_on_errors=False, keep_rollbacks=True)
    errors = [problem for problem in report.problems if problem.severity == "error"]
    if errors:
        show_problems(errors, err=True)
        raise DefinitionError(f'"{process}" cannot run: {count_of(len(errors), "error")} in what it reaches')
    for name in report.rolled_back:
        warn(f"{plain(name)} is not deployed: {ROLLED_BACK}")
    # Who runs one task after another has seen the others.
    shown = report.problems if report.changed else [p for p in report.problems if p.file in report.left_out]
    if shown:
        first = shown[0]
        more = f" (and {len(shown) - 1} more: conv lint)" if len(shown) > 1 else ""
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
        note("No worker is running, so nothing moves yet: conv up (or --wait)")

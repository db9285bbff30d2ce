"""conv lint, conv deploy."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.options import json_option, opened
from engine.cli.output import count_of, document, note, plain
from engine.cli.progress import working
from engine.cli.status import BROKEN

if TYPE_CHECKING:
    from engine.load.problems import Problem

FOLDERS = ("processes", "diagrams")


def here(paths: Sequence[str]) -> list[str]:
    """The given paths, or the folders of definitions here. Raises click.ClickException when there are none."""
    found = [*paths] or [folder for folder in FOLDERS if Path(folder).is_dir()]
    if not found:
        raise click.ClickException("there is no folder processes or diagrams here; name files, or make some: conv init")
    return found


def checking(paths: Sequence[str], *, hidden: bool = False) -> contextlib.AbstractContextManager[None]:
    """Shows that many files take a while: the loader takes all of them in one call."""
    files = sum(1 for path in paths for file in Path(path).rglob("*") if file.suffix in (".yaml", ".yml"))
    return working(f"Checking {count_of(files, 'definition')}" if files else "Checking", hidden=hidden)


def show_problems(problems: Sequence[Problem], *, err: bool) -> None:
    for problem in problems:
        place = click.style(plain(f"{problem.file}:{problem.line}:{problem.column}:"), bold=True)
        word = click.style("warning: ", fg="yellow") if problem.severity == "warning" else ""
        click.echo(f"{place} {word}{plain(problem.message)}", err=err)


def summary(problems: Sequence[Problem]) -> str:
    """`2 errors, 1 warning`."""
    errors = sum(problem.severity == "error" for problem in problems)
    return f"{count_of(errors, 'error')}, {count_of(len(problems) - errors, 'warning')}"


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@json_option
def lint(paths: tuple[str, ...], as_json: bool) -> None:
    """PATH is a file or a folder; without one, processes and diagrams in this folder. The store is not asked.

    \b
      conv lint
      conv lint processes/salesforce diagrams/token.yaml

    Exit status: 0 nothing wrong (warnings are allowed), 1 an error was found.
    """
    from engine.load import read_tree

    found = here(paths)
    with checking(found, hidden=as_json):
        tree = read_tree(found)
    problems = tree.problems
    if as_json:
        errors = sum(problem.severity == "error" for problem in problems)
        document(
            {
                "definitions": len(tree.drafts),
                "errors": errors,
                "warnings": len(problems) - errors,
                "problems": [asdict(problem) for problem in problems],
            }
        )
    else:
        show_problems(problems, err=False)
        note(f"{count_of(len(tree.drafts), 'definition')}: {summary(problems) if problems else 'nothing wrong'}")
    if tree.has_errors:
        raise click.exceptions.Exit(BROKEN)


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@json_option
def deploy(paths: tuple[str, ...], as_json: bool) -> None:
    """PATH is a file or a folder; without one, processes and diagrams in this folder. All or nothing: with an error
    anywhere, nothing is deployed. Running workers take up what changed within two seconds.

    \b
      conv deploy
      conv deploy processes/billing.yaml
    """
    found = here(paths)
    with opened(make=True) as engine, checking(found, hidden=as_json):
        report = engine.deploy(found)
    if as_json:
        document(
            {
                "deployed": report.is_deployed,
                "version": report.version,
                "changed": report.changed,
                "unchanged": report.unchanged,
                "problems": [asdict(problem) for problem in report.problems],
            }
        )
    else:
        show_problems(report.problems, err=True)
        if not report.is_deployed:
            note(f"{summary(report.problems)}; nothing was deployed")
        else:
            for name in report.changed:
                click.echo(f"{click.style('deployed', fg='green')}   {plain(name)}")
            for name in report.unchanged:
                click.echo(f"unchanged  {plain(name)}")
    if not report.is_deployed:
        raise click.exceptions.Exit(BROKEN)

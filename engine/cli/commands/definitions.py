"""conv lint, conv deploy."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..options import json_option, reached
from ..output import count_of, document, note, plain
from ..progress import working
from ..status import BROKEN

if TYPE_CHECKING:
    from ...deploy import DeployReport
    from ...load.problems import Problem

MOST_GUARDED = 3  # calls that lint names in its hint
ROLLED_BACK = "its file is a version that was rolled back; conv pull brings it in line, conv deploy deploys it again"
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


def tell_guarded(calls: Sequence[tuple[str, str]]) -> None:
    """A hint, of what is nothing wrong."""
    if calls:
        named = [f'"{plain(node)}" of {plain(file)}' for file, node in calls[:MOST_GUARDED]]
        rest = len(calls) - MOST_GUARDED
        more = f" and {rest} more (--json has all)" if rest > 0 else ""
        note(
            f"guarded, as data says where they go: {', '.join(named)}{more}; such calls reach public addresses only, "
            "and what CONV_EGRESS_ALLOW names"
        )


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
    from ...load import read_tree

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
                "guarded": [{"file": file, "node": node} for file, node in tree.guarded],
            }
        )
    else:
        show_problems(problems, err=False)
        note(f"{count_of(len(tree.drafts), 'definition')}: {summary(problems) if problems else 'nothing wrong'}")
        tell_guarded(tree.guarded)
    if tree.has_errors:
        raise click.exceptions.Exit(BROKEN)


def node_map(_: click.Context, __: click.Parameter, texts: Sequence[str]) -> dict[int, dict[str, str]]:
    """`140896:old name=new name`, any number of them, by conv id."""
    moves: dict[int, dict[str, str]] = {}
    for text in texts:
        conv, colon, names = text.partition(":")
        old, equals, new = names.partition("=")
        if not (colon and equals and conv.strip().isdigit() and old.strip() and new.strip()):
            raise click.BadParameter(f'{text!r} is not CONV:OLD=NEW, such as "140896:keep token=store token"')
        moves.setdefault(int(conv), {})[old.strip()] = new.strip()
    return moves


map_option = click.option(
    "--map",
    "moves",
    metavar="CONV:OLD=NEW",
    multiple=True,
    callback=node_map,
    help="The new node that takes the tasks of a removed one, as `was: OLD` would say. May be given again.",
)
message_option = click.option("-m", "--message", metavar="TEXT", default="", help="Why, for conv history.")
author_option = click.option(
    "--author", metavar="NAME", help="Who, for conv history. Default: CONV_AUTHOR, or the login of the machine's user."
)


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--plan", "is_plan", is_flag=True, help="Only say what would change, and which tasks stand there.")
@map_option
@message_option
@author_option
@json_option
def deploy(
    paths: tuple[str, ...],
    is_plan: bool,
    moves: dict[int, dict[str, str]],
    message: str,
    author: str | None,
    as_json: bool,
) -> None:
    """PATH is a file or a folder; without one, processes and diagrams in this folder. All or nothing: with an error
    anywhere, or when a node that holds tasks would go, nothing is deployed. Running workers take up what changed within
    two seconds; tasks under way go on from the node in which they stand. conv history has what was deployed before.

    \b
      conv deploy
      conv deploy processes/billing.yaml -m "the new price list"
      conv deploy --plan
      conv deploy --map "140896:keep token=store token"

    Exit status: 0 deployed, 1 an error in the definitions; with --plan, 1 also when tasks would be stranded.
    """
    found = here(paths)
    with reached(make=True) as engine, checking(found, hidden=as_json):
        report = (
            engine.plan(found, node_map=moves)
            if is_plan
            else engine.deploy(found, node_map=moves, message=message, author=author, raise_on_errors=False)
        )
    show_report(report, is_plan=is_plan, as_json=as_json)
    if not report.is_deployed or (is_plan and any(plan.stranded for plan in report.plans)):
        raise click.exceptions.Exit(BROKEN)


def show_report(report: DeployReport, *, is_plan: bool = False, as_json: bool) -> None:
    """What a deploy did or would do, and what was wrong."""
    if as_json:
        document(
            {
                "deployed": report.is_deployed and not is_plan,
                "version": report.version,
                "changed": report.changed,
                "versions": report.versions,
                "unchanged": report.unchanged,
                "problems": [asdict(problem) for problem in report.problems],
                "plan": [asdict(plan) for plan in report.plans],
            }
        )
        return
    show_problems(report.problems, err=True)
    if not report.is_deployed:
        note(f"{summary(report.problems)}; nothing was deployed")
    elif is_plan:
        show_plan(report)
    else:
        for plan in report.plans:
            name = f"{plain(plan.title)} ({plan.conv_id}), version {report.versions[plan.conv_id]}"
            click.echo(f"{click.style('deployed', fg='green')}   {name}")
        for name in report.unchanged:
            click.echo(f"unchanged  {plain(name)}")


def show_plan(report: DeployReport) -> None:
    colours = {"added": "green", "changed": "yellow", "renamed": "yellow", "removed": "red"}
    for plan in report.plans:
        click.echo(f"{plain(plan.title)} ({plan.conv_id}): {'new' if plan.is_new else 'changed'}")
        for node in plan.nodes:
            name = f"{node.was} → {node.name}" if node.was else node.name
            stands = f", {count_of(node.tasks, 'task')} there" if node.tasks else ""
            click.echo(f"  {click.style(f'{node.what:8}', fg=colours[node.what])} {plain(name)}{stands}")
        for node in plan.stranded:
            note(
                f'Refused: "{plain(node.name)}" holds {count_of(node.tasks, "task")}. Keep it, wait until it is empty, '
                f'or name its successor: --map "{plan.conv_id}:{plain(node.name)}=new name"'
            )
    for name in report.unchanged:
        click.echo(f"unchanged  {plain(name)}")
    if not report.changed:
        note("Nothing would change.")

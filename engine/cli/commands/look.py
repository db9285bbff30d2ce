"""conv task, conv why."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from ..options import conv_argument, json_option, reached, ref_argument, reveal_option
from ..output import count_of, document, end_colour, fields, moment, plain, span, value_text
from ..trail import secrets_of_task_shown

if TYPE_CHECKING:
    from ...views import TaskView

LONGEST_VALUE = 2000  # characters of a value for people; a program has all of it with --json


def status_words(view: TaskView) -> str:
    """`parked in "token"`, `ended in "final" (success)`, in its colour."""
    from ...views import PLACES

    if view.place == "final":
        words = f'ended in "{plain(view.node)}"' + (f" ({view.end})" if view.end not in (None, "none") else "")
    else:
        words = f'{PLACES.get(view.place, view.place)} in "{plain(view.node)}"'
    return click.style(words, fg=end_colour(view.end, view.place), bold=True)


def show_data(view: TaskView) -> None:
    if view.data:
        click.echo("data")
        fields(((plain(name), _shortened(value_text(value))) for name, value in view.data.items()), indent="  ")
    else:
        click.echo("data  none")


def _shortened(text: str) -> str:
    if len(text) <= LONGEST_VALUE:
        return text
    return f"{text[:LONGEST_VALUE]}… ({len(text):,} characters; --json shows all)"


def unused_words(view: TaskView) -> str:
    several = count_of(view.unused, "accepted modify", "accepted modifies")
    return f"{several} had no effect: the task had ended by then, or would have grown too large"


@click.command()
@conv_argument
@ref_argument
@reveal_option
@json_option
def task(conv: str, ref_or_id: str, reveal: bool, as_json: bool) -> None:
    """A ref comes first: of several ended tasks with one ref, the newest is shown. Secrets are masked, long values cut.

    "mail" counts modifies that wait for the next state or callback node, "unused" those that were accepted and had no
    effect. With --json they are "mails" and "unused"; "failure" is what failed first, and what conv retry repeats.

    \b
      conv task "Token storage" token
      conv task 140897 token --reveal --json
    """
    with reached(reveal=reveal) as engine:
        view = engine.task(conv, ref_or_id)
        if reveal:
            secrets_of_task_shown(engine, view)
    view = view if reveal else view.masked()
    if as_json:
        document(view.as_dict())
        return
    now_ms = time.time() * 1000
    click.echo(f"{plain(view.conv)} ({view.conv_id})  {status_words(view)}")
    lines = [("ref", plain(view.ref)), ("task id", view.task_id), ("created", moment(view.create_ms))]
    lines.append(("changed", f"{moment(view.change_ms)}, {span(max(0, int(now_ms - view.change_ms)))} ago"))
    if view.due_ms and view.place not in ("final", "aside"):
        lines.append(("timer", f"{moment(view.due_ms)}, in {span(max(0, int(view.due_ms - now_ms)))}"))
    if view.mails:
        lines.append(("mail", f"{count_of(view.mails, 'modify', 'modifies')}, not taken yet"))
    if view.note:
        lines.append(("note", plain(view.note)))
    if view.unused:
        lines.append(("unused", unused_words(view)))
    lines.append(("path", " → ".join(plain(visit.node) for visit in view.path) or plain(view.node)))
    fields(lines)
    show_data(view)


@click.command()
@conv_argument
@ref_argument
@json_option
def why(conv: str, ref_or_id: str, as_json: bool) -> None:
    """The one reason that a task waits, and what would release it; also that no worker is running.

    \b
      conv why "Token storage" token
    """
    with reached() as engine:
        answer = engine.why(conv, ref_or_id)
    if as_json:
        document(answer.as_dict())
        return
    click.echo(plain(answer.reason[:1].upper() + answer.reason[1:] + "."))
    if answer.releases:
        click.echo(f"{click.style('Releases it:', fg='cyan')} {plain(answer.releases)}")

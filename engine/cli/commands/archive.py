"""conv archive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from ...tables import csv_of
from ..options import conv_argument, json_option, reached, reveal_option
from ..output import document, moment, note, plain, table, value_text

if TYPE_CHECKING:
    from ...views import TaskView

LIMIT = 100


@click.command()
@conv_argument
@click.argument("node", metavar="NODE")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=LIMIT, show_default=True, help="At most so many.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV: a column for each parameter, objects as JSON.")
@click.option("--jsonl", "as_lines", is_flag=True, help="One JSON document a line and task.")
@reveal_option
@json_option
def archive(conv: str, node: str, limit: int, as_csv: bool, as_lines: bool, reveal: bool, as_json: bool) -> None:
    """The archive of an end node are the tasks that ended there; of any other node, the tasks in it now.

    \b
      conv archive "Get token" final
      conv archive 140897 token --json --reveal
      conv archive "Get token" failed --limit 10000 --csv > failed.csv
    """
    if as_csv + as_lines + as_json > 1:
        raise click.ClickException("--csv, --jsonl and --json exclude each other")
    with reached(reveal=reveal) as engine:
        views = engine.archive(conv, node, limit)
    views = views if reveal else [view.masked() for view in views]
    if as_json:
        document([view.as_dict() for view in views])
    elif as_lines:
        for view in views:
            click.echo(json.dumps(view.as_dict(), ensure_ascii=False))
    elif as_csv:
        for line in csv_of(views):
            click.echo(line, nl=False)
    elif not views:
        note(f'No task in "{node}".')
    else:
        table(("REF", "CHANGED", "DATA"), [(plain(view.ref), moment(view.change_ms), _data(view)) for view in views])
        if len(views) == limit:
            note(f"The newest {limit}; --limit shows more.")


def _data(view: TaskView) -> str:
    """The data of a task on one line; of one that has none, or whose data cannot be read, the note says why."""
    if not view.data:
        return plain(view.note)
    return "  ".join(f"{plain(name)}={value_text(value)}" for name, value in view.data.items())

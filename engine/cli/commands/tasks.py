"""conv tasks, conv find."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from ...tables import csv_of
from ..filters import filter_options, made_filter
from ..options import conv_argument, json_option, reached, reveal_option
from ..output import count_of, document, moment, note, plain, table, value_text
from .look import status_words

if TYPE_CHECKING:
    from ...views import TaskView


@click.command()
@conv_argument
@filter_options("--node")
@click.option("--failed", is_flag=True, help="Only those that ended in an error end, or were set aside.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help="At most this many.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV: a column for each parameter, objects as JSON.")
@click.option("--jsonl", "as_lines", is_flag=True, help="One JSON document per task and line, as they are found.")
@reveal_option
@json_option
def tasks(
    conv: str,
    failed: bool,
    limit: int,
    as_csv: bool,
    as_lines: bool,
    reveal: bool,
    as_json: bool,
    **what: Any,
) -> None:
    """Ready and running tasks come first, then all others, the one that changed last first. A condition compares
    parameters: = != < <= > >= and ~ (a regular expression), joined by and, or. Secrets cannot be searched.

    \b
      conv tasks "Get token" --failed --since 1h
      conv tasks Price --node ask --where 'amount > 100 and city = "Kyiv"'
      conv tasks Price --error api_bad_answer --limit 10000 --csv > bad.csv
    """
    if as_csv + as_lines + as_json > 1:
        raise click.ClickException("--csv, --jsonl and --json exclude each other")
    wanted = made_filter(**what, failed=failed)
    found: list[TaskView] = []
    cursor, looked_at, left_out, count = None, 0, 0, 0
    with reached(reveal=reveal) as engine:
        while count < limit:
            page = engine.search(conv, wanted, limit=min(1000, limit - count), cursor=cursor)
            views = page.tasks if reveal else [view.masked() for view in page.tasks]
            count += len(views)
            if as_lines:
                for view in views:
                    click.echo(json.dumps(view.as_dict(), ensure_ascii=False))
            else:
                found += views
            looked_at, left_out, cursor = looked_at + page.looked_at, left_out + page.left_out, page.cursor
            if cursor is None:
                break
    if as_json:
        document([view.as_dict() for view in found])
    elif as_csv:
        for line in csv_of(found):
            click.echo(line, nl=False)
    elif found:
        _show(found)
    elif not as_lines:
        note(f"No such task; {count_of(looked_at, 'task')} looked at.")
    if cursor is not None and not as_json:
        note(f"The first {limit}; --limit shows more.")
    if left_out:
        note(f"{count_of(left_out, 'older ready task')} not looked at: too many wait for a worker.")


def _show(found: list[TaskView]) -> None:
    rows = [(plain(view.ref), status_words(view), moment(view.change_ms), _short(view)) for view in found]
    table(("REF", "WHERE", "CHANGED", "DATA"), rows)


def _short(view: TaskView) -> str:
    """What failed, else the data, on one line."""
    if view.failure is not None:
        return plain(f"{view.failure.tag} in {view.failure.node}: {view.failure.text}")
    if not view.data:
        return plain(view.note)
    return "  ".join(f"{plain(name)}={value_text(value)}" for name, value in view.data.items())


@click.command()
@click.argument("ref", metavar="REF")
@reveal_option
@json_option
def find(ref: str, reveal: bool, as_json: bool) -> None:
    """The ref must be exactly this one; of several tasks with it in one conv, the newest is shown. A task id will do.

    \b
      conv find order-7

    Exit status: 0 found, 5 there is none.
    """
    from ...errors import NotFound

    with reached(reveal=reveal) as engine:
        views = engine.find_ref(ref)
    if not views:
        raise NotFound(f'no conv has a task "{ref}"')
    views = views if reveal else [view.masked() for view in views]
    if as_json:
        document([view.as_dict() for view in views])
        return
    rows = [(plain(f"{view.conv} ({view.conv_id})"), status_words(view), moment(view.change_ms)) for view in views]
    table(("CONV", "WHERE", "CHANGED"), rows)

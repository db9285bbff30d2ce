"""Tasks as CSV: a spreadsheet takes nothing in it for a formula."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..views import TaskView

COLUMNS = ("task_id", "ref", "node", "place", "create_ms", "change_ms", "note")


def print_csv(views: list[TaskView]) -> None:
    """The system columns, then each parameter that any task has, in order of appearance."""
    names = list(dict.fromkeys(name for view in views for name in view.data))
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow([*COLUMNS, *(_text(f"data.{name}") for name in names)])
    for view in views:
        system = [_cell(getattr(view, column)) for column in COLUMNS]
        writer.writerow([*system, *(_cell(view.data.get(name)) for name in names)])
        click.echo(lines.getvalue(), nl=False)
        lines.seek(0)
        lines.truncate()
    click.echo(lines.getvalue(), nl=False)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return _text(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _text(text: str) -> str:
    """A text as a cell: none that a spreadsheet takes for a formula, and nothing that a terminal obeys.

    Source: OWASP, CSV injection.
    """
    shown = "".join(char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}" for char in text)
    return f"'{shown}" if shown.startswith(("=", "+", "-", "@", "\t", "\n")) else shown

"""Tasks as CSV: a spreadsheet takes nothing in it for a formula."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any

from .views import TaskView

COLUMNS = ("task_id", "ref", "node", "place", "create_ms", "change_ms", "note")
MORE = "data"  # the column of what the head does not name
LOOKED_AT = 1_000  # tasks whose parameters make the head of a long table


def csv_of(views: list[TaskView]) -> Iterator[str]:
    """The lines, with their ends: the system columns, then each parameter that any task has, in order of appearance."""
    return _lines(views, _names(views), has_more=False)


def csv_stream(views: Iterable[TaskView]) -> Iterator[str]:
    """The same of any number of tasks in bounded memory: parameters that the first 1000 have not stand in a last
    column, as JSON."""
    rest = iter(views)
    first = [*itertools.islice(rest, LOOKED_AT)]
    return _lines(itertools.chain(first, rest), _names(first), has_more=True)


def _names(views: Iterable[TaskView]) -> list[str]:
    return list(dict.fromkeys(name for view in views for name in view.data))


def _lines(views: Iterable[TaskView], names: list[str], *, has_more: bool) -> Iterator[str]:
    known = set(names)
    last = [MORE] if has_more else []
    yield _line([*COLUMNS, *(_text(f"data.{name}") for name in names), *last])
    for view in views:
        row = [_cell(getattr(view, column)) for column in COLUMNS]
        row += [_cell(view.data.get(name)) for name in names]
        if has_more:
            more = {name: value for name, value in view.data.items() if name not in known}
            row.append(_cell(more or None))
        yield _line(row)


def _line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


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

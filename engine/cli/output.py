"""Printing: documents for programs, lines and tables for people.

Standard output carries the answer; notes, warnings and progress go to standard error.
"""

from __future__ import annotations

import datetime
import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import click


def document(value: Any) -> None:
    """One JSON document on standard output: indented for a terminal, one line for a program."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def note(text: str) -> None:
    """A line beside the answer, on standard error."""
    click.echo(text, err=True)


def told(text: str) -> None:
    """A line of a command that goes on and on, on standard error: with the time, as in the log of its workers."""
    note(f"{timestamp()} {text}")


def timestamp() -> str:
    """Now, as the log writes it."""
    now = datetime.datetime.now()  # local time, as in the log
    return f"{now:%Y-%m-%d %H:%M:%S},{now.microsecond // 1000:03}"


def over_echo() -> str:
    """What begins a line that is to stand over the ^C of a terminal."""
    return "\r" if sys.stderr.isatty() else ""


def warn(text: str) -> None:
    click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {text}", err=True)


def plain(text: str) -> str:
    """A text of a task or an author on one line, with nothing in it that a terminal obeys."""
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(char, f"\\x{ord(char):02x}")


def value_text(value: Any) -> str:
    """A parameter's value for people: text as it is, everything else as JSON."""
    return plain(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


# --- Tables ----------------------------------------------------------------------------------


def width_of(text: str) -> int:
    """How many columns a terminal takes for a text: two for wide characters, none for combining ones."""
    text = click.unstyle(text)
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def cut(text: str, width: int) -> str:
    """The text in at most `width` columns, with … when something was left out."""
    if width_of(text) <= width:
        return text
    kept = ""
    used = 0
    for char in text:
        used += width_of(char)
        if used > width - 1:
            break
        kept += char
    return kept + "…"


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()) -> None:
    """Aligned columns; `right` are the numbers of those aligned to the right.

    On a terminal the last column is cut to what fits.
    """
    lines = [[*headers], *([*row] for row in rows)]
    widths = [max(width_of(line[column]) for line in lines) for column in range(len(headers))]
    if sys.stdout.isatty():
        room = click.get_current_context().terminal_width or _terminal_width()
        last = max(12, room - sum(widths[:-1]) - 2 * (len(widths) - 1))
        for line in lines:
            line[-1] = cut(line[-1], last)
        widths[-1] = min(widths[-1], last)
    flush_right = set(right)
    for number, line in enumerate(lines):
        cells = []
        for column, cell in enumerate(line):
            blank = " " * (widths[column] - width_of(cell))
            cells.append(blank + cell if column in flush_right else cell + blank)
        text = "  ".join(cells).rstrip()
        click.echo(click.style(text, bold=True) if number == 0 else text)


def _terminal_width() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def fields(pairs: Iterable[tuple[str, str]], indent: str = "") -> None:
    """Names and values, one pair on a line, the values under each other."""
    kept = [*pairs]
    width = max((width_of(name) for name, _ in kept), default=0)
    for name, value in kept:
        blank = " " * (width - width_of(name))
        click.echo(f"{indent}{click.style(name, fg='cyan')}{blank}  {value}".rstrip())


# --- Words -----------------------------------------------------------------------------------


def count_of(number: int, word: str, words: str = "") -> str:
    """`1 task`, `3 tasks`; `words` where an s does not do."""
    return f"{number} {word if number == 1 else words or word + 's'}"


def moment(ms: int) -> str:
    """A Unix time in ms, in this machine's time zone."""
    return datetime.datetime.fromtimestamp(ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def span(ms: int) -> str:
    """`320 ms`, `12 s`, `5 min`, `3 h`, `2 d`."""
    if ms < 1000:
        return f"{ms} ms"
    for unit, size, below in (("s", 1000, 120), ("min", 60_000, 120), ("h", 3_600_000, 48)):
        if ms < size * below:
            return f"{ms // size} {unit}"
    return f"{ms // 86_400_000} d"


def bytes_of(size: float) -> str:
    """`2.5 GB`, `750.0 MB`, `12 kB`."""
    for unit, least in (("GB", 10**9), ("MB", 10**6)):
        if size >= least:
            return f"{size / least:.1f} {unit}"
    return f"{size / 1000:.0f} kB"


def end_colour(end: str | None, place: str) -> str | None:
    """The colour of where a task is: green where it ended well, red where it failed."""
    if place == "aside" or (place == "final" and end == "error"):
        return "red"
    return "green" if place == "final" else None

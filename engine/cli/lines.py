"""The file of `conv submit --data`: one task as a JSON object, or many, one object a line."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import click

from .values import decode, read_object

LONGEST_LINE = 64_000_000  # bytes; the largest task that a setting allows


class Lines:
    """Many tasks, read line by line, so that a file of any size will do. `size` is 0 when nobody knows it."""

    def __init__(self, stream: BinaryIO, name: str, size: int, first: list[tuple[int, dict[str, Any]]]) -> None:
        self._stream = stream
        self._name = name
        self._first = first
        self.size = size
        self.read = 0

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not sys.stdin.buffer:
            self._stream.close()

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """(number of the line, data); empty lines are left out."""
        yield from self._first
        number = self._first[-1][0] if self._first else 0
        while line := self._stream.readline(LONGEST_LINE):
            number += 1
            self.read += len(line)
            if line.strip():
                where = f"{self._name} line {number}"
                yield number, read_object(decode(line, where), where)


def read_tasks(path: str) -> dict[str, Any] | Lines:
    """The task of a file, or of standard input for `-`; Lines when its first line is a whole object and more follow,
    or when the file is called .jsonl.

    Raises click.ClickException.
    """
    try:
        with contextlib.ExitStack() as kept:
            tasks = _read(path, kept)
            if isinstance(tasks, Lines):
                kept.pop_all()  # it is closed by Lines
            return tasks
    except FileNotFoundError:
        raise click.ClickException(f'there is no file "{path}"') from None
    except OSError as error:
        raise click.ClickException(f'"{path}" cannot be read: {error.strerror or error}') from None


def _read(path: str, kept: contextlib.ExitStack) -> dict[str, Any] | Lines:
    name = "standard input" if path == "-" else path
    stream: BinaryIO = sys.stdin.buffer if path == "-" else kept.enter_context(Path(path).open("rb"))  # noqa: SIM115
    size = 0 if path == "-" else Path(path).stat().st_size
    number, head = _next_line(stream, 0)
    try:
        first = read_object(decode(head, name), name)
    except click.ClickException:
        # Not a line of its own: the beginning of one document. Read as a whole, errors have the right place.
        return read_object(decode(b"\n" * (number - 1) + head + stream.read(), name), name)
    known = [(number, first)]
    number, second = _next_line(stream, number)
    if second:
        where = f"{name} line {number}"
        known.append((number, read_object(decode(second, where), where)))
    elif not path.endswith((".jsonl", ".ndjson")):
        return first
    return Lines(stream, name, size, known)


def _next_line(stream: BinaryIO, number: int) -> tuple[int, bytes]:
    """The next line that is not empty, and its number; an empty one at the end."""
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if line.strip():
            return number, line
    return number, b""

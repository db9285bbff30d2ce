"""The file of `conv submit --data`: one task as a JSON object, or many, one object a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import click

from engine.cli.values import decode, read_object

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
    """The task of a file, or of standard input for `-`; Lines when its first line is a whole object and more follow.

    Raises click.UsageError.
    """
    try:
        stream: BinaryIO = sys.stdin.buffer if path == "-" else Path(path).open("rb")  # noqa: SIM115 (Lines closes it)
        size = 0 if path == "-" else Path(path).stat().st_size
        name = "standard input" if path == "-" else path
        head = stream.readline(LONGEST_LINE)
        number = 1
        while head and not head.strip():
            head = stream.readline(LONGEST_LINE)
            number += 1
        try:
            first = read_object(decode(head, name), name)
        except click.UsageError:
            # Not a line of its own: the beginning of one document. Read again for errors with the right place.
            return read_object(decode(b"\n" * (number - 1) + head + stream.read(), name), name)
        second = stream.readline(LONGEST_LINE)
        while second and not second.strip():
            second = stream.readline(LONGEST_LINE)
            number += 1
        if not second and not path.endswith((".jsonl", ".ndjson")):
            return first
    except FileNotFoundError:
        raise click.UsageError(f'there is no file "{path}"') from None
    except OSError as error:
        raise click.UsageError(f'"{path}" cannot be read: {error.strerror or error}') from None
    known = [(number, first)]
    if second:
        where = f"{name} line {number + 1}"
        known.append((number + 1, read_object(decode(second, where), where)))
    return Lines(stream, name, size, known)

"""Showing that long work goes on: on standard error, only on a terminal, only when it takes a while."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator

import click

FIRST_S = 0.5  # shorter work shows nothing
EVERY_S = 0.2
BAR = 30
CLEAR = "\r\x1b[K"


@contextlib.contextmanager
def working(what: str, *, hidden: bool = False) -> Iterator[None]:
    """`Checking definitions… 3 s`, for work of unknown length that is one call."""
    if hidden or not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    start = time.monotonic()

    def show() -> None:
        wait_s = FIRST_S
        while not done.wait(wait_s):
            click.echo(f"{CLEAR}{what}… {time.monotonic() - start:.0f} s", nl=False, err=True)
            wait_s = EVERY_S

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        if time.monotonic() - start >= FIRST_S:
            click.echo(CLEAR, nl=False, err=True)


class Bar:
    """A bar for work whose steps are known, or a count for work of unknown length (`length` 0)."""

    def __init__(self, what: str, length: int, *, hidden: bool = False) -> None:
        self._what = what
        self._length = length
        self._shown = not hidden and sys.stderr.isatty()
        self._next = time.monotonic() + FIRST_S
        self._drawn = False

    def update(self, done: int, words: str) -> None:
        """`done` of the length is done; `words` says so for people."""
        now = time.monotonic()
        if not self._shown or now < self._next:
            return
        self._next = now + EVERY_S
        self._drawn = True
        part = min(1.0, done / self._length) if self._length else 0.0
        full = int(part * BAR)
        bar = f" [{'#' * full}{'-' * (BAR - full)}] {part:4.0%}" if self._length else ""
        click.echo(f"{CLEAR}{self._what}{bar} {words}", nl=False, err=True)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            click.echo(CLEAR, nl=False, err=True)

"""conv watch."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from ..options import DurationType, conv_argument, json_option, reached
from ..output import document, plain, table
from ..status import Interrupted
from .convs import NODE_HEADERS, NUMBERS, node_rows, status_of

if TYPE_CHECKING:
    from ...views import ConvView

CLEAR = "\x1b[H\x1b[J"
ALTERNATE, NORMAL = "\x1b[?1049h", "\x1b[?1049l"


@click.command()
@conv_argument
@click.option("--every", type=DurationType(), default="1s", show_default=True, help="How often to look.")
@json_option
def watch(conv: str, every: float, as_json: bool) -> None:
    """Until Ctrl-C. Into a pipe or with --json, one line or document each time that something has changed.

    \b
      conv watch "Get token"
      conv watch 140897 --json | jq .living
    """
    drawn = sys.stdout.isatty() and not as_json
    last: ConvView | None = None
    with reached() as engine, _screen() if drawn else contextlib.nullcontext():
        try:
            while True:
                view, before = engine.show(conv), last
                last = view
                if drawn:
                    _draw(view, before, engine.workers_alive())
                elif view != before:
                    document(view.as_dict()) if as_json else click.echo(_line(view))
                time.sleep(max(0.05, every))
        except KeyboardInterrupt:
            raise Interrupted(_line(last) if last is not None else "interrupted") from None


@contextlib.contextmanager
def _screen() -> Iterator[None]:
    """A screen of its own, so that the terminal is as before afterwards."""
    click.echo(ALTERNATE, nl=False)
    try:
        yield
    finally:
        click.echo(NORMAL, nl=False)


def _draw(view: ConvView, last: ConvView | None, workers: int) -> None:
    before = {node.name: node for node in last.nodes} if last is not None else {}
    rows = []
    for node, row in zip(view.nodes, node_rows(view.nodes), strict=True):
        old = before.get(node.name)
        moved = node.entered - old.entered if old is not None else 0
        rows.append((*row, f"+{moved}" if moved > 0 else ""))
    click.echo(CLEAR, nl=False)
    running = f"{workers} workers" if workers else "no worker is running (conv up)"
    title = click.style(plain(view.title), bold=True)
    click.echo(f"{title}  {view.conv_id}  {status_of(view)}  {running}  Ctrl-C ends")
    table((*NODE_HEADERS, ""), rows, right=NUMBERS)


def _line(view: ConvView) -> str:
    held = "  ".join(f"{plain(node.name)} {node.now}" for node in view.nodes if node.now)
    return f"{plain(view.title)}: {view.living} living, {view.archived} archived  {held}".rstrip()

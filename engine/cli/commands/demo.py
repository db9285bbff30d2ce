"""conv demo."""

from __future__ import annotations

from pathlib import Path

import click

from ..options import json_option
from ..output import document, plain
from ..status import BROKEN


@click.command()
@click.option("--dir", "directory", metavar="DIR", default="conv-demo", show_default=True, help="Where to play it.")
@json_option
def demo(directory: str, as_json: bool) -> None:
    """The process "Get token" trades a code for a token at a stand-in for the Salesforce host, the state diagram "Token
    storage" keeps it, and "List accounts" uses it by reference. Everything stays in DIR, with a store of its own: look
    around there afterwards, with the commands that it prints.

    \b
      conv demo
      conv demo --dir /tmp/story --json
    """
    from ...demo.story import play

    def say(line: str) -> None:
        if not as_json:
            click.echo(plain(line))

    played = play(Path(directory), say)
    if as_json:
        document(played.as_dict())
    if not played.is_told:
        raise click.exceptions.Exit(BROKEN)

"""conv pull."""

from __future__ import annotations

from pathlib import Path

import click

from ..options import json_option, opened
from ..output import document, note, plain, warn


@click.command()
@click.argument("convs", metavar="[CONV]...", nargs=-1)
@click.option(
    "--to", "folder", metavar="DIR", default=".", show_default=True, type=click.Path(path_type=Path),
    help="Where its processes/ and diagrams/ are, or go.",
)  # fmt: skip
@click.option("--version", "number", metavar="N", type=click.IntRange(min=1), help="This version of the one CONV.")
@click.option("--force", is_flag=True, help="Replace files that were changed here, too.")
@json_option
def pull(convs: tuple[str, ...], folder: Path, number: int | None, force: bool, as_json: bool) -> None:
    """Of each CONV, or of all, the file is written as it was when it was deployed, comments included, into its folder.
    A file that is equal to a version that is kept is replaced, or moved to where its conv stands now; one that was
    changed here is not: then the files are listed, and nothing is written. Files may hold secrets where definitions do.

    \b
      conv pull
      conv pull "Get token" --to elsewhere
      conv pull 140896 --version 3 --to elsewhere
    """
    with opened() as engine:
        pulled = engine.pull(folder, [*convs] or None, number=number, force=force)
    if as_json:
        document(
            [
                {
                    **one._asdict(),
                    "path": str(one.path) if one.path else None,
                    "was": str(one.was) if one.was else None,
                }
                for one in pulled
            ]
        )
        return
    for one in pulled:
        name = f"{plain(one.title)} ({one.conv_id})"
        if one.path is None:
            warn(f"{name} is left out: an older version of conv deployed it, and no YAML can be made of it")
            continue
        version = f"version {one.number}" if one.number else "made from its definition"
        was = f", was {plain(str(one.was))}" if one.was else ""
        click.echo(f"{one.what:9}  {plain(str(one.path))}: {name}, {version}{was}")
    if not pulled:
        note("Nothing is deployed: conv deploy")

"""conv backup, conv restore."""

from __future__ import annotations

from pathlib import Path

import click

from ..options import json_option, opened
from ..output import count_of, document, moment, plain
from ..progress import Bar


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@json_option
def backup(file: Path, force: bool, as_json: bool) -> None:
    """Tasks go on meanwhile, a small group at a time waits for a moment; after a restore nothing is lost between them
    and nothing happens twice.

    Secrets stand in the file as they do in the store: sealed where it has a key, which the file does not hold
    (.conv/secret.key: keep a copy of it elsewhere). Only its owner can read the file: keep it so.

    \b
      conv backup conv.backup
    """
    if file.exists() and not force:
        raise click.ClickException(f"{plain(str(file))} is there already; --force writes over it")
    if not file.absolute().parent.is_dir():
        raise click.ClickException(f"there is no folder {plain(str(file.absolute().parent))}")
    with opened() as engine, Bar("Saving", 0, hidden=as_json) as bar:
        summary = engine.backup(file, lambda tasks: bar.update(tasks, count_of(tasks, "task")))
    size = file.stat().st_size
    if as_json:
        document({"file": str(file), "tasks": summary.tasks, "convs": summary.convs, "bytes": size})
        return
    what = count_of(summary.convs, "conv")
    click.echo(f"{plain(str(file))}: {what}, {count_of(summary.tasks, 'task')}, {size:,} bytes")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
def restore(file: Path, as_json: bool) -> None:
    """The whole file is checked first; a damaged one changes nothing. Workers may run already: they begin when all is
    back. Outside calls that were under way are made again, with the Idempotency-Key that they had.

    Broken off, the same command begins anew.

    \b
      CONV_NAMESPACE=second conv restore conv.backup
    """
    with opened(make=True) as engine, Bar("Restoring", 1000, hidden=as_json) as bar:
        summary = engine.restore(
            file, lambda tasks, of: bar.update(tasks * 1000 // max(1, of), count_of(tasks, "task"))
        )
    if as_json:
        document({"file": str(file), "tasks": summary.tasks, "convs": summary.convs, "made_ms": summary.made_ms})
        return
    what = f"{count_of(summary.convs, 'conv')} and {count_of(summary.tasks, 'task')}"
    click.echo(f"{what} are back, as of {moment(summary.made_ms)}")

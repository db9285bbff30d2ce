"""conv key rotate-data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..options import json_option, opened
from ..output import count_of, document, plain
from ..progress import Bar

if TYPE_CHECKING:
    from ...resealing import Progress


@click.command("rotate-data")
@json_option
def rotate_data(as_json: bool) -> None:
    """Seals all secrets in the store with another key, while tasks go on; until it is done both keys open. Of the
    embedded store a new key is made. Else write a new one before the old one, in CONV_SECRET_KEY or
    CONV_SECRET_KEY_FILE, for every worker, and start them again; afterwards take the old one away.

    Broken off, the same command goes on with it, and so do the workers. Backups of before need the old key.

    \b
      conv key rotate-data
      CONV_SECRET_KEY="NEW OLD" conv key rotate-data
    """
    with opened() as engine, Bar("Sealing", 0, hidden=as_json) as bar:
        sealed = 0

        def tell(progress: Progress) -> None:
            nonlocal sealed
            sealed = progress.sealed
            waits = f"; waits for {progress.waits_for}" if progress.waits_for else ""
            bar.update(sealed, f"{count_of(sealed, 'value')}{plain(waits)}")

        key_id = engine.rotate_key(tell)
    if as_json:
        document({"key": key_id, "sealed": sealed})
        return
    click.echo(f"All secrets in the store are sealed with the key {key_id}; the one before opens nothing any more.")

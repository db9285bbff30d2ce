"""conv audit-log."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from ..options import DurationType, json_option, opened
from ..output import count_of, document, moment, note, plain

if TYPE_CHECKING:
    from ...app import Engine
    from ...rights.trail import Entry, Verified

LOOK_S = 1.0  # how often --follow looks for more


@click.command()
@click.option("--since", type=DurationType(), default="1d", metavar="TIME", show_default=True, help="How far back.")
@click.option("--follow", is_flag=True, help="Go on showing what comes, until Ctrl-C.")
@click.option(
    "--verify", is_flag=True, help="Follow the chain of all entries instead; exit status 1 when it is broken."
)
@json_option
def audit_log(since: float, follow: bool, verify: bool, as_json: bool) -> None:
    """Who did what: keys made, revoked, rotated, their roles, deploys, edits of values, secrets that were shown, people
    who signed in. It keeps 100,000 entries. Each carries the hash of the one before, so that one that was changed or
    taken out is found. Who can write to the store can make a new chain: to be safe from that, note the last number and
    hash somewhere else from time to time.

    \b
      conv audit-log --since 30d
      conv audit-log --verify
      conv audit-log --follow --json      one document a line
    """
    with opened() as engine:
        if verify:
            _show_verified(engine.keyring.verify_trail(), as_json)
            return
        since_ms = max(0, engine.keyring.current.now_ms() - int(since * 1000))
        if follow:
            _follow(engine, since_ms, as_json)
        entries = list(engine.keyring.trail(since_ms))
    if as_json:
        document([entry._asdict() for entry in entries])
        return
    for entry in entries:
        click.echo(_line(entry))
    if not entries:
        note("Nothing was noted in that time; --since says how far back")


def _follow(engine: Engine, since_ms: int, as_json: bool) -> None:
    after = ""
    while True:
        for entry in engine.keyring.trail(since_ms, after):
            after = entry.entry_id
            click.echo(json.dumps(entry._asdict(), ensure_ascii=False) if as_json else _line(entry))
        time.sleep(LOOK_S)


def _line(entry: Entry) -> str:
    on = f" {entry.on}" if entry.on else ""
    about = f": {entry.about}" if entry.about else ""
    outcome = f" ({entry.outcome})" if entry.outcome != "done" else ""
    return f"{moment(entry.time_ms)}  {plain(f'{entry.who}  {entry.what}{on}{about}{outcome}')}"


def _show_verified(found: Verified, as_json: bool) -> None:
    if as_json:
        told: dict[str, Any] = {"whole": not found.wrong, **found._asdict()}
        document(told)
    else:
        for wrong in found.wrong:
            click.echo(click.style(wrong, fg="red"))
        if not found.wrong:
            numbers = f", numbers {found.first} to {found.last}" if found.entries else ""
            entries = count_of(found.entries, "entry", "entries")
            click.echo(f"{entries}{numbers}: {click.style('the chain is whole', fg='green')}.")
            if found.entries:
                note(f"The last hash is {found.head}")
    if found.wrong:
        raise click.exceptions.Exit(1)

"""conv history, rollback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..options import conv_argument, json_option, opened
from ..output import document, moment, note, plain, table
from ..status import BROKEN
from .definitions import author_option, map_option, message_option, show_report

if TYPE_CHECKING:
    from ...versions import Version


@click.command()
@conv_argument
@json_option
def history(conv: str, as_json: bool) -> None:
    """The newest first; * is what is deployed. Each deploy that changes the definition, its text or its folder makes a
    version; the last 100 are kept, with their texts.

    \b
      conv history "Get token"
      conv history 140896 --json
    """
    with opened() as engine:
        record = engine.find(conv)
        versions = engine.history(record.conv_id)
    if as_json:
        document([version.as_dict() for version in versions])
        return
    if versions:
        rows = [_row(version) for version in versions]
        table(("", "VERSION", "WHEN", "WHO", "DEPLOY", "FOLDER", "WHY"), rows, right=(1, 4))
    if not any(version.is_current for version in versions):
        note("What is deployed now is not among them: an older version of conv deployed it, which keeps no history")


def _row(version: Version) -> tuple[str, ...]:
    return (
        "*" if version.is_current else "",
        str(version.number),
        moment(version.time_ms) if version.time_ms else "unknown",
        plain(version.author) or "unknown",
        str(version.deploy or "-"),
        plain(version.folder),
        _why(version),
    )


def _why(version: Version) -> str:
    words = [f"back to {version.back_to}"] if version.back_to else []
    if version.is_made:
        words.append("deployed by an older version of conv; its text was made from the definition")
    first = version.message.strip().partition("\n")[0]
    if first:
        words.append(plain(first))
    return ": ".join(words)


@click.command()
@conv_argument
@click.argument("number", metavar="VERSION", type=click.IntRange(min=1))
@map_option
@message_option
@author_option
@json_option
def rollback(
    conv: str, number: int, moves: dict[int, dict[str, str]], message: str, author: str | None, as_json: bool
) -> None:
    """A new version is made, with the definition, the text and the folder of the old one. It is checked as any deploy:
    where a node that holds tasks would go, nothing is done. Files are not touched.

    \b
      conv rollback "Get token" 3 -m "version 4 asks for the wrong scope"
      conv rollback 140896 3 --map "140896:store token=keep token"

    Exit status: 0 deployed, 1 an error in the definition.
    """
    with opened() as engine:
        report = engine.rollback(conv, number, node_map=moves, message=message, author=author, raise_on_errors=False)
    show_report(report, as_json=as_json)
    if not report.is_deployed:
        raise click.exceptions.Exit(BROKEN)
    if report.changed and not as_json:
        note(f"Files are as they were: conv deploy would undo this. conv pull {conv!r} brings them in line.")

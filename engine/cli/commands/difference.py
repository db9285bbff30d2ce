"""conv diff."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..options import json_option, opened
from ..output import cut, document, note, plain, value_text
from ..status import BROKEN
from .definitions import checking, here, show_problems, summary

if TYPE_CHECKING:
    from ...versions import Change, Difference, Differences

COLOURS = {"added": "green", "changed": "yellow", "renamed": "yellow", "removed": "red"}
LINE_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
WIDEST = 60  # columns of a value


@click.command()
@click.argument("words", metavar="[PATH]... | CONV VERSION [VERSION]", nargs=-1)
@json_option
def diff(words: tuple[str, ...], as_json: bool) -> None:
    """Files against what is deployed: PATH is a file or a folder; without one, processes and diagrams in this folder.
    Or a version of CONV against what is deployed, or against another version; conv history has their numbers.

    First what changes in meaning: parameters, aliases, nodes with their fields, variables; then the text. Texts of
    definitions are shown as they are; values of secret variables are masked.

    \b
      conv diff
      conv diff processes/billing.yaml
      conv diff "Get token" 3
      conv diff 140896 3 5

    Exit status: 0 no difference, 1 a difference, or an error in the files.
    """
    if (numbers := _versions(words)) is not None:
        with opened() as engine:
            one = engine.difference_between(words[0], *numbers)
        _show([one], [], as_json, {})
        return
    found = here(words)
    with opened() as engine, checking(found, hidden=as_json):
        differences = engine.difference(found)
    if differences.has_errors and not as_json:
        show_problems(differences.problems, err=True)
        note(f"{summary(differences.problems)}; nothing was compared")
        raise click.exceptions.Exit(BROKEN)
    _show(differences.convs, differences.site, as_json, _rest(differences, whole=not words))


def _versions(words: tuple[str, ...]) -> list[int] | None:
    """The numbers after a conv; None: all of the words are paths."""
    if len(words) in (2, 3) and all(word.isascii() and word.isdigit() and len(word) < 10 for word in words[1:]):
        if not all(Path(word).exists() for word in words):
            return [int(word) for word in words[1:]]
    elif len(words) == 1 and not Path(words[0]).exists() and Path(words[0]).suffix not in (".yaml", ".yml"):
        raise click.ClickException(
            f'there is no file or folder "{words[0]}"; of a conv, name a version, too: conv diff CONV VERSION'
        )
    return None


def _rest(differences: Differences, *, whole: bool) -> dict[str, Any]:
    from dataclasses import asdict

    not_here = [{"conv_id": conv_id, "title": title} for conv_id, title in differences.not_here if whole]
    return {"problems": [asdict(problem) for problem in differences.problems], "not_here": not_here}


def _show(convs: list[Difference], site: list[Change], as_json: bool, rest: dict[str, Any]) -> None:
    convs = [one for one in convs if not one.is_none]
    wrong = any(problem["severity"] == "error" for problem in rest.get("problems", ()))
    different = bool(convs or site)
    if as_json:
        made = {"convs": [one.as_dict() for one in convs], "site": [change.as_dict() for change in site], **rest}
        document({"different": different, **made})
    else:
        for one in convs:
            _show_conv(one)
        for change in site:
            _show_change(change)
        for other in rest.get("not_here", ()):
            note(f"deployed, and in no file here: {plain(other['title'])} ({other['conv_id']})")
        if not different:
            note("No difference.")
    if different or wrong:
        raise click.exceptions.Exit(BROKEN)


def _show_conv(one: Difference) -> None:
    click.secho(f"{plain(one.title)} ({one.conv_id}): {'new' if one.is_new else 'changed'}", bold=True)
    before, after = one.folders
    if before != after and not one.is_new:
        click.echo(f'  {_what("changed")} folder "{plain(before)}" → "{plain(after)}"')
    for change in one.changes:
        _show_change(change, "  ")
    if one.unreadable:
        note(f"  {plain(one.unreadable)}: only the texts are compared")
    elif not one.is_new and not one.changes and before == after:
        click.echo("  nothing in its meaning, only the text")
    for number, line in enumerate(one.text):
        # The first two lines name the texts.
        colour = LINE_COLOURS.get(line[:1]) if number > 1 else None
        shown = "\t".join(map(plain, line.split("\t")))
        click.secho(shown, fg=colour, bold=number < 2 or None)


def _show_change(change: Change, indent: str = "") -> None:
    name = f"{plain(change.was)} → {plain(change.name)}" if change.was else plain(change.name)
    click.echo(f"{indent}{_what(change.what)} {change.kind} {name}")
    for field in change.fields:
        click.echo(f"{indent}    {plain(field.path)}: {_value(field.before)} → {_value(field.after)}")


def _what(what: str) -> str:
    return click.style(f"{what:8}", fg=COLOURS[what])


def _value(value: Any) -> str:
    return "nothing" if value is None else cut(value_text(value), WIDEST)

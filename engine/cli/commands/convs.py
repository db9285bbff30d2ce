"""conv list, show, vars, pause, resume."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..options import conv_argument, json_option, reached, reveal_option
from ..output import bytes_of, count_of, document, moment, note, plain, span, table, value_text
from ..trail import secrets_shown

if TYPE_CHECKING:
    from ...views import ConvView, Lately, NodeView


def status_of(view: ConvView) -> str:
    return "paused" if view.paused else view.status


def node_rows(nodes: tuple[NodeView, ...]) -> list[tuple[str, ...]]:
    return [
        (plain(node.name), node.kind, str(node.now), str(node.entered), str(node.left), *late(node.lately))
        for node in nodes
    ]


def late(lately: Lately) -> tuple[str, str, str]:
    """What came and left within the last minute, and what failed within the last hour; nothing for none."""
    return (
        str(lately.entered_1m or ""),
        str(lately.left_1m or ""),
        click.style(str(lately.failed_1h), fg="red") if lately.failed_1h else "",
    )


def kept(node: NodeView) -> str:
    """What an end node keeps, and until when."""
    if node.keeps is None:
        return ""
    size = f", {bytes_of(node.keeps.size_bytes)}" if node.keeps.size_bytes else ""
    until = f"; the oldest until {moment(node.keeps.until_ms)}" if node.keeps.until_ms else ""
    return f"{count_of(node.keeps.tasks, 'task')} for {span(node.keeps.age_ms)}{size}{until}"


LATE_HEADERS = ("IN/MIN", "OUT/MIN", "FAILED/H")
NODE_HEADERS = ("NODE", "TYPE", "NOW", "IN", "OUT", *LATE_HEADERS)
NUMBERS = (2, 3, 4, 5, 6, 7)  # the columns of a node that hold numbers


@click.command("list")
@json_option
def list_convs(as_json: bool) -> None:
    """LIVING are tasks that have not ended, ARCHIVED those that have and are kept. IN/MIN and OUT/MIN are about how
    many came and ended within the last minute, FAILED/H how many failures there were within the last hour: conv failed.
    FOLDER is where the definition stands below processes or diagrams.

    \b
      conv list
      conv list --json
    """
    with reached() as engine:
        views = engine.convs()
    if as_json:
        document([{name: value for name, value in view.as_dict().items() if name != "nodes"} for view in views])
    elif not views:
        note(
            "Nothing that the key may see is deployed there" if engine.is_remote else "Nothing is deployed: conv deploy"
        )
    else:
        rows = [
            (
                str(view.conv_id),
                view.kind,
                status_of(view),
                str(view.living),
                str(view.archived),
                *late(view.lately),
                plain(view.folder),
                plain(view.title) + "".join(f"  @{alias}" for alias in view.aliases),
            )
            for view in views
        ]
        headers = ("ID", "KIND", "STATUS", "LIVING", "ARCHIVED", *LATE_HEADERS, "FOLDER", "TITLE")
        table(headers, rows, right=(0, 3, 4, 5, 6, 7))


@click.command()
@conv_argument
@json_option
def show(conv: str, as_json: bool) -> None:
    """NOW is how many tasks are in the node, for an end node how many its archive holds; IN and OUT are how often tasks
    came and went; IN/MIN and OUT/MIN about how many did within the last minute, and FAILED/H how often the node's work
    failed within the last hour; KEEPS is how many an end node keeps at most, how long, and until when the oldest of
    them is there.
    Below are counted accepted modifies that had no effect, because their task had ended by then or would have grown too
    large; with --json "unused".

    \b
      conv show "Get token"
      conv show @billing --json
    """
    with reached() as engine:
        view = engine.show(conv)
    if as_json:
        document(view.as_dict())
        return
    aliases = "".join(f"  @{alias}" for alias in view.aliases)
    place = f"  in {plain(view.folder)}" if view.folder else ""
    version = f"  version {view.version}" if view.version else ""
    title = click.style(plain(view.title), bold=True)
    click.echo(f"{title}  {view.kind} {view.conv_id}{aliases}{place}{version}  {status_of(view)}")
    rows = [(*row, kept(node)) for node, row in zip(view.nodes, node_rows(view.nodes), strict=True)]
    table((*NODE_HEADERS, "KEEPS"), rows, right=NUMBERS)
    if view.unused:
        several = count_of(view.unused, "accepted modify", "accepted modifies")
        note(f"{several} had no effect: the task had ended by then, or would have grown too large")


@click.command("vars")
@reveal_option
@json_option
def variables(reveal: bool, as_json: bool) -> None:
    """They stand in processes/variables.yaml; an environment variable CONV_VAR_<NAME> wins. Workers have an environment
    of their own: what is shown here is what this shell sees.

    \b
      conv vars
      CONV_VAR_SALESFORCE_LOGIN_URL=https://test.salesforce.com conv vars
    """
    from ...views import MASK

    with reached() as engine:
        found = engine.variables()
        if reveal and any(variable.secret for variable in found):
            secrets_shown(engine, "variables")
    shown = [
        (variable, MASK if variable.secret and not reveal and variable.value is not None else variable.value)
        for variable in found
    ]
    if as_json:
        document(
            [
                {
                    "name": variable.name,
                    "value": value,
                    "type": variable.type,
                    "secret": variable.secret,
                    "source": variable.source,
                    "description": variable.description,
                }
                for variable, value in shown
            ]
        )
    elif not shown:
        note("There are no variables; they stand in processes/variables.yaml")
    else:
        rows = [
            (plain(variable.name), variable.source or "not set", "" if value is None else value_text(value))
            for variable, value in shown
        ]
        table(("NAME", "FROM", "VALUE"), rows)


@click.command()
@conv_argument
@json_option
def pause(conv: str, as_json: bool) -> None:
    """Tasks stay where they are, timers go on; an outside call that is under way is finished.

    \b
      conv pause "Get token"
    """
    _set_paused(conv, True, as_json)


@click.command()
@conv_argument
@json_option
def resume(conv: str, as_json: bool) -> None:
    """The opposite of conv pause.

    \b
      conv resume "Get token"
    """
    _set_paused(conv, False, as_json)


def _set_paused(conv: str, paused: bool, as_json: bool) -> None:
    with reached() as engine:
        (engine.pause if paused else engine.resume)(conv)
        view = engine.show(conv)
    if as_json:
        document({"conv_id": view.conv_id, "title": view.title, "paused": view.paused, "living": view.living})
    else:
        click.echo(f"{'paused' if paused else 'resumed'} {plain(view.title)} ({view.conv_id})")

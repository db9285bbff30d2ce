"""conv graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..options import json_option, reached
from ..output import document
from ..status import BROKEN
from .definitions import show_problems

if TYPE_CHECKING:
    from ...definition import Definition

FORMATS = ("mermaid", "dot", "svg")


@click.command()
@click.argument("conv", metavar="CONV|FILE")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="mermaid", show_default=True, help="The language."
)
@click.option("-o", "--output", metavar="FILE", help="Write here; the format is taken from .svg, .dot or .mmd.")
@json_option
def graph(conv: str, form: str, output: str | None, as_json: bool) -> None:
    """Draws what is deployed, with how many tasks stand in each node; or a definition file, deployed or not. The SVG
    needs no other program.

    \b
      conv graph "Get token"
      conv graph 140896 --format svg > get_token.svg
      conv graph processes/get_token.yaml -o get_token.svg
    """
    from ...graph import draw

    if output is not None:
        form = {".svg": "svg", ".dot": "dot", ".gv": "dot"}.get(Path(output).suffix, form)
    counts: dict[str, int] = {}
    if conv.endswith((".yaml", ".yml")):
        definition = _definition_of(conv)
    else:
        with reached() as engine:
            definition = engine.definition(conv)
            counts = {node.name: node.now for node in engine.show(conv).nodes}
    text = draw(definition, form, counts)
    if output is not None:
        try:
            Path(output).write_text(text, "utf-8")
        except OSError as error:
            raise click.ClickException(f"{output} cannot be written: {error.strerror or error}") from None
    if as_json:
        answer = {"conv_id": definition.conv_id, "title": definition.title, "format": form}
        document({**answer, "file": output} if output is not None else {**answer, "graph": text})
    elif output is None:
        click.echo(text, nl=False)


def _definition_of(path: str) -> Definition:
    """The definition of a file; with errors that leave nothing to draw, they are shown and the command ends."""
    from ...load import read_tree

    tree = read_tree([path])
    if not tree.definitions:
        errors = [problem for problem in tree.problems if problem.severity == "error"]
        show_problems(errors, err=True)
        raise click.exceptions.Exit(BROKEN) if errors else click.ClickException(f"{path} holds no definition")
    return tree.definitions[0]

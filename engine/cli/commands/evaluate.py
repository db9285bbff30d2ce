"""conv eval."""

from __future__ import annotations

from typing import Any

import click

from ..options import json_option, reached, reveal_option, values_argument
from ..output import document, warn
from ..trail import secrets_shown
from ..values import parse_values, read_object, read_text


@click.command()
@click.argument("template", metavar="TEMPLATE")
@values_argument
@click.option("--data", "data_file", metavar="FILE|-", help="A JSON object: the task that the template sees.")
@click.option("--conv", metavar="CONV", help="The conv in which the template stands, for node[…] and its secrets.")
@reveal_option
@json_option
def evaluate(
    template: str,
    values: tuple[str, ...],
    data_file: str | None,
    conv: str | None,
    reveal: bool,
    as_json: bool,
) -> None:
    """The template is one argument, so quote it. What comes from a secret is masked. Quotes of JSON are left off a
    text, so that it can be used as it is; --json keeps them.

    \b
      conv eval '{{name}} of {{town}}' name=Ada town=London
      conv eval '<<conv[140897].ref[token].token>>' --reveal
      conv eval '$.math({{price}} * 1.2)' price:=10
    """
    from ...template import compile_text

    data: dict[str, Any] = {}
    if data_file is not None:
        try:
            data = read_object(read_text(data_file), data_file)
        except FileNotFoundError:
            raise click.ClickException(f'there is no file "{data_file}"') from None
    data.update(parse_values(values))
    with reached(make=True) as engine:
        value, is_secret = engine.evaluate(template, data, conv)
        if is_secret and reveal:
            secrets_shown(engine, "a template's value")
    for notice in compile_text(template).warnings:
        warn(f"at {notice.position + 1}: {notice.message}")
    shown = "***" if is_secret and not reveal else value
    if as_json:
        document({"value": shown, "secret": is_secret})
    elif isinstance(shown, str):
        click.echo(shown)
    else:
        document(shown)

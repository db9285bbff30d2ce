"""The options that say which tasks are meant."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .options import DurationType

if TYPE_CHECKING:
    from ..app import Filter

F = TypeVar("F", bound=Callable[..., Any])


class SinceType(click.ParamType[int]):
    """`1h` ago, or a moment such as 2026-05-01 or 2026-05-01T12:00. In ms since 1970."""

    name = "since"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            return int(datetime.fromisoformat(value).astimezone().timestamp() * 1000)
        except (ValueError, OverflowError, OSError):
            pass
        try:
            return max(0, int((time.time() - DurationType().convert(value, param, ctx)) * 1000))
        except click.ClickException:
            self.fail(f'"{value}" is neither a while, such as 1h, nor a moment, such as 2026-05-01T12:00', param, ctx)


def filter_options(*names: str) -> Callable[[F], F]:
    """--where, --place, --error, --since, --until, and the nodes by these names."""

    options = [
        click.option(*names, "nodes", metavar="NODE", multiple=True, help="In this node; may be repeated."),
        click.option("--place", "places", metavar="PLACE", multiple=True, help="waiting, parked, final, …"),
        click.option("--where", metavar="CONDITION", default="", help="Such as 'amount > 100 and city = \"Kyiv\"'."),
        click.option("--error", metavar="TAG", default="", help="What failed, such as api_bad_answer."),
        click.option("--since", type=SinceType(), default=0, help="Changed since 1h ago, or a moment."),
        click.option("--until", type=SinceType(), default=0, help="Changed before 1h ago, or a moment."),
    ]

    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def made_filter(
    nodes: tuple[str, ...], places: tuple[str, ...], where: str, error: str, since: int, until: int, **more: Any
) -> Filter:
    from ..app import Filter

    return Filter(nodes=nodes, places=places, where=where, error=error, since_ms=since, until_ms=until, **more)

"""Arguments and options that many commands share, and opening the engine for them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

if TYPE_CHECKING:
    from ..app import Engine
    from ..config import Settings

F = TypeVar("F", bound=Callable[..., Any])


class DurationType(click.ParamType[float]):
    """A length of time such as 500ms, 60s, 5m, 1h or 30d; a bare number is seconds. Its value is in seconds."""

    name = "duration"
    UNITS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}  # noqa: RUF012

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h|d|)", value)
        if found is None:
            self.fail(f'"{value}" is not a length of time such as 500ms, 60s or 5m', param, ctx)
        return float(found[1]) * self.UNITS[found[2]]


def json_option(command: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document, errors as JSON too.")(command)


def key_option(command: F) -> F:
    return click.option("--key", metavar="KEY", help="Repeated with the same key within a day, it is done once.")(
        command
    )


def reveal_option(command: F) -> F:
    return click.option("--reveal", is_flag=True, help="Show secrets instead of ***.")(command)


def conv_argument(command: F) -> F:
    return click.argument("conv", metavar="CONV")(command)


def ref_argument(command: F) -> F:
    return click.argument("ref_or_id", metavar="REF_OR_ID")(command)


def values_argument(command: F) -> F:
    return click.argument("values", metavar="[NAME=VALUE]...", nargs=-1)(command)


@contextlib.contextmanager
def opened(*, make: bool = False) -> Iterator[Engine]:
    """The engine of this folder or of CONV_REDIS_URL, for commands that work on the store itself.

    Without `make`, a folder in which nothing was ever deployed is not given a store only to find it empty.
    """
    from ..config import read_settings
    from ..errors import ConfigError

    settings = read_settings()
    if settings.remote_url:
        command = click.get_current_context().command_path
        raise ConfigError(
            f"{command} works on a store itself, not over HTTP: unset CONV_URL, and run it where the store is",
            where="CONV_URL",
        )
    with _opened(settings, make=make) as engine:
        yield engine


@contextlib.contextmanager
def reached(*, make: bool = False, reveal: bool = False) -> Iterator[Engine]:
    """The same for commands that also work over HTTP: with CONV_URL a Client, which does what they ask of an Engine.

    `reveal`: a server is asked for secrets; what an Engine answers is masked where it is shown.
    """
    from ..config import read_settings

    settings = read_settings()
    if settings.remote_url:
        from ..client import Client

        with Client(settings.remote_url, settings.remote_key or None, reveal=reveal) as client:
            yield cast("Engine", client)
        return
    with _opened(settings, make=make) as engine:
        yield engine


@contextlib.contextmanager
def _opened(settings: Settings, *, make: bool) -> Iterator[Engine]:
    from ..errors import ConfigError

    if settings.embedded and not make and not settings.home.exists():
        raise ConfigError(
            f"there is no store in this folder ({settings.home}): nothing was deployed here; "
            "go to the folder of your definitions and run conv deploy, or set CONV_REDIS_URL",
            where="CONV_HOME",
        )
    from ..app import Engine

    with Engine.open(settings) as engine:
        yield engine

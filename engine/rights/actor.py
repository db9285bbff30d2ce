"""Who acts just now, for the trail: whose request a server answers, else the machine's user."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import Iterator
from contextvars import ContextVar

_ACTOR: ContextVar[str] = ContextVar("conv_actor", default="")


def actor() -> str:
    """A login, or `shell USER`."""
    return _ACTOR.get() or shell_user()


@contextlib.contextmanager
def acting_as(login: str) -> Iterator[None]:
    """What is done within, by this thread or task and those that it starts with its context, is done by this login."""
    token = _ACTOR.set(login)
    try:
        yield
    finally:
        _ACTOR.reset(token)


def shell_user() -> str:
    """Who a command acts for: `shell USER`."""
    try:
        return f"shell {getpass.getuser()}"
    except (OSError, KeyError, ImportError):
        return "shell"

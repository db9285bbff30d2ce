"""A word about secrets that nobody has given a key for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .output import told

if TYPE_CHECKING:
    from ..app import Engine


def say_if_unsealed(engine: Engine) -> None:
    """Said once, at the start of what runs tasks. The embedded store has a key in any case."""
    if not engine.store.box.has_keys:
        told("Secrets of tasks are stored as they are: CONV_SECRET_KEY is not set")

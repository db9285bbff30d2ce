"""State in Redis or Valkey: scripts and their calls, the connection, the embedded server. Never sees a definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..config import Settings
    from .client import Store


def open_store(settings: Settings) -> Store:
    """The store of these settings, connected and checked. Raises ConfigError, StoreUnavailable."""
    # Imported here, because the client of the server takes longer to import than most commands take to run.
    from .connect import open_store

    return open_store(settings)

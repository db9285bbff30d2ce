"""Engine, in rooms: access (the way to the store), deployed, submitting, events, look, waiting, keeping."""

from __future__ import annotations

from .engine import Engine
from .events import Modified
from .submitting import Submitted

__all__ = ["Engine", "Modified", "Submitted"]

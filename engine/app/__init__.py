"""Engine, in rooms: context (the store and what is deployed), deployed, submitting, events, look, waiting, keeping."""

from __future__ import annotations

from .engine import Engine
from .events import Modified
from .submitting import Submitted

__all__ = ["Engine", "Modified", "Submitted"]

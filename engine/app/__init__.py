"""Engine, in rooms: context (the store and what is deployed), deployed, submitting, events, look, searching (with
filters and cursors), waiting, keeping, versions."""

from __future__ import annotations

from .engine import Engine
from .events import Modified
from .filters import Filter
from .searching import Page
from .submitting import Submitted

__all__ = ["Engine", "Filter", "Modified", "Page", "Submitted"]

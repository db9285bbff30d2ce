"""Engine, in rooms: context (the store and what is deployed), deployed, submitting, events, look, searching (with
filters and cursors), family, jobs (and bulk, their work), waiting, keeping, versions."""

from __future__ import annotations

from .bulk import JobPlan
from .engine import Engine
from .events import Modified
from .family import Family, Relative
from .filters import Filter
from .jobs import JobView
from .searching import Page
from .submitting import Submitted

__all__ = ["Engine", "Family", "Filter", "JobPlan", "JobView", "Modified", "Page", "Relative", "Submitted"]

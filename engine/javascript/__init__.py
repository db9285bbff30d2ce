"""JavaScript of code nodes: run in processes of their own, with limits, without a way to anything but their data."""

from __future__ import annotations

from .libraries import LIBRARIES, required
from .pool import Job, Result, run
from .process import reason
from .unwaited import unwaited
from .variables import references, unfilled

__all__ = ["LIBRARIES", "Job", "Result", "reason", "references", "required", "run", "unfilled", "unwaited"]

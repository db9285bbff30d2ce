"""JavaScript of code nodes: run in processes of their own, with limits, without a way to anything but their data."""

from __future__ import annotations

from engine.javascript.libraries import LIBRARIES, required
from engine.javascript.pool import Job, Result, run
from engine.javascript.process import reason
from engine.javascript.unwaited import unwaited
from engine.javascript.variables import references, unfilled

__all__ = ["LIBRARIES", "Job", "Result", "reason", "references", "required", "run", "unfilled", "unwaited"]

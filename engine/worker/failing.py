"""What fails is said in the worker's log: node and error tag, never what a task carries."""

from __future__ import annotations

import logging
from collections import Counter

from .run import Run

log = logging.getLogger("conv.worker")

FIRST = 5  # failures of a minute with a line of their own; the others are counted
MOST_LINES = 20  # of counts a minute
TELL_S = 60.0


class Failing:
    """Failures that were committed. The first few of a minute are said at once, the others when `tell` is called."""

    def __init__(self) -> None:
        self._said = 0
        self._more: Counter[tuple[int, str, str]] = Counter()

    def failed(self, run: Run) -> None:
        """Take note of what failed on a run's way."""
        for node, tag in run.failures:
            name = run.program.name_of(node)
            if self._said < FIRST:
                self._said += 1
                log.info("task %s of conv %s failed in node %r: %s", run.task_id, run.conv_id, name, tag)
            else:
                self._more[run.conv_id, name, tag] += 1

    def tell(self) -> None:
        """Say how many more there were, most first, and begin anew."""
        more, self._more, self._said = self._more, Counter(), 0
        for (conv_id, name, tag), count in more.most_common(MOST_LINES):
            log.info("conv %s: %d more failure%s in node %r: %s", conv_id, count, "s" if count > 1 else "", name, tag)
        if len(more) > MOST_LINES:
            rest = sum(count for _, count in more.most_common()[MOST_LINES:])
            log.info("and %d more failures in other nodes or with other tags: conv failed", rest)

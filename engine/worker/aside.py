"""Tasks that cannot be read are set aside, each with the reason, so that they take no others along."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from ..store import calls
from ..store.call import Partition
from ..store.records import Unreadable
from .deployed import Deployed
from .lanes import Alone
from .rounds import Rounds

log = logging.getLogger("conv.worker")


class Aside:
    """For the worker's thread: claims and answers put tasks here."""

    def __init__(self, rounds: Rounds, deployed: Deployed, alone: Alone) -> None:
        self._rounds = rounds
        self._deployed = deployed
        self._alone = alone

    def put(self, partition: Partition, tasks: Sequence[Unreadable]) -> None:
        by_token: dict[str, list[tuple[str, str]]] = {}
        for task_id, token, reason in tasks:
            log.error("task %s of conv %s is set aside: %s", task_id, partition.conv_id, reason)
            by_token.setdefault(token, []).append((task_id, reason))
        for token, some in by_token.items():
            self._send(partition, token, some)

    def _send(self, partition: Partition, token: str, tasks: list[tuple[str, str]]) -> None:
        def done(_: Any = None) -> None:
            self._alone.done(token)

        def moved() -> None:
            self._send(self._deployed.convs.partition(partition.conv_id, tasks[0][0]), token, tasks)

        self._rounds.send(calls.set_aside(partition, token, tasks), done, done, lambda: self._rounds.soon(moved))

"""Keeping the store: backups, restores, more partitions, audits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..backup import Summary, backup, restore
from ..data import check_count, check_flag, check_function, path_of
from ..repartition import repartition
from ..resealing import Progress, rotate
from ..store import audit
from .context import Context


class Keeping:
    def __init__(self, context: Context) -> None:
        self._context = context

    def repartition(self, conv: str | int, partitions: int, progress: Callable[[int, int, int], None]) -> int:
        """As Engine.repartition."""
        check_count(partitions, "a number of partitions")
        check_function(progress, "progress")
        try:
            return repartition(self._context.store, self._context.find(conv).conv_id, partitions, progress)
        finally:
            self._context.deployed.expire()

    def backup(self, path: str | Path, progress: Callable[[int], None]) -> Summary:
        """As Engine.backup."""
        check_function(progress, "progress")
        return backup(self._context.store, path_of(path), progress)

    def restore(self, path: str | Path, progress: Callable[[int, int], None]) -> Summary:
        """As Engine.restore."""
        check_function(progress, "progress")
        try:
            return restore(self._context.store, path_of(path), progress)
        finally:
            self._context.deployed.expire(wholly=True)

    def rotate_key(self, progress: Callable[[Progress], None]) -> str:
        """As Engine.rotate_key."""
        check_function(progress, "progress")
        return rotate(self._context.store, progress)

    def audit(self, repair: bool, progress: Callable[[int], None]) -> audit.Report:
        """As Engine.audit."""
        check_flag(repair, "repair")
        check_function(progress, "progress")
        self._context.registry.version()  # which notices what this engine has seen, and is no more
        return audit.audit(self._context.store, repair=repair, seen=self._context.registry.lost, progress=progress)

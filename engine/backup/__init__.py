"""Backup of a whole namespace into one file, while its tasks go on, and restore into an empty one."""

from __future__ import annotations

from engine.backup.file import Summary
from engine.backup.restore import restore
from engine.backup.save import backup

__all__ = ["Summary", "backup", "restore"]

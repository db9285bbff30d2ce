"""Backup of a whole namespace into one file, while its tasks go on, and restore into an empty one."""

from __future__ import annotations

from .file import Summary
from .restore import restore
from .save import backup

__all__ = ["Summary", "backup", "restore"]

"""How much memory this machine has, or the container that the process is in.

Source: the kernel's Documentation/admin-guide/cgroup-v2.rst (memory.max) and cgroup-v1/memory.rst.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_GROUPS = "sys/fs/cgroup"


def available_bytes(root: Path = Path("/")) -> int:
    """Bytes of memory: the machine's, or the least limit of the control groups that this process is in.

    `root`: where /proc and /sys are; without them the machine's memory counts.
    """
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([whole, *_limits(root)])


def _limits(root: Path) -> Iterator[int]:
    for file in _limit_files(root):
        with contextlib.suppress(OSError, ValueError):  # no such group here, or "max"
            yield int(file.read_text("ascii"))


def _limit_files(root: Path) -> Iterator[Path]:
    """The limits of the process's groups and of all above them. In a container the group may be named as outside."""
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        number, controllers, path = [*line.split(":", 2), "", ""][:3]
        if number == "0" and not controllers:
            folder, name = root / _GROUPS, "memory.max"
        elif "memory" in controllers.split(","):
            folder, name = root / _GROUPS / "memory", "memory.limit_in_bytes"
        else:
            continue
        group = PurePosixPath(path.lstrip("/"))
        for part in (group, *group.parents):
            yield folder / part / name

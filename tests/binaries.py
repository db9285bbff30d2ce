"""The servers that tests of growing run on: the embedded store's Valkey, and the machine's own Redis if it has one.

Debian's package `redis-server` brings the oldest Redis that is supported. `.ci/run` installs it.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from engine.store.embedded import server_binary


def server_binaries() -> dict[str, Path]:
    """By name: `valkey`, `redis`."""
    found = {"valkey": server_binary()}
    own = shutil.which("redis-server")
    if own is not None:
        found["redis"] = Path(own)
    return found


def versions() -> str:
    """One line of what is there, for the head of a test run."""
    lines = []
    for name, binary in server_binaries().items():
        said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
        lines.append(f"{name} {said.split('v=')[1].split()[0]}")
    return ", ".join(lines)

"""Looking at the folder of an embedded server from a test: who works there, and stopping them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from engine.store import supervisor
from engine.store.embedded import attach
from tests.waiting import eventually


def server_pid(home: Path) -> int:
    return supervisor.recorded_pid(str(home))


def supervisor_pid(home: Path) -> int:
    return int((home / supervisor.RUNTIME).read_text().split("\n")[2])


def is_free(home: Path, name: str) -> bool:
    """Whether nobody holds this lock of the folder."""
    held = supervisor.take(str(home / name))
    if held is not None:
        os.close(held)
    return held is not None


def is_quiet(home: Path) -> bool:
    """Whether no server and no supervisor works on the folder."""
    return is_free(home, supervisor.LOCK) and is_free(home, supervisor.SUPERVISOR_LOCK)


def stop(home: Path) -> None:
    """Stop server and supervisor now, without waiting until they notice that nobody is there."""
    os.kill(supervisor_pid(home), signal.SIGTERM)
    eventually(lambda: is_quiet(home))


def clear(home: Path) -> None:
    """Leave no server behind, also where a test killed its supervisor."""
    if home.is_dir() and not is_quiet(home):
        with attach(home):
            eventually(lambda: not is_free(home, supervisor.SUPERVISOR_LOCK))
            stop(home)

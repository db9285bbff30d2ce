"""Processes of `conv up` end with it."""

from __future__ import annotations

import os
import signal


def end_with_parent() -> None:
    """Standard input is a pipe that conv up holds: it ends when conv up does, however that dies."""
    # Not sys.stdin: an interpreter that ends while a thread waits in there dies with a fatal error.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)

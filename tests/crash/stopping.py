"""A worker that stops itself (SIGSTOP) when it is about to send the first call of one script: `stopping.py SCRIPT`.

What is remembered of a confirmed effect is forgotten after moments here, so that a test need not wait for minutes.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from engine.app import Engine
from engine.config import Settings, read_settings
from engine.store.call import Call
from engine.store.calls import effects
from engine.store.client import Store
from engine.store.connect import address_of, open_connection
from engine.store.rounds import Round
from engine.worker import settling, tending, worker

FENCE_MS, SETTLED_MS = 300, 600


def hasten() -> None:
    """Let this process forget soon."""
    worker.LOOK_S = tending.OUTBOX_S = worker.RETENTION_S = 0.1
    settling.SETTLE_S = 0.1
    effects.FENCE_MS, effects.SETTLED_MS = FENCE_MS, SETTLED_MS


class StoppingStore(Store):
    def __init__(self, settings: Settings, script: str) -> None:
        super().__init__(open_connection(settings), settings.namespace, address_of(settings))
        self.script = script

    def begin(self, calls: Sequence[Call[Any]]) -> Round:
        if any(call.script == self.script for call in calls):
            self.script = ""
            os.kill(os.getpid(), signal.SIGSTOP)
        return super().begin(calls)


def main() -> None:
    hasten()
    settings = read_settings()
    worker = Engine(StoppingStore(settings, sys.argv[1]), settings).worker()
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    worker.run()


if __name__ == "__main__":
    main()

"""The worker that leaves things half done for make.py: it lives until it is killed, or until it has done one thing.

mortal.py                   until it is killed
mortal.py deliver 1         dies when the script `deliver` has done something for the conv 1 (0: for any), and what
                            follows in the same round is never sent
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Any

from engine.app import Engine
from engine.config import Settings, read_settings
from engine.store.call import Call
from engine.store.client import Store
from engine.store.connect import address_of, open_connection
from engine.store.records import Batch
from engine.store.rounds import Round

ANY = 0


class Mortal(Store):
    """Kills its process as soon as a script has done something for a conv."""

    def __init__(self, settings: Settings, script: str, conv_id: int) -> None:
        super().__init__(open_connection(settings), settings.namespace, address_of(settings))
        self.script = script
        self.conv_id = conv_id

    def begin(self, calls: Sequence[Call[Any]]) -> Round:
        fatal = [i for i, call in enumerate(calls) if self._is_fatal(call)]
        if not fatal:
            return super().begin(calls)
        first = super().begin(calls[: fatal[-1] + 1]).results()
        if any(_has_done_something(first[i]) for i in fatal):
            os.kill(os.getpid(), signal.SIGKILL)
        return Parts(first, super().begin(calls[fatal[-1] + 1 :]))

    def _is_fatal(self, call: Call[Any]) -> bool:
        if call.script != self.script or call.partition is None:
            return False
        return self.conv_id in (ANY, call.partition.conv_id)


class Parts(Round):
    """A round of which the first part is answered."""

    def __init__(self, first: list[Any], rest: Round) -> None:
        self._first = first
        self._rest = rest

    def results(self) -> list[Any]:
        return self._first + self._rest.results()

    def abandon(self) -> None:
        self._rest.abandon()


def _has_done_something(result: Any) -> bool:
    return bool(result.tasks) if isinstance(result, Batch) else True


def main() -> None:
    socket.gethostname = lambda: "worker"  # a store that is kept for years names no machine
    settings = read_settings()
    script, conv_id = sys.argv[1:] if len(sys.argv) > 1 else ("", "0")
    Engine(Mortal(settings, script, int(conv_id)), settings).worker().run()


if __name__ == "__main__":
    main()

"""Forks processes that repartition a conv and kill themselves before or after one call: a line of JSON in, one out.

{"conv": 102, "partitions": 3, "call": 17, "moment": "after"}  →  {"killed": true}
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from engine.app import Engine
from engine.config import read_settings
from engine.repartition import repartition
from engine.store.call import Call
from engine.store.client import Store
from engine.store.connect import address_of, open_connection
from engine.store.rounds import Round
from tests.crash.zygote import LastRound, die

LOOKS = {
    "leased",
    "export",
    "export_born",
    "export_effects",
    "export_seen",
    "export_counts",
    "export_periods",
    "version",
    "catalogue",
}


class MoverStore(Store):
    """The real store, in a process that dies around its call number `call` that writes."""

    call = 0
    moment = ""

    def begin(self, calls: Sequence[Call[Any]]) -> Round:
        if all(call.script in LOOKS for call in calls):
            return super().begin(calls)
        self.call -= 1
        if self.call >= 0:
            return super().begin(calls)
        if self.moment == "before":
            die()
        return LastRound(self, calls)


def play(conv: int, partitions: int, call: int, moment: str) -> None:
    settings = read_settings()
    store = MoverStore(open_connection(settings), settings.namespace, address_of(settings))
    store.call, store.moment = call, moment
    repartition(store, conv, partitions, lambda *_: None)


def main() -> None:
    Engine.open().close()  # imports everything, loads the scripts
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            play(**json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"killed": os.WIFSIGNALED(status)}), flush=True)


if __name__ == "__main__":
    main()

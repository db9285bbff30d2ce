"""Forks workers and clients that kill themselves at one exact step: one line of JSON in, one line out.

    {"script": "commit", "moment": "during", "skip": 2, "role": "worker"}  →  {"killed": true}

`moment` before: the script's pipeline is not sent. during: it is sent up to half of what follows the script, then
nobody reads the answer. after: the answer is read, and nothing done with it. Script "outside" is the outside call. A
child that never came to its step ends by itself after a while.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from engine.app import Engine
from engine.config import Settings, read_settings
from engine.nodes.api_call import ApiCallLogic
from engine.store.call import Call
from engine.store.calls import effects
from engine.store.client import Store
from engine.store.connect import address_of, open_connection
from engine.store.rounds import Round
from engine.vault import open_box
from engine.worker import settling, tending, worker
from engine.worker.run import Run
from engine.worker.runner import Runner

GIVE_UP_S = 4.0

# A worker that dies within a moment must come to its rare steps sooner.
worker.LOOK_S, tending.OUTBOX_S, worker.RETENTION_S = 0.1, 0.1, 0.2
# What was confirmed is forgotten soon, so that one that is sent again after that would be applied twice.
settling.SETTLE_S, effects.FENCE_MS, effects.SETTLED_MS = 0.1, 1000, 1500


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    threading.Event().wait()


class CrashStore(Store):
    """The real store, in a process that dies at one step."""

    def __init__(self, settings: Settings, script: str, moment: str, skip: int) -> None:
        super().__init__(open_connection(settings), settings.namespace, address_of(settings), box=open_box(settings))
        self.script, self.moment, self.skip = script, moment, skip

    def begin(self, calls: Sequence[Call[Any]]) -> Round:
        hit = next((i for i, call in enumerate(calls) if call.script == self.script), None)
        if hit is not None:
            self.skip -= 1
        if hit is None or self.skip >= 0:
            return super().begin(calls)
        if self.moment == "before":
            die()
        elif self.moment == "during":
            self._send_half(calls, hit)
        return LastRound(self, calls)

    def _send_half(self, calls: Sequence[Call[Any]], hit: int) -> None:
        connection = self.client.connection_pool.get_connection()
        packed = [b"".join(connection.pack_command(*command)) for command in self.commands(calls)]
        rest = b"".join(packed[hit + 1 :])
        connection.send_packed_command([b"".join(packed[: hit + 1]) + rest[: len(rest) // 2]])
        die()


class LastRound(Round):
    """Dies when its answers are read."""

    def results(self) -> list[Any]:
        super().results()
        die()
        return []


def crash_outside(moment: str, skip: int) -> None:
    """Kill this process before, during or after its outside call number `skip`."""
    perform = ApiCallLogic.perform
    left = [skip]

    def perform_and_die(self: ApiCallLogic, request: bytes, site: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            return perform(self, request, site)
        if moment == "before":
            die()
        if moment == "during":
            threading.Thread(target=perform, args=(self, request, site), daemon=True).start()
            time.sleep(0.02)  # the ledger answers later than this
            die()
        perform(self, request, site)
        die()

    ApiCallLogic.perform = perform_and_die  # type: ignore[method-assign]


def crash_on_poison() -> None:
    """The task with the ref `poison` kills the process that runs it."""
    advance = Runner.advance

    def advance_or_die(self: Runner, run: Run) -> None:
        if run.ref == "poison":
            die()
        advance(self, run)

    Runner.advance = advance_or_die  # type: ignore[method-assign]


def crash_on_poisonous_call() -> None:
    """The outside call of the task with the ref `poison` kills the process that makes it."""
    perform = ApiCallLogic.perform

    def perform_or_die(self: ApiCallLogic, request: bytes, site: Any) -> Any:
        if b"poison" in request:
            die()
        return perform(self, request, site)

    ApiCallLogic.perform = perform_or_die  # type: ignore[method-assign]


def child(settings: Settings, plan: dict[str, Any]) -> None:
    if plan["script"] == "outside":
        crash_outside(plan["moment"], plan["skip"])
    elif plan["script"] == "poison":
        crash_on_poison()
    elif plan["script"] == "poisonous call":
        crash_on_poisonous_call()
    engine = Engine(CrashStore(settings, plan["script"], plan["moment"], plan["skip"]), settings)
    if plan["role"] == "client":
        engine.submit(plan["conv"], plan["data"], ref=plan["ref"], key=plan.get("key"))
        return
    if plan["role"] == "modifier":
        engine.modify(plan["conv"], plan["ref"], plan["data"], key=plan["key"])
        return
    if plan["role"] == "deployer":
        engine.deploy(plan["path"], message=plan["message"])
        return
    if plan["role"] == "roller":
        engine.rollback(plan["conv"], plan["number"], message=plan["message"])
        return
    if plan["role"] == "rotator":
        engine.rotate_key()
        return
    if plan["role"] == "keymaker":
        engine.keyring.create(plan["name"], [("view", "*")], [], None, "test")
        return
    if plan["role"] == "revoker":
        engine.keyring.revoke(plan["login"], "test")
        return
    if plan["role"] == "first":
        engine.keyring.first_key()
        return
    if plan["role"] == "canceller":
        engine.cancel(plan["conv"], plan["ref"])
        return
    worker = engine.worker()
    threading.Timer(GIVE_UP_S, worker.stop).start()
    worker.run()


def main() -> None:
    settings = read_settings()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                child(settings, json.loads(line))
            finally:
                sys.stderr.flush()
                os._exit(0)
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"killed": os.WIFSIGNALED(status), "exit": status}), flush=True)


if __name__ == "__main__":
    main()

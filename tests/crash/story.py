"""What the crash tests run: a process that calls out, copies, modifies, calls another process, and waits a moment.

Every effect is counted by somebody who does not crash: the HTTP request by an independent ledger, the copy and the call
by the tasks that ended in their targets, the modify by a state that adds one for each. Parameters are secret: where
there is a key, all of this is sealed on its way.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from engine.app import Engine
from engine.errors import StoreUnavailable
from engine.statistics import StepName
from tests.effects_server import EffectsServer
from tests.waiting import eventually

MAIN, COPIES, COUNTER, CALLED = 100, 101, 102, 103
DAY_MS = 86_400_000
STEPS: tuple[StepName, ...] = ("minute", "hour")

DEFINITIONS = {
    "main.yaml": """
process: Main
id: 100
params: {url: {type: string, required: true, secret: true}}
nodes:
  start: {go: moment}
  moment: {delay: 10ms, go: call out}
  call out:
    api_call:
      method: POST
      url: "{{url}}"
      data: {task: "{{root.ref}}"}
      response: {answer: "{{body.answer}}"}
      max_threads: 50
    error: again
    go: copy
  again: {delay: 20ms, go: call out}
  copy:
    copy_task: {conv: 101, data: {from: "{{root.ref}}"}}
    error: failed
    go: own counter
  own counter:
    copy_task: {conv: 102, ref: "{{root.ref}}", wait: true, data: {n: 0}}
    error: failed
    go: modify
  modify:
    modify_task: {conv: 102, ref: "{{root.ref}}", wait: true, data: {add: 1}}
    error: failed
    go: look
  look:
    set_parameters: {n: "{{conv[102].ref[{{root.ref}}].n}}"}
    error: failed
    go: call
  call:
    call_process: {conv: 103, data: {n: "{{n}}"}}
    error: failed
    go: done
  done: {end: success}
  failed: {end: error}
""",
    "copies.yaml": """
process: Copies
id: 101
nodes:
  start: {go: done}
  done: {end: success}
""",
    "counter.yaml": """
diagram: Counter
id: 102
params: {n: {type: number, secret: true}}
nodes:
  start: {go: counting}
  counting:
    set_state: {}
    condition: [{if: {add: 1}, go: add}]
  add:
    set_parameters: {n: "$.math({{n}} + 1)", add: 0}
    error: failed
    go: counting
  failed: {end: error}
""",
    "called.yaml": """
process: Called
id: 103
params: {n: {type: number, secret: true}}
nodes:
  start: {go: reply}
  reply:
    reply_to_process: {data: {replied: "$.math({{n}} + 1)"}}
    error: failed
    go: done
  done: {end: success}
  failed: {end: error}
""",
}


def write(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in DEFINITIONS.items():
        (folder / name).write_text(text)
    return folder


class Ledger(EffectsServer):
    """Remembers every request by its Idempotency-Key, and takes `slow_s` to answer."""

    def __init__(self, slow_s: float = 0.05) -> None:
        self.keys: Counter[str] = Counter()
        self.bodies: dict[str, set[str]] = {}
        self.under_way = 0
        self._slow_s = slow_s
        self._lock = threading.Lock()
        super().__init__()
        self.url = f"{self.address}/effects"

    def came(self, request: BaseHTTPRequestHandler, body: str) -> None:
        key = request.headers["Idempotency-Key"]
        with self._lock:
            self.keys[key] += 1
            self.bodies.setdefault(key, set()).add(body)
            self.under_way += 1
        time.sleep(self._slow_s)
        with self._lock:
            self.under_way -= 1


def submit(engine: Engine, url: str, ref: str) -> None:
    """As a careful client does: the same call under its key until it is answered. A ref alone would not do: it is free
    again when its task has ended."""

    def acknowledged() -> bool:
        try:
            engine.submit(MAIN, {"url": url}, ref=ref, key=ref)
        except StoreUnavailable:
            return False
        return True

    eventually(acknowledged)


def ends(engine: Engine, conv: int) -> dict[str, int]:
    return {node.name: node.now for node in engine.show(conv).nodes if node.now}


def elsewhere(engine: Engine, conv: int) -> list[dict[bytes | str, Any]]:
    """The whole records of tasks that have not ended, for the message of a test that waits for them in vain."""
    keys = engine.store.client.scan_iter(match=f"*:{conv}.0}} t:*", count=1000)
    records = [{**engine.store.client.hgetall(key), b"id": key} for key in keys]
    return [record for record in records if record.get(b"p") != b"final"][:20]


def check(engine: Engine, ledger: Ledger, tasks: int) -> None:
    """Every one of the tasks `task-0`, `task-1`, … ended, and each of its effects was applied once."""
    assert ends(engine, MAIN) == {"done": tasks}
    assert ends(engine, COPIES) == {"done": tasks}
    assert ends(engine, CALLED) == {"done": tasks}
    assert ends(engine, COUNTER) == {"counting": tasks}
    for number in range(tasks):
        view = engine.task(MAIN, f"task-{number}")
        assert view.data["n"] == 1, "the modify was applied once"
        assert view.data["replied"] == 2
        assert view.data["answer"] == view.ref
    assert len(ledger.keys) == tasks, "each task called out, under one key for all attempts"
    assert all(len(bodies) == 1 for bodies in ledger.bodies.values()), "same key, same body"
    check_counts(engine)


def check_counts(engine: Engine) -> None:
    """What was counted by minute and by hour, of the last day, is what came into each node and left it."""
    for conv in (MAIN, COPIES, COUNTER, CALLED):
        totals = {node.node_id: (node.entered, node.left) for node in engine.show(conv).nodes}
        since = engine.statistics(conv).now_ms - DAY_MS
        for step in STEPS:
            nodes = engine.statistics(conv, step=step, since=since).nodes
            assert {node.node_id: (node.entered, node.left) for node in nodes} == totals, (conv, step)

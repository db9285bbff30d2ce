"""What the crash tests run: a process that calls out, copies, modifies, calls another process, and waits a moment.

Every effect is counted by somebody who does not crash: the HTTP request by an independent ledger, the copy and the call
by the tasks that ended in their targets, the modify by a state that adds one for each.
"""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from engine.app import Engine

MAIN, COPIES, COUNTER, CALLED = 100, 101, 102, 103

DEFINITIONS = {
    "main.yaml": """
process: Main
id: 100
params: {url: {type: string, required: true}}
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


class Ledger:
    """An HTTP server that remembers every request by its Idempotency-Key, and takes `slow_s` to answer."""

    def __init__(self, slow_s: float = 0.05) -> None:
        self.keys: Counter[str] = Counter()
        self.bodies: dict[str, set[str]] = {}
        self.under_way = 0
        lock = threading.Lock()
        ledger = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length).decode()
                if len(body) < length:
                    return  # its sender was killed: this request never came
                key = self.headers["Idempotency-Key"]
                with lock:
                    ledger.keys[key] += 1
                    ledger.bodies.setdefault(key, set()).add(body)
                    ledger.under_way += 1
                time.sleep(slow_s)
                with lock:
                    ledger.under_way -= 1
                answer = json.dumps({"answer": json.loads(body)["task"]}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                """Not on the screen."""

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that was killed is what this is about."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/effects"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


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

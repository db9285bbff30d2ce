"""A worker keeps nothing of a task that it has committed: no secret, and nothing that grows with the tasks."""

from __future__ import annotations

import gc
import itertools
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.worker import Worker
from tests.held import texts_held
from tests.running.conftest import Lab
from tests.waiting import PATIENCE_S

SECRET = re.compile(rb"h1dden-\d{6}")


def secret(number: int) -> str:
    return f"h1dden-{number:06}"


class Working:
    """A lab whose worker lives on between its runs."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.worker = Worker(lab.engine.store, lab.engine.settings)

    def run(self) -> None:
        assert self.worker.run_until_idle(time.monotonic() + PATIENCE_S, lambda: False)

    def ran(self, conv: int, tasks: list[dict[str, Any]]) -> None:
        self.lab.engine.submit_many(conv, [(None, data) for data in tasks])
        self.run()

    def notes(self, conv: int, node: str = "failed") -> list[str]:
        return [view.note for view in self.lab.engine.archive(conv, node)]


TOKENS = """
    diagram: Tokens
    id: 2
    params: {token: {type: string, secret: true}}
    nodes:
      start: {go: kept}
      kept: {set_state: {}, go: kept}
    """
READERS = """
    process: Readers
    id: 1
    params: {token: {type: string, secret: true}, pattern: {type: string, secret: true}}
    nodes:
      start:
        condition:
          - {if: {token: none}, go: failed}
          - {if: {"{{conv[2].ref[t].token}}": "{{token}}"}, go: failed}
          - {if: {token: {regexp: "{{pattern}}"}}, go: composes}
        go: failed
      composes:
        set_parameters:
          header: "Bearer {{token}}"
          other: "{{conv[2].ref[t].token}}"
          parts: '$.map(fun(X) -> binary:split(X, X) end, ["{{token}}"])'
        error: failed
        go: stubbed
      stubbed:
        call_process:
          conv: 9
          data: {token: "{{token}}"}
          stub: [{reply: {data: {answer: "got {{token}}"}}}]
        error: failed
        go: casts
      casts:
        set_parameters: {number: "{{token}}"}
        types: {number: number}
        error: waits
        go: failed
      waits: {delay: {until: "{{token}}"}, error: done, go: failed}
      done: {end: success}
      failed: {end: error}
    """


def test_of_thousands_of_secrets_a_worker_holds_none(lab: Lab) -> None:
    lab.deploy(TOKENS, READERS)
    working = Working(lab)
    lab.engine.submit(2, {"token": secret(999_999)}, ref="t")
    numbers = itertools.count()
    objects = []

    for _ in range(3):
        some = [secret(number) for number in itertools.islice(numbers, 1000)]
        working.ran(1, [{"token": token, "pattern": f"^{token}$"} for token in some])
        del some

        assert texts_held(SECRET) == []
        objects.append(len(gc.get_objects()))

    assert not working.notes(1)
    assert objects[2] - objects[1] < 100


SERVER = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Seen", self.headers["Authorization"])
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture
def web() -> Iterator[str]:
    """A server in a process of its own, so that what it was sent is not in this one."""
    process = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


CALLERS = """
    process: Callers
    id: 3
    params: {{token: {{type: string, secret: true}}}}
    nodes:
      start: {{go: calls}}
      calls:
        api_call:
          method: POST
          url: "{web}/{{{{token}}}}?key={{{{token}}}}"
          headers: {{Authorization: "Bearer {{{{token}}}}"}}
          data: {{token: "{{{{token}}}}"}}
        error: failed
        go: runs
      runs:
        code: "data.header = 'Bearer ' + data.token;"
        error: failed
        go: asks
      asks:
        database_call: {{instance: file, query: "SELECT {{{{token}}}} AS token"}}
        error: failed
        go: certified
      certified:
        api_call: {{method: POST, url: "{web}/{{{{token}}}}", data: {{}}, cert_pem: "{{{{token}}}}"}}
        error: done
        go: failed
      done: {{end: success}}
      failed: {{end: error}}
    """


def test_outside_calls_leave_no_secret_behind(lab: Lab, web: str, tmp_path: Path) -> None:
    (lab.folder / "instances.yaml").write_text(json.dumps({"file": {"url": f"sqlite:///{tmp_path}/data.db"}}))
    lab.deploy(CALLERS.format(web=web))
    working = Working(lab)

    working.ran(3, [{"token": secret(number)} for number in range(40)])

    assert not working.notes(3)
    assert texts_held(SECRET) == []

"""An HTTP server that remembers each request it got, and answers it once the gate is open."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler
from typing import NamedTuple

from tests.effects_server import EffectsServer


class Request(NamedTuple):
    """A request as it must be when it is made again; the host's address is not part of that."""

    key: str
    method: str
    path: str
    task_id: str
    content_type: str
    body: str


class Ledger(EffectsServer):
    """`address` goes into the variable `ledger`. Requests are answered while `gate` is set, and wait for it before."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.gate = threading.Event()
        super().__init__()

    def came(self, request: BaseHTTPRequestHandler, body: str) -> None:
        headers = request.headers
        self.requests.append(
            Request(
                headers["Idempotency-Key"],
                request.command,
                request.path,
                headers.get("X-Task", ""),
                headers["Content-Type"],
                body,
            )
        )
        self.gate.wait()

    def close(self) -> None:
        self.gate.set()
        super().close()

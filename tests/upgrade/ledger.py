"""An HTTP server that remembers each request it got, and answers it once the gate is open."""

from __future__ import annotations

import http.server
import json
import threading
from typing import NamedTuple


class Request(NamedTuple):
    """A request as it must be when it is made again; the host's address is not part of that."""

    key: str
    method: str
    path: str
    task_id: str
    content_type: str
    body: str


class Ledger:
    """`address` goes into the variable `ledger`. Requests are answered while `gate` is set, and wait for it before."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.gate = threading.Event()
        ledger = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                ledger.requests.append(
                    Request(
                        self.headers["Idempotency-Key"],
                        self.command,
                        self.path,
                        self.headers.get("X-Task", ""),
                        self.headers["Content-Type"],
                        body,
                    )
                )
                ledger.gate.wait()
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
                """Some clients are killed while they wait."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()

"""A worker's health over HTTP, for a supervisor that starts, watches and replaces workers.

GET /live answers 200 while the process answers at all; GET /ready 200 while the worker is ready, else 503. Both with a
JSON document.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ..errors import ConfigError
from .worker import Worker


def serve_health(worker: Worker, host: str, port: int) -> ThreadingHTTPServer:
    """Answer in a thread of its own until `shutdown`. Port 0 takes a free one. Raises ConfigError."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            silent_s = worker.silent_s()
            ready = worker.is_ready()
            state = {"worker": worker.name, "ready": ready, "answered_s_ago": silent_s, "committed": worker.committed}
            status = {"/live": 200, "/ready": 200 if ready else 503}.get(self.path)
            body = json.dumps(state if status else {"error": "GET /live or /ready"}).encode()
            self.send_response(status or 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """A probe every second is no news."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise ConfigError(f"--health {host}:{port} cannot be served: {error.strerror}", where="--health") from error
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="conv-health", daemon=True).start()
    return server

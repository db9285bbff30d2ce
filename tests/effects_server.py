"""An HTTP server on loopback for the outside calls of tasks: a POST of {"task": x} is answered with {"answer": x}."""

from __future__ import annotations

import http.server
import json
import threading


class EffectsServer:
    """`address` is where it listens, without a path. A subclass says what is remembered of a request."""

    def __init__(self) -> None:
        came = self.came

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                sent = self.rfile.read(length)
                if len(sent) < length:
                    return  # its sender was killed: this request never came
                body = sent.decode()
                came(self, body)
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
                """Some clients are killed while they wait: that is what these tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def came(self, request: http.server.BaseHTTPRequestHandler, body: str) -> None:
        """A request has come, whole. It is answered when this returns; called in a thread of its own."""
        raise NotImplementedError

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

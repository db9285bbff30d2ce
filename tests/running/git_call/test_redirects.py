"""A repository that redirects: what runs comes from where the operator allowed it, or not at all."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.running.conftest import Lab
from tests.running.git_call.handlers import failed, ran

CERTIFICATE = Path(__file__).parents[2] / "certificates" / "self_signed.pem"


class Server(ThreadingHTTPServer):
    """Over TLS; sends whoever asks on to `location`, and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.location = ""
        self.asked: list[str] = []
        self.url = f"https://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(302 if self.server.location else 404)
        self.send_header("Location", self.server.location + self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, Server]]:
    monkeypatch.setenv("GIT_SSL_CAINFO", str(CERTIFICATE))
    both = (Server(), Server())
    threads = [threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}) for server in both]
    for thread in threads:
        thread.start()
    yield both
    for server in both:
        server.shutdown()
        server.server_close()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("commit", ["0" * 40, "main"])
def test_a_redirect_of_git_is_not_followed(lab: Lab, servers: tuple[Server, Server], commit: str) -> None:
    outer, inner = servers
    outer.location = inner.url

    view = ran(lab, repo=f"{outer.url}/acme/x", commit=commit)

    text = failed(view, "hardware")
    assert outer.asked
    assert inner.asked == []
    assert text.endswith(
        "it redirects, which is not followed: write where it leads, often the same with .git at its end"
    )

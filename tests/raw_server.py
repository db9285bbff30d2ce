"""A server that answers bytes: also those that no proper server would send."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator


class Asked:
    """One request as it came."""

    def __init__(self, connection: socket.socket, number: int, head: bytes, stopping: threading.Event) -> None:
        self.connection = connection
        self.stopping = stopping
        self.aborted = False
        self.connection_number = number
        self.head = head.decode("latin-1")
        self.body = b""
        self.line = self.head.split("\r\n")[0]
        self.headers = {
            name.lower(): text.strip()
            for name, _, text in (line.partition(":") for line in self.head.split("\r\n")[1:])
            if name
        }

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.connection.sendall(part)

    def abort(self) -> None:
        """Close the connection with a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.aborted = True

    def answer(self, status: str, body: bytes = b"", **headers: str) -> None:
        named = {"Content-Length": str(len(body)), **{name.replace("_", "-"): text for name, text in headers.items()}}
        head = "".join(f"{name}: {text}\r\n" for name, text in named.items())
        self.send(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)


class RawServer:
    """Calls `respond` for each request, a thread per connection. `asked`: all requests. `stopping` ends slow ones."""

    def __init__(self, respond: Callable[[Asked], None]) -> None:
        self.respond = respond
        self.asked: list[Asked] = []
        self.stopping = threading.Event()
        self.closed = threading.Event()
        """The other side has closed a connection, or it broke while we were sending."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.greeting = b""
        """Sent first on every connection, whatever is asked."""
        self._connections = 0
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections += 1
            thread = threading.Thread(target=self._serve, args=(connection, self._connections), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as stream:
            connection.sendall(self.greeting)
            while True:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = stream.readline()
                    if not line:
                        self.closed.set()
                        return
                    head += line
                asked = Asked(connection, number, head, self.stopping)
                asked.body = stream.read(int(asked.headers.get("content-length", 0)))
                self.asked.append(asked)
                try:
                    self.respond(asked)
                except OSError:
                    self.closed.set()
                    raise
                if asked.aborted:
                    return

    def close(self) -> None:
        self.stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextlib.contextmanager
def serving(respond: Callable[[Asked], None]) -> Iterator[RawServer]:
    server = RawServer(respond)
    try:
        yield server
    finally:
        server.close()

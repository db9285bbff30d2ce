"""A proxy that can go silent, as a network does that drops packets: connections stay open, and nothing comes. Or that
loses what is answered."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


class MutedProxy:
    """Forwards to a port on loopback until it is muted. `forwarded` counts the bytes that the server has sent, `lost`
    those that it did not pass on."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.forwarded = 0
        self.lost = 0
        self._loses_answers = False
        self._at_most: int | None = None
        self._is_slow = False
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def mute(self, after_bytes: int = 0) -> None:
        """Forward so many more bytes of the server, then nothing, either way; new connections get nothing either."""
        self._at_most = self.forwarded + after_bytes

    def speak(self) -> None:
        """Forward again what new connections bring."""
        self._at_most = None

    def slow_down(self) -> None:
        """Forward what the server sends byte by byte from now on."""
        self._is_slow = True

    def lose_answers(self) -> None:
        """Forward what clients send, and nothing of what the server answers, until `cut`."""
        self._loses_answers = True

    def cut(self) -> None:
        """Break every connection; new ones work."""
        broken, self._open = self._open[1:], self._open[:1]
        self._loses_answers, self._at_most = False, None
        for one in broken:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
                self._open += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._forward, args=(source, sink, server), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if source is server and self._loses_answers:
                    self.lost += len(data)
                    continue
                if self._at_most is not None:
                    passed = data[: max(0, self._at_most - self.forwarded)]
                    self.lost += len(data) - len(passed)
                    data = passed
                if self._is_slow and source is server:
                    for byte in data:
                        sink.sendall(bytes([byte]))
                        if self._closing.wait(0.02):
                            return
                else:
                    sink.sendall(data)
                self.forwarded += len(data) if source is server else 0
            if self._at_most is None:
                sink.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._closing.set()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@contextlib.contextmanager
def muted_proxy(target: int) -> Iterator[MutedProxy]:
    proxy = MutedProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()

"""HTTP/1.1 as uvicorn reads it, with an end to heads that never end: in bytes and in time.

Without it whoever reaches the port, without a key, could fill memory with one header, or hold every connection.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 65_536
HEAD_S = 10.0

_ANSWER = (
    b"HTTP/1.1 %d %s\r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"
)
_TOO_LARGE = (431, b"Request Header Fields Too Large", "head_too_large", "the head of the request has too many bytes")
_TOO_SLOW = (408, b"Request Timeout", "too_slow", "the head of the request did not come in time")


class Protocol(HttpToolsProtocol):
    _head_size = 0
    _reads_head = True
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._reads_head:
            self._head_size += len(data)
            if self._head_size > HEAD_BYTES:
                self._refuse(*_TOO_LARGE)

    def on_message_begin(self) -> None:
        self._begin_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._end_head()
        super().on_headers_complete()

    def _begin_head(self) -> None:
        self._end_head()
        self._reads_head, self._head_size = True, 0
        self._timer = self.loop.call_later(HEAD_S, self._refuse, *_TOO_SLOW)

    def _end_head(self) -> None:
        self._reads_head = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: int, words: bytes, code: str, detail: str) -> None:
        self._end_head()
        if self.transport.is_closing():
            return
        body = (
            f'{{"type":"urn:conv:{code}","title":"The request cannot be read","status":{status},'
            f'"detail":"{detail}","code":"{code}"}}'
        ).encode()
        self.transport.write(_ANSWER % (status, words, len(body), body))
        self.transport.close()

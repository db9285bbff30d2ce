"""Long answers: made piece by piece, so that an archive of any size is sent in little memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.to_thread


@dataclass(frozen=True, slots=True)
class Stream:
    """`pieces` is read in a thread. What goes wrong after the first piece cuts the answer off: a client that counts
    on the end of a chunked body notices.
    """

    pieces: Iterator[bytes]
    media_type: str
    filename: str = ""

    async def send(self, send: Callable[[Any], Awaitable[None]], threads: anyio.CapacityLimiter) -> None:
        """Raises what the first piece met, before anything was sent."""
        piece = await anyio.to_thread.run_sync(next, self.pieces, None, limiter=threads)
        headers = [(b"content-type", self.media_type.encode()), (b"cache-control", b"no-store")]
        if self.filename:
            headers.append(
                (b"content-disposition", f'attachment; filename="{self.filename}"'.encode("ascii", "replace"))
            )
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while piece is not None:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            piece = await anyio.to_thread.run_sync(next, self.pieces, None, limiter=threads)
        await send({"type": "http.response.body", "body": b""})

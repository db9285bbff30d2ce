"""A connection that is held for many rounds, in an event loop: several may be under way on it, and nothing ever blocks.

It is one of redis-py's own connections, out of the pool of its client, and connected when it comes here: the handshake,
TLS and the way to the primary are done. redis-py packs what is sent, and its parser reads.

Writing: redis-py would wait until the last byte is taken. So the packed bytes go to the socket from here, as many as it
takes, and the rest when the loop says that it takes more.

Reading: `read_response(timeout=0)` asks the parser for the next answer, which reads from the socket what is there. If
that is not the whole answer it raises TimeoutError, and keeps what it has read: hiredis in its reader, redis-py's own
parser by going back to where the answer began. The next time it goes on from there. `disconnect_on_error=False` leaves
the connection as it is; any other error is the end of it. TLS may hold decrypted bytes of which the loop knows nothing:
so reading goes on until there are no answers left to come, or the parser says that it has not enough.
"""

from __future__ import annotations

import asyncio
import collections
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import redis

from .pipeline import SILENCE_S, address_of, kept, let_go

_WOULD_BLOCK = (BlockingIOError, InterruptedError, ssl.SSLWantWriteError)

Command = tuple[bytes | str | int, ...]


class _Sent(NamedTuple):
    """Commands under way: how many, their replies so far, who wants them, and when they were sent (monotonic)."""

    expected: int
    replies: list[Any]
    answered: Callable[[list[Any]], None]
    sent: float


class Held:
    """Belongs to one event loop, and is used in its thread only.

    `lost` is told why, once, when the connection is of no more use: then it is closed, and what was under way will not
    be answered. `silent` is told when nothing has come for SILENCE_S. Raises redis.ConnectionError when somebody has
    closed the connection by now.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        client: redis.Redis,
        connection: redis.Connection,
        lost: Callable[[Exception], None],
        silent: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._client = client
        self._connection = connection
        self._lost = lost
        self._silent = silent
        sock: socket.socket | None = connection._sock
        if sock is None:
            raise redis.ConnectionError("closed before it was used")
        self._socket = sock
        self._file: int = self._socket.fileno()
        self._timeout_s: float | None = connection.socket_timeout
        self._under_way: collections.deque[_Sent] = collections.deque()
        self._unsent: collections.deque[bytes | memoryview] = collections.deque()
        self._is_writing = False  # the loop says when more can be written
        self._is_closed = False
        self._heard = time.monotonic()
        self._watch: asyncio.TimerHandle | None = None
        self.at = address_of(connection)
        loop.add_reader(self._file, self._read)

    def send(self, commands: Sequence[Command], answered: Callable[[list[Any]], None]) -> None:
        """Send commands; `answered` gets a reply, or the server's error, for each of them."""
        self._under_way.append(_Sent(len(commands), [], answered, time.monotonic()))
        self._unsent.extend(self._connection.pack_commands(commands))
        if self._watch is None:
            self._watch = self._loop.call_later(SILENCE_S, self._look)
        if not self._is_writing:
            self._write()

    def close(self) -> None:
        """Let go of the connection. Nobody knows what became of what is under way."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._watch is not None:
            self._watch.cancel()
        if not self._loop.is_closed():
            self._loop.remove_reader(self._file)
            self._loop.remove_writer(self._file)
        self._connection.disconnect()
        self._client.connection_pool.release(self._connection)

    def _write(self) -> None:
        wants_write = False
        try:
            self._socket.setblocking(False)  # the parser has set it back
            while self._unsent:
                piece = self._unsent[0]
                taken = self._socket.send(piece)
                if taken < len(piece):
                    self._unsent[0] = memoryview(piece)[taken:]
                else:
                    self._unsent.popleft()
        except ssl.SSLWantReadError:
            pass  # `_read` goes on
        except _WOULD_BLOCK:
            wants_write = True
        except OSError as error:
            self._break(redis.ConnectionError(f"Error while writing to socket: {error}"))
            return
        if wants_write and not self._is_writing:
            self._loop.add_writer(self._file, self._write)
        elif self._is_writing and not wants_write:
            self._loop.remove_writer(self._file)
        self._is_writing = wants_write

    def _read(self) -> None:
        if not self._under_way:
            self._read_unasked()
        while self._under_way:
            sent = self._under_way[0]
            try:
                while len(sent.replies) < sent.expected:
                    sent.replies.append(self._next())
            except redis.TimeoutError:
                break
            except Exception as error:  # noqa: BLE001 - whatever the parser stumbles over, this connection is done with
                self._break(error)
                return
            self._heard = time.monotonic()
            self._under_way.popleft()
            sent.answered(sent.replies)
            if self._is_closed:
                return
        if self._unsent and not self._is_writing:
            self._write()

    def _next(self) -> Any:
        """Raises redis.TimeoutError when it is not all there yet."""
        try:
            reply = self._connection.read_response(timeout=0, disconnect_on_error=False)
        except redis.ResponseError as error:
            reply = kept(error)
        self._heard = time.monotonic()
        return reply

    def _read_unasked(self) -> None:
        """What comes while nothing is under way is the end of the connection, as a rule."""
        try:
            self._next()
        except redis.TimeoutError:
            return
        except Exception as error:  # noqa: BLE001 - as in `_read`
            self._break(error)
            return
        self._break(redis.ConnectionError("an answer that nobody has asked for"))

    def _look(self) -> None:
        """For how long has the server been silent? redis-py would give it `socket_timeout` for each piece."""
        self._watch = None
        self._read()  # the loop may have been busy with other things
        if self._is_closed or not self._under_way:
            return
        waited_s = time.monotonic() - max(self._heard, self._under_way[0].sent)
        if self._timeout_s is not None and waited_s >= self._timeout_s:
            self._break(redis.TimeoutError(f"Timeout reading from {self.at or 'socket'}"))
            return
        left_s = SILENCE_S - waited_s
        if left_s <= 0:
            self._silent()
            left_s = SILENCE_S if self._timeout_s is None else self._timeout_s - waited_s
        self._watch = self._loop.call_later(left_s, self._look)

    def _break(self, error: Exception) -> None:
        self.close()
        let_go(self._client, self._connection)
        self._lost(error)

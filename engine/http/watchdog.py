"""Ends calls that take too long as a whole.

A socket's timeout starts again with every byte, so a server that sends one byte a second would hold a thread for ever.
One thread watches all calls of a process and shuts the connections of those whose time is up.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator


class Line:
    """A connection, and the call that uses it just now.

    It holds a socket of its own on the same connection: TLS takes the first one away while it shakes hands.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection.dup()
        self._lock = threading.Lock()
        self._user: Deadline | None = None

    def lend(self, user: Deadline) -> None:
        with self._lock:
            self._user = user

    def shut(self, user: Deadline) -> None:
        """End what is read from it just now, unless it has gone on to another call."""
        with self._lock:
            if self._user is user:
                with contextlib.suppress(OSError):  # the other side was quicker
                    self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with self._lock:
            self._user = None
            self._socket.close()


class Deadline:
    """One call: until when it may take (monotonic seconds), and the line that it uses."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.expired = False
        self._line: Line | None = None
        self._lock = threading.Lock()

    @property
    def left_s(self) -> float:
        return self.until - time.monotonic()

    def use(self, line: Line) -> None:
        """From now on this line is shut when the time is up; at once when it already is."""
        line.lend(self)
        with self._lock:
            self._line = line
            expired = self.expired
        if expired:
            line.shut(self)

    def expire(self) -> None:
        with self._lock:
            self.expired = True
            line = self._line
        if line is not None:
            line.shut(self)


class Watchdog:
    """The thread; started by the first call."""

    def __init__(self) -> None:
        self._calls: set[Deadline] = set()
        self._changed = threading.Condition()
        self._wakes_at = 0.0
        self._started = False

    @contextlib.contextmanager
    def watching(self, timeout_s: float) -> Iterator[Deadline]:
        """Watch one call, from now until the end of the block."""
        deadline = Deadline(time.monotonic() + timeout_s)
        with self._changed:
            if not self._started:
                self._started = True
                threading.Thread(target=self._watch, name="conv-deadlines", daemon=True).start()
            self._calls.add(deadline)
            if deadline.until < self._wakes_at:
                self._changed.notify()
        try:
            yield deadline
        finally:
            with self._changed:
                self._calls.discard(deadline)

    def _watch(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for call in [call for call in self._calls if call.until <= now]:
                    self._calls.discard(call)
                    call.expire()
                self._wakes_at = min((call.until for call in self._calls), default=float("inf"))
                self._changed.wait(min(self._wakes_at - now, 3600.0))

"""Loopback ports for servers that tests start, stop, and start again at the same port."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import socket

# Below those that a system gives to outgoing connections: nobody is given one by chance while its server is down.
FIRST, SLICE, SLICES = 20_000, 1_000, 12


def _candidates() -> itertools.cycle[int]:
    """The slice of this process of the test run, from anywhere in it: other runs on this machine take theirs too."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    ports = [FIRST + number % SLICES * SLICE + offset for offset in range(SLICE)]
    start = random.SystemRandom().randrange(SLICE)
    return itertools.cycle(ports[start:] + ports[:start])


_ports = _candidates()


def _listen(stack: contextlib.ExitStack) -> int:
    """The next port at which one can listen, taken until the stack is closed. Raises OSError if there is none."""
    for port in itertools.islice(_ports, SLICE):
        with contextlib.suppress(OSError):
            stack.enter_context(socket.create_server(("127.0.0.1", port)))
            return port
    raise OSError("no loopback port is free")


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now, and that this process has not given away lately."""
    with contextlib.ExitStack() as stack:
        return [_listen(stack) for _ in range(count)]


def free_port() -> int:
    [port] = free_ports(1)
    return port

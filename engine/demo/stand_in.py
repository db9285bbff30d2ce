"""The stand-in as a process of its own: commands that are typed after `conv demo` still find it.

    python -m engine.demo.stand_in MARKER LINGER_S

It prints one line of JSON (url, client_id, client_secret, callback_url, code) and goes on in the background. It ends
when MARKER no longer holds its URL (deleted with its folder, or another stand-in took over), or LINGER_S seconds after
the last request.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from ..errors import ConfigError
from .authorization_server import AuthorizationServer

LOOK_S = 0.5


class StandIn(NamedTuple):
    """A running stand-in, and what a user of it has: an app's credentials and a fresh authorization code."""

    url: str
    client_id: str
    client_secret: str
    callback_url: str
    code: str


def start(marker: Path, linger_s: int) -> StandIn:
    """Start a stand-in in the background. Raises ConfigError when it does not come up."""
    command = [sys.executable, "-P", "-m", f"{__package__}.stand_in", str(marker.absolute()), str(linger_s)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as starter:
        line, _ = starter.communicate()
    if not line:
        raise ConfigError("the stand-in authorization server does not start: is loopback (127.0.0.1) there?")
    return StandIn(**json.loads(line))


def stop(marker: Path) -> None:
    """End the stand-in of this marker, soon."""
    marker.unlink(missing_ok=True)


def main(marker: Path, linger_s: int) -> None:
    if os.fork():
        return
    with AuthorizationServer() as server:
        marker.write_text(server.url)
        ready = StandIn(server.url, server.client_id, server.client_secret, server.callback_url, server.issue_code())
        os.write(1, json.dumps(ready._asdict()).encode() + b"\n")
        # Who started us reads to the end of this pipe.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        _serve_while_wanted(server, marker, linger_s)


def _serve_while_wanted(server: AuthorizationServer, marker: Path, linger_s: int) -> None:
    never = threading.Event()
    asked, last = 0, time.monotonic()
    while not never.wait(LOOK_S):
        try:
            if marker.read_text() != server.url:
                return
        except OSError:
            return
        if len(server.ledger) != asked:
            asked, last = len(server.ledger), time.monotonic()
        if time.monotonic() - last > linger_s:
            stop(marker)
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

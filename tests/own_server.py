"""A server of one test's own, by URL, which the test stops and starts again."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import redis

from engine.store.supervisor import server_arguments
from tests.conftest import FLUSHED, answers
from tests.waiting import PATIENCE_S, eventually


class OwnServer:
    """Durable as the embedded server is. `folder` has a short path; `url` is what CONV_REDIS_URL would be; `more` are
    options of the server."""

    def __init__(self, binary: Path, folder: Path, *more: str) -> None:
        self.binary = binary
        self.folder = folder
        self.more = more
        self.socket = folder / "s"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self.binary, *server_arguments(str(self.socket), "everysec"), *FLUSHED, *self.more],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )
        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            eventually(lambda: answers(client))

    def freeze(self, frozen: bool = True) -> None:
        """It keeps its connections and says nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=PATIENCE_S)
            self._process = None

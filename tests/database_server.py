"""A database's server program for tests, from the making of its data to its end."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.waiting import PATIENCE_S, eventually

Command = Sequence[str | Path]


class ServerFolder:
    """A folder of its own for one server; `run` is how its programs are started in it. What they say goes to `log`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "log"
        self.run: dict[str, Any] = {"cwd": path, "stdin": subprocess.DEVNULL}

    def made(self, command: Command) -> None:
        """Run what makes the server's data. Raises AssertionError with the log when it fails."""
        with self.log.open("ab") as log:
            made = subprocess.run(command, stdout=log, stderr=log, timeout=PATIENCE_S, **self.run)
        assert made.returncode == 0, self.log.read_text()

    @contextlib.contextmanager
    def serving(self, command: Command, answers: Callable[[], bool]) -> Iterator[None]:
        """The server, once it answers; ended with the block. Raises AssertionError with the log when it has ended."""
        with self.log.open("ab") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, **self.run)
        try:
            eventually(lambda: answers() or server.poll() is not None)
            assert server.poll() is None, self.log.read_text()
            yield
        finally:
            server.terminate()
            server.wait(timeout=PATIENCE_S)


@contextlib.contextmanager
def server_folder(prefix: str) -> Iterator[ServerFolder]:
    """Gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix=prefix) as name:
        yield ServerFolder(Path(name))

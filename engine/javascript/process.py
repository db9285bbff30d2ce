"""One process for scripts: asked for one result after the other, and ended when it takes more than its time.

JavaScript looks at the clock itself, but not inside native code, such as a search through a long text. So whoever waits
for the process looks at its processor time too.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

START_S = 30.0  # a process on a busy machine takes a while to start
END_S = 5.0  # one that has closed its end of a pipe is about to end, and its exit status says why
PATIENCE = 1.1  # times the limit of processor time, after which the process is ended from outside
SLACK_S = 0.01  # and this for what is always to be done: a context is made and freed
GRACE_S = 10.0  # over twice the limit, by the clock: beside others that work, processor time passes more slowly
_PIPE_BYTES = 65_536
_LONGEST = 300  # characters of its last words
_ERROR = re.compile(r"[Ee]rror|[Ff]atal|Exception")
_START = "import sys; sys.path += sys.argv[1:]; from engine.javascript.child import main; main()"
_NOTHING = msgspec.msgpack.encode(("", [], "{}", "{}", 1000, 100_000_000, "", ""))  # a job without a script


class Overrun(Exception):
    """The process does not answer in time."""


class Ended(Exception):
    """The process is gone: the system took it, or it is a mistake of ours."""


class NotStarted(Exception):
    """The process did not get as far as to take a script."""


def command() -> list[str]:
    """What starts the process: this Python, with this process's own engine, and what that imports, wherever they are.

    `pip install --user` and `--target`, PYTHONPATH and a checkout are found by what a child without an environment
    does not look at, so it is given their folders. They come after the standard library. Raises OSError.
    """
    if not sys.executable:
        raise FileNotFoundError(errno.ENOENT, "the Python in which the engine runs has no program (sys.executable)")
    engine = str(Path(__file__).parents[2])
    folders = dict.fromkeys([engine, *(folder for folder in sys.path if os.path.isabs(folder))])  # noqa: PTH117
    return [sys.executable, "-I", "-S", "-c", _START, *folders]


class Process:
    """Raises OSError when it cannot be started."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={}, cwd="/"
        )
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        self._answers = self._process.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._answers, select.POLLIN)
        self._is_ready = self._is_gone = False
        self.last_words = ""

    def run(self, body: bytes, limit_s: float) -> Any:
        """What it answers to a job. Raises NotStarted, Overrun, Ended."""
        if not self._is_ready:  # what its start takes is not the script's
            try:
                self._ask(_NOTHING, _Time(None, START_S, START_S))
            except (Overrun, Ended) as error:
                raise NotStarted from error
            self._is_ready = True
        return self._ask(body, _Time(self._process.pid, PATIENCE * limit_s + SLACK_S, 2 * limit_s + GRACE_S))

    def _ask(self, body: bytes, allowed: _Time) -> Any:
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        try:
            self._process.stdin.write(len(body).to_bytes(4, "big") + body)
            self._process.stdin.flush()
        except OSError as error:
            self._is_gone = True
            raise Ended from error
        length = int.from_bytes(self._read(4, allowed), "big")
        return msgspec.msgpack.decode(self._read(length, allowed))

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def _read(self, count: int, allowed: _Time) -> bytes:
        got = bytearray()
        while len(got) < count:
            while not self._poll.poll(1000 * allowed.left_s()):
                if allowed.is_over():
                    raise Overrun
            chunk = os.read(self._answers, count - len(got))
            if not chunk:
                self._is_gone = True
                raise Ended
            got += chunk
        return bytes(got)

    def end(self) -> int:
        """End it, if it has not ended by itself; its exit status, minus the signal that ended it.

        `last_words` is then what it said of that, if anything.
        """
        if self._is_gone:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_S)
        self._process.kill()
        status = self._process.wait()
        assert self._process.stderr is not None  # noqa: S101 - it is a pipe
        os.set_blocking(self._process.stderr.fileno(), False)
        with contextlib.suppress(BlockingIOError):
            self.last_words = reason(os.read(self._process.stderr.fileno(), _PIPE_BYTES).decode(errors="replace"))
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        return status


def reason(said: str) -> str:
    """The line that says why, of what Python, node or the system's loader says when a process cannot go on."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line[0].isspace()]
    errors = [line for line in lines if _ERROR.search(line)]
    return next(reversed(errors or lines), "")[:_LONGEST]


class _Time:
    """What a process may use from now on: processor time, and time by the clock."""

    def __init__(self, pid: int | None, cpu_s: float, clock_s: float) -> None:
        self._pid = pid
        self._cpu_end = self._cpu() + cpu_s
        self._end = time.monotonic() + clock_s
        self._left_s = cpu_s

    def left_s(self) -> float:
        """How long to wait before asking again: its processor time passes no more quickly than the clock."""
        return max(0.001, min(self._left_s, self._end - time.monotonic()))

    def is_over(self) -> bool:
        self._left_s = self._cpu_end - self._cpu()
        return self._left_s <= 0 or time.monotonic() >= self._end

    def _cpu(self) -> float:
        # Linux has a clock for each process; elsewhere the time by the clock and the process's own timer are all.
        if self._pid is None or sys.platform != "linux":
            return 0.0
        try:
            return time.clock_gettime((~self._pid << 3) | 2)
        except OSError:  # it is gone, which reading will show
            return 0.0


def was_overrun(status: int) -> bool:
    """Whether the process has ended itself for its time (child.py)."""
    return status == -signal.SIGPROF

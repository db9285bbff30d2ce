"""Processes for scripts, started when first needed and kept; one that does not answer in time is replaced."""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import select
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from engine.javascript.libraries import required
from engine.javascript.variables import with_calls

LARGEST = 64_000_000  # bytes of an answer
GRACE_S = 1.0  # over its limit of processor time, for the process to say so itself


@dataclass(frozen=True, slots=True)
class Job:
    """A script and what it works on; `data` and `root` are JSON objects. Limits: processor time, bytes of memory.

    `variables`: a JSON object, the values of the script's references to variables by their texts; "": it has none.
    """

    source: str
    data: str
    root: str
    limit_ms: int
    memory: int
    variables: str = ""


class Result(NamedTuple):
    """`before` and `after` are the data as JSON, as JavaScript writes it; or the tag and text of a failure."""

    tag: str
    text: str
    before: str
    after: str


class _Silent(Exception):
    """The process does not answer in time."""


class _Ended(Exception):
    """The process is gone: the system took it, or it is a mistake of ours."""


class _Process:
    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "engine.javascript.child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/",
        )  # fmt: skip

    def run(self, body: bytes, end: float) -> Any:
        """Raises _Silent, _Ended."""
        assert self._process.stdin is not None  # noqa: S101 - both are pipes
        assert self._process.stdout is not None  # noqa: S101
        try:
            self._process.stdin.write(len(body).to_bytes(4, "big") + body)
            self._process.stdin.flush()
        except OSError as error:
            raise _Ended from error
        length = int.from_bytes(self._read(4, end), "big")
        if length > LARGEST:
            raise _Ended
        return msgspec.msgpack.decode(self._read(length, end))

    def _read(self, count: int, end: float) -> bytes:
        descriptor = self._process.stdout.fileno()  # type: ignore[union-attr]
        got = bytearray()
        while len(got) < count:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise _Silent
            chunk = os.read(descriptor, count - len(got))
            if not chunk:
                raise _Ended
            got += chunk
        return bytes(got)

    def kill(self) -> None:
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        self._process.wait()


class Pool:
    """As many processes as there are processors; more jobs wait. Safe for many threads."""

    def __init__(self, size: int) -> None:
        self._free: queue.LifoQueue[_Process | None] = queue.LifoQueue()
        for _ in range(size):
            self._free.put(None)

    def run(self, job: Job) -> Result:
        known, unknown = required(job.source)
        if unknown:
            return _failed("code_executing_error", f"there is no library {unknown[0]}")
        source = with_calls(job.source)
        body = msgspec.msgpack.encode((source, known, job.data, job.root, job.limit_ms, job.memory, job.variables))
        process = self._free.get()
        try:
            if process is None:
                process = _Process()
            # Beside others that work, processor time passes more slowly than the clock.
            tag, first, second = process.run(body, time.monotonic() + 2 * job.limit_ms / 1000 + GRACE_S + _START_S)
        except (_Silent, _Ended) as error:
            if process is not None:
                process.kill()
                process = None
            if isinstance(error, _Silent):
                return _failed("code_timeout", "timeout for executing code")
            return _failed("code_executing_error", "the process of the script ended")
        finally:
            self._free.put(process)
        return _failed(tag, first) if tag else Result("", "", first, second)

    def close(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                process = self._free.get_nowait()
                if process is not None:
                    process.kill()


_START_S = 10.0  # a process on a busy machine takes a while to start

_lock = threading.Lock()
_pools: dict[int, Pool] = {}


def run(job: Job) -> Result:
    """Run a script in one of this process's script processes."""
    with _lock:
        pool = _pools.get(os.getpid())
        if pool is None:
            _pools.clear()  # those of a process that was forked from are not ours
            pool = _pools[os.getpid()] = Pool(os.cpu_count() or 1)
            atexit.register(pool.close)
    return pool.run(job)


def _failed(tag: str, text: str) -> Result:
    return Result(tag, text, "", "")

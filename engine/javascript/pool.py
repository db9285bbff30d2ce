"""Processes for scripts, started when first needed and kept; one that does not answer in time is replaced."""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import threading
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from ..data import whole_text
from .libraries import required
from .process import START_S, Ended, NotStarted, Overrun, Process, was_overrun
from .variables import with_calls


@dataclass(frozen=True, slots=True)
class Job:
    """A script and what it works on; `data` and `root` are JSON objects. Limits: processor time, bytes of memory.

    `variables`: a JSON object, the values of the script's references to variables by their texts; "": it has none.
    `secrets`: a JSON list, the names of secret parameters; "": there are none.
    """

    source: str
    data: str
    root: str
    limit_ms: int
    memory: int
    variables: str = ""
    secrets: str = ""


class Result(NamedTuple):
    """`before` and `after` are the data as JSON, as JavaScript writes it; or the tag, text and kind of a failure.

    `unread`: the parameters, without the secret ones, when the script first read a secret one, as JSON; "": it read
    none.
    """

    tag: str
    text: str
    before: str
    after: str
    kind: str = "software"
    unread: str = ""


class Pool:
    """As many processes as there are processors; more jobs wait. Safe for many threads."""

    def __init__(self, size: int) -> None:
        self._free: queue.LifoQueue[Process | None] = queue.LifoQueue()
        for _ in range(size):
            self._free.put(None)

    def run(self, job: Job) -> Result:
        known, unknown = required(job.source)
        if unknown:
            return _failed("code_executing_error", f"there is no library {unknown[0]}")
        source = whole_text(with_calls(job.source))
        body = msgspec.msgpack.encode(
            (source, known, job.data, job.root, job.limit_ms, job.memory, job.variables, job.secrets)
        )
        process = self._free.get()
        try:
            if process is None or not process.is_alive():
                process = _replaced(process)
            answer = process.run(body, job.limit_ms / 1000)
        except (NotStarted, Overrun, Ended) as error:
            assert process is not None  # noqa: S101 - it is what raised
            status, said = process.end(), process.last_words
            process = None
            if not isinstance(error, NotStarted):
                # At once, so that whoever is next does not pay for it.
                with contextlib.suppress(OSError):
                    process = Process()
            return _ended(error, status, said)
        except OSError as error:
            text = f"the script's process cannot be started: {error.strerror}"
            return _failed("code_executing_error", text, "hardware")
        finally:
            self._free.put(process)
        tag, first, second, unread = answer
        return _failed(tag, first)._replace(unread=unread) if tag else Result("", "", first, second, unread=unread)

    def close(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                process = self._free.get_nowait()
                if process is not None:
                    process.end()


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


def _replaced(process: Process | None) -> Process:
    if process is not None:  # somebody has ended it between two scripts
        process.end()
    return Process()


def _ended(error: NotStarted | Overrun | Ended, status: int, said: str) -> Result:
    why = f": {said}" if said else ""
    if isinstance(error, NotStarted):
        if isinstance(error.__cause__, Overrun):
            text = f"the script's process did not start within {START_S:.0f} s"
            return _failed("code_executing_error", text, "hardware")
        kind = "hardware" if status < 0 else "software"  # the system has taken it
        return _failed("code_executing_error", f"the script's process cannot be started ({_how(status)}){why}", kind)
    if isinstance(error, Overrun) or was_overrun(status):
        return _failed("code_timeout", "timeout for executing code")
    return _failed("code_executing_error", f"the script's process ended before it answered ({_how(status)}){why}")


def _how(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def _failed(tag: str, text: str, kind: str = "") -> Result:
    """`kind`: hardware when it may pass by itself, as a time-out may."""
    return Result(tag, text, "", "", kind or ("hardware" if tag == "code_timeout" else "software"))

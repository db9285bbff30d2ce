"""The process of a handler: one for each call, with limits, so that nothing of one task is there for the next.

It is asked by JSON-RPC 2.0, a line for each message: the request comes on its standard input, the answer goes to a pipe
of its own (its number is the last argument). Standard output and error are the handler's, and are its log, in the order
in which it wrote. Its current folder is empty, its own, and gone with it.

    → {"jsonrpc": "2.0", "id": 1, "method": "run", "params": {"root", "file", "source", "handler", "data", "memory",
       "limit_s", "secrets", "tells": true}}
    ← {"jsonrpc": "2.0", "method": "started"}           before the handler is loaded, to who has asked for it
    ← {"jsonrpc": "2.0", "id": 1, "result": {"data": {…}, "before": {…}}}
    ← {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "ValueError: no"}}

A call takes some 20 ms (Python) or 30 ms (JavaScript). It is no sandbox: the same user, the same files and network.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ..data import whole_json, whole_text
from ..errors import LogicError
from ..javascript import reason
from .failure import failure

LARGEST = 64_000_000  # bytes of an answer
LOG_BYTES = 4_000  # the end of what a handler prints
SPARE_S = 5.0  # after its limit, for the process to be gone even if this one is too
PIPE_BYTES = 1_048_576  # the largest pipe that a system makes without being asked for more
_CHUNK = 65_536
_STARTED = b'{"jsonrpc":"2.0","method":"started"}\n'


@dataclass(frozen=True, slots=True)
class Job:
    """A call of a handler. `file` is absolute and lies in `root`; or `source` is the file's text. `data`: JSON."""

    lang: str
    root: str
    file: str
    source: str
    handler: str
    data: bytes
    limit_ms: int
    memory: int
    secrets: tuple[str, ...] = ()  # names of secret parameters


class Answer(NamedTuple):
    """`before` and `after`: the data as JSON, or why there is none. `log`: the end of what the handler printed.

    `unread`: the parameters, without the secret ones, when the handler first read a secret one, as JSON; "": it read
    none.
    """

    error: LogicError | None
    before: bytes
    after: bytes
    log: str
    unread: str = ""
    is_silent: bool = False  # it has not told whether it read a secret one


class _Params(msgspec.Struct):
    root: str
    file: str
    source: str
    handler: str
    data: msgspec.Raw
    memory: int
    limit_s: float
    secrets: tuple[str, ...]
    tells: bool = True


class _Error(msgspec.Struct):
    message: str
    data: str = ""  # as `unread` of a result


class _Result(msgspec.Struct):
    data: dict[str, Any]
    before: dict[str, Any] | None = None  # as JavaScript writes the data, which has no whole numbers beyond 2^53
    unread: str = ""


class _Message(msgspec.Struct):
    result: _Result | None = None
    error: _Error | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Message).decode


def run(job: Job) -> Answer:
    """Run a handler and wait for it. Never raises LogicError; OSError when there is no room for its folder."""
    with tempfile.TemporaryDirectory(prefix="conv-handler-", ignore_cleanup_errors=True) as folder:
        return _run(job, folder)


def _run(job: Job, folder: str) -> Answer:
    try:
        process, answers, lifeline = _start(job, folder)
    except LogicError as error:
        return Answer(error, b"", b"", "")
    talk = _Talk(process, answers, _request(job))
    try:
        is_in_time = talk.run(time.monotonic() + job.limit_ms / 1000)
    finally:
        status = end_all(process)
        os.close(answers)
        os.close(lifeline)
    log = talk.log.decode(errors="replace")
    if b"\n" in talk.answer:
        return _read(job, bytes(talk.answer), log)
    if not is_in_time:
        return Answer(failure("usercode: timeout", hardware=True), b"", b"", log, is_silent=True)
    if not talk.is_started and not talk.answer:
        return Answer(_not_started(status, log), b"", b"", log)
    return Answer(_ended(status, talk, log), b"", b"", log, is_silent=True)


def _start(job: Job, folder: str) -> tuple[subprocess.Popen[bytes], int, int]:
    """The process, the end of the pipe on which it answers, and its lifeline: it lives while this is open."""
    command = _command(job)
    with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
        try:
            answers, answers_end = os.pipe()
            ours.callback(os.close, answers)
            theirs.callback(os.close, answers_end)
            lifeline_end, lifeline = os.pipe()
            ours.callback(os.close, lifeline)
            theirs.callback(os.close, lifeline_end)
            process = subprocess.Popen(
                [*command, str(answers_end)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                pass_fds=(answers_end, lifeline_end), env={}, cwd=folder, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise failure(f"the handler's process cannot be started: {error.strerror}", hardware=True) from error
        _tie(process.pid, lifeline_end)
        ours.pop_all()
    if job.lang != "python":
        _limit(process.pid, job)
    return process, answers, lifeline


def _tie(group: int, lifeline_end: int) -> None:
    # The system kills the group when the lifeline is closed, as it is when the worker is gone, however that ended.
    if not hasattr(fcntl, "F_SETSIG"):  # macOS: the limits of time are all
        return
    with contextlib.suppress(OSError):
        fcntl.fcntl(lifeline_end, fcntl.F_SETOWN, -group)
        fcntl.fcntl(lifeline_end, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline_end, fcntl.F_SETFL, fcntl.fcntl(lifeline_end, fcntl.F_GETFL) | os.O_ASYNC)


def _command(job: Job) -> list[str]:
    here = Path(__file__).parent
    if job.lang == "python" and not sys.executable:
        raise failure("the Python in which the engine runs has no program (sys.executable)")
    if job.lang == "python":  # -S: the standard library and the repository, not what happens to be installed here
        return [sys.executable, "-I", "-S", "-B", "-u", "-X", "utf8", str(here / "child.py")]
    node = shutil.which("node")
    if node is None:
        raise failure("there is no node on this machine: JavaScript needs it on the worker's PATH")
    return [node, f"--max-old-space-size={max(16, job.memory // 1_000_000 - 64)}", str(here / "child.js")]


def _limit(pid: int, job: Job) -> None:
    # From outside, as JavaScript cannot do it for itself; it loads no handler before it has the request. RLIMIT_AS
    # would stop node at once, which reserves far more than it uses.
    if not hasattr(resource, "prlimit"):  # macOS: node's own limit of its heap is all
        return
    seconds = int(job.limit_ms / 1000 + SPARE_S) * (os.cpu_count() or 1)  # for when nobody is left to end it
    for kind, value in (
        (resource.RLIMIT_DATA, job.memory), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, seconds)
    ):  # fmt: skip
        # Gone already, or held to less than this anyway.
        with contextlib.suppress(ProcessLookupError, PermissionError, ValueError):
            resource.prlimit(pid, kind, (value, value))


def _request(job: Job) -> bytes:
    params = _Params(
        job.root,
        job.file,
        whole_text(job.source),
        job.handler,
        msgspec.Raw(job.data),
        job.memory,
        job.limit_ms / 1000 + SPARE_S,
        job.secrets,
    )
    return _encode({"jsonrpc": "2.0", "id": 1, "method": "run", "params": params}) + b"\n"


class _Talk:
    """The three pipes of a process, until it has answered with a line, has ended or its time is over."""

    def __init__(self, process: subprocess.Popen[bytes], answers: int, request: bytes) -> None:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        self.stdin, self.stdout, self.answers = process.stdin, process.stdout.fileno(), answers
        self.left = memoryview(request)
        self.answer = bytearray()
        self.is_started = False
        self.log = b""

    def run(self, end: float) -> bool:
        """False when the time is over."""
        with selectors.DefaultSelector() as selector:
            os.set_blocking(self.stdin.fileno(), False)
            selector.register(self.stdin.fileno(), selectors.EVENT_WRITE)
            selector.register(self.stdout, selectors.EVENT_READ)
            selector.register(self.answers, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in selector.select(max(0.0, end - time.monotonic()))}
                if self.stdout in ready and not self._log():
                    selector.unregister(self.stdout)
                if self.answers in ready and not self._answer():
                    self._rest()
                    return True
                if self.stdin.fileno() in ready and not self._ask():
                    selector.unregister(self.stdin.fileno())
                if time.monotonic() >= end:
                    self._rest()
                    return False

    def _ask(self) -> bool:
        """Write some of the request; False when all is written, or nobody reads."""
        try:
            self.left = self.left[os.write(self.stdin.fileno(), self.left[:_CHUNK]) :]
        except BlockingIOError:
            return True
        except OSError:
            return False
        return bool(self.left)

    def _answer(self) -> bool:
        """Read some of the answer; False when it is whole, too large, or there will be no more."""
        chunk = os.read(self.answers, _CHUNK)
        self.answer += chunk
        if not self.is_started and self.answer.startswith(_STARTED):
            self.is_started = True
            del self.answer[: len(_STARTED)]
            return bool(chunk) and not self.answer.endswith(b"\n")
        return bool(chunk) and not chunk.endswith(b"\n") and len(self.answer) <= LARGEST

    def _log(self) -> bool:
        chunk = os.read(self.stdout, _CHUNK)
        self.log = (self.log + chunk)[-LOG_BYTES:]
        return bool(chunk)

    def _rest(self) -> None:
        """What was printed before the answer and not yet read: what a pipe holds, as something may print on."""
        os.set_blocking(self.stdout, False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(PIPE_BYTES // _CHUNK + 1):
                if not self._log():
                    break


def end_all(process: subprocess.Popen[Any]) -> int:
    """End a process, and what it started, if nobody has waited for it yet; its exit status.

    Until it is waited for, its number is nobody else's.
    """
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        with contextlib.suppress(OSError):
            if stream is not None:
                stream.close()
    return process.returncode


def _read(job: Job, line: bytes, log: str) -> Answer:
    try:
        message = _decode(whole_json(line.decode()))
        if message.error is not None:
            said = message.error.message.strip().split("\n", 1)[0]
            return Answer(failure(said or "an error without a text"), b"", b"", log, message.error.data)
        if message.result is not None:
            before = message.result.before
            return Answer(
                None,
                job.data if before is None else _encode(before),
                _encode(message.result.data),
                log,
                message.result.unread,
            )
    except (ValueError, RecursionError) as error:
        return Answer(failure(f"what the handler returned cannot be taken: {error}"), b"", b"", log)
    return Answer(failure("the handler's process answered neither a result nor an error"), b"", b"", log)


def _not_started(status: int, log: str) -> LogicError:
    """It has not got as far as the handler: what it said is its own."""
    how = f"signal {-status}" if status < 0 else f"exit status {status}"
    why = reason(log)
    text = f"the handler's process cannot be started ({how})" + (f": {why}" if why else "")
    return failure(text, hardware=status < 0)


def _ended(status: int, talk: _Talk, log: str) -> LogicError:
    if len(talk.answer) > LARGEST:
        return failure(f"the handler returned more than {LARGEST} bytes")
    if "out of memory" in log.lower() or "allocation failed" in log.lower():
        return failure("out of memory")
    how = f"signal {-status}" if status < 0 else f"exit status {status}"
    return failure(f"the handler's process ended before it answered ({how})")

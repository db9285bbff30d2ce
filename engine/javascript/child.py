"""The process in which scripts run: jobs come on standard input, results go to standard output, each with its length.

It has no environment, may open no file and no socket, and knows no store. Each job has a context of its own, so nothing
of one task is there for the next. It is started by process.py, by nobody else.
"""

from __future__ import annotations

import concurrent.futures
import resource
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO

import msgspec

try:
    import quickjs
except ImportError:
    quickjs = None

from .host import CONSOLE, GUARD, HOST, LARGEST, LONGEST, REQUIRE, TELL, UNREAD, UNUSUAL, WATCH
from .libraries import files_of, read_files
from .variables import PRELUDE

STACK_BYTES = 40 * 1024 * 1024  # of which 10 000 calls in each other take some 20
THREAD_BYTES = STACK_BYTES + 8 * 1024 * 1024
CLOCK_S = 0.001  # JavaScript's clock of processor time is read less finely than ours
OVERRUN = 2  # times the limit and a second: nobody is left who would end the process (process.py)

PROMISES = ("Promise", "async", "import")  # words without which a script makes none
LENGTH = struct.Struct(">I")


class Failure(Exception):
    """Why a script gave nothing: a tag of reference 3.5 and a text.

    `is_thrown`: the text is the script's. `unread`: what `_Script.unread` says, where it is.
    """

    def __init__(self, tag: str, text: str, *, is_thrown: bool = False) -> None:
        super().__init__(tag, text)
        self.tag, self.text, self.is_thrown = tag, text, is_thrown
        self.unread: str | None = None


def main() -> None:
    # Who stops a worker may tell all its processes; what this one is doing the worker still waits for.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    files = read_files()
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A thread has a stack as large as is asked for.
    threading.stack_size(THREAD_BYTES)
    with concurrent.futures.ThreadPoolExecutor(1) as executor:
        executor.submit(work, files).result()


def work(files: dict[str, str]) -> None:
    """Run the scripts that are asked for, until nobody asks any more."""
    encode, decode = msgspec.msgpack.encode, msgspec.msgpack.decode
    while (job := _read(sys.stdin.buffer)) is not None:
        source, libraries, data, root, limit_ms, memory, variables, *more = decode(job)
        # A worker of before, under which the engine was upgraded, knows no secrets and wants no word of them.
        secrets = more[0] if more else ""
        signal.setitimer(signal.ITIMER_PROF, OVERRUN * limit_ms / 1000 + 1)
        try:
            answer: Any = ("", *evaluate(source, [files[file] for file in files_of(libraries)], libraries, data, root,
                                         limit_ms, memory, variables, secrets))  # fmt: skip
        except Failure as failure:
            answer = (failure.tag, failure.text, "", failure.unread or "")
        signal.setitimer(signal.ITIMER_PROF, 0)
        body = encode(answer if more else answer[:3])
        try:
            sys.stdout.buffer.write(LENGTH.pack(len(body)) + body)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            return


def evaluate(
    source: str,
    files: list[str],
    libraries: list[str],
    data: str,
    root: str,
    limit_ms: int,
    memory: int,
    variables: str = "",
    secrets: str = "",
) -> tuple[str, str, str]:
    """The data before, as JavaScript writes it, and after, both as JSON, and what `_Script.unread` says.

    `secrets`: the names of secret parameters, as JSON; "": there are none. Raises Failure.
    """
    if quickjs is None:
        raise Failure("code_executing_error", "there is no JavaScript for this machine (the package quickjs-ng)")
    script = _Script(limit_ms / 1000, memory)
    for file in files:
        script.eval(file)
    if "require" in source:
        script.eval(REQUIRE % msgspec.json.encode(libraries).decode())
    if "console" in source:
        script.eval(CONSOLE)
    if variables:
        script.eval(f"{PRELUDE}(JSON.parse({msgspec.json.encode(variables).decode()}))")
    try:
        before = script.run(source, data, root, secrets)
        after = script.data()
    except Failure as failure:
        if failure.is_thrown and failure.unread is None:
            failure.unread = script.unread()
        raise
    if len(before) + len(after) > LARGEST:
        raise Failure("code_return_format_error", f"data is larger than {LARGEST} bytes")
    return before, after, script.unread()


class _Script:
    """A script in a context of its own, where all that runs shares one limit of processor time. Raises Failure."""

    def __init__(self, limit_s: float, memory: int) -> None:
        self._memory = memory
        self._end = time.process_time() + limit_s
        self._context = quickjs.Context()
        self._context.set_memory_limit(memory)
        self._context.set_max_stack_size(STACK_BYTES)
        self._host = self.eval(HOST)
        self._is_guarded = False

    def eval(self, source: str) -> Any:
        return self._limited(self._context.eval, source)

    def run(self, source: str, data: str, root: str, secrets: str) -> str:
        """Run it, and all that it leaves to run later; the data before it."""
        watch = self.eval(WATCH) if any(word in source for word in PROMISES) else None
        before = self._step("read", data, root)
        if secrets:
            self._step("guard", self.eval(GUARD), secrets)
            self._is_guarded = True
        if not isinstance(before, str) or self._step("run", source) is not None:
            raise self._failure("code_executing_error")
        if watch is not None:
            self._step("ask", watch)
        while self._limited(self._context.execute_pending_job):
            pass
        if watch is not None:
            self._step("ask", watch)
            if self._has_failed():
                raise self._failure("code_executing_error")
        return before

    def data(self) -> str:
        """The data after it."""
        after = self._step("write")
        if after is False:
            after = self._step("ask", self.eval(UNUSUAL))
        if isinstance(after, str) and after.startswith("{"):
            return after
        if isinstance(after, str) and after.startswith(" "):
            raise Failure("code_return_format_error", f"data is not a plain object: it is of class{after}")
        if self._has_failed():
            raise self._failure("code_return_format_error")
        raise Failure("code_return_format_error", "data is not an object")

    def unread(self) -> str:
        """The parameters, without the secret ones, when the script first read a secret one, as JSON; "": it read none.

        Where that cannot be found out any more it may have read one.
        """
        if not self._is_guarded:
            return ""
        try:
            found = self._step("ask", self.eval(UNREAD))
        except Failure:
            return "{}"
        return found if isinstance(found, str) else "{}"

    def _has_failed(self) -> bool:
        return self._step("ask") is not None

    def _failure(self, tag: str) -> Failure:
        unread = self.unread()  # before it is looked which parameter cannot be written
        said = self._step("ask", self.eval(TELL))
        failure = self._thrown(tag, said if isinstance(said, str) else "")
        if failure.is_thrown:
            failure.unread = unread
        return failure

    def _step(self, name: str, *arguments: Any) -> Any:
        return self._limited(self._host, name, *arguments)

    def _limited(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call it in what is left of the time."""
        left = self._end - time.process_time()
        if left <= 0:
            raise _timeout()
        self._context.set_time_limit(left)
        try:
            return function(*arguments)
        except (quickjs.JSException, RuntimeError, MemoryError, ValueError) as error:
            if self._end - time.process_time() < CLOCK_S:
                raise _timeout() from error
            raise self._thrown("code_executing_error", str(error).split("\n", 1)[0]) from error

    def _thrown(self, tag: str, text: str) -> Failure:
        text = text.strip()
        # When memory has run out there may be none to make an error of: what is thrown is null then.
        if text.split("\n", 1)[0] not in ("", "null", "the script threw null"):
            return Failure(tag, text[: 2 * LONGEST], is_thrown=True)
        is_full = self._context.memory()["malloc_size"] > self._memory / 2
        return Failure(tag, "out of memory" if is_full else "the script threw null, or its memory ran out")


def _timeout() -> Failure:
    return Failure("code_timeout", "timeout for executing code")


def _read(stream: BinaryIO) -> bytes | None:
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    body = stream.read(LENGTH.unpack(head)[0])
    return body


if __name__ == "__main__":  # so it is started by a worker of before, under which the engine was upgraded
    main()

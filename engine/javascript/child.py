"""The process in which scripts run: jobs come on standard input, results go to standard output, each with its length.

It has no environment, may open no file and no socket, and knows no store. Each job has a context of its own, so nothing
of one task is there for the next. `python -m engine.javascript.child` is started by pool.py, by nobody else.
"""

from __future__ import annotations

import contextlib
import resource
import signal
import struct
import sys
from typing import Any, BinaryIO

import msgspec

try:
    import quickjs
except ImportError:
    quickjs = None

from engine.javascript.libraries import files_of, read_files
from engine.javascript.variables import PRELUDE

STACK_BYTES = 512 * 1024
LATER_JOBS = 10_000  # then-callbacks of promises that may run after the script

LENGTH = struct.Struct(">I")

# Taken before the script runs, which may change JSON for itself.
_HOST = """
(function () {
  const parse = JSON.parse, stringify = JSON.stringify, isArray = Array.isArray, global = globalThis;
  return function (text, root) {
    if (text !== null) {
      global.data = parse(text);
      const before = stringify(global.data);
      global.data.__root = parse(root);
      return before;
    }
    const data = global.data;
    if (data === null || typeof data !== 'object' || isArray(data)) return '';
    delete data.__root;
    const after = stringify(data);
    return after === undefined ? '' : after;
  };
})()
"""
_REQUIRE = """
globalThis.require = (function (known) {
  return function (name) {
    if (!known.includes(name)) throw new Error('there is no library ' + name);
  };
})(%s);
"""


class Failure(Exception):
    """Why a script gave nothing: a tag of reference 3.5, and a text."""

    def __init__(self, tag: str, text: str) -> None:
        super().__init__(tag, text)
        self.tag, self.text = tag, text


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    files = read_files()
    encode, decode = msgspec.msgpack.encode, msgspec.msgpack.decode
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while (job := _read(sys.stdin.buffer)) is not None:
        source, libraries, data, root, limit_ms, memory, variables = decode(job)
        try:
            answer: Any = ("", *evaluate(source, [files[file] for file in files_of(libraries)], libraries, data, root,
                                         limit_ms, memory, variables))  # fmt: skip
        except Failure as failure:
            answer = (failure.tag, failure.text, "")
        body = encode(answer)
        sys.stdout.buffer.write(LENGTH.pack(len(body)) + body)
        sys.stdout.buffer.flush()


def evaluate(
    source: str,
    files: list[str],
    libraries: list[str],
    data: str,
    root: str,
    limit_ms: int,
    memory: int,
    variables: str = "",
) -> tuple[str, str]:
    """The data before, as JavaScript writes it, and after, both as JSON. Raises Failure."""
    if quickjs is None:
        raise Failure("code_executing_error", "there is no JavaScript for this machine (the package quickjs-ng)")
    context = quickjs.Context()
    context.set_memory_limit(memory)
    context.set_max_stack_size(STACK_BYTES)
    context.set_time_limit(limit_ms / 1000)
    try:
        host = context.eval(_HOST)
        for file in files:
            context.eval(file)
        context.eval(_REQUIRE % msgspec.json.encode(libraries).decode())
        if variables:
            context.eval(f"{PRELUDE}({variables})")
        before = host(data, root)
        context.eval(source)
        for _ in range(LATER_JOBS):
            if not context.execute_pending_job():
                break
    except (quickjs.JSException, RuntimeError, MemoryError) as error:
        raise _failure(error) from error
    try:
        after = host(None, None)
    except (quickjs.JSException, RuntimeError, MemoryError) as error:
        failure = _failure(error)
        raise failure if failure.tag == "code_timeout" else Failure("code_return_format_error", failure.text) from error
    if not after:
        raise Failure("code_return_format_error", "data is not an object")
    return str(before), str(after)


def _failure(error: BaseException) -> Failure:
    text = str(error).strip()
    first = text.split("\n", 1)[0]
    if "interrupted" in first:
        return Failure("code_timeout", "timeout for executing code")
    # When memory has run out there is none to say so with: the exception is null.
    return Failure("code_executing_error", "out of memory" if first in ("", "null") else text[:2000])


def _read(stream: BinaryIO) -> bytes | None:
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    body = stream.read(LENGTH.unpack(head)[0])
    return body


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()

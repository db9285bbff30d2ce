"""The process of a Python handler; process.py starts it, nobody else. The standard library only.

The handler's file is loaded as the module `usercode`; its folder and the root of its repository come first in sys.path.
"""

import contextlib
import importlib.util
import inspect
import json
import os
import resource
import signal
import sys
import types
from typing import Any

HANDLER = "handle"
LONGEST = 2_000  # characters of what is said of an exception


def main() -> None:
    answers = int(sys.argv[-1])
    os.set_inheritable(answers, False)
    params = json.loads(sys.stdin.buffer.readline())["params"]
    limit(params["memory"], params["limit_s"])
    # What the handler starts shall not wait for a request, nor read one.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    try:
        answer: dict[str, Any] = {"result": {"data": call(params)}}
        line = json.dumps({"jsonrpc": "2.0", "id": 1, **answer}, allow_nan=False)
    except BaseException as error:  # noqa: BLE001 - whatever the handler raises is its answer
        line = json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": said(error)}})
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    with open(answers, "w", encoding="utf-8") as pipe:
        pipe.write(line + "\n")
    os._exit(0)  # no thread and no exit function of the handler goes on


def limit(memory: int, limit_s: float) -> None:
    """Before anything of the handler is loaded. The limits of time are for when nobody is left to end the process."""
    for kind, value in (
        ("RLIMIT_AS", memory),
        ("RLIMIT_DATA", memory),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_CPU", limit_s * (os.cpu_count() or 1)),
    ):
        with contextlib.suppress(ValueError, OSError):  # macOS takes not all of them
            resource.setrlimit(getattr(resource, kind), (int(value), int(value)))
    signal.setitimer(signal.ITIMER_REAL, limit_s)


def call(params: dict[str, Any]) -> Any:
    """The data that the handler returns, or has changed in place when it returns nothing."""
    module = load(params)
    name = params["handler"] or HANDLER
    handler = getattr(module, name, None)
    if not callable(handler):
        raise TypeError(f"the handler's file has no function {name}")
    data = params["data"]
    returned = handler(data)
    if inspect.iscoroutine(returned):
        import asyncio

        returned = asyncio.run(returned)
    result = data if returned is None else returned
    if not isinstance(result, dict):
        raise TypeError(f"the handler returned {type(result).__name__}, not a dict")
    return result


def load(params: dict[str, Any]) -> types.ModuleType:
    file, root = params["file"], params["root"]
    if not file:
        module = types.ModuleType("usercode")
        sys.modules["usercode"] = module
        exec(compile(params["source"], "usercode.py", "exec"), module.__dict__)  # noqa: S102 - what it is for
        return module
    sys.path[:0] = dict.fromkeys([os.path.dirname(file), root])  # noqa: PTH120
    spec = importlib.util.spec_from_file_location("usercode", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{os.path.basename(file)} is no Python file")  # noqa: PTH119
    module = importlib.util.module_from_spec(spec)
    sys.modules["usercode"] = module
    spec.loader.exec_module(module)
    return module


def said(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "out of memory"
    try:
        text = str(error)[:LONGEST]
    except BaseException:  # noqa: BLE001 - it is the handler's class
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


if __name__ == "__main__":
    main()

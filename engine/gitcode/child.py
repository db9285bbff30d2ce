"""The process of a Python handler; process.py starts it, nobody else. The standard library only.

The handler's file is loaded as a module of the package `_repository`, which is the repository, so that it may import
from `.` and `..`; `usercode` is another name for it. Its folder and the root of its repository come first in sys.path.
"""

import contextlib
import importlib.machinery
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
PACKAGE = "_repository"
LONGEST = 2_000  # characters of what is said of an exception


class Guarded(dict[str, Any]):
    """The data, which notes when a secret parameter is read, and keeps the others as they were then in `unread`."""

    def __init__(self, data: dict[str, Any], secrets: list[str]) -> None:
        super().__init__(data)
        self.__secrets = frozenset(secrets)
        self.__unread: dict[str, str] | None = None
        self.__is_over = False

    def over(self) -> str:
        """From now on it is the engine that reads. The others as they were, as JSON; "": no secret one was read."""
        self.__is_over = True
        return "" if self.__unread is None else "{" + ",".join(self.__unread.values()) + "}"

    def __note(self, name: Any = None) -> None:
        if self.__is_over or self.__unread is not None:
            return
        names = self.__secrets if name is None else self.__secrets & {name}
        if not any(dict.__contains__(self, name) for name in names):
            return
        self.__unread = {}
        for key, value in dict.items(self):
            if key not in self.__secrets:
                with contextlib.suppress(Exception):  # what is no JSON is new when it is
                    self.__unread[key] = f"{json.dumps(key)}:{json.dumps(value)}"

    def __getitem__(self, name: str) -> Any:
        self.__note(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.__note(name)
        return super().get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        self.__note(name)
        return super().pop(name, *default)

    def setdefault(self, name: str, default: Any = None) -> Any:
        self.__note(name)
        return super().setdefault(name, default)

    def popitem(self) -> tuple[str, Any]:
        self.__note()
        return super().popitem()

    def items(self) -> Any:
        self.__note()
        return super().items()

    def values(self) -> Any:
        self.__note()
        return super().values()

    def copy(self) -> dict[str, Any]:
        self.__note()
        return dict(super().items())

    def __iter__(self) -> Any:  # without one of its own, dict(data) and {**data} would read past __getitem__
        return super().__iter__()

    def __eq__(self, other: object) -> bool:
        self.__note()
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        self.__note()
        return super().__ne__(other)

    __hash__ = None

    def __or__(self, other: Any) -> Any:
        self.__note()
        return super().__or__(other)

    def __ror__(self, other: Any) -> Any:
        self.__note()
        return super().__ror__(other)

    def __repr__(self) -> str:
        self.__note()
        return super().__repr__()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return dict, (self.copy(),)


def main() -> None:
    answers = int(sys.argv[-1])
    os.set_inheritable(answers, False)
    params = json.loads(sys.stdin.buffer.readline())["params"]
    limit(params["memory"], params["limit_s"])
    # What the handler starts shall not wait for a request, nor read one.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    data = Guarded(params["data"], params["secrets"]) if params.get("secrets") else params["data"]
    if params.get("tells"):
        os.write(answers, b'{"jsonrpc":"2.0","method":"started"}\n')
    try:
        result = call(params, data)
        unread = data.over() if isinstance(data, Guarded) else ""
        answer: dict[str, Any] = {"result": {"data": result, "unread": unread}}
        line = json.dumps({"jsonrpc": "2.0", "id": 1, **answer}, allow_nan=False)
    except BaseException as error:  # noqa: BLE001 - whatever the handler raises is its answer
        trace(error)
        unread = data.over() if isinstance(data, Guarded) else ""
        failure = {"code": -32000, "message": said(error), "data": unread}
        line = json.dumps({"jsonrpc": "2.0", "id": 1, "error": failure})
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


def call(params: dict[str, Any], data: dict[str, Any]) -> Any:
    """The data that the handler returns, or has changed in place when it returns nothing."""
    module = load(params)
    name = params["handler"] or HANDLER
    handler = getattr(module, name, None)
    if not callable(handler):
        raise TypeError(f"the handler's file has no function {name}")
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
    folder, base = os.path.split(file)
    sys.path[:0] = dict.fromkeys([folder, root])
    above = [] if folder == root else os.path.relpath(folder, root).split(os.sep)  # noqa: PTH206
    if any("." in part for part in above):  # no name of a package
        root, above = folder, []
    package(PACKAGE, root)
    stem = base.removesuffix(".py").replace(".", "_")
    name = ".".join([PACKAGE, *above] + ([] if stem == "__init__" else [stem]))
    within = [folder] if stem == "__init__" else None
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=within)
    if spec is None or spec.loader is None:
        raise ImportError(f"{base} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = sys.modules["usercode"] = module
    spec.loader.exec_module(module)
    return module


def package(name: str, folder: str) -> None:
    """A package without a file of its own, in which is what lies in the folder."""
    spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = [folder]
    sys.modules[name] = importlib.util.module_from_spec(spec)


def trace(error: BaseException) -> None:
    """Where it was raised, without the frames of this file, into the log."""
    with contextlib.suppress(BaseException):
        import traceback

        place = error.__traceback__
        while place is not None and place.tb_frame.f_code.co_filename == __file__:
            place = place.tb_next
        lines = traceback.format_exception(type(error), error, place)
        sys.stderr.write("".join(lines)[-2 * LONGEST :])


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

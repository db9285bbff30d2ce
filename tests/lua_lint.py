"""What `make lint` asks of the store's scripts: no line over 120 characters, and luacheck finds nothing.

luacheck reads them as the server does, assembled into one library: so it knows what they share. Where it is not
installed (Debian: lua-check) that is said, and only the lines are looked at.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import engine.store
from engine.store.library import library

LUA = Path(engine.store.__file__).with_name("lua")
LONGEST = 120
OPTIONS = ("--std", "lua51", "--globals", "redis", "cmsgpack", "bit", "--no-max-line-length", "--no-unused-args")


def long_lines() -> Iterator[str]:
    for file in sorted(LUA.rglob("*.lua")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            if len(line) > LONGEST:
                yield f"{file}:{number}: {len(line)} characters"


def findings() -> Iterator[str]:
    """Of luacheck, at their places in the files."""
    text = library()[1].partition("\n")[2]  # without the first line, which is the server's
    checked = subprocess.run(
        [shutil.which("luacheck") or "luacheck", *OPTIONS, "--formatter", "plain", "-"],
        input=text, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if checked.returncode > 2:
        yield checked.stderr
    for said in checked.stdout.splitlines():
        number, _, rest = said.removeprefix("stdin:").partition(":")
        yield f"{_place(text, int(number))}: {rest.partition(': ')[2]}" if number.isdigit() else said


def _place(text: str, number: int) -> str:
    """The file that has this line of the library, and which line it is there."""
    line = text.splitlines()[number - 1]
    for file in sorted(LUA.rglob("*.lua")):
        own = file.read_text("utf-8").replace("@HASH@", library()[0])
        start = text.find(own)
        first = text.count("\n", 0, start) + 1
        if start >= 0 and first <= number < first + own.count("\n"):
            return f"{file}:{number - first + 1}"
    return f"the library, at {line!r}"


def main() -> int:
    wrong = list(long_lines())
    if shutil.which("luacheck") is None:
        print("luacheck is not installed (Debian: lua-check): of the scripts only the length of lines is checked")
    else:
        wrong += findings()
    print(*wrong, sep="\n" if wrong else "", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""The scripts of `lua/`, assembled into one function library for the server.

`lua/shared/` comes first: what it defines, every script may use. Each script is one file, named as its function, in the
folder of what it is about.

The library and its functions are named with the hash of their text, so that workers of two versions can share a server:
each loads and calls its own.
"""

from __future__ import annotations

import functools
import hashlib
from importlib import resources

from . import keys, wire

SHARED = (
    "base", "sha256", "trail", "buckets", "seen", "backup", "mail", "counts", "places", "limits", "rows", "moving",
    "auditing", "versions", "jobs",
)  # fmt: skip
"""In this order: each uses what stands before it."""

OF_FOLDER = {"auditing": "audit", "jobs": "registry"}
"""Those of SHARED that only the scripts of one folder use."""

FOLDERS = ("life", "effects", "waking", "reading", "move", "backup", "audit", "seal", "registry")

_LUA = resources.files(__package__).joinpath("lua")


@functools.cache
def scripts() -> tuple[str, ...]:
    """All scripts, as `life/commit`."""
    return tuple(
        f"{folder}/{name.removesuffix('.lua')}"
        for folder in FOLDERS
        for name in sorted(file.name for file in _LUA.joinpath(folder).iterdir())
    )


def script_text(name: str) -> str:
    """The text of one file of `lua/`, as `life/commit` or `shared/base`."""
    return _LUA.joinpath(f"{name}.lua").read_text("utf-8")


def shared_text() -> str:
    """What stands before all scripts: what lies where in their lists, which keys there are, and what they share."""
    return "\n".join([wire.lua_lines(), keys.lua_lines(), *(script_text(f"shared/{name}") for name in SHARED)])


def _shared(folder: str) -> list[str]:
    """What the scripts of this folder share with no other; "": what all share."""
    return [script_text(f"shared/{name}") for name in SHARED if OF_FOLDER.get(name, "") == folder]


@functools.cache
def library() -> tuple[str, str]:
    """(hash, text): the 8 hex digits that end every function's name, and what FUNCTION LOAD takes."""
    # Lua allows 200 local names in one function, and what is shared has most of them: each script is a function of its
    # own, and what the scripts of one folder share is seen by these alone.
    parts = [wire.lua_lines(), keys.lua_lines(), *_shared("")]
    for folder in FOLDERS:
        own = [name for name in scripts() if name.startswith(f"{folder}/")]
        parts += ["do", *_shared(folder)]
        parts += [f"do local function script()\n{script_text(name)}end script() end\n" for name in own]
        parts += ["end"]
    text = "\n".join(parts)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return digest, f"#!lua name=conv_{digest}\n" + text.replace("@HASH@", digest)

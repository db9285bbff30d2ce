"""The scripts of `lua/`, assembled into one function library for the server.

The library and its functions are named with the hash of their text, so that workers of two versions can share a server:
each loads and calls its own.
"""

from __future__ import annotations

import functools
import hashlib
from importlib import resources

SCRIPTS = (
    "create", "modify", "claim", "renew", "expire", "commit", "deliver", "confirm", "settle", "outbox", "fire", "wake",
    "discard", "aside", "pause", "read", "listing", "stats", "sweep", "sync", "registry", "beat", "audit", "move",
)  # fmt: skip


def script_text(name: str) -> str:
    """The text of one file of `lua/`, without its ending `.lua`."""
    return resources.files("engine.store").joinpath("lua", f"{name}.lua").read_text("utf-8")


@functools.cache
def library() -> tuple[str, str]:
    """(hash, text): the 8 hex digits that end every function's name, and what FUNCTION LOAD takes."""
    # Each script is a block of its own: Lua allows 200 local names in one.
    parts = [script_text("prelude"), *(f"do\n{script_text(name)}end\n" for name in SCRIPTS)]
    text = "\n".join(parts)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return digest, f"#!lua name=conv_{digest}\n" + text.replace("@HASH@", digest)

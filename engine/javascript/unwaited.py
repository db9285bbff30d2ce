"""Calls of async functions in a script that nobody waits for: QuickJS tells of none that fails, so lint does.

Found by their shape, without a parser: it is a warning, and a call that looks otherwise is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .variables import without_texts

_NAMED = re.compile(r"\basync\s+function\s+([\w$]+)|\b(?:const|let|var)\s+([\w$]+)\s*=\s*async\b")
_BEGINS = r"(?:^|(?<=[;{}\n]))[ \t\r\n]*"  # a statement
_DECLARED = re.compile(r"(?:async\s+)?function\s*\*?\s*[\w$]+\s*\(")
_AT_ONCE = re.compile(_BEGINS + r"(\()\s*async\b")


def unwaited(source: str) -> list[str]:
    """What is called so, each once: `main()`, or `(async …)()`. A script may end with such a call."""
    if "async" not in source:
        return []
    plain = without_texts(source)
    found = [f"{name}()" for name in _names(plain) if any(_is_left(plain, at) for at in _calls(plain, name))]
    for begun in _AT_ONCE.finditer(plain):
        end = _closed(plain, begun.start(1))
        if end is not None and _is_left(plain, _next(plain, end)):
            found.append("(async …)()")
    return list(dict.fromkeys(found))


def _names(plain: str) -> Iterator[str]:
    for named in _NAMED.finditer(plain):
        yield named[1] or named[2]


def _calls(plain: str, name: str) -> Iterator[int]:
    for begun in re.finditer(_BEGINS + re.escape(name) + r"\s*\(", plain):
        yield begun.end() - 1


def _is_left(plain: str, at: int) -> bool:
    """Whether the call whose arguments begin here is all that its statement does, and is not the script's last."""
    end = _closed(plain, at) if plain[at : at + 1] == "(" else None
    if end is None:
        return False
    rest = plain[end:].lstrip()
    return not rest.startswith((".", "?", ",", "&", "|", "[", "(")) and not _is_end(rest)


def _is_end(rest: str) -> bool:
    """Whether there is nothing more to be done: what a script ends with is seen."""
    rest = rest.lstrip("; \t\r\n}")
    while (declared := _DECLARED.match(rest)) is not None:
        body = _closed(rest, declared.end() - 1)
        end = _closed(rest, _next(rest, body), "{}") if body is not None else None
        if end is None:
            return False
        rest = rest[end:].lstrip("; \t\r\n")
    return not rest


def _next(plain: str, at: int) -> int:
    return len(plain) - len(plain[at:].lstrip())


def _closed(plain: str, at: int, pair: str = "()") -> int | None:
    """Behind the bracket that closes the one here."""
    depth = 0
    for place in re.finditer(f"[{pair}]", plain[at:]):
        depth += 1 if place[0] == pair[0] else -1
        if depth == 0:
            return at + place.end()
    return None

"""Regular expressions that may be hostile: every search has a time limit, every pattern a limit of size.

A pattern is an unanchored search in the `regex` package's syntax, which is that of the standard library's `re`. The
package writes counted repeats out when it compiles: time and memory go with the size that comes of it. Of characters
that must follow one another it makes a table at the first search, outside the limit of time, which takes n³ for n.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from .template.limits import REGEXP_RUN, REGEXP_S, REGEXP_SIZE

if TYPE_CHECKING:
    import regex


_COUNT = re.compile(r"\{\s*([0-9]+)")
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\{\s*(?P<count>[0-9]+)|.", re.DOTALL)
_OTHER_RULES = re.compile(r"\(\?(?:#|\w*[xV])")  # comments, sets in sets: brackets in them are not what they look like


class BadPattern(ValueError):
    """The pattern is not a regular expression, or too large a one."""


class TooSlow(TimeoutError):
    """The search took longer than REGEXP_S."""


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> regex.Pattern[str]:
    """A definition's pattern, compiled once. Raises BadPattern."""
    return _compiled(pattern)


@lru_cache(maxsize=64)
def _of_task(pattern: str) -> regex.Pattern[str]:
    return _compiled(pattern)


def forget_patterns() -> None:
    """Drop the patterns that came from tasks: they are kept for the tasks of one batch only."""
    _of_task.cache_clear()


def _compiled(pattern: str) -> regex.Pattern[str]:
    import regex

    if size_of(pattern) > REGEXP_SIZE:
        raise BadPattern(
            f"a regular expression may have at most {REGEXP_SIZE} characters, with its counted repeats written out"
        )
    if longest_run(pattern) > REGEXP_RUN:
        raise BadPattern(
            f"a regular expression may have at most {REGEXP_RUN} characters in a row, without one of | * + ? in between"
        )
    try:
        return regex.compile(pattern, cache_pattern=False)
    except (regex.error, RecursionError, OverflowError) as error:
        raise BadPattern(f"not a regular expression: {error}") from error
    finally:
        regex.purge()  # it remembers the text of every pattern that it does not cache


def size_of(pattern: str) -> int:
    """The characters of a pattern with its counted repeats written out; for a pattern that is none any number."""
    if "{" not in pattern:
        return len(pattern)
    if _OTHER_RULES.search(pattern):
        return len(pattern) * math.prod(max(1, _count(found[1])) for found in _COUNT.finditer(pattern))
    groups, last = [0], 0  # sizes of the groups that are open, and of what a count would repeat
    for piece in _PIECE.finditer(pattern):
        text = piece[0]
        if text == "(":
            groups.append(0)
        elif text == ")" and len(groups) > 1:
            last = groups.pop() + 2
            groups[-1] += last
        elif piece["count"] is not None:
            more = last * max(0, _count(piece["count"]) - 1)
            groups[-1] += more + len(text)
            last += more
        else:
            last = 1
            groups[-1] += len(text)
    return sum(groups)


def longest_run(pattern: str) -> int:
    """At least so many characters may have to follow one another; groups, sets and counts hold no run up."""
    if len(pattern) <= REGEXP_RUN or _OTHER_RULES.search(pattern):
        return len(pattern)
    longest = run = 0
    before = ""
    for piece in _PIECE.finditer(pattern):
        text = piece[0]
        if text == "|" or (text in ("*", "+", "?") and before not in ("(", ")")):
            run = 0
        elif text not in ("(", ")"):
            run += 1
            longest = max(longest, run)
        before = text
    return longest


def _count(digits: str) -> int:
    return int(digits) if len(digits) < 10 else REGEXP_SIZE


def search(pattern: str | regex.Pattern[str], text: str) -> bool:
    """Whether the pattern, a text where it came from a task, matches somewhere in the text.

    Raises BadPattern or TooSlow.
    """
    compiled = _of_task(pattern) if isinstance(pattern, str) else pattern
    try:
        return compiled.search(text, timeout=REGEXP_S) is not None
    except TimeoutError as error:
        raise TooSlow(f"the regular expression took longer than {REGEXP_S} s") from error

"""Regular expressions that may be hostile: every search has a time limit.

A pattern is an unanchored search in the `regex` package's syntax, which is that of the standard library's `re`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from engine.template.limits import REGEXP_S

if TYPE_CHECKING:
    import regex


class BadPattern(ValueError):
    """The pattern is not a regular expression."""


class TooSlow(TimeoutError):
    """The search took longer than REGEXP_S."""


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> regex.Pattern[str]:
    """A definition's pattern, compiled once. Raises BadPattern."""
    return _compiled(pattern)


def _compiled(pattern: str) -> regex.Pattern[str]:
    import regex

    try:
        return regex.compile(pattern, cache_pattern=False)
    except (regex.error, RecursionError, OverflowError) as error:
        raise BadPattern(f"not a regular expression: {error}") from error
    finally:
        regex.purge()  # it remembers the text of every pattern that it does not cache


def search(pattern: str | regex.Pattern[str], text: str) -> bool:
    """Whether the pattern matches somewhere in the text; one that came from a task is not kept.

    Raises BadPattern or TooSlow.
    """
    compiled = _compiled(pattern) if isinstance(pattern, str) else pattern
    try:
        return compiled.search(text, timeout=REGEXP_S) is not None
    except TimeoutError as error:
        raise TooSlow(f"the regular expression took longer than {REGEXP_S} s") from error

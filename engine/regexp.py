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


@lru_cache(maxsize=64)
def _of_task(pattern: str) -> regex.Pattern[str]:
    return _compiled(pattern)


def forget_patterns() -> None:
    """Drop the patterns that came from tasks: they are kept for the tasks of one batch only."""
    _of_task.cache_clear()


def _compiled(pattern: str) -> regex.Pattern[str]:
    import regex

    try:
        return regex.compile(pattern, cache_pattern=False)
    except (regex.error, RecursionError, OverflowError) as error:
        raise BadPattern(f"not a regular expression: {error}") from error
    finally:
        regex.purge()  # it remembers the text of every pattern that it does not cache


def search(pattern: str | regex.Pattern[str], text: str) -> bool:
    """Whether the pattern, a text where it came from a task, matches somewhere in the text.

    Raises BadPattern or TooSlow.
    """
    compiled = _of_task(pattern) if isinstance(pattern, str) else pattern
    try:
        return compiled.search(text, timeout=REGEXP_S) is not None
    except TimeoutError as error:
        raise TooSlow(f"the regular expression took longer than {REGEXP_S} s") from error

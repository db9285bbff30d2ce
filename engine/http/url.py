"""URLs of requests. `urllib.parse` keeps the last ones that it has read, and with them the secrets in their queries."""

from __future__ import annotations

from urllib.parse import SplitResult, clear_cache, urlsplit  # type: ignore[attr-defined]


def split_url(url: str) -> SplitResult:
    """The parts of a URL, which is not kept. Raises ValueError."""
    try:
        return urlsplit(url)
    finally:
        forget_urls()


def forget_urls() -> None:
    """Drop what other libraries have had read."""
    clear_cache()

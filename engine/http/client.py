"""Makes HTTP requests. `requests` is loaded by the first.

Each process has one pool of connections, shared by its threads. Nothing is taken from the environment (proxies,
.netrc), no cookie is kept, and nothing is tried twice here: trying again is for the process's author to decide.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from engine.http.answer import UNUSABLE, HttpAnswer
from engine.http.request import HttpRequest
from engine.http.url import split_url

if TYPE_CHECKING:
    from engine.http.pool import Pool

MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_FOLLOWED = ("GET", "HEAD")
_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization")

_lock = threading.Lock()
_pool: Pool | None = None


def perform(request: HttpRequest) -> HttpAnswer:
    """Make the request and read its answer. Blocks for timeout_ms at most, but for the look-up of the host's name.

    Never raises for what the other side or the network does: that is part of the answer. Reads no more than
    cap_bytes of body, compressed or not. Follows up to 5 redirects of GET and HEAD; secrets in headers stay with their
    host. Safe in several threads.
    """
    started = time.monotonic()
    pool = _the_pool()
    with pool.watchdog.watching(request.timeout_ms / 1000) as deadline:
        url, headers = request.url, dict(request.headers)
        for _ in range(MAX_REDIRECTS + 1):
            answer = pool.exchange(request, url, headers, deadline)
            target = answer.headers.get("location", "")
            if answer.failure or answer.status not in _REDIRECTS or request.method not in _FOLLOWED or not target:
                break
            try:
                url, headers = _redirected(url, headers, target)
            except ValueError:
                answer = _lost(answer, "a redirect to nowhere")
                break
        else:
            answer = _lost(answer, f"more than {MAX_REDIRECTS} redirects")
    elapsed_ms = int((time.monotonic() - started) * 1000)
    return HttpAnswer(answer.status, answer.headers, answer.body, answer.failure, answer.description, elapsed_ms)


def _lost(answer: HttpAnswer, description: str) -> HttpAnswer:
    """A redirect that is not followed."""
    return HttpAnswer(answer.status, answer.headers, failure=UNUSABLE, description=description)


def _the_pool() -> Pool:
    global _pool
    pool = _pool
    if pool is None:
        with _lock:
            if _pool is None:
                from engine.http.pool import Pool

                _pool = Pool()
            pool = _pool
    return pool


def _forget_pool() -> None:
    """A fork has neither the parent's threads nor a right to its connections."""
    global _pool, _lock
    _pool = None
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_forget_pool)


def _redirected(url: str, headers: dict[str, str], target: str) -> tuple[str, dict[str, str]]:
    """Where a redirect goes and what is sent there. Raises ValueError for what is no HTTP address."""
    new = urljoin(url, target)
    before, after = split_url(url), split_url(new)
    if after.scheme not in ("http", "https") or not after.hostname:
        raise ValueError(new)
    same_host = before.hostname == after.hostname
    same_port = (before.scheme, _port(before)) == (after.scheme, _port(after))
    upgrade = (before.scheme, _port(before), after.scheme, _port(after)) == ("http", 80, "https", 443)
    if same_host and (same_port or upgrade):
        return new, headers
    return new, {name: text for name, text in headers.items() if name.lower() not in _SECRET_HEADERS}


def _port(parts: Any) -> int:
    port: int | None = parts.port
    return port if port is not None else {"http": 80, "https": 443}[parts.scheme]

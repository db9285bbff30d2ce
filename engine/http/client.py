"""Makes HTTP requests. `requests` is loaded by the first.

Each process has one pool of connections, shared by its threads. Nothing is taken from the environment (proxies,
.netrc), no cookie is kept, and nothing is tried twice here: trying again is for the process's author to decide. So each
call goes straight to its host, and what the guard looks at is where it goes.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

import msgspec

from ..sealing import SHORTEST_SECRET
from .answer import REFUSED, UNUSABLE, HttpAnswer
from .guard import Egress, Guard, outside
from .request import HttpRequest
from .url import Url, basic_authorization, join_url, read_url

if TYPE_CHECKING:
    from .pool import Pool
    from .watchdog import Deadline

_REDIRECTS = (301, 302, 303, 307, 308)
_FOLLOWED = ("GET", "HEAD")
_OF_HOST = frozenset(["authorization", "cookie", "proxy-authorization", "host"])  # never for another, secret or not

PUBLIC = Egress()
"""Where a guarded call goes to public addresses only."""

_lock = threading.Lock()
_pool: Pool | None = None


def perform(request: HttpRequest, egress: Egress = PUBLIC) -> HttpAnswer:
    """Make the request and read its answer. Blocks for timeout_ms at most, but for the look-up of the host's name.

    Never raises for what the other side or the network does: that is part of the answer. Reads no more than
    cap_bytes of body, compressed or not. Follows redirects of GET and HEAD, as many as `request.redirects`; what was
    made of a secret stays with the scheme, host and port of `request.url`, and elsewhere the call is guarded. `egress`:
    what may be reached. Safe in several threads.
    """
    started = time.monotonic()
    pool = _the_pool()
    with pool.watchdog.watching(request.timeout_ms / 1000) as deadline:
        answer = _followed(pool, request, egress, deadline)
    return msgspec.structs.replace(answer, elapsed_ms=int((time.monotonic() - started) * 1000))


def _followed(pool: Pool, request: HttpRequest, egress: Egress, deadline: Deadline) -> HttpAnswer:
    """The answer at the end of all redirects."""
    try:
        home = url = read_url(request.url)
    except ValueError as error:
        return HttpAnswer(failure=UNUSABLE, description=str(error))
    if why := outside(request.hosts, *url.origin[1:]):
        return HttpAnswer(failure=REFUSED, description=why)
    asked, guarded = _to(request, url), request.guarded
    for left in reversed(range(request.redirects + 1)):
        answer = pool.exchange(asked, Guard(egress, guarded), deadline)
        target = answer.header("location")
        if answer.failure or answer.status not in _REDIRECTS or request.method not in _FOLLOWED or not target:
            break
        if not left:
            return _lost(answer, f"more than {request.redirects} redirects") if request.redirects else answer
        try:
            url = join_url(url, _utf8(target))
        except ValueError:
            return _lost(answer, "a redirect to nowhere")
        if why := outside(request.hosts, *url.origin[1:]):
            return _lost(answer, f"a redirect: {why}", REFUSED)
        if url.origin != home.origin:
            guarded = guarded or not _is_over_tls(home, url)
            if why := _confined(asked, url):
                return _lost(answer, f"a redirect to another host, which must not get {why}")
            asked = _without_secrets(asked)
        asked = _to(asked, url)
    return answer


def _is_over_tls(home: Url, url: Url) -> bool:
    """Whether it is the same host, at the usual ports, with TLS in place of none."""
    return (home.origin, url.origin) == (("http", url.host, 80), ("https", home.host, 443))


def _lost(answer: HttpAnswer, description: str, failure: str = UNUSABLE) -> HttpAnswer:
    """A redirect that is not followed."""
    return HttpAnswer(answer.status, answer.headers, failure=failure, description=description)


def _to(request: HttpRequest, url: Url) -> HttpRequest:
    """The request, to this URL; its user goes into a header."""
    headers = request.headers
    if url.user:
        headers = {name: text for name, text in headers.items() if name.lower() != "authorization"}
        headers["Authorization"] = basic_authorization(url.user)
    return msgspec.structs.replace(request, url=url.address, headers=headers)


def _confined(request: HttpRequest, url: Url) -> str:
    """Why this request cannot go to another host, or ""."""
    if request.body is not None and request.confined.body:
        return "a body made of a secret"
    shown = (url.text, unquote(url.text), unquote_plus(url.text))
    texts = [text for text in request.confined.texts if len(text) >= SHORTEST_SECRET]
    return "the secret in its address" if any(text in way for text in texts for way in shown) else ""


def _without_secrets(request: HttpRequest) -> HttpRequest:
    """What of the request another host may see."""
    kept = {
        name: text
        for name, text in request.headers.items()
        if name.lower() not in _OF_HOST and name.lower() not in request.confined.headers
    }
    return msgspec.structs.replace(request, headers=kept, cert_pem="")


def _utf8(target: str) -> str:
    """A Location, which came as Latin-1, with the characters that its bytes most probably mean."""
    try:
        return target.encode("latin-1").decode()
    except UnicodeError:
        return target


def _the_pool() -> Pool:
    global _pool
    pool = _pool
    if pool is None:
        with _lock:
            if _pool is None:
                from .pool import Pool

                _pool = Pool()
            pool = _pool
    return pool


def _forget_pool() -> None:
    """A fork has neither the parent's threads nor a right to its connections."""
    global _pool, _lock
    _pool = None
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_forget_pool)

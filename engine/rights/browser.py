"""What a page of somebody else must not do in a browser: act in the name of who is signed in, or drive an open server.

All of it is decided by headers alone; their names are in lower case. Each function says why not; "" when all is well.
"""

from __future__ import annotations

from collections.abc import Mapping

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Nothing is ever changed by these."""

CUSTOM_HEADER = "x-conv"  # with the value 1: a form cannot send it, and another page's script would have to ask first


def forged(method: str, headers: Mapping[str, str], own_origin: str) -> str:
    """Of a request that is signed in by a cookie. `own_origin`: of the server as the browser knows it, such as
    `https://conv.example`.

    One that changes something must come from our own page: `Sec-Fetch-Site` says so, or where a browser does not send
    that, `Origin`; and it must have the header `X-Conv: 1`.
    """
    if method.upper() in SAFE_METHODS:
        return foreign(headers, own_origin)
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            return f"a page of another site may not do this (Sec-Fetch-Site: {_cut(site)})"
    elif headers.get("origin") != own_origin:
        return f"a page of another site may not do this (Origin: {_cut(headers.get('origin', 'none'))})"
    if headers.get(CUSTOM_HEADER) != "1":
        return "a request that is signed in by a cookie needs the header X-Conv: 1"
    return ""


def foreign(headers: Mapping[str, str], own_origin: str) -> str:
    """Of a request that only looks, such as a stream of events or a download: from our own page, or an address that a
    person has typed."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return "" if site in ("same-origin", "none") else f"asked by a page of another site ({_cut(site)})"
    origin = headers.get("origin")
    return "" if origin in (None, own_origin) else f"asked by a page of another site ({_cut(origin or '')})"


def wrong_host(host: str | None, port: int) -> str:
    """Of a request to a server that is open on loopback: only by this machine's own names, or the page of a site
    whose name leads here could drive it."""
    names = ("127.0.0.1", "localhost", "[::1]")
    if host is not None:
        given = host.strip().lower()
        if given in {f"{name}:{port}" for name in names} or (port == 80 and given in names):
            return ""
    return f"this server is open to its own machine alone, as localhost:{port} (Host: {_cut(host or 'none')})"


def _cut(text: str) -> str:
    return "".join(char for char in text[:60] if char.isprintable())

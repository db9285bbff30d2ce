"""URLs of requests. What is read here decides where a request goes, what is compared and what is shown.

`requests` reads each URL twice, by two parsers that disagree about some (`http://a\\@b/`). So one that any two could
read differently is refused, and `Url.text` is written such that there is only one reading. Nothing is kept:
`urllib.parse` keeps the last URLs that it has read, and with them the secrets in their queries.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from typing import NamedTuple
from urllib.parse import clear_cache, unquote_to_bytes, urljoin  # type: ignore[attr-defined]

_PORTS = {"http": 80, "https": 443}
_PARTS = re.compile(r"(https?)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.IGNORECASE | re.DOTALL)
_SCHEME = re.compile(r"https?:", re.IGNORECASE)
_NOT_IN_URL = re.compile(r"[\x00-\x1f\x7f]")
_NOT_IN_USER = re.compile(r"[\\\[\]<>\"^`{|}\s]")
_HOST = re.compile(r"(?=.{1,253}\.?$)[a-z0-9_][a-z0-9_-]{0,62}(\.[a-z0-9_][a-z0-9_-]{0,62})*\.?")
_PORT = re.compile(r"[0-9]{1,5}")
_TO_PATH = re.compile(r"\s*https?://[^/?#]*[/?#]", re.IGNORECASE)


class NoScheme(ValueError):
    """What is there does not begin with http:// or https://."""


class Url(NamedTuple):
    """A URL in its parts, without a fragment. `user`: what stands before the host's @, as written.

    `host`: in small letters and ASCII; an IPv6 address has no brackets.
    """

    scheme: str
    user: str
    host: str
    port: int | None
    path: str
    query: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: where it goes."""
        return self.scheme, self.host, self.port or _PORTS[self.scheme]

    @property
    def shown(self) -> str:
        """For people: without the query and the user, which may hold secrets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{f':{self.port}' if self.port is not None else ''}{self.path}"

    @property
    def address(self) -> str:
        """What is requested: without the user, who goes into a header."""
        return f"{self.shown}?{self.query}" if self.query else self.shown

    @property
    def text(self) -> str:
        """All of it."""
        scheme, rest = self.address.split("://", 1)
        return f"{scheme}://{self.user}@{rest}" if self.user else self.address


def read_url(text: str) -> Url:
    """The parts of a URL. Raises ValueError, which repeats nothing of it; NoScheme for what is no HTTP URL."""
    text = text.strip().replace(" ", "%20")
    if _NOT_IN_URL.search(text):
        raise ValueError("the URL has a line break or control character in it")
    if not _SCHEME.match(text):
        raise NoScheme("the URL must begin with http:// or https://" if text else "the URL is empty")
    match = _PARTS.fullmatch(text)
    if match is None or not match[2]:
        raise ValueError("the URL names no host")
    scheme, (user, _, place) = match[1].lower(), match[2].rpartition("@")
    if _NOT_IN_USER.search(user):
        raise ValueError(
            "the URL has a character before the @ of its host that can stand there only percent-encoded, such as a "
            "backslash (%5C)"
        )
    host, port = _place(place)
    return Url(scheme, user, host, port, match[3], match[4] or "")


def settles_host(beginning: str) -> bool:
    """Whether scheme, user, host and port of a URL stand in its beginning whatever follows, such as `https://host/`."""
    return _TO_PATH.match(beginning) is not None


def read_host(text: str) -> tuple[str, int | None]:
    """`host` or `host:port` as `Url` has them. Raises ValueError, which repeats nothing of it."""
    return _place(text)


def join_url(base: Url, target: str) -> Url:
    """Where a Location leads from here. Raises ValueError for what is no HTTP URL."""
    try:
        return read_url(urljoin(base.address, target))
    finally:
        forget_urls()


def basic_authorization(user: str) -> str:
    """The header of a URL's `user` or `user:password`."""
    pair = unquote_to_bytes(user if ":" in user else f"{user}:")
    return f"Basic {base64.b64encode(pair).decode()}"


def forget_urls() -> None:
    """Drop what other libraries have had read."""
    clear_cache()


def _place(text: str) -> tuple[str, int | None]:
    """Host and port. Raises ValueError."""
    bracket = text.startswith("[")
    host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        host, port = text, ""
    if port and (not _PORT.fullmatch(port) or not 0 < int(port) < 65_536):
        raise ValueError("the URL cannot be read: its port is a number from 1 to 65535")
    return _six(host) if bracket else _name(host), int(port) if port else None


def _six(host: str) -> str:
    try:
        address = ipaddress.IPv6Address(host[1:-1] if host.endswith("]") else "")
    except ValueError:
        raise ValueError("the URL cannot be read: what stands in brackets is no IPv6 address") from None
    if address.scope_id is not None:
        raise ValueError("the URL cannot be read: an IPv6 address in it has no zone")
    return address.compressed


def _name(host: str) -> str:
    """A host's name as it is looked up."""
    name = host.lower()
    if not name.isascii():
        # Not at the top: most names are ASCII.
        import idna

        try:
            name = idna.encode(name, uts46=True).decode()
        except UnicodeError:
            name = ""
    if not host:
        raise ValueError("the URL names no host")
    if not _HOST.fullmatch(name):
        raise ValueError("the URL's host name cannot be used")
    return name

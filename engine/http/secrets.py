"""The fields of a request with its secrets taken out, and put back (engine/sealing.py); what stays with its host.

A part of a request was made of a secret when the stored fields have a mark there, or when its template has read one:
a digest of a secret has no mark.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote

import msgspec

from .. import sealing
from ..sealing import masked_reads
from .answer import Headers
from .request import SIGNATURE, Confined, HttpRequest, RequestFields, query_text
from .url import Url, basic_authorization, read_url


def hide_secrets(fields: RequestFields, secrets: Mapping[str, str]) -> RequestFields:
    """The fields with each text of `secrets` (by name) replaced by its name."""
    return _mapped(fields, sealing.hider(secrets))


def reveal_secrets(fields: RequestFields, secrets: Mapping[str, str]) -> RequestFields:
    """The fields as they were. Raises LogicError when a variable has gone since."""
    return _mapped(fields, lambda value: sealing.reveal(value, secrets, "api_bind_error"))


def _mapped(fields: RequestFields, change: Callable[[Any], Any]) -> RequestFields:
    return msgspec.structs.replace(
        fields,
        method=change(fields.method),
        url=change(fields.url),
        headers=change(fields.headers),
        data=change(fields.data),
        body=change(fields.body),
        api_secret_outer=change(fields.api_secret_outer),
        cert_pem=change(fields.cert_pem),
    )


# --- What stays with its host -----------------------------------------------------------------------------


class Made(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of a request's fields the templates made of secrets: whether its URL and its body, and which entries."""

    url: bool = False
    body: bool = False
    headers: list[str] = []
    data: list[str] = []


def confine(
    request: HttpRequest, hidden: RequestFields, fields: RequestFields, secrets: Mapping[str, str], made: Made,
    written: str,
) -> HttpRequest:  # fmt: skip
    """The request, knowing what of it was made of secrets.

    `hidden` and `fields`: what it was built of, without and with its secrets. `written`: its URL as the author
    wrote it; what stands there is not secret.
    """
    headers = _made_of(hidden.headers, fields.headers, secrets, made.headers)
    parts = [*_made_of(hidden.data or {}, fields.data or {}, secrets, made.data).values()]
    texts = [secrets[name] for name in sealing.marks(msgspec.to_builtins(hidden)) if name in secrets]
    texts += [query_text(value) for value in (*headers.values(), *parts)]
    texts += [query_text(item) for value in parts if isinstance(value, list) for item in value]
    texts += [text for value in parts for text in sealing.texts(value)]
    if made.url or sealing.marks(hidden.url):
        texts += _parts_of(read_url(fields.url), written)
    if fields.api_secret_outer:
        texts += [value for name, value in parse_qsl(read_url(request.url).query) if name == SIGNATURE]
    confined = Confined(
        frozenset(name.lower() for name in headers),
        made.body or bool(parts or sealing.marks(hidden.body)),
        tuple(dict.fromkeys(text for text in texts if text)),
    )
    return msgspec.structs.replace(request, confined=confined)


def _made_of(
    hidden: Mapping[str, Any], values: Mapping[str, Any], secrets: Mapping[str, str], made: Collection[str]
) -> dict[str, Any]:
    """The entries whose name or value was made of a secret."""
    found = {}
    for marked, value in hidden.items():
        name = sealing.reveal(marked, secrets, "api_bind_error")
        if name in made or sealing.marks({marked: value}):
            found[name] = values[name]
    return found


def _parts_of(url: Url, written: str) -> Iterator[str]:
    """What a URL has in it that its author did not write there."""
    user = [unquote(part) for part in (url.user, *url.user.split(":"))]
    found = [*user, *map(unquote, url.path.split("/")), *(value for _, value in parse_qsl(url.query))]
    yield from (part for part in found if part not in written)
    if url.user:
        yield basic_authorization(url.user).removeprefix("Basic ")


def masked_headers(headers: Headers, request: HttpRequest, secrets: Collection[str]) -> Headers:
    """The headers of an answer with *** in place of what the request was made of, as it is or percent-encoded."""
    texts = [*secrets, *request.confined.texts]
    read = [*texts, *map(quote_plus, texts), *(quote(text, safe="") for text in texts)]
    return {
        name: [masked_reads(one, read) for one in value] if isinstance(value, list) else masked_reads(value, read)
        for name, value in headers.items()
    }

"""A request from the resolved fields of an api_call. Pure: the same fields give the same bytes, also after a crash.

Source: reference 3.4; the Idempotency-Key, the timeout and the size of an answer are ours.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from ..errors import LogicError
from ..template.limits import VALUE_CHARS
from .places import Place
from .url import NoScheme, Url, read_url
from .xml import to_xml

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
CONTENT_TYPES = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "raw": "application/json",
    "xml": "application/xml",
    "corezoid": "application/json",
}
TOO_LARGE = "api_task_size_overflow_limit"
SIGNATURE = "conv_signature"
SUCCESS = ((200, 208), (226, 226))  # statuses, from and to, where the author says nothing
REDIRECTS = 5  # that are followed, where the author says nothing
_IN_QUERY = ("GET", "HEAD")

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

# The connection's own: text from a task here could break one request into two.
_OF_CONNECTION = frozenset(
    [
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)

_to_json = msgspec.json.Encoder().encode


class SystemValues(msgspec.Struct, frozen=True):
    """What `send_sys` tells the other side about the task, as `sys` in a JSON body."""

    ref: str
    obj_id: str
    conv_id: int
    node_id: str


class RequestFields(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields of an api_call with their templates resolved. JSON-serialisable.

    `data` None and {} differ: without data there is no body. `key` is the Idempotency-Key, "" sends none; it is made of
    task, node and visit, so that the other side can tell a request that is made again. `sign_time` and `sign_conv_id`
    go into the signature with `api_secret_outer`. `cap_bytes`: the largest answer that is read. `repeat`: how a list
    stands in a query, once for each item or as JSON.
    """

    method: str
    url: str
    headers: dict[str, Any] = {}
    format: str = "json"
    content_type: str = ""
    data: dict[str, Any] | None = None
    body: str = ""
    system: SystemValues | None = None
    api_secret_outer: str = ""
    sign_time: int = 0
    sign_conv_id: int = 0
    key: str = ""
    timeout_ms: int = 60_000
    cap_bytes: int = 2_000_000
    rfc_format: bool = True
    cert_pem: str = ""
    success: tuple[tuple[int, int], ...] = SUCCESS
    redirects: int = REDIRECTS
    repeat: bool = True


class Confined(msgspec.Struct, frozen=True):
    """What of a request was made of secrets, and so stays with the scheme, host and port that it was made for.

    `headers`: names in small letters. `texts`: the secrets, and what was made of them, as they may be echoed.
    """

    headers: frozenset[str] = frozenset()
    body: bool = False
    texts: tuple[str, ...] = ()


NOTHING_CONFINED = Confined()


class HttpRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """What goes over the wire, and how long and how large its answer may be. `body` is sent as UTF-8; None: no body.

    `success`: the statuses, from and to, of an answer that is none of a failure. `guarded`: it goes to public addresses
    and what CONV_EGRESS_ALLOW names only. `hosts`: those that it may go to, redirects too; None: any.
    """

    method: str
    url: str
    headers: dict[str, str] = {}
    body: str | None = None
    timeout_ms: int = 60_000
    cap_bytes: int = 2_000_000
    rfc_format: bool = True
    cert_pem: str = ""
    envelope: bool = False  # format corezoid: the answer is an envelope, too
    success: tuple[tuple[int, int], ...] = SUCCESS
    redirects: int = REDIRECTS
    confined: Confined = NOTHING_CONFINED
    guarded: bool = True
    hosts: tuple[Place, ...] | None = None


def build_request(fields: RequestFields) -> HttpRequest:
    """The request of these fields.

    Raises LogicError: `api_bad_answer` for a URL or method that cannot be used, `api_bind_error` for a header that
    cannot be sent or data that is no XML, `api_task_size_overflow_limit` for a form, query or XML that grows far larger
    than a task may be. Always "software": the same fields fail again (the reference calls a bind error "hardware",
    which would try for ever).
    """
    method = fields.method.strip().upper()
    if method not in METHODS:
        raise LogicError("api_bad_answer", f"the method is one of {', '.join(METHODS)}, not {shown(fields.method)}")
    url = _checked_url(fields.url)
    body: str | None = None
    query: list[tuple[str, str]] = []
    if fields.format == "raw":
        body = fields.body
    elif fields.data is not None and method in _IN_QUERY and fields.format != "corezoid":
        query = _pairs(fields.data, repeat=fields.repeat)
    elif fields.data is not None or (fields.system is not None and fields.format in ("json", "corezoid")):
        body = _body(fields)
    if fields.api_secret_outer:
        query += _signature(fields, body or "")
    headers = _headers(fields, has_body=body is not None)
    if query:
        url = _with_query(url, query)
    return HttpRequest(
        method, url.text, headers, body, fields.timeout_ms, fields.cap_bytes, fields.rfc_format, fields.cert_pem,
        fields.format == "corezoid", fields.success, fields.redirects,
    )  # fmt: skip


def shown_url(url: str) -> str:
    """A URL for people: without the query and the user, which may hold secrets."""
    try:
        return shown(read_url(url).shown, quoted=False)
    except ValueError:
        return "(a URL that cannot be read)"


def shown(text: str, *, quoted: bool = True) -> str:
    """The beginning of a text, for a message."""
    text = text if len(text) <= 200 else text[:200] + "…"
    return f'"{text}"' if quoted else text


def _checked_url(text: str) -> Url:
    try:
        return read_url(text)
    except NoScheme as error:
        raise LogicError("api_bad_answer", "no_scheme", detail=str(error)) from None
    except ValueError as error:
        raise LogicError("api_bad_answer", str(error)) from None


def _with_query(url: Url, more: Iterable[tuple[str, str]]) -> Url:
    return url._replace(query="&".join(part for part in (url.query, _form(more)) if part))


def _body(fields: RequestFields) -> str:
    data = fields.data or {}
    if fields.format == "form":
        return _form(_pairs(data))
    if fields.format == "xml":
        try:
            return to_xml(data, VALUE_CHARS)
        except OverflowError as error:
            raise LogicError(TOO_LARGE, str(error)) from None
        except ValueError as error:
            raise LogicError("api_bind_error", str(error)) from None
    if fields.format == "corezoid":
        system = msgspec.to_builtins(fields.system) if fields.system is not None else {}
        op = {**system, "type": "data", "obj": "task", "data": data, "extra": data}
        return _to_json({"ops": [op]}).decode()
    if fields.system is not None:
        data = {**data, "sys": msgspec.to_builtins(fields.system)}
    return _to_json(data).decode()


def _form(texts: Iterable[tuple[str, str]]) -> str:
    """The texts as a form or query. Raises LogicError as soon as it is too long."""
    pieces, size = [], 0
    for name, text in texts:
        pieces.append(urlencode({name: text}))
        size += len(pieces[-1])
        if size > VALUE_CHARS:
            raise LogicError(TOO_LARGE, f"the form or query has more than {VALUE_CHARS} characters")
    return "&".join(pieces)


def _pairs(data: Mapping[str, Any], *, repeat: bool = False) -> list[tuple[str, str]]:
    """Names and texts; with `repeat` an item of a list is a value of its own, and an empty list is nothing."""
    return [
        (name, query_text(item))
        for name, value in data.items()
        for item in (value if repeat and isinstance(value, list) else [value])
    ]


def query_text(value: Any) -> str:
    """A value where only text can stand: null is empty, lists and objects are their JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else _to_json(value).decode()


def _signature(fields: RequestFields, body: str) -> list[tuple[str, str]]:
    time, secret = str(fields.sign_time), fields.api_secret_outer
    digest = hashlib.sha1((time + secret + body + secret).encode(), usedforsecurity=False).hexdigest()
    return [(SIGNATURE, digest), ("conv_time", time), ("conv_id", str(fields.sign_conv_id))]


def _headers(fields: RequestFields, *, has_body: bool) -> dict[str, str]:
    """Ours, under those of the author. A null header is left out."""
    headers = {"user-agent": ("User-Agent", "conv-engine"), "accept": ("Accept", "*/*")}
    if has_body:
        content_type = fields.content_type or CONTENT_TYPES[fields.format]
        headers["content-type"] = ("Content-Type", content_type)
    if fields.key:
        headers["idempotency-key"] = ("Idempotency-Key", fields.key)
    for name, value in fields.headers.items():
        if name.lower() in _OF_CONNECTION:
            continue
        headers.pop(name.lower(), None)
        if value is not None:
            headers[name.lower()] = (name, query_text(value).strip())
    for name, text in headers.values():
        _check_header(name, text)
    return dict(headers.values())


def _check_header(name: str, text: str) -> None:
    if not _TOKEN.fullmatch(name):
        raise LogicError("api_bind_error", f"{shown(name)} cannot be the name of a header")
    if _NOT_IN_VALUE.search(text):
        raise LogicError("api_bind_error", f'the header "{name}" has a line break or control character in its value')
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        raise LogicError("api_bind_error", f'the header "{name}" has a character that is not of Latin-1') from None

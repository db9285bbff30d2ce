"""From a request to a route's function and back: who calls, what they may, what they sent, what is answered."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from ..errors import EngineError, Forbidden, Rejected
from ..idempotency import owned
from ..rights.actor import acting_as
from ..rights.roles import ROLES
from .body import Gone, decoded, read_body
from .events import EventStream
from .problem import MEDIA_TYPE, Unacceptable, problem_of, unknown_query
from .route import Reply, Request, Route
from .site import Site
from .stream import Stream

Scope = MutableMapping[str, Any]
Send = Callable[[Any], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]

_encode = msgspec.json.Encoder().encode


class Endpoint:
    """The routes of one path, by method."""

    def __init__(self, site: Site, routes: Iterable[Route]) -> None:
        self._site = site
        self._by_method = {route.method: _Prepared(site, route) for route in routes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        prepared = self._by_method.get(method)
        try:
            if prepared is None:
                allowed = ", ".join(sorted(self._by_method))
                raise Unacceptable(
                    405,
                    "wrong_method",
                    f"{scope['method']} cannot be done here, but {allowed}",
                    headers={"allow": allowed},
                )
            scope["conv.route"] = prepared.route.name
            await prepared.answer(scope, receive, send)
        except (EngineError, Unacceptable) as error:
            await send_problem(error, send)
        except Gone:
            pass


async def send_problem(error: EngineError | Unacceptable, send: Send) -> None:
    problem, headers = problem_of(error)
    await send_body(send, problem.status, _encode(problem), MEDIA_TYPE, headers)


async def send_body(send: Send, status: int, body: bytes, media_type: str, headers: Mapping[str, str]) -> None:
    raw = [(b"content-type", media_type.encode()), (b"content-length", b"%d" % len(body))]
    raw += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


class _Prepared:
    """A route with its decoders."""

    def __init__(self, site: Site, route: Route) -> None:
        self.route = route
        self._site = site
        self._decoder = msgspec.json.Decoder(route.body) if route.body is not None else None
        self._is_async = inspect.iscoroutinefunction(route.call)
        fields = msgspec.structs.fields(route.query)
        self._no_query = None if any(field.required for field in fields) else route.query()
        self._query_names = [field.encode_name for field in fields]

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await self._request(scope, receive)
        call = self.route.call
        with acting_as(request.caller.login):
            if self._is_async:
                value = await call(request)
            else:
                value = await self._site.in_thread(call, request)
        if isinstance(value, EventStream):
            if scope["method"] == "HEAD":  # a stream has no end, its head has
                await send_body(send, 200, b"", "text/event-stream", {})
            else:
                await value.run(receive, send)
            return
        if isinstance(value, Stream):
            await value.send(send, self._site.threads)
            return
        status, headers = self.route.status, {}
        if isinstance(value, Reply):
            status, headers = value.status or status, dict(value.headers)
            value = value.value
        if value is None and status in (204, 304):
            await send_body(send, status, b"", "application/json", headers)
            return
        await send_body(send, status, _encode(value), "application/json", headers)

    async def _request(self, scope: Scope, receive: Receive) -> Request:
        """Raises Unacceptable, EngineError, Gone."""
        site, route = self._site, self.route
        headers = _headers(scope)
        path = {name: _unquoted(value) for name, value in scope.get("path_params", {}).items()}
        caller = await site.caller(route, headers, scope)
        scope["conv.login"] = caller.login
        found = None
        if route.is_about_a_conv:
            found = await site.find(path["conv"], route.role, caller)
        elif route.role in ROLES and not route.filters and (why := caller.refusal(route.role, None)):
            raise Forbidden(why)
        query = self._query(scope)
        body = None
        if self._decoder is not None:
            site.check_room()
            limit, seconds = site.settings.server_body_bytes, site.settings.server_body_ms / 1000
            body = decoded(self._decoder, headers, await read_body(headers, receive, limit, seconds))
        key = headers.get("idempotency-key")
        if key is not None and not route.alters and route.method != "GET":
            raise Unacceptable(
                400, "no_key_here", f"{route.name} takes no Idempotency-Key; sent twice it is done twice"
            )
        key = key if route.alters else None
        return Request(site, caller, path, query, body, _call_key(key, caller.login), headers, scope, found)

    def _query(self, scope: Scope) -> Any:
        text = scope.get("query_string", b"")
        if not text and self._no_query is not None:
            return self._no_query
        try:
            pairs = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
        except ValueError:
            raise Unacceptable(400, "wrong_query", "the query is no percent-encoded UTF-8") from None
        query = dict(pairs)
        if len(query) < len(pairs):
            raise Unacceptable(400, "wrong_query", "the query says one thing twice")
        try:
            return msgspec.convert(query, self.route.query, strict=False)
        except msgspec.ValidationError as error:
            raise unknown_query(error, self._query_names) from None


def _headers(scope: Scope) -> dict[str, str]:
    """By name in lower case; of several of one name the first."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    return found


def _unquoted(segment: str) -> str:
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise Unacceptable(400, "wrong_path", "the path is no percent-encoded UTF-8") from None


def _call_key(key: str | None, login: str) -> str | None:
    """A key holds for the one who sent it: nobody is answered what another was. Source: Idempotency-Key draft, 2.2."""
    if key is None:
        return None
    word = key[1:-1] if len(key) > 1 and key[0] == key[-1] == '"' else key
    if not 0 < len(word) <= 200 or not word.isascii() or not word.isprintable():
        raise Rejected("an Idempotency-Key has 1 to 200 printable characters of ASCII")
    return owned(word, login)

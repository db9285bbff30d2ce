"""What is around every request: its id, headers, the access log, and an answer whatever goes wrong."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .endpoint import send_problem
from .measures import REQUESTS
from .problem import Unacceptable

log = logging.getLogger("conv.api")
access = logging.getLogger("conv.api.access")

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)

Scope = MutableMapping[str, Any]


class Around:
    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    async def __call__(
        self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = uuid.uuid4().hex
        # Refs may hold a slash: the path is matched as it was sent, and its parts are decoded one by one.
        scope["path"] = scope.get("raw_path", b"").partition(b"?")[0].decode("latin-1") or scope["path"]
        status = 0
        size = 0

        async def said(message: Any) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                given = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in HEADERS if pair[0] not in given),
                    (b"x-request-id", request_id.encode()),
                ]
            else:
                size += len(message.get("body", b""))
                if scope["method"] == "HEAD":
                    message = {**message, "body": b""}
            await send(message)

        try:
            await self._app(scope, receive, said)
        except Exception:  # the server's edge: a mistake of ours is answered, and told in the log alone
            log.exception("request %s: a mistake in the server", request_id)
            if status == 0:
                mistake = Unacceptable(
                    500, "internal", f"a mistake in the server; its log tells of request {request_id}"
                )
                await send_problem(mistake, said)
        finally:
            took_s = time.perf_counter() - began
            if status:
                REQUESTS.labels(scope.get("conv.route", ""), f"{status // 100}xx").observe(took_s)
            if access.isEnabledFor(logging.INFO):
                self._log(scope, status, size, took_s, request_id)

    def _log(self, scope: Scope, status: int, size: int, took_s: float, request_id: str) -> None:
        """One line of JSON. Neither query nor headers: they may hold secrets."""
        client = scope.get("client")
        access.info(
            "%s",
            json.dumps(
                {
                    "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                    "method": scope["method"],
                    "path": scope["path"][:400],
                    "route": scope.get("conv.route", ""),
                    "status": status,
                    "ms": round(took_s * 1000, 2),
                    "bytes": size,
                    "login": scope.get("conv.login", ""),
                    "address": client[0] if client else "",
                    "request": request_id,
                }
            ),
        )

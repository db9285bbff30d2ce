"""Whether the server lives, and whether it can work; and what it can do."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import msgspec

from ...errors import StoreError, StoreUnavailable
from ..openapi import document
from ..route import Example, Reply, Request, route

VERSION = version("conv-engine")


class Health(msgspec.Struct, frozen=True):
    """`workers`: how many listen for work."""

    status: str
    version: str
    workers: int | None = None
    reason: str = ""


@route("GET", "/healthz", role="", answers=Health, example=Example(answer={"status": "ok", "version": VERSION}))
async def live(request: Request) -> Health:
    """The process lives. Restart it when this does not answer."""
    return Health("ok", VERSION)


@route(
    "GET",
    "/readyz",
    role="",
    answers=Health,
    errors=(StoreUnavailable,),
    example=Example(answer={"status": "ok", "version": VERSION, "workers": 2}),
)
def ready(request: Request) -> Any:
    """Requests can be done: the store answers, and takes writes. Send none here when this says 503."""
    if request.site.is_stopping:
        return Reply(Health("stopping", VERSION, reason="the server stops"), 503)
    try:
        request.engine.check_writes()
        return Health("ok", VERSION, request.engine.workers_alive())
    except StoreError:
        return Reply(Health("waiting", VERSION, reason="the store does not answer, or takes no writes"), 503)


@route("GET", "/v1/openapi.json", role="", answers=dict[str, Any])
async def openapi(request: Request) -> dict[str, Any]:
    """This description of the API, as OpenAPI 3.1."""
    return document()

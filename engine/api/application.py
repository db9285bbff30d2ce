"""The API as an ASGI application: routes from the table, and what is around all of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

from starlette.routing import Route as Path
from starlette.routing import Router

from . import surfaces
from .around import Around
from .endpoint import Endpoint, Receive, Scope, Send, send_problem
from .problem import Unacceptable
from .route import ROUTES, Route
from .site import Site

__all__ = ["application", "surfaces"]

LOOK_S = 0.5  # between two looks at what is deployed, and which keys there are


def application(site: Site) -> Around:
    by_path: dict[str, list[Route]] = defaultdict(list)
    for route in ROUTES:
        by_path[route.path].append(route)

    @contextlib.asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        looking = asyncio.create_task(_look(site))
        try:
            yield
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking
            await site.close()

    paths = [Path(path, Endpoint(site, routes)) for path, routes in by_path.items()]
    return Around(Router(paths, redirect_slashes=False, default=_not_there, lifespan=lifespan))


async def _look(site: Site) -> None:
    while True:
        await site.look()
        await asyncio.sleep(LOOK_S)


async def _not_there(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        reason = "there is nothing at this path; /v1/openapi.json lists what there is"
        await send_problem(Unacceptable(404, "not_found", reason), send)

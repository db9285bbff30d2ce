"""Reading a body: bounded in size, time and depth."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from .problem import Unacceptable, no_json, wrong_shape

Receive = Callable[[], Awaitable[Any]]


class Gone(Exception):
    """The client has gone; nobody hears an answer."""


async def read_body(headers: Mapping[str, str], receive: Receive, limit: int, seconds: float) -> bytes:
    """Raises Unacceptable (413, 408, 400), Gone."""
    length = headers.get("content-length", "")
    if length.isdecimal() and len(length) < 20 and int(length) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                part = message.get("body", b"")
                size += len(part)
                if size > limit:
                    raise _too_large(limit)
                parts.append(part)
                if not message.get("more_body", False):
                    return parts[0] if len(parts) == 1 else b"".join(parts)
    except TimeoutError:
        raise Unacceptable(
            408, "too_slow", f"the body did not come within {seconds:.0f} s", headers={"connection": "close"}
        ) from None


def decoded(decoder: msgspec.json.Decoder[Any], headers: Mapping[str, str], body: bytes) -> Any:
    """The body of the route's type. Raises Unacceptable (415, 400, 422)."""
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in ("", "application/json") and not media.endswith("+json") and body:
        raise Unacceptable(415, "wrong_media_type", f"the body is {media}; send application/json")
    try:
        return decoder.decode(body or b"{}")
    except msgspec.ValidationError as error:
        raise wrong_shape(error, "the body") from None
    except msgspec.DecodeError as error:
        raise no_json(str(error)) from None
    except RecursionError:
        raise no_json("lists and objects lie too deep in each other") from None
    except UnicodeDecodeError:
        raise no_json("it is not UTF-8") from None


def _too_large(limit: int) -> Unacceptable:
    # Whoever goes on sending would be read for nothing.
    return Unacceptable(
        413,
        "body_too_large",
        f"the body has more than {limit} bytes (CONV_SERVER_BODY_BYTES)",
        headers={"connection": "close"},
    )

"""Where a search goes on: a short text that only the search that made it takes back."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import msgspec

from ..data import check_name
from ..errors import WrongCursor

LONGEST = 400  # characters
_SUM = 6  # bytes


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """`of`: a digest of the search. `top_ms`: nothing that changed later is found. Then where it stands: among tasks
    under way, in which partition (`resting` false), or at rest; and the last task that was looked at."""

    of: bytes
    top_ms: int
    resting: bool
    partition: int
    before_ms: int
    before_id: str


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Cursor).decode


def digest_of(search: Any) -> bytes:
    """Of all that a search asks for."""
    return hashlib.sha256(_pack(search)).digest()[:8]


def write_cursor(cursor: Cursor) -> str:
    body = _pack(cursor)
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()[:_SUM] + body).decode().rstrip("=")


def read_cursor(text: str, of: bytes) -> Cursor:
    """Raises WrongCursor, WrongData."""
    check_name(text, "a cursor")
    try:
        if len(text) > LONGEST:
            raise ValueError
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        body = raw[_SUM:]
        if hashlib.sha256(body).digest()[:_SUM] != raw[:_SUM]:
            raise ValueError
        cursor = _unpack(body)
    except (ValueError, msgspec.MsgspecError):
        raise WrongCursor("the cursor is not one that a search gave; begin again without one") from None
    if cursor.of != of:
        raise WrongCursor("the cursor is of another search; give the same conv and filters with it, or no cursor")
    return cursor

"""The functions of one text: `$.base64_encode(…)`, the hashes, and the casts for raw bodies. Source: reference 6.

`$.sha256(x)` is the digest itself, 32 characters from U+0000 to U+00FF; `$.sha256_hex(x)` its 64 hex digits, which is
what most people want. `$.base64_encode($.sha256(x))` encodes the digest's bytes, as signatures need it. An older page
of the model system says that `$.sha1` is hex already: RAW is the one place to change that.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

from ...errors import CastError, TemplateError, ValueTooLarge
from ..casts import cast
from ..made import limited
from ..values import text_of
from .filters import to_base64

HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
RAW = frozenset(HASHES)
CASTS = ("to_object", "to_array", "to_number", "to_string")


def apply(name: str, written: str, value: Any) -> Any:
    """`$.name(value)`. Raises TemplateError."""
    try:
        return FUNCTIONS[name](value)
    except (TemplateError, UnicodeEncodeError) as error:
        if isinstance(error, CastError | ValueTooLarge):
            raise type(error)(f"{written}: {error.message}", reference=written, tag=error.tag) from error
        raise TemplateError(f"{written}: {error}", reference=written) from error


def base64_of_digest(digest: str) -> str:
    """The base64 of a raw digest's bytes."""
    return base64.b64encode(digest.encode("latin-1")).decode()


def quoted(value: Any) -> str:
    """`$.to_string(…)` within a text: as JSON, with its quotes."""
    return limited(json.dumps(text_of(value), ensure_ascii=False))


def _hash(name: str, *, is_hex: bool) -> Callable[[Any], str]:
    def digest(value: Any) -> str:
        # Not for safety: what others sign with is theirs to say.
        made = hashlib.new(name, text_of(value).encode(), usedforsecurity=False)
        return made.hexdigest() if is_hex else made.digest().decode("latin-1")

    return digest


def _cast(kind: str) -> Callable[[Any], Any]:
    return lambda value: cast(value, kind)


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "base64_encode": to_base64,
    **{name: _hash(name, is_hex=name not in RAW) for name in HASHES},
    **{f"{name}_hex": _hash(name, is_hex=True) for name in HASHES},
    **{name: _cast(name.removeprefix("to_")) for name in CASTS},
}

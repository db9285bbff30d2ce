"""The fields of a request with its secrets taken out, and put back (engine/sealing.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from engine import sealing
from engine.http.request import RequestFields


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

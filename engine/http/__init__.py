"""HTTP to the outside: a request built from plain values, made, and its answer understood.

`build_request` and `interpret` are pure; `perform` is the only thing here that reaches the network. Loading this
package loads no HTTP library.
"""

from __future__ import annotations

from .answer import (
    NO_JSON,
    RETURN_CODE,
    RETURN_HEADERS,
    HttpAnswer,
    Reply,
    debug_info,
    default_mapping,
    interpret,
    response_scope,
)
from .client import perform
from .guard import Egress, Endpoint
from .origin import Origin, is_guarded
from .places import Allowed, Place, read_allowed, read_place, read_places
from .request import METHODS, HttpRequest, RequestFields, SystemValues, build_request, shown_url
from .secrets import Made, confine, hide_secrets, masked_headers, reveal_secrets

__all__ = [
    "METHODS",
    "NO_JSON",
    "RETURN_CODE",
    "RETURN_HEADERS",
    "Allowed",
    "Egress",
    "Endpoint",
    "HttpAnswer",
    "HttpRequest",
    "Made",
    "Origin",
    "Place",
    "Reply",
    "RequestFields",
    "SystemValues",
    "build_request",
    "confine",
    "debug_info",
    "default_mapping",
    "hide_secrets",
    "interpret",
    "is_guarded",
    "masked_headers",
    "perform",
    "read_allowed",
    "read_place",
    "read_places",
    "response_scope",
    "reveal_secrets",
    "shown_url",
]

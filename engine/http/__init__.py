"""HTTP to the outside: a request built from plain values, made, and its answer understood.

`build_request` and `interpret` are pure; `perform` is the only thing here that reaches the network. Loading this
package loads no HTTP library.
"""

from __future__ import annotations

from engine.http.answer import NO_JSON, HttpAnswer, Reply, debug_info, default_mapping, interpret, response_scope
from engine.http.client import perform
from engine.http.request import HttpRequest, RequestFields, SystemValues, build_request, shown_url
from engine.http.secrets import hide_secrets, reveal_secrets

__all__ = [
    "NO_JSON",
    "HttpAnswer",
    "HttpRequest",
    "Reply",
    "RequestFields",
    "SystemValues",
    "build_request",
    "debug_info",
    "default_mapping",
    "hide_secrets",
    "interpret",
    "perform",
    "response_scope",
    "reveal_secrets",
    "shown_url",
]

"""What goes wrong, as RFC 9457 tells it: `application/problem+json`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from ..errors import (
    BadParameter,
    EngineError,
    NotDeployed,
    NotSignedIn,
    QueueFull,
    StoreError,
    TemplateSyntaxError,
    TooOften,
)
from ..rights.credentials import CHALLENGE

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1  # what a client is asked to wait where nobody knows better


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong: `path` in the body, query or file."""

    path: str
    message: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a request was not done. `code` is the stable word for programs; `type` names the error's row in the manual,
    which `code` may share with others.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    where: str = ""
    errors: list[Fault] = []


TITLES = {
    400: "The request cannot be read",
    401: "Who are you?",
    403: "You may not do this",
    404: "There is no such thing",
    405: "This cannot be done here",
    406: "Not in this form",
    408: "The request took too long",
    409: "It does not fit what is there",
    413: "Too much",
    415: "Not of this form",
    421: "Not the host that was asked for",
    422: "What was sent is wrong",
    429: "Too many at once",
    500: "A mistake of the server",
    503: "Not for the moment",
}


class Unacceptable(Exception):
    """A request that is refused before, or without, the engine."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: list[Fault] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors or []
        self.headers = dict(headers or {})


def problem_of(error: EngineError | Unacceptable) -> tuple[Problem, dict[str, str]]:
    """What is answered, and headers besides."""
    if isinstance(error, Unacceptable):
        return _problem(error.code, error.status, error.code, error.detail, errors=error.errors), error.headers
    status = error.http_status
    headers = {"retry-after": str(RETRY_AFTER_S)} if status == 503 or isinstance(error, QueueFull) else {}
    if isinstance(error, TooOften):
        headers["retry-after"] = str(max(1, math.ceil(error.retry_after_s)))
    if isinstance(error, NotSignedIn):
        headers["www-authenticate"] = CHALLENGE
    # The address of the store is the operator's, not the caller's.
    where = "" if isinstance(error, StoreError) else error.where
    name = type(error).__name__
    return _problem(name, status, error.code, error.message, where=where, errors=_faults(error)), headers


def _problem(
    name: str, status: int, code: str, detail: str, *, where: str = "", errors: list[Fault] | None = None
) -> Problem:
    return Problem(f"urn:conv:{name}", TITLES.get(status, "It was not done"), status, detail, code, where, errors or [])


def _faults(error: EngineError) -> list[Fault]:
    if isinstance(error, NotDeployed):
        found = getattr(error.report, "findings", None) or error.report.problems
        return [Fault(f"{one.file}:{one.line}:{one.column}", one.message) for one in found]
    if isinstance(error, BadParameter):
        return [Fault(f"$.data.{error.parameter}", error.message)]
    if isinstance(error, TemplateSyntaxError):
        return [Fault(f"{error.position}", error.message)]
    return []


_PLACE = re.compile(r"(?s)(.*?) - at `(.*)`\Z")


def wrong_shape(error: msgspec.ValidationError, what: str) -> Unacceptable:
    """A body or query that is JSON and of the wrong shape."""
    found = _PLACE.match(str(error))
    message, place = (found[1], found[2]) if found else (str(error), "$")
    return Unacceptable(422, "wrong_shape", f"{what}: {message} at {place}", errors=[Fault(place, message)])


def no_json(reason: str) -> Unacceptable:
    return Unacceptable(400, "no_json", f"the body is no JSON: {reason}")


def unknown_query(error: msgspec.ValidationError, known: list[str]) -> Unacceptable:
    """A query that names or says something wrong."""
    refused: Any = wrong_shape(error, "the query")
    names = f"; it may say {', '.join(known)}" if known else "; it takes none"
    return Unacceptable(400, "wrong_query", refused.detail + names, errors=refused.errors)

"""The one table of the API: each route with its right, query, body, answer, errors and example.

The server's routes, the decoders, the check of rights, the OpenAPI document, the README's list and the tests that try
every route with every role are made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from ..app import Engine
from ..errors import EngineError, NotFound, UnknownConv
from ..store.registry import ConvRecord
from .caller import Caller

if TYPE_CHECKING:
    from .site import Site

T = TypeVar("T", bound=Callable[..., Any])


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No query, or no body."""


class Example(NamedTuple):
    """A request and its answer, as the documentation shows them. `path` fills the braces of the route's path."""

    path: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    body: Any = None
    answer: Any = None


@dataclass(frozen=True, slots=True)
class Route:
    """`role`: what the caller must have, on the conv of the path if there is one, else on everything; SIGNED_IN: a key
    alone; "": nobody is asked who they are. `filters`: it asks for the role on each thing that it answers, by itself.
    `answers`: the type of what `call` returns, or the media type of a stream. `alters`: it takes an Idempotency-Key.
    """

    method: str
    path: str
    call: Callable[[Request], Any]
    role: str
    summary: str
    query: type[Any]
    body: type[Any] | None
    answers: Any
    status: int
    errors: tuple[type[EngineError], ...]
    example: Example
    alters: bool
    filters: bool

    @property
    def name(self) -> str:
        """The operationId: `submit_task`."""
        return self.call.__name__

    @property
    def tag(self) -> str:
        """What the route is about, by the file it stands in: `tasks`."""
        return self.call.__module__.rpartition(".")[2]

    @property
    def is_about_a_conv(self) -> bool:
        return "{conv}" in self.path


@dataclass(slots=True)
class Request:
    """What a route's function is called with: all of it is checked. `key`: the Idempotency-Key."""

    site: Site
    caller: Caller
    path: Mapping[str, str]
    query: Any
    body: Any
    key: str | None
    headers: Mapping[str, str]
    scope: Mapping[str, Any]
    found: ConvRecord | None = None

    @property
    def engine(self) -> Engine:
        return self.site.engine

    @property
    def record(self) -> ConvRecord:
        """The conv that the path names; it is there, and the caller has the route's role on it."""
        if self.found is None:
            raise LookupError("the path of this route names no conv")
        return self.found

    @property
    def conv(self) -> int:
        """Its id."""
        return self.record.conv_id


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is more than a value."""

    value: Any
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


ROUTES: list[Route] = []

_NO_EXAMPLE = Example()


def route(
    method: str,
    path: str,
    *,
    role: str,
    answers: Any,
    query: type[Any] = Nothing,
    body: type[Any] | None = None,
    status: int = 200,
    errors: tuple[type[EngineError], ...] = (),
    example: Example = _NO_EXAMPLE,
    alters: bool = False,
    filters: bool = False,
) -> Callable[[T], T]:
    """Puts a function into the table. Its docstring's first paragraph is the summary."""
    if "{conv}" in path:
        errors = (UnknownConv, *errors)
    if "{ref}" in path:
        errors = (NotFound, *errors)

    def put(call: T) -> T:
        summary = " ".join((call.__doc__ or "").split("\n\n")[0].split())
        unique = tuple(dict.fromkeys(errors))
        ROUTES.append(
            Route(method, path, call, role, summary, query, body, answers, status, unique, example, alters, filters)
        )
        return call

    return put

"""Finding tasks: by a filter in one conv, by ref in all, and the archives of nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec

from ...app import Filter
from ...errors import UnknownNode, WrongCondition, WrongCursor
from ...tables import csv_stream
from ...views import TaskView
from ..route import Example, Request, route
from ..stream import Stream
from .showing import may_reveal, shown

PIECE_BYTES = 32_000  # of a stream: few pieces, little memory

Limit = Annotated[int, msgspec.Meta(ge=1, le=1_000)]


class Search(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`where`: a condition such as `amount > 100 and city = "Kyiv"`. `since_ms`, `until_ms`: changed then, in Unix
    milliseconds. `failed`: only those that ended in an error end or were set aside. `cursor`: of the page before.
    """

    node: str = ""
    place: str = ""
    where: str = ""
    error: str = ""
    since_ms: int = 0
    until_ms: int = 0
    failed: bool = False
    limit: Limit = 100
    cursor: str = ""
    reveal: bool = False


class Which(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page: of how many, and where the page before has ended. `reveal`: secrets are shown, to admins."""

    limit: Limit = 100
    cursor: str = ""
    reveal: bool = False


class Whole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`reveal`: secrets are shown, to admins."""

    reveal: bool = False


class OfRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ref, exactly. `reveal`: secrets are shown, to admins."""

    ref: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    reveal: bool = False


class Found(msgspec.Struct, frozen=True):
    """`cursor`: where to go on, null at the end. A page may hold fewer tasks than asked for, or none, and still go on:
    it reads for two seconds. `looked_at`: how many were read; `left_out`: ready ones that were not looked at.
    """

    tasks: list[TaskView]
    cursor: str | None
    looked_at: int
    left_out: int


class Everywhere(msgspec.Struct, frozen=True):
    tasks: list[TaskView]


ARCHIVE = {"conv": "140897", "node": "token"}


@route(
    "GET",
    "/v1/convs/{conv}/tasks",
    role="view",
    query=Search,
    answers=Found,
    errors=(UnknownNode, WrongCondition, WrongCursor),
    example=Example({"conv": "140897"}, query={"where": "amount > 100"}),
)
def search_tasks(request: Request) -> Found:
    """The tasks of a conv that pass a filter, page by page: those under way, then all others, newest change first."""
    search: Search = request.query
    what = Filter(
        nodes=(search.node,) if search.node else (),
        places=(search.place,) if search.place else (),
        where=search.where,
        error=search.error,
        since_ms=search.since_ms,
        until_ms=search.until_ms,
        failed=search.failed,
    )
    page = request.engine.search(request.conv, what, limit=search.limit, cursor=search.cursor or None)
    return Found(shown(request, page.tasks, reveal=search.reveal), page.cursor, page.looked_at, page.left_out)


@route(
    "GET",
    "/v1/tasks",
    role="view",
    query=OfRef,
    answers=Everywhere,
    filters=True,
    example=Example(query={"ref": "token"}),
)
def find_tasks(request: Request) -> Everywhere:
    """The tasks with exactly this ref, or this id, in all convs that the caller may see."""
    records = request.engine.current.records
    views = [view for view in request.engine.find_ref(request.query.ref) if view.conv_id in records]
    seen = [view for view in views if not request.caller.refusal("view", records[view.conv_id])]
    return Everywhere(shown(request, seen, reveal=request.query.reveal))


@route(
    "GET",
    "/v1/convs/{conv}/nodes/{node}/archive",
    role="view",
    query=Which,
    answers=Found,
    errors=(UnknownNode, WrongCursor),
    example=Example(ARCHIVE),
)
def list_archive(request: Request) -> Found:
    """The tasks at rest in a node, or those that ended there, newest change first."""
    which: Which = request.query
    page = request.engine.archive_page(
        request.conv, request.path["node"], limit=which.limit, cursor=which.cursor or None
    )
    return Found(shown(request, page.tasks, reveal=which.reveal), page.cursor, page.looked_at, page.left_out)


@route(
    "GET",
    "/v1/convs/{conv}/nodes/{node}/archive.csv",
    role="view",
    query=Whole,
    answers="text/csv",
    errors=(UnknownNode,),
    example=Example(ARCHIVE),
)
def archive_csv(request: Request) -> Stream:
    """The whole archive of a node as CSV. Parameters that the first 1000 tasks have not stand in the last column."""
    return Stream(_pieces(csv_stream(_archive(request))), "text/csv; charset=utf-8", "archive.csv")


@route(
    "GET",
    "/v1/convs/{conv}/nodes/{node}/archive.ndjson",
    role="view",
    query=Whole,
    answers="application/x-ndjson",
    errors=(UnknownNode,),
    example=Example(ARCHIVE),
)
def archive_ndjson(request: Request) -> Stream:
    """The whole archive of a node: one JSON document per line and task."""
    encode = msgspec.json.Encoder().encode
    lines = (encode(view).decode() + "\n" for view in _archive(request))
    return Stream(_pieces(lines), "application/x-ndjson", "archive.ndjson")


def _archive(request: Request) -> Iterator[TaskView]:
    reveal = request.query.reveal
    if reveal:
        may_reveal(request)
    views = request.engine.archive_stream(request.conv, request.path["node"])
    return (view if reveal else view.masked() for view in views)


def _pieces(lines: Iterator[str]) -> Iterator[bytes]:
    piece: list[str] = []
    size = 0
    for line in lines:
        piece.append(line)
        size += len(line)
        if size >= PIECE_BYTES:
            yield "".join(piece).encode()
            piece, size = [], 0
    yield "".join(piece).encode()

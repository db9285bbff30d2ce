"""Versions of what is deployed: what they were, and going back to one."""

from __future__ import annotations

import msgspec

from ...errors import DefinitionError, LostRace, NotDeployed, StrandedTasks, UnknownVersion, WrongNodeMap
from ...versions import Version
from ..route import Example, Reply, Request, route
from .definitions import Report, refuse_errors, report_of


class History(msgspec.Struct, frozen=True):
    """The newest first."""

    conv_id: int
    versions: list[Version]


class Source(msgspec.Struct, frozen=True):
    """The YAML as its author wrote it."""

    conv_id: int
    number: int
    file: str
    folder: str
    source: str


class Back(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`node_map`: which new node takes the tasks of which removed one. `message`: why."""

    node_map: dict[str, str] = {}
    message: str = ""


VERSION = {"conv": "140897", "number": "3"}


@route("GET", "/v1/convs/{conv}/versions", role="view", answers=History, example=Example({"conv": "140897"}))
def list_versions(request: Request) -> History:
    """The versions of a conv that are kept: who deployed them, when and why."""
    return History(request.conv, request.engine.history(request.conv))


@route(
    "GET",
    "/v1/convs/{conv}/versions/{number}",
    role="view",
    answers=Source,
    errors=(UnknownVersion, DefinitionError),
    example=Example(VERSION),
)
def show_version(request: Request) -> Reply:
    """The source of a version, as it was written. It never changes: its ETag is its hash."""
    version = _version(request)
    source = request.engine.source(request.conv, version.number)
    tag = f'"{version.source_hash}"'
    if request.headers.get("if-none-match") in (tag, "*"):
        return Reply(None, 304, {"etag": tag})
    text = source.decode("utf-8", "replace")
    return Reply(
        Source(request.conv, version.number, version.file, version.folder, text),
        headers={"etag": tag, "cache-control": "private, no-cache"},
    )


@route(
    "POST",
    "/v1/convs/{conv}/versions/{number}/rollback",
    role="admin",
    body=Back,
    answers=Report,
    errors=(UnknownVersion, NotDeployed, StrandedTasks, WrongNodeMap, LostRace),
    example=Example(VERSION, body={"message": "the new route loses orders"}),
)
def roll_back(request: Request) -> Report:
    """Deploys a version again, as a new one, with the care of any deploy for the tasks that stand there."""
    back: Back = request.body
    maps = {request.conv: back.node_map} if back.node_map else None
    report = request.engine.rollback(
        request.conv, _version(request).number, node_map=maps, message=back.message, author=request.caller.login,
        raise_on_errors=False,
    )  # fmt: skip
    return refuse_errors(report_of(report, deployed=report.is_deployed))


def _version(request: Request) -> Version:
    text = request.path["number"]
    for version in request.engine.history(request.conv):
        if str(version.number) == text:
            return version
    raise UnknownVersion(f'no version "{text[:40]}" is kept of conv {request.conv}')

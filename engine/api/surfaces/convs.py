"""Processes and state diagrams: what is deployed, its counts, its picture; pause and resume."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ...graph.drawing import Drawing
from ...load.document import to_document
from ...views import ConvView
from ..route import Example, Request, route


class Which(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Narrows a list: by `kind`; `text` stands in the title, an alias or the id."""

    kind: Literal["process", "diagram"] | msgspec.UnsetType = msgspec.UNSET
    text: str = ""


class Convs(msgspec.Struct, frozen=True):
    convs: list[ConvView]


class Deployed(msgspec.Struct, frozen=True):
    """A deployed definition, as the document that YAML is read into."""

    conv_id: int
    definition: dict[str, Any]


class Paused(msgspec.Struct, frozen=True):
    conv_id: int
    paused: bool


CONV = {"conv": "140897"}


@route("GET", "/v1/convs", role="view", query=Which, answers=Convs, filters=True)
def list_convs(request: Request) -> Convs:
    """All processes and state diagrams that the caller may see, with how many tasks stand where."""
    which: Which = request.query
    found = []
    for record in request.engine.current.records.values():
        texts = (record.title, str(record.conv_id), *("@" + alias for alias in record.aliases))
        if request.caller.refusal("view", record) or (which.kind and record.kind != which.kind):
            continue
        if any(which.text.casefold() in text.casefold() for text in texts):
            found.append(record.conv_id)
    return Convs([request.engine.show(conv_id) for conv_id in sorted(found)])


@route("GET", "/v1/convs/{conv}", role="view", answers=ConvView, example=Example(CONV))
def show_conv(request: Request) -> ConvView:
    """One process or state diagram, by id, @alias or title: its nodes and their counts."""
    return request.engine.show(request.conv)


@route("GET", "/v1/convs/{conv}/definition", role="view", answers=Deployed, example=Example(CONV))
def show_definition(request: Request) -> Deployed:
    """The definition that is deployed."""
    return Deployed(request.conv, to_document(request.engine.definition(request.conv)))


@route("GET", "/v1/convs/{conv}/graph", role="view", answers=Drawing, example=Example(CONV))
def show_graph(request: Request) -> Drawing:
    """The nodes and the ways between them, laid out: cards, lines as SVG paths, labels."""
    return request.engine.drawing(request.conv)


@route("POST", "/v1/convs/{conv}/pause", role="admin", answers=Paused, example=Example(CONV))
def pause_conv(request: Request) -> Paused:
    """Lets no task in and runs none, until it is resumed. Tasks stay where they are."""
    request.engine.pause(request.conv)
    return Paused(request.conv, paused=True)


@route("POST", "/v1/convs/{conv}/resume", role="admin", answers=Paused, example=Example(CONV))
def resume_conv(request: Request) -> Paused:
    """Lets tasks in again, and runs them."""
    request.engine.resume(request.conv)
    return Paused(request.conv, paused=False)

"""Which tasks of a conv are meant: by node, place, condition, time, and what failed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Any

import msgspec

from ..convs import Convs
from ..data import check_name, kind_of
from ..errors import WrongCondition
from ..program import Program
from ..store.calls import finding
from ..store.records import Record
from ..store.registry import ConvRecord
from ..task import Place
from ..views import mask, readable
from ..where import Where, parse_where

RESTING = frozenset(place.value for place in finding.AT | {Place.QUEUED, Place.ASIDE, Place.FINAL})
PLACES = RESTING | {place.value for place in finding.UNDER_WAY}


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Tasks are found that pass all of it; an empty one finds all.

    `nodes`: names. `places`: as of TaskView.place; "held" is a ready task of a paused conv. `where`: a condition, as
    engine.where has it; values of secrets pass none. `since_ms`, `until_ms`: last changed from then on, and before, in
    Unix ms on the conv's clock. `error`: the tag of what failed first and is not mended. `failed`: only those that
    ended in an error end or were set aside.
    """

    nodes: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    where: str = ""
    since_ms: int = 0
    until_ms: int = 0
    error: str = ""
    failed: bool = False


def archive_filter(node: str) -> Filter:
    """What stands at rest in a node, or has ended there."""
    check_name(node, "the name of a node")
    return Filter(nodes=(node,), places=tuple(sorted(RESTING)))


class Wanted:
    """A filter for one conv, checked. Raises UnknownNode, WrongCondition, WrongData."""

    def __init__(self, what: Filter, convs: Convs, record: ConvRecord) -> None:
        if not isinstance(what, Filter):
            raise WrongCondition(f"a filter is a Filter, not {kind_of(what)}")
        self.program: Program = convs.program(record.conv_id)
        self._secrets = self.program.secrets
        _check_texts(what.nodes, "nodes")
        _check_texts(what.places, "places")
        check_name(what.error, "an error tag")
        for name in ("since_ms", "until_ms"):
            if type(getattr(what, name)) is not int or not 0 <= getattr(what, name) < 1 << 53:
                raise WrongCondition(f"{name} is a whole number of ms since 1970")
        self.nodes = frozenset(convs.node_id(record, node) for node in what.nodes)
        self.places = _places(what.places)
        self.where: Where | None = parse_where(what.where) if what.where else None
        self.since_ms, self.until_ms = what.since_ms, what.until_ms
        self._error = what.error
        self._error_ends = frozenset(step.id for step in self.program.by_id.values() if step.end == "error")
        if what.failed:
            self.places &= {Place.FINAL, Place.ASIDE}
        self._failed = what.failed
        if self.where is not None and (secret := sorted(self.where.parameters & self._secrets)):
            raise WrongCondition(
                f'the values of the parameter "{secret[0]}" are secret, so tasks cannot be searched by them; search by'
                " the ref, or by another parameter"
            )

    @property
    def needs_data(self) -> bool:
        """Whether the short part of a record does not tell."""
        return self.where is not None or bool(self._error)

    def places_in(self, some: Collection[str]) -> frozenset[str]:
        return self.places.intersection(some)

    def fits(self, found: Record) -> bool:
        """Raises WrongCondition where the condition cannot be tested."""
        place = "ready" if found.place == "held" else found.place
        if place not in self.places or (self.nodes and found.node not in self.nodes):
            return False
        if found.change_ms < self.since_ms or (self.until_ms and found.change_ms >= self.until_ms):
            return False
        if self._failed and place == "final" and found.node not in self._error_ends:
            return False
        if not self.needs_data:
            return True
        data, meta, unreadable = readable(found.data, found.meta)
        if unreadable:
            return False
        if self._error and (meta.failure is None or meta.failure.tag != self._error):
            return False
        return self.where is None or self.where.passes(_open(data, self._secrets.union(meta.secrets)))


def _open(data: dict[str, Any], secrets: frozenset[str]) -> dict[str, Any]:
    """What of a task's data may be searched: nothing that would be shown masked."""
    if secrets.isdisjoint(data):
        return data
    return {name: value for name, value in mask(data, secrets).items() if name not in secrets}


def _places(names: Sequence[str]) -> frozenset[str]:
    known = {*PLACES, "held"}
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1, 0.6)
            hint = f'did you mean "{near[0]}"?' if near else "there are " + ", ".join(sorted(known))
            raise WrongCondition(f'there is no place "{name[:100]}"; {hint}')
    return frozenset("ready" if name == "held" else name for name in names) or PLACES


def _check_texts(texts: Any, what: str) -> None:
    if not isinstance(texts, tuple | list):
        raise WrongCondition(f"{what} are a list of texts, not {kind_of(texts)}")
    for text in texts:
        check_name(text, f"one of the {what}")

"""Pages of a search: which tasks there are, and then what they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...task import Place
from ..call import Call, Partition, pack
from ..records import Record
from ..sizes import MAX_ITEMS, check_items
from ..wire import RestingMessage, RestingReply, RowsMessage, RowsReply, UnderWayMessage, UnderWayReply
from .reading import as_record

ROWS_BYTES = 4_000_000  # of data and meta that one call answers with
MOST_IN_A_LANE = 100_000  # entries of a lane that one call looks at
LAST_ID = "g"  # above all ids

AT = frozenset({Place.WAITING, Place.PARKED, Place.DELAYED, Place.SENDING, Place.CALLING})
UNDER_WAY = frozenset({Place.READY, Place.LEASED})


class Resting(NamedTuple):
    """`found`: (change in ms, id), newest first; fewer than asked for: there are no more."""

    now_ms: int
    found: list[tuple[int, str]]


class UnderWay(NamedTuple):
    """`ids`: the youngest first; fewer than asked for: there are no more. `left_out`: entries not looked at."""

    now_ms: int
    left_out: int
    ids: list[str]


def resting(
    p: Partition,
    nodes: Sequence[str],
    places: frozenset[str],
    limit: int,
    before: tuple[int, str],
    since_ms: int = 0,
    *,
    any_node: bool = False,
) -> Call[Resting]:
    """Tasks at rest in these nodes, ended there (`any_node`: anywhere), or set aside in any node, newest change first.

    `before`: only those with a smaller (change in ms, id).
    """
    before_ms, before_id = before
    message = RestingMessage(
        nodes=nodes,
        any_node=any_node,
        at=not places.isdisjoint(AT),
        queued=Place.QUEUED in places,
        ended=Place.FINAL in places,
        aside=Place.ASIDE in places,
        since_ms=since_ms,
        before_ms=before_ms,
        before_id=before_id,
        limit=min(limit, MAX_ITEMS),
    )

    def decode(reply: list[Any]) -> Resting:
        it = RestingReply(*reply)
        pairs = it.found
        return Resting(int(it.now_ms), [(int(pairs[n]), pairs[n + 1].decode()) for n in range(0, len(pairs), 2)])

    return Call("resting", p, [pack(message)], decode, read_only=True)


def under_way(p: Partition, lanes: Sequence[str], limit: int, before_id: str = LAST_ID) -> Call[UnderWay]:
    """Tasks that are ready in these lanes or running, by id, the youngest first; some may have gone on already."""
    message = UnderWayMessage(lanes=lanes, before_id=before_id, limit=min(limit, MAX_ITEMS), most=MOST_IN_A_LANE)

    def decode(reply: list[Any]) -> UnderWay:
        it = UnderWayReply(*reply)
        return UnderWay(int(it.now_ms), int(it.left_out), [task_id.decode() for task_id in it.ids])

    return Call("under_way", p, [pack(message)], decode, read_only=True)


def rows(p: Partition, ids: Sequence[str], *, short: bool = False) -> Call[list[Record | None]]:
    """The tasks with the first of these ids, at least one, as far as they have room in an answer. `short`: without data
    and meta."""
    check_items(ids)

    def decode(reply: list[Any]) -> list[Record | None]:
        it = RowsReply(*reply)
        paused = bool(it.paused)
        return [None if row is None else as_record(row, paused) for row in it.tasks]

    message = RowsMessage(ids=ids, short=short, size_bytes=ROWS_BYTES)
    return Call("rows", p, [pack(message)], decode, read_only=True)

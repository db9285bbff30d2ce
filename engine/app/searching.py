"""Finding tasks: those that pass a filter, page by page, newest first; and those with a ref, in all convs.

A search first goes through the tasks under way (ready, running), the youngest first, and then through all others,
those that changed last first. It sees what had not changed since it began: a task that moves on before its turn is not
found, and none is found twice, unless it is moved to another partition meanwhile. Nothing is kept between two pages;
the cursor says where to go on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..data import check_count, check_ref
from ..errors import Elsewhere
from ..store import calls
from ..store.call import Call, Partition
from ..store.calls.finding import LAST_ID, UNDER_WAY
from ..store.records import LANE_ALONE, LANE_RUN, Record
from ..store.registry import ConvRecord
from ..vault.record import opened_or_not
from ..views import TaskView
from .context import MOVE_S, Context
from .cursors import Cursor, digest_of, read_cursor, write_cursor
from .filters import RESTING, Filter, Wanted
from .look import Look

PAGE_S = 2.0  # for so long a page reads
PAGE_TASKS = 20_000  # and at most so many tasks
IDS = 1000  # that one call names
ROWS = 200  # that one call brings


@dataclass(frozen=True, slots=True)
class Page:
    """Tasks that were found. `cursor`: where to go on; None: there are no more. `looked_at`: how many tasks were read.

    `left_out`: how many ready tasks were not looked at, because too many wait for a worker.
    """

    tasks: list[TaskView]
    cursor: str | None
    looked_at: int
    left_out: int = 0

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "tasks": [view.as_dict() for view in self.tasks],
            "cursor": self.cursor,
            "looked_at": self.looked_at,
            "left_out": self.left_out,
        }


class _Spot(NamedTuple):
    """A task that may be one, and the cursor behind it."""

    partition: Partition
    task_id: str
    after: Cursor


class Searching:
    def __init__(self, context: Context, look: Look) -> None:
        self._context = context
        self._look = look

    def page(self, conv: str | int, what: Filter, limit: int, cursor: str | None) -> Page:
        """As Engine.search."""
        check_count(limit, "a limit")
        record = self._context.find(conv)
        wanted = Wanted(what, self._context.current, record)
        walk = Walk(self._context, record, wanted, digest_of((record.conv_id, what)), cursor)
        views: list[TaskView] = []
        for found in walk.records(limit):
            views.append(self._look.view(record, found))
        return Page(views, walk.cursor, walk.looked_at, walk.left_out)

    def stream(self, conv: str | int, what: Filter) -> Iterator[TaskView]:
        """As Engine.stream."""
        record = self._context.find(conv)
        wanted = Wanted(what, self._context.current, record)  # what is wrong is said before the first is asked for
        return (self._look.view(record, found) for found in everything(self._context, record, wanted))

    def find_ref(self, ref: str) -> list[TaskView]:
        """As Engine.find_ref."""
        check_ref(ref)
        until = time.monotonic() + MOVE_S
        found: dict[int, Record | None] = {}
        while True:
            convs = self._context.current
            left = [record for conv_id, record in sorted(convs.records.items()) if conv_id not in found]
            answers = self._context.store.run(
                [calls.read(convs.partition(record.conv_id, ref), [ref]) for record in left]
            )
            again = False
            for record, answer in zip(left, answers, strict=True):
                if isinstance(answer, Elsewhere):
                    again = True
                elif isinstance(answer, Exception):
                    raise answer
                else:
                    found[record.conv_id] = answer.tasks[0]
            if not again:
                break
            self._context.look_again(until)
        return [
            self._look.view(convs.records[conv_id], task)
            for conv_id, task in sorted(found.items())
            if task is not None and conv_id in convs.records
        ]


def everything(context: Context, record: ConvRecord, wanted: Wanted, *, short: bool = False) -> Iterator[Record]:
    """All tasks that fit, in the order of a search; never more than a page of them in memory. `short`: without data and
    meta, where the filter needs none."""
    walk = Walk(context, record, wanted, b"", None, short=short and not wanted.needs_data)
    while True:
        yield from walk.records(PAGE_TASKS)
        if walk.cursor is None:
            return


class Walk:
    """Through the tasks of a conv, from a cursor on. `cursor`: where to go on; None: at the end."""

    def __init__(
        self,
        context: Context,
        record: ConvRecord,
        wanted: Wanted,
        of: bytes,
        cursor: str | None,
        *,
        short: bool = False,
    ) -> None:
        self._context = context
        self._record = record
        self._wanted = wanted
        self._short = short
        self._nodes = sorted(wanted.nodes or record.node_ids.values())
        self.looked_at = 0
        self.left_out = 0
        self._at: Cursor | None = read_cursor(cursor, of) if cursor is not None else self._beginning(of)

    @property
    def cursor(self) -> str | None:
        return None if self._at is None else write_cursor(self._at)

    def records(self, limit: int) -> Iterator[Record]:
        """The next tasks that fit: `limit`, or what is found within a page's time and number."""
        until = time.monotonic() + PAGE_S
        first, found = self.looked_at, 0
        while self._at is not None:
            spots = self._next_spots(self._at, limit - found)
            if not spots:
                self._at = self._behind(self._at)
                continue
            for spot, record in self._read(spots):
                self.looked_at += 1
                self._at = spot.after
                if record is not None and self._is_there(spot, record) and self._wanted.fits(record):
                    found += 1
                    yield record
                    if found == limit:
                        return
                if self.looked_at - first >= PAGE_TASKS or time.monotonic() > until:
                    return

    def _beginning(self, of: bytes) -> Cursor:
        """Nothing is found that changes from now on. By the slowest clock, where servers differ."""
        now_ms = min(snapshot.now_ms for snapshot in self._run([calls.read(p) for p in self._partitions()]))
        top_ms = min(now_ms, self._wanted.until_ms - 1) if self._wanted.until_ms else now_ms
        if self._wanted.places_in(UNDER_WAY):
            return Cursor(of, top_ms, False, 0, 0, LAST_ID)
        return Cursor(of, top_ms, True, 0, top_ms, LAST_ID)

    def _behind(self, at: Cursor) -> Cursor | None:
        """Where to go on when there is no more here."""
        if at.resting:
            return None
        if at.partition + 1 < len(self._partitions()):
            return Cursor(at.of, at.top_ms, False, at.partition + 1, 0, LAST_ID)
        return Cursor(at.of, at.top_ms, True, 0, at.top_ms, LAST_ID)

    def _next_spots(self, at: Cursor, limit: int) -> list[_Spot]:
        many = self._wanted.needs_data or bool(self._wanted.nodes) or limit > IDS
        count = IDS if many else max(limit, 10)
        return self._resting(at, count) if at.resting else self._under_way(at, count)

    def _under_way(self, at: Cursor, count: int) -> list[_Spot]:
        partitions = self._partitions()
        if at.partition >= len(partitions):
            return []
        partition = partitions[at.partition]
        lanes = [LANE_RUN, LANE_ALONE, *self._record.node_ids.values()]
        while True:
            [answer] = self._run([calls.under_way(partition, lanes, count, at.before_id)])
            # What moves on after this look changes later than `top_ms`, so it is not found once more at rest.
            if answer.now_ms > at.top_ms:
                break
        if at.before_id == LAST_ID:
            self.left_out += answer.left_out
        return [
            _Spot(partition, task_id, Cursor(at.of, at.top_ms, False, at.partition, 0, task_id))
            for task_id in answer.ids
        ]

    def _resting(self, at: Cursor, count: int) -> list[_Spot]:
        """The next of all partitions together: as far as each of them has told."""
        places = self._wanted.places_in(RESTING)
        partitions = self._partitions()
        each = max(20, min(count, 2 * count // len(partitions)))
        if not places:
            return []
        before = (at.before_ms, at.before_id)
        answers = self._run(
            [
                calls.resting(
                    p,
                    self._nodes,
                    places,
                    each,
                    before,
                    self._wanted.since_ms,
                    any_node=not self._wanted.nodes,
                )
                for p in partitions
            ]
        )
        told = max((answer.found[-1] for answer in answers if len(answer.found) == each), default=(0, ""))
        spots = {
            (change_ms, task_id): _Spot(p, task_id, Cursor(at.of, at.top_ms, True, 0, change_ms, task_id))
            for p, answer in zip(partitions, answers, strict=True)
            for change_ms, task_id in answer.found
            if (change_ms, task_id) >= told
        }
        return [spots[key] for key in sorted(spots, reverse=True)]

    def _is_there(self, spot: _Spot, record: Record) -> bool:
        """Whether the task still is where it was looked for; what has moved on is not found."""
        at = spot.after
        return record.change_ms <= at.top_ms and (record.place in RESTING) == at.resting

    def _read(self, spots: list[_Spot]) -> Iterator[tuple[_Spot, Record | None]]:
        """The records of these, in order; a few round trips, each of a bounded size."""
        for start in range(0, len(spots), ROWS):
            known: dict[str, Record | None] = {}
            left = spots[start : start + ROWS]
            while left:
                groups: dict[Partition, list[str]] = {}
                for spot in left:
                    groups.setdefault(spot.partition, []).append(spot.task_id)
                answers = self._run([calls.rows(p, ids, short=self._short) for p, ids in groups.items()])
                for ids, rows in zip(groups.values(), answers, strict=True):
                    known.update(zip(ids, rows, strict=False))
                left = [spot for spot in left if spot.task_id not in known]
            for spot in spots[start : start + ROWS]:
                record = known[spot.task_id]
                yield spot, record and opened_or_not(self._record.conv_id, record, self._context.store.box)

    def _partitions(self) -> list[Partition]:
        return self._context.current.partitions(self._record.conv_id)

    def _run(self, requests: list[Call[Any]]) -> list[Any]:
        return self._context.all(requests)

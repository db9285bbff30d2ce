"""Tasks and counts as they stand; and the end of those that are kept long enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from ..call import UNREADABLE, Call, Partition, pack
from ..records import LANE_RUN, Count, Failed, Move, Period, Periods, Record, Snapshot, Stats, Swept
from ..sizes import MAX_ITEMS, check_items
from ..wire import (
    ListingReply,
    PeriodMessage,
    PeriodsReply,
    ReadMessage,
    ReadReply,
    StatsReply,
    SweepReply,
    TaskRow,
    rows,
)


def read(
    p: Partition,
    refs: Sequence[str] = (),
    nodes: Sequence[str] = (),
    sums: Sequence[tuple[str, str]] = (),
    *,
    mails: bool = False,
    oldest: bool = False,
) -> Call[Snapshot]:
    """Tasks by ref or id (the ref first; of one ref the newest), counts of nodes, and totals (node, name), all at one
    moment. `mails`: also how many modifies wait, and were of no use; `oldest`: when the oldest task of each archive
    ended."""
    check_items(refs)
    check_items(nodes)
    check_items(sums)

    def decode(reply: list[Any]) -> Snapshot:
        it = ReadReply(*reply)
        paused = bool(it.paused)
        tasks = [None if row is None else as_record(row, paused) for row in it.tasks]
        totals = [(total or b"0").decode() for total in it.sums]
        oldest_ms = [int(ms) for ms in it.oldest_ms]
        counts = _counts(it.counts)
        return Snapshot(int(it.now_ms), paused, tasks, counts, totals, it.mails, int(it.unused or 0), oldest_ms)

    fields = [" ".join(total) for total in sums]
    wanted = ReadMessage(refs=list(refs), nodes=list(nodes), sums=fields, mails=mails, oldest=oldest)
    return Call("read", p, [pack(wanted)], decode, read_only=True)


def listing(
    p: Partition, node: str, limit: int, before_ms: int | None = None, before_id: str = ""
) -> Call[list[Record]]:
    """The tasks in a node, newest change first; of an end node its archive.

    To go on after a page give the change_ms and task_id of its last record (many tasks change in one millisecond).
    Tasks that run at this moment are in no list.
    """

    def decode(reply: list[Any]) -> list[Record]:
        it = ListingReply(*reply)
        paused = bool(it.paused)
        return [as_record(row, paused) for row in it.tasks]

    bound = -1 if before_ms is None else before_ms
    return Call("listing", p, [node, min(limit, MAX_ITEMS), bound, before_id], decode, read_only=True)


def stats(p: Partition) -> Call[Stats]:
    """How many tasks stand where."""

    def decode(reply: list[Any]) -> Stats:
        it = StatsReply(*reply)
        counts, lanes = it.counts, it.lanes
        nodes: dict[str, list[int]] = {}
        for i in range(0, len(counts), 2):
            node, _, kind = counts[i].decode().rpartition(".")
            if kind != "s":  # the mark of a count semaphor
                nodes.setdefault(node, [0, 0, 0])["iox".index(kind)] = int(counts[i + 1])
        return Stats(
            int(it.now_ms),
            bool(it.paused),
            {node: Count(*values) for node, values in nodes.items()},
            {lanes[i].decode(): int(lanes[i + 1]) for i in range(0, len(lanes), 2)},
            int(it.leases),
            int(it.dues),
            None if it.next_in_ms is None else int(it.next_in_ms),
            int(it.outbox),
            int(it.seen),
            int(it.aside),
            int(it.periods),
        )

    return Call("stats", p, [], decode, read_only=True)


def periods(p: Partition, kind: Literal["minutes", "hours"], since: int, until: int) -> Call[Periods]:
    """What was counted in each minute or hour from number `since` to before `until` (see `Period`), what is open
    included. 0 and less is counted back from now: -59 and 0 are the last 60, the one that it is now included."""

    def decode(reply: list[Any]) -> Periods:
        it = PeriodsReply(*reply)
        return Periods(int(it.now_ms), [read_period(entry) for entry in it.entries])

    return Call("periods", p, [kind, since, until], decode, read_only=True)


def read_period(entry: bytes) -> Period:
    """An entry of the lists `minutes` and `hours`. One that cannot be read counts nothing: a name in it is no text."""
    number, _, packed = entry.partition(b" ")
    try:
        it = PeriodMessage(*msgspec.msgpack.decode(packed))
        return Period(int(number), tuple(rows(Move, it.moves)), tuple(rows(Failed, it.failures)))
    except UNREADABLE:
        return Period(int(number), (), ())


def sweep(p: Partition, n: int, keep_ms: int, keep_count: int, keep_bytes: int = 0) -> Call[Swept]:
    """Delete up to n ended tasks: those older than keep_ms, and of each end node all but the newest keep_count, and of
    these all but the newest that have keep_bytes of data and meta together (0: any).

    Also forgets up to n effect ids seen over a day ago, or settled, and up to n minutes and hours whose counts are kept
    no longer.
    """

    def decode(reply: list[int]) -> Swept:
        it = SweepReply(*reply)
        return Swept(it.removed, it.more == 1, it.room)

    return Call("sweep", p, [min(n, MAX_ITEMS), keep_ms, keep_count, keep_bytes], decode)


def as_record(row: list[Any], paused: bool) -> Record:
    it = TaskRow(*row)
    name = it.task_id.decode()
    place = it.place.decode(errors="backslashreplace")
    created_ms = _number(it.create_ms)
    return Record(
        name,
        name if it.ref is None else it.ref.decode(errors="backslashreplace"),
        (it.node or b"").decode(errors="backslashreplace"),
        "held" if paused and place == "ready" else place,
        _number(it.visit, 1),
        it.data or b"",
        it.meta or b"",
        LANE_RUN if it.lane is None else it.lane.decode(),
        _number(it.due_ms),
        _number(it.attempts),
        created_ms,
        _number(it.change_ms, created_ms),
        (it.note or b"").decode(errors="backslashreplace"),
        it.noted is not None,
        int(it.unused or 0),
        _waits_for(it.waits_for, it.visit),
    )


def _waits_for(field: bytes | None, visit: bytes | None) -> str:
    """Whom a task waits for in this visit. An older worker leaves the field of an earlier one."""
    of_visit, _, target = (field or b"").partition(b" ")
    return target.decode(errors="backslashreplace") if of_visit == (visit or b"1") else ""


def _number(value: bytes | None, default: int = 0) -> int:
    """A whole number of a record that is looked at; what is none must not hide the rest."""
    return int(value) if value is not None and value.isdigit() else default


def _counts(values: list[Any]) -> list[Count]:
    numbers = [int(value or 0) for value in values]
    return [Count(*numbers[i : i + 3]) for i in range(0, len(numbers), 3)]

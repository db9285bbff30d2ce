"""The calls that carry buckets from one partition of a conv to another; lua/shared/moving.lua has their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from .call import Call, Partition
from .ids import BUCKETS
from .keys import task_keys
from .sizes import MAX_BYTES
from .wire import (
    SEEN_ANSWERS,
    SEEN_FROM_MS,
    SEEN_STEP,
    ArmReply,
    CarriedRow,
    EffectsReply,
    SeenRow,
    fields_of,
    rows,
)

HERE, FROZEN, INCOMING, ELSEWHERE = b"ofi-"

_pack = msgspec.msgpack.Encoder().encode
_PAGE = 2000
_PERIODS = 250  # entries of what was counted over time in one call
PERIOD_KINDS = ("minutes", "hours")
_CARRIED = len(fields_of(CarriedRow))


class Armed(NamedTuple):
    """The state of each bucket, as one byte; the clock's offset and whether it is paused; the conv's clock in ms."""

    states: bytes
    offset: str
    paused: str
    now_ms: int


class Carried(NamedTuple):
    """Everything of one task, as its partition holds it. `kept`: what stands in each of `keys.task_keys`."""

    task_id: bytes
    has_pointer: bool
    deadline: bytes
    fields: list[bytes]
    kept: list[list[bytes]]

    @property
    def size(self) -> int:
        """About how many bytes it takes in a call."""
        return 100 + sum(map(len, self.fields)) + sum(len(value) for values in self.kept for value in values)


class Seen(NamedTuple):
    """An effect that was applied. `score` as of `seen_at`; `words`: what it was answered, where no number says it."""

    effect_id: bytes
    score: bytes
    words: bytes


class CarriedEffects(NamedTuple):
    """Effects as the outbox holds them: those to be sent, and those that were set aside; (out id, fields)."""

    sent: list[tuple[bytes, list[bytes]]]
    late: list[tuple[bytes, list[bytes]]]


def states_of(buckets: Sequence[int], number: int) -> bytes:
    """The states of a partition that has had its buckets all along."""
    return bytes(HERE if owner == number else ELSEWHERE for owner in buckets)


def arm(p: Partition, mover: str, states: bytes, offset: str = "", paused: str = "") -> Call[Armed]:
    """Make this mover the only one; `states` are those of a partition that has none yet."""
    if len(states) != BUCKETS:
        raise ValueError(f"{len(states)} states")
    return Call(
        "arm",
        p,
        [mover, states, offset, paused],
        _read_armed,
    )


def _read_armed(reply: list[Any]) -> Armed:
    it = ArmReply(*reply)
    return Armed(it.states, it.offset.decode(), it.paused.decode(), int(it.now_ms))


def turn(script: str, p: Partition, mover: str, buckets: Iterable[int]) -> Call[int]:
    """`freeze`, `release`, `expect`, `activate`, `thaw` `drop` or (of a backup) `saved`: these buckets."""
    return Call(script, p, [mover, _pack(sorted(buckets))], int)


def leased(p: Partition, buckets: Iterable[int]) -> Call[int]:
    """How many tasks of these buckets are in batches that are not committed yet."""
    return Call("leased", p, [_pack(sorted(buckets))], int, read_only=True)


def born(p: Partition) -> Call[list[bytes]]:
    """The ids of tasks created since the partition was armed."""
    return Call("export_born", p, [], list, read_only=True)


def export(p: Partition, ids: Sequence[bytes]) -> Call[list[Carried]]:
    """Those of these tasks that there are."""
    return Call("export", p, list(ids), _read_carried, read_only=True)


def _read_carried(reply: list[Any]) -> list[Carried]:
    return [_carried(CarriedRow(*row[:_CARRIED]), row[_CARRIED:]) for row in reply]


def _carried(it: CarriedRow, kept: list[list[bytes]]) -> Carried:
    return Carried(it.task_id, bool(it.pointer), it.deadline or b"", it.fields, kept)


def adopt(p: Partition, mover: str, tasks: Sequence[Carried]) -> Iterator[Call[int]]:
    """In as many calls as their size takes."""
    args: list[bytes | str | int] = [mover]
    size = 0
    for task in tasks:
        if len(args) > 1 and (size + task.size > MAX_BYTES or len(args) > 5000):
            yield Call("adopt", p, args, int)
            args, size = [mover], 0
        args += (task.task_id, "1" if task.has_pointer else "", task.deadline, len(task.fields), *task.fields)
        # A backup of before a key was registered has nothing of it.
        for values in (*task.kept, *([[]] * (len(task_keys()) - len(task.kept)))):
            args += (len(values), *values)
        size += task.size
    if len(args) > 1:
        yield Call("adopt", p, args, int)


def export_effects(p: Partition, buckets: Iterable[int]) -> Call[CarriedEffects]:
    def decode(reply: list[Any]) -> CarriedEffects:
        it = EffectsReply(*reply)
        return CarriedEffects(*([(out_id, fields) for out_id, fields in part] for part in (it.sent, it.late)))

    return Call("export_effects", p, [_pack(sorted(buckets))], decode, read_only=True)


def adopt_effects(p: Partition, mover: str, effects: CarriedEffects) -> Iterator[Call[int]]:
    for kind, some in (("out", effects.sent), ("late", effects.late)):
        for out_id, fields in some:
            yield Call("adopt_effect", p, [mover, kind, out_id, len(fields), *fields], int)


def export_seen(p: Partition, since_ms: int, offset: int) -> Call[list[Seen]]:
    """Up to 2000 effects that were applied since. The next offset is this and their number."""

    def decode(reply: list[bytes]) -> list[Seen]:
        return [Seen(it.effect_id, it.score, it.words) for it in rows(SeenRow, reply)]

    return Call("export_seen", p, [since_ms, offset, _PAGE], decode, read_only=True)


def adopt_seen(p: Partition, mover: str, effects: Sequence[Seen]) -> Call[int]:
    args: list[bytes | str | int] = [mover]
    for it in effects:
        args += (it.score, it.effect_id, it.words)
    return Call("adopt_seen", p, args, int)


def purge(p: Partition, mover: str, ids: Sequence[bytes]) -> Call[int]:
    """Forget those of these tasks whose bucket is elsewhere."""
    return Call("purge", p, [mover, *ids], int)


def purge_effects(p: Partition, mover: str) -> Call[int]:
    return Call("purge_effects", p, [mover], int)


def export_counts(p: Partition) -> Call[list[bytes]]:
    """Field, number, …"""
    return Call("export_counts", p, [], list, read_only=True)


def adopt_counts(p: Partition, mover: str, origin: int, counts: Sequence[bytes | int]) -> Call[int]:
    """Add these to the totals; once for each origin, until `retired`."""
    return Call("adopt_counts", p, [mover, origin, *counts], int)


def export_periods(p: Partition, kind: str, offset: int) -> Call[list[bytes]]:
    """Up to 250 entries of what was counted over time, `kind`: "minutes" or "hours"; the end is an empty page. The
    next offset is this and their number."""
    return Call("export_periods", p, [kind, offset, _PERIODS], list, read_only=True)


def all_periods(one: Callable[[Call[list[bytes]]], list[bytes]], p: Partition, kind: str) -> list[bytes]:
    """All entries of a kind; `one` makes a call."""
    entries: list[bytes] = []
    while page := one(export_periods(p, kind, len(entries))):
        entries += page
    return entries


def adopt_periods(p: Partition, mover: str, origin: int, kind: str, entries: Sequence[bytes]) -> Iterator[Call[int]]:
    """Add all that was counted elsewhere to what was counted here; once for each origin, until `retired`. In as many
    calls as it takes, to be made in their order."""
    for start in range(0, len(entries), _PERIODS):
        page = entries[start : start + _PERIODS]
        yield Call("adopt_periods", p, [mover, origin, kind, start, *page], int)


def retire(p: Partition, mover: str) -> Call[int]:
    """Forget all that a partition without tasks keeps, but that it has no buckets."""
    return Call("retire", p, [mover], int)


def retired(p: Partition, mover: str, origin: int) -> Call[int]:
    """Counts from this origin may be adopted again."""
    return Call("retired", p, [mover, origin], int)


def disarm(p: Partition, mover: str, *, unknowing: bool) -> Call[int]:
    """`unknowing`: the conv was never repartitioned, so its only partitions need not know their buckets."""
    return Call("disarm", p, [mover, "1" if unknowing else ""], int)


def keep(p: Partition, mover: str, backup: str) -> Call[int]:
    """From now on a backup of this name is made: effects that are confirmed are kept, for `export_kept`, and so on (see
    lua/shared/backup.lua); "": no longer."""
    return Call("keep", p, [mover, backup], int)


def export_images(p: Partition, offset: int) -> Call[list[Carried]]:
    """Up to 2000 tasks as they were when they were saved before their bucket."""
    return Call("export_images", p, [offset, _PAGE], _read_carried, read_only=True)


def export_after(p: Partition) -> Call[set[bytes]]:
    """Effects that these had not taken by then."""
    return Call("export_after", p, [], set, read_only=True)


def export_kept(p: Partition, offset: int) -> Call[list[tuple[bytes, list[bytes]]]]:
    """Up to 2000 effects that were confirmed since `keep`: out id, fields."""
    return Call("export_kept", p, [offset, _PAGE], lambda reply: [tuple(row) for row in reply], read_only=True)


def seen_from(score: bytes, now_ms: int) -> bytes:
    """The score of an effect that is taken for applied now: from a backup, it would be forgotten at once."""
    return str((now_ms - SEEN_FROM_MS) * SEEN_STEP + int(float(score)) % SEEN_STEP).encode()


def wipe(slot: str, names: Sequence[bytes]) -> Call[int]:
    """Delete keys of one slot (`conv.partition` or `reg`), by their names without the tag."""
    conv, _, number = slot.partition(".")
    return Call("wipe", None if slot == "reg" else Partition(int(conv), int(number)), list(names), int)


def seen_at(score: bytes) -> tuple[int, int]:
    """When an effect was applied (the conv's clock ms), and in which bucket; see seen_score (lua/shared/seen.lua)."""
    whole = int(float(score))
    return whole // SEEN_STEP + SEEN_FROM_MS, whole % SEEN_STEP // SEEN_ANSWERS

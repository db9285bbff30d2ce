"""Effects: applied at their target, confirmed at their source, remembered and forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..call import UNREADABLE, Args, Call, Partition, flags, pack, texts
from ..mail import write_mail
from ..records import LANE_RUN, Confirm, Delivery, Effect, OutEntry, QueueLimit
from ..sizes import MAX_ITEMS, MAX_MS, check_bytes, check_ids, check_items
from ..wire import ConfirmHead, DeliverBounds, DeliveryHead, OutRow, fields_of

FENCE_MS = 300_000  # an effect read from its outbox longer ago than this is not applied: it is read again
SETTLED_MS = 600_000  # for so long a confirmed effect is still remembered; clocks may differ by what is over the fence
_OUT_ID = fields_of(OutRow).index("out_id")


def deliver(
    p: Partition, deliveries: Sequence[Delivery], descendants: int = MAX_MS, queue: QueueLimit | None = None
) -> Call[list[str]]:
    """Apply effects at their target, once per effect id; a repeated one gets its first answer, "same" for "ok".

    Per delivery "ok", "same", "ref_taken", "inactive", "not_found", "no_callback", "duplicate_callback", "late" (a
    reply to an earlier visit), "queue_full" (as many tasks are ready as `queue` says), "descendants_limit" (so many
    tasks of one ancestor were created here within a day) or "stale" (read from its outbox over FENCE_MS ago: it
    is to be read again).
    """
    check_items(deliveries)
    heads = []
    args: Args = [b""]
    for d in deliveries:
        first, second = d.data, d.meta
        if d.kind == "modify":
            first, second = write_mail(d), b""
        elif d.kind in ("reply", "take"):
            first, second = d.event, b""
        elif d.kind != "create":
            raise ValueError(f"effect {d.effect_id}: cannot deliver kind {d.kind!r}")
        if d.task_id or d.kind == "create":
            check_ids([d.task_id])
        ref = "" if d.ref == d.task_id else d.ref
        heads.append(
            DeliveryHead(
                effect_id=d.effect_id,
                kind=d.kind,
                task_id=d.task_id,
                ref=ref,
                node=d.node,
                lane=d.lane or LANE_RUN,
                visit=d.visit,
                sync=d.sync,
                queue=d.queue,
                backup=d.backup,
                told=d.told,
                ancestor=d.ancestor,
                read_ms=d.read_ms,
            )
        )
        args += (first, second)
    args[0] = pack(heads)
    args.append(pack(DeliverBounds(descendants=descendants, queue=queue, fence_ms=FENCE_MS)))
    check_bytes(args)
    return Call("deliver", p, args, texts)


def confirm(p: Partition, confirms: Sequence[Confirm]) -> Call[list[bool]]:
    """Delete outbox entries and release the tasks that waited for them. False: somebody else confirmed it before."""
    check_items(confirms)
    args: Args = [pack([ConfirmHead(out_id=c.out_id, task_id=c.task_id, visit=c.visit, wait=c.wait) for c in confirms])]
    args += [c.event for c in confirms]
    return Call("confirm", p, args, flags)


def settle(p: Partition, effect_ids: Sequence[str]) -> Call[bool]:
    """Effects that were confirmed to stay so: remember them for SETTLED_MS more, and no longer for a day.

    False while tasks are being moved or saved: ask again.
    """
    check_items(effect_ids)
    if not effect_ids:
        raise ValueError("settle: no effect")
    return Call("settle", p, [SETTLED_MS, *effect_ids], bool)


def outbox(p: Partition, n: int, older_ms: int = 0, late_ms: int = 12 * 3_600_000) -> Call[list[OutEntry]]:
    """The oldest n entries at least `older_ms` old, for somebody to apply again. Those over `late_ms` are set aside."""

    def decode(reply: list[Any]) -> list[OutEntry]:
        return [_read_entry(row) for row in reply]

    return Call("outbox", p, [min(n, MAX_ITEMS), older_ms, late_ms], decode)


def set_effect_aside(p: Partition, out_id: str, reason: str) -> Call[bool]:
    """Take an entry out of the outbox that cannot be delivered, and set aside the task that waits for it.

    False: there is no such entry any more.
    """
    return Call("set_effect_aside", p, [out_id, reason], bool)


def _read_entry(row: list[Any]) -> OutEntry:
    out_id = row[_OUT_ID].decode()
    try:
        it = OutRow(*row)
        effect = Effect(
            it.effect_id.decode(),
            int(it.conv_id),
            it.target.decode(),
            it.kind.decode(),
            it.body,
            it.blocking == b"1",
            int(it.target_visit),
        )
        return OutEntry(
            out_id,
            int(it.age_ms),
            it.task_id.decode(),
            int(it.visit),
            effect,
            it.backup.decode(),
            read_ms=int(it.read_ms),
        )
    except UNREADABLE as error:
        nothing = Effect("", 0, "", "", b"")
        return OutEntry(out_id, 0, "", 0, nothing, unreadable=f"cannot be read: {error}")

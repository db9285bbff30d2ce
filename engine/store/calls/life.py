"""The life of a task: created, lent to a worker, committed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.store.call import UNREADABLE, Args, Call, Partition, flags, pack, texts
from engine.store.calls import effects
from engine.store.mail import read_mail, write_mail
from engine.store.records import (
    LANE_RUN,
    Batch,
    CallLimit,
    Claimed,
    Committed,
    Delivery,
    Expired,
    Limit,
    Modified,
    Modify,
    NewTask,
    Outcome,
    QueueLimit,
    Unreadable,
)
from engine.store.sizes import MAX_ITEMS, MAX_MS, check_bytes, check_ids, check_items
from engine.task import Place

_AT_REST = frozenset({Place.WAITING, Place.PARKED, Place.DELAYED, Place.QUEUED, Place.SENDING})
_COMMITTED = _AT_REST | {Place.READY, Place.CALLING, Place.FINAL}
_OK = Committed("ok", [])  # shared; callers never change a reply


def create(p: Partition, tasks: Sequence[NewTask], queue: QueueLimit | None = None) -> Call[list[str]]:
    """Create tasks, ready in their lanes. Per task "ok", "same" (the id exists, or the call was made before),
    "ref_taken", "inactive" (paused) or "other_call" (its effect id was used with another digest).

    With `queue`, and as many tasks ready as it says: "queue_full" for each that does not exist, and none is created.
    """
    check_items(tasks)
    heads: list[tuple[str, ...]] = []
    args: Args = [b""]
    for task_id, ref, node, lane, data, meta, effect_id, digest in tasks:
        head = (task_id, "" if ref == task_id else ref, node, lane)
        heads.append((*head, effect_id, digest) if effect_id else head)
        args += (data, meta)
    check_ids(head[0] for head in heads)
    args[0] = pack(heads)
    if queue is not None:
        args.append(pack(queue))
    check_bytes(args)
    return Call("create", p, args, texts)


def modify(p: Partition, sent: Modify, *, only_recall: bool = False) -> Call[Modified]:
    """Merge data into a living task: at once, or when it next comes to a callback node.

    `only_recall`: the first answer to a call, a submit too, that was accepted before; status "new" when there was none.
    """
    mail = write_mail(Delivery(sent.effect_id, "modify", data=sent.data))
    head = pack((sent.effect_id, sent.digest, sent.must_stand, sent.node, sent.deaf, only_recall, effects.SETTLED_MS))
    args: Args = [sent.name, mail, head]
    check_bytes(args)
    return Call("modify", p, args, lambda reply: Modified(*texts(reply)))


def claim(
    p: Partition,
    lane: str,
    count: int,
    token: str,
    lease_ms: int,
    calling: bool = False,
    max_attempts: int = 5,
    limits: Sequence[CallLimit] = (),
) -> Call[Batch]:
    """Lend up to `count` ready tasks of a lane, oldest first; from lane "alone" always one.

    `token` must be new, and never holds a space. `calling`: each task i of the batch gets a lease of its own,
    f"{token}.{i}" (from 0), and its place is `calling`; no more are lent than `limits` let
    begin. A task that lost its lease more than `max_attempts` times is
    set aside instead. A paused conv lends nothing.
    """
    if not 0 < count <= MAX_ITEMS:
        raise ValueError(f"claim {count} tasks: must be 1 to {MAX_ITEMS}")

    def decode(reply: list[Any]) -> Batch:
        tasks, unreadable = [], []
        for i in range(2, len(reply), 13):
            (task_id, ref, node, visit, data, meta, event, request) = reply[i : i + 8]
            (mail, due, attempts, created, lease) = reply[i + 8 : i + 13]
            name = task_id.decode()
            try:
                tasks.append(
                    Claimed(
                        name,
                        name if ref is None else ref.decode(),
                        node.decode(),
                        1 if visit is None else int(visit),
                        data,
                        meta,
                        event or b"",
                        request or b"",
                        [read_mail(entry) for entry in mail] if mail else [],
                        int(due or 0),
                        int(attempts or 0),
                        int(created),
                        lease.decode() if lease else token,
                    )
                )
            except UNREADABLE as error:
                # Whatever stands in one record costs that task only.
                lent = lease.decode() if lease else token
                unreadable.append(Unreadable(name, lent, f"its record cannot be read: {error}"))
        waits = int(reply[1])
        return Batch(int(reply[0]), tasks, max(0, waits), tuple(unreadable), waits != 0)

    args: Args = [lane, count, token, lease_ms, "1" if calling else "", max_attempts]
    if limits:
        args.append(pack(limits))
    return Call("claim", p, args, decode)


def renew(p: Partition, tokens: Sequence[str], lease_ms: int) -> Call[list[bool]]:
    """Prolong leases to now + lease_ms; False: that lease is over."""
    check_items(tokens)
    return Call("renew", p, [lease_ms, *tokens], flags)


def expire(p: Partition, n: int, lanes: Sequence[str] = ()) -> Call[Expired]:
    """Take back the tasks of up to n leases past their deadline, and look into these lanes."""

    def decode(reply: list[Any]) -> Expired:
        return Expired(int(reply[0]), tuple(lane.decode() for lane in reply[2:]), reply[1] == 1)

    return Call("expire", p, [min(n, MAX_ITEMS), *lanes], decode)


def commit(
    p: Partition,
    token: str,
    moves: Sequence[Sequence[tuple[str, int, int]]],
    outcomes: Sequence[Outcome],
    call_lease_ms: int,
    limits: Sequence[Limit] = (),
) -> Call[list[Committed]]:
    """Commit the runs of tasks held under `token`. Each whole or not at all; a lost one answers "lost".

    `moves[i]` lists (node id, tasks entered, tasks left); an outcome names its list. `call_lease_ms`: lease of the
    outcomes that go to `calling`. Signals of `limits` lie in the outbox afterwards.
    """
    check_items(outcomes)
    args: Args = [token, call_lease_ms, b""]
    heads = []
    call_limits: dict[tuple[CallLimit, ...], int] = {}
    for o in outcomes:
        if o.place not in _COMMITTED:
            raise ValueError(f"task {o.task_id}: a run cannot end in place {o.place!r}")
        if (o.place == "calling") != bool(o.token) or o.token == token:
            raise ValueError(f"task {o.task_id}: place calling, and no other, needs a new lease token")
        if not 0 <= o.moves < len(moves):
            raise ValueError(f"task {o.task_id}: no move list {o.moves}")
        effects = []
        if o.effects:
            blocking = [e for e in o.effects if e.blocking]
            if len(blocking) > 1 or (blocking and o.place != "sending"):
                raise ValueError(f"task {o.task_id}: one blocking effect at most, in place sending")
            effects = [(e.effect_id, e.conv_id, e.target, e.kind, e.blocking, e.target_visit) for e in o.effects]
        extra = (o.told, o.waits_for, o.refused) if o.told or o.waits_for or o.refused else ()
        heads.append(
            (
                o.task_id,
                o.node,
                o.place,
                o.visit,
                o.moves + 1,
                o.lane or LANE_RUN,
                o.token,
                -1 if o.delay_ms is None else min(max(o.delay_ms, 0), MAX_MS),
                -1 if o.until_ms is None else min(max(o.until_ms, 0), MAX_MS),
                o.keep_due,
                o.callback,
                o.mail_taken,
                o.sync_done,
                o.notify,
                o.save,
                o.data is not None,
                effects,
                o.fresh,
                call_limits.setdefault(o.limits, len(call_limits) + 1) if o.limits else 0,
                o.sums,
                *extra,
            )
        )
        args += (o.meta, o.event, o.request)
        if o.data is not None:
            args.append(o.data)
        if effects:
            args += [e.body for e in o.effects]
    signals = [(limit.node, limit.at_count, limit.conv_id) for limit in limits]
    args[2] = pack((list(moves), heads, signals, list(call_limits)))
    for limit in limits:
        args += (limit.reached, limit.below)
    check_bytes(args)
    count = len(outcomes)

    def decode(reply: Any) -> list[Committed]:
        if isinstance(reply, int):
            return [_OK] * count
        return [
            Committed(reply[i].decode(), [out_id.decode() for out_id in reply[i + 1] or ()])
            for i in range(0, len(reply), 2)
        ]

    return Call("commit", p, args, decode)

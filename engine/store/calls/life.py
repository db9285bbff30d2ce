"""The life of a task: created, lent to a worker, committed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict

from ...task import Place
from ..call import UNREADABLE, Args, Call, Partition, flags, pack, texts
from ..mail import read_mail, write_mail
from ..records import (
    LANE_RUN,
    Batch,
    CallLimit,
    Claimed,
    Committed,
    Delivery,
    Effect,
    Expired,
    Limit,
    Modified,
    Modify,
    NewTask,
    Outcome,
    QueueLimit,
    Unreadable,
)
from ..sizes import MAX_ITEMS, MAX_MS, check_bytes, check_ids, check_items
from ..wire import (
    ActItem,
    ClaimedRow,
    ClaimHead,
    CommitHead,
    CommitHeadTold,
    CommitMessage,
    CommittedRow,
    EffectHead,
    FailureHead,
    ModifyHead,
    NewHead,
    NewHeadOnce,
    SignalHead,
    fields_of,
    rows,
)
from . import effects

_CLAIM_HEAD = len(fields_of(ClaimHead))
_AT_REST = frozenset({Place.WAITING, Place.PARKED, Place.DELAYED, Place.QUEUED, Place.SENDING})
_COMMITTED = _AT_REST | {Place.READY, Place.CALLING, Place.FINAL}
_OK = Committed("ok", [])  # shared; callers never change a reply


def create(p: Partition, tasks: Sequence[NewTask], queue: QueueLimit | None = None) -> Call[list[str]]:
    """Create tasks, ready in their lanes. Per task "ok", "same" (the id exists, or the call was made before),
    "ref_taken", "inactive" (paused) or "other_call" (its effect id was used with another digest).

    With `queue`, and as many tasks ready as it says: "queue_full" for each that does not exist, and none is created.
    """
    check_items(tasks)
    heads: list[NewHead] = []
    args: Args = [b""]
    for task_id, ref, node, lane, data, meta, effect_id, digest in tasks:
        own_ref = "" if ref == task_id else ref
        if effect_id:
            heads.append(NewHeadOnce(task_id, own_ref, node, lane, effect_id, digest))
        else:
            heads.append(NewHead(task_id, own_ref, node, lane))
        args += (data, meta)
    check_ids(head.task_id for head in heads)
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
    head = ModifyHead(
        effect_id=sent.effect_id,
        digest=sent.digest,
        must_stand=sent.must_stand,
        node=sent.node,
        deaf=sent.deaf,
        only_recall=only_recall,
        settled_ms=effects.SETTLED_MS,
        seen=None if sent.seen is None else ActItem(*sent.seen),
    )
    args: Args = [sent.name, mail, pack(head)]
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
        head = ClaimHead(*reply[:_CLAIM_HEAD])
        tasks, unreadable = [], []
        for row in rows(ClaimedRow, reply, _CLAIM_HEAD):
            try:
                tasks.append(_claimed(row, token))
            except UNREADABLE as error:
                # Whatever stands in one record costs that task only.
                lent = row.token.decode() if row.token else token
                unreadable.append(Unreadable(row.task_id.decode(), lent, f"its record cannot be read: {error}"))
        wait = int(head.wait)
        return Batch(int(head.now_ms), tasks, max(0, wait), tuple(unreadable), wait != 0)

    args: Args = [lane, count, token, lease_ms, "1" if calling else "", max_attempts]
    if limits:
        args.append(pack(limits))
    return Call("claim", p, args, decode)


def _claimed(row: ClaimedRow, token: str) -> Claimed:
    """`token`: the batch's."""
    name = row.task_id.decode()
    return Claimed(
        name,
        name if row.ref is None else row.ref.decode(),
        row.node.decode(),
        1 if row.visit is None else int(row.visit),
        row.data,
        row.meta,
        row.event or b"",
        row.request or b"",
        [read_mail(entry) for entry in row.mail] if row.mail else [],
        int(row.due_ms or 0),
        int(row.attempts or 0),
        int(row.create_ms),
        row.token.decode() if row.token else token,
    )


def renew(p: Partition, tokens: Sequence[str], lease_ms: int) -> Call[list[bool]]:
    """Prolong leases to now + lease_ms; False: that lease is over."""
    check_items(tokens)
    return Call("renew", p, [lease_ms, *tokens], flags)


def expire(p: Partition, n: int, lanes: Sequence[str] = ()) -> Call[Expired]:
    """Take back the tasks of up to n leases past their deadline, and look into these lanes."""

    def decode(reply: list[Any]) -> Expired:
        freed, busy, *found = reply
        return Expired(int(freed), tuple(lane.decode() for lane in found), busy == 1)

    return Call("expire", p, [min(n, MAX_ITEMS), *lanes], decode)


def commit(
    p: Partition,
    token: str,
    moves: Sequence[Sequence[tuple[str, int, int]]],
    outcomes: Sequence[Outcome],
    call_lease_ms: int,
    limits: Sequence[Limit] = (),
    failures: Sequence[tuple[int, str, str]] = (),
) -> Call[list[Committed]]:
    """Commit the runs of tasks held under `token`. Each whole or not at all; a lost one answers "lost".

    `moves[i]` lists (node id, tasks entered, tasks left); an outcome names its list. `call_lease_ms`: lease of the
    outcomes that go to `calling`. Signals of `limits` lie in the outbox afterwards. `failures`: (i, node id, error tag)
    for each failure on the way of the tasks whose list is `moves[i]`; a tag is short, and without control characters.
    """
    check_items(outcomes)
    args: Args = [token, call_lease_ms, b""]
    heads = []
    call_limits: dict[tuple[CallLimit, ...], int] = {}
    for o in outcomes:
        _check_outcome(o, token, len(moves))
        numbered = call_limits.setdefault(o.limits, len(call_limits) + 1) if o.limits else 0
        heads.append(_commit_head(o, numbered))
        args += (o.meta, o.event, o.request)
        if o.data is not None:
            args.append(o.data)
        if o.effects:
            args += [e.body for e in o.effects]
    signals = [SignalHead(node=limit.node, at_count=limit.at_count, conv_id=limit.conv_id) for limit in limits]
    failed = [FailureHead(moves=number + 1, node=node, tag=tag) for number, node, tag in failures]
    message = CommitMessage(
        moves=list(moves), heads=heads, signals=signals, call_limits=list(call_limits), failures=failed
    )
    args[2] = pack(message)
    for limit in limits:
        args += (limit.reached, limit.below)
    check_bytes(args)
    count = len(outcomes)

    def decode(reply: Any) -> list[Committed]:
        if isinstance(reply, int):
            return [_OK] * count
        return [
            Committed(row.status.decode(), [out_id.decode() for out_id in row.out_ids or ()])
            for row in rows(CommittedRow, reply)
        ]

    return Call("commit", p, args, decode)


def _check_outcome(o: Outcome, token: str, move_lists: int) -> None:
    if o.place not in _COMMITTED:
        raise ValueError(f"task {o.task_id}: a run cannot end in place {o.place!r}")
    if (o.place == "calling") != bool(o.token) or o.token == token:
        raise ValueError(f"task {o.task_id}: place calling, and no other, needs a new lease token")
    if not 0 <= o.moves < move_lists:
        raise ValueError(f"task {o.task_id}: no move list {o.moves}")
    if o.effects:
        blocking = sum(e.blocking for e in o.effects)
        if blocking > 1 or (blocking and o.place != "sending"):
            raise ValueError(f"task {o.task_id}: one blocking effect at most, in place sending")


def _commit_head(o: Outcome, limits: int) -> CommitHead:
    """`limits`: the number of its call limits in the message."""
    head = CommitHead(
        task_id=o.task_id,
        node=o.node,
        place=o.place,
        visit=o.visit,
        moves=o.moves + 1,
        lane=o.lane or LANE_RUN,
        token=o.token,
        delay_ms=-1 if o.delay_ms is None else min(max(o.delay_ms, 0), MAX_MS),
        until_ms=-1 if o.until_ms is None else min(max(o.until_ms, 0), MAX_MS),
        keep_due=o.keep_due,
        callback=o.callback,
        mail_taken=o.mail_taken,
        sync_done=o.sync_done,
        notify=o.notify,
        save=o.save,
        has_data=o.data is not None,
        effects=[_effect_head(e) for e in o.effects] if o.effects else (),
        fresh=o.fresh,
        limits=limits,
        sums=o.sums,
    )
    if o.told or o.waits_for or o.refused:
        return CommitHeadTold(**asdict(head), told=o.told, waits_for=o.waits_for, refused=o.refused)
    return head


def _effect_head(e: Effect) -> EffectHead:
    return EffectHead(
        effect_id=e.effect_id,
        conv_id=e.conv_id,
        target=e.target,
        kind=e.kind,
        blocking=e.blocking,
        target_visit=e.target_visit,
    )

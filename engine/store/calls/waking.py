"""What makes a task go on, or stop, from outside its runs; and the clock of its partition."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from ..call import Args, Call, Partition, pack, text, texts
from ..records import Fired, SeenTask
from ..sizes import MAX_ITEMS, check_bytes, check_items
from ..wire import ActItem, ActMessage, AsideHead, FireReply


def fire(p: Partition, n: int) -> Call[Fired]:
    """Make up to n due tasks ready with the event `{"type":"timeout"}`."""

    def decode(reply: list[Any]) -> Fired:
        it = FireReply(*reply)
        return Fired(int(it.fired), None if it.next_in_ms is None else int(it.next_in_ms))

    return Call("fire", p, [min(n, MAX_ITEMS)], decode)


def wake(p: Partition, ref_or_id: str, event: bytes, *, final: bool = False) -> Call[str]:
    """Make a task ready with this event, from any place; an ended one only with `final` (a retry) and a free ref.

    "ok"; "noted" (it runs; the event follows at its commit); "not_found"; "final"; "ref_taken".
    """
    return Call("wake", p, [ref_or_id, event, "1" if final else ""], text)


def wake_with(p: Partition, seen: SeenTask, event: bytes, data: bytes) -> Call[str]:
    """As `wake` with `final`, of a task that is as it was seen, with new data in the same step.

    Also "moved": it is not as it was seen; "busy": it runs. Sent twice the second is "moved".
    """
    args: Args = [seen.task_id, event, "1", data, seen.node, seen.visit, seen.change_ms]
    check_bytes(args)
    return Call("wake", p, args, text)


def act(
    p: Partition,
    effect_id: str,
    tasks: Sequence[SeenTask],
    event: bytes | None,
    *,
    final: bool = False,
) -> Call[list[str]]:
    """Wake many tasks with this event, ended ones too with `final`, or without an event delete them; each only if it is
    as it was seen.

    Per task as `wake` and `discard`, "moved" or "elsewhere". Repeated with the same effect id and tasks within a day:
    the first answers.
    """
    check_items(tasks)
    items = [ActItem(*task) for task in tasks]
    digest = hashlib.sha256(pack((items, event, final))).hexdigest()[:16]
    head = ActMessage(effect_id=effect_id, digest=digest, discards=event is None, has_ended=final, items=items)
    return Call("act", p, [pack(head), event or b""], texts)


def discard(p: Partition, ref_or_id: str) -> Call[str]:
    """Delete a task, in any place. "ok"; "noted" (it runs; its commit deletes it); "not_found"."""
    return Call("discard", p, [ref_or_id], text)


def set_aside(p: Partition, token: str, tasks: Sequence[tuple[str, str]]) -> Call[list[str]]:
    """Set tasks held under `token` aside, (id, reason) each, with all that stands in their records.

    Per task "ok", or "lost": that lease is over.
    """
    check_items(tasks)
    return Call(
        "set_aside", p, [token, pack([AsideHead(task_id=task_id, reason=reason) for task_id, reason in tasks])], texts
    )


def pause(p: Partition, paused: bool) -> Call[bool]:
    """While paused a conv refuses create and modify and lends no tasks; timers, replies go on. Answers what it was."""
    return Call("pause", p, ["1" if paused else ""], bool)


def set_offset(p: Partition, ms: int) -> Call[int]:
    """Turn the partition's clock by ms against the server's (tests of timers); leases keep real time."""
    return Call("set_offset", p, [ms], int)

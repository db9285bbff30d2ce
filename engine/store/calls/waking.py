"""What makes a task go on, or stop, from outside its runs; and the clock of its partition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..call import Call, Partition, pack, text, texts
from ..records import Fired
from ..sizes import MAX_ITEMS, check_items
from ..wire import AsideHead, FireReply


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

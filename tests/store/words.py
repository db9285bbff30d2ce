"""Short ways for the store's tests to make tasks and outcomes, and to look at a partition from outside."""

from __future__ import annotations

import time
from typing import Any

from engine.store.call import Partition
from engine.store.calls import claim, commit, create, read
from engine.store.client import Store
from engine.store.ids import new_task_id
from engine.store.records import Claimed, Committed, NewTask, Outcome, Record

P = Partition(140896, 0)
STAY: list[list[tuple[str, int, int]]] = [[]]
TO_END: list[list[tuple[str, int, int]]] = [[("1", 0, 1), ("9", 1, 0)]]
LEASE_MS = 60_000
TOKEN = "T"  # of the lease that a test works with
COUNTED = {"meta", "was", "minutes", "hours"}  # keys that counts over time leave in a partition

# Bytes that no parser would keep: half a UTF-8 letter, a zero, an integer beyond doubles.
DATA = b'{"n":9007199254740993,"empty":[]}\xc3\x00'


def new_task(ref: str = "", *, node: str = "1", lane: str = "run", data: bytes = DATA) -> NewTask:
    return NewTask(new_task_id(ref or None, time.time()), ref, node, lane, data, b"meta\xff")


def submit(store: Store, *refs: str, lane: str = "run", node: str = "1") -> list[str]:
    """Create tasks; their ids."""
    tasks = [new_task(ref, lane=lane, node=node) for ref in refs]
    assert store.one(create(P, tasks)) == ["ok"] * len(tasks)
    return [task.task_id for task in tasks]


def claimed(store: Store, token: str = TOKEN, lane: str = "run", count: int = 100, **more: Any) -> list[Claimed]:
    return store.one(claim(P, lane, count, token, LEASE_MS, **more)).tasks


def outcome(task: Claimed | str, place: str, **more: Any) -> Outcome:
    """Where a run left this task: in its node unless `node` says otherwise, data unchanged."""
    task_id = task if isinstance(task, str) else task.task_id
    base = Outcome(task_id, "9" if place == "final" else "1", place, 2, None, b"meta2", 0)
    return base._replace(**more)


def committed(
    store: Store, outcomes: list[Outcome], token: str = TOKEN, moves: list[list[tuple[str, int, int]]] = STAY
) -> list[Committed]:
    return store.one(commit(P, token, moves, outcomes, LEASE_MS))


def rest(store: Store, ref: str, place: str, **more: Any) -> str:
    """A new task brought to a place in node 1; its id."""
    [task_id] = submit(store, ref)
    [task] = claimed(store, f"rest {ref}")
    assert committed(store, [outcome(task, place, **more)], f"rest {ref}")[0].status == "ok"
    return task_id


def task(store: Store, ref: str) -> Record | None:
    return store.one(read(P, [ref])).tasks[0]


def place(store: Store, ref: str) -> str | None:
    record = task(store, ref)
    return record.place if record else None


def contents(store: Store, p: Partition = P) -> dict[str, Any]:
    """Everything under the partition's tag, in a form that two moments can be compared by.

    Left out is what tells apart a call that was sent twice and nothing else: the answers kept for a resend.
    """
    tag = f"{{{store.namespace}:{p.conv_id}.{p.number}}}"
    found: dict[str, Any] = {}
    for raw in store.client.scan_iter(match=tag.replace("[", "\\[") + " *", count=1000):
        key = raw.decode().removeprefix(tag + " ")
        if key.startswith("done:"):
            continue
        kind = store.client.type(raw)
        if kind == b"hash":
            found[key] = store.client.hgetall(raw)
        elif kind == b"list":
            found[key] = store.client.lrange(raw, 0, -1)
        elif kind == b"set":
            found[key] = store.client.smembers(raw)
        elif kind == b"zset":
            found[key] = {row[0]: row[1] for row in store.client.zrange(raw, 0, -1, withscores=True)}
        elif kind == b"stream":
            found[key] = store.client.xrange(raw)
        else:
            found[key] = store.client.get(raw)
    return found

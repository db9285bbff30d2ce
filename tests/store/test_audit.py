"""The auditor: each kind of damage is found and repaired, and a healthy store is clean at every moment of its work."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import redis

from engine.store.audit import Finding, audit
from engine.store.call import Partition
from engine.store.calls import claim, create, deliver, expire, set_offset, wake
from engine.store.client import Store
from engine.store.records import Delivery, Effect
from engine.store.registry import ConvRecord, Registry
from tests.store.words import LEASE_MS, TO_END, P, claimed, committed, contents, new_task, outcome, place, rest, submit
from tests.waiting import PATIENCE_S

NODES = {"start": "1", "outside": "5", "end": "9"}
EFFECT = Effect("e1", 9, "9", "create", b"body", blocking=True)
HOUR_MS = 3_600_000


@dataclass
class Ward:
    """A partition with a task in every place, and somebody who damages it."""

    store: Store
    redis: redis.Redis
    ids: dict[str, str]

    def key(self, name: str) -> str:
        return f"{{{self.store.namespace}:{P.conv_id}.{P.number}}} {name}"

    def audit(self, *, repair: bool = False) -> list[Finding]:
        return audit(self.store, repair=repair).findings

    def task(self, place: str) -> str:
        return self.key(f"t:{self.ids[place]}")


@pytest.fixture
def ward(store: Store, redis_client: redis.Redis) -> Ward:
    record = ConvRecord(P.conv_id, "process", "Ward", b"{}", NODES, 10)
    assert Registry(store).deploy(0, [record]) == 1
    ids = {
        "parked": rest(store, "parked", "parked", delay_ms=HOUR_MS),
        "queued": rest(store, "queued", "queued"),
        "sending": rest(store, "sending", "sending", effects=(EFFECT,)),
        "final": rest(store, "final", "final", moves=0),
    }
    # Counts of the ended task: it left its first node.
    [ended] = submit(store, "ended")
    committed(store, [outcome(claimed(store, "ended")[0], "final")], "ended", TO_END)
    store.client.hincrby(f"{{{store.namespace}:{P.conv_id}.{P.number}}} cnt", "9.i", 1)
    store.client.hincrby(f"{{{store.namespace}:{P.conv_id}.{P.number}}} cnt", "1.o", 1)
    ids |= {"ended": ended}
    [ids["calling"]] = submit(store, "calling", lane="5", node="5")
    assert len(store.one(claim(P, "5", 1, "call", LEASE_MS, True)).tasks) == 1
    [ids["leased"]] = submit(store, "leased")
    claimed(store, "lent")
    [ids["ready"]] = submit(store, "ready")
    [ids["outside"]] = submit(store, "outside", lane="5", node="5")
    return Ward(store, redis_client, ids)


def set_aside(ward: Ward) -> str:
    """A task that lost its worker twice and is set aside; its id."""
    [task_id] = submit(ward.store, "poison")
    for n in range(3):
        ward.store.one(claim(P, "alone" if n else "run", 10, f"lost{n}", 0, max_attempts=1))
        ward.store.one(expire(P, 10))
    ward.store.one(claim(P, "alone", 1, "last", 0, max_attempts=1))
    assert place(ward.store, "poison") == "aside"
    return task_id


def test_a_store_with_a_task_in_every_place_is_clean(ward: Ward) -> None:
    set_aside(ward)
    report = audit(ward.store)

    assert report.findings == []
    assert (report.tasks, report.partitions, report.uncounted) == (10, 1, [])
    assert report.is_clean


DAMAGES: dict[str, tuple[str, Callable[[Ward], Any]]] = {
    "a ready task fell out of its lane": ("not_in_lane", lambda w: w.redis.lrem(w.key("q:run"), 0, w.ids["ready"])),
    "so did one for outside work": ("not_in_lane", lambda w: w.redis.delete(w.key("q:5"))),
    "a lease lost a task": ("no_lease", lambda w: w.redis.srem(w.key("lease:lent"), w.ids["leased"])),
    "a call lost its lease": ("no_lease", lambda w: w.redis.delete(w.key("lease:call.0"))),
    "a task is in two leases": (
        "two_leases",
        lambda w: (
            w.redis.sadd(w.key("lease:other"), w.ids["leased"]),
            w.redis.zadd(w.key("leases"), {"other": 9e12}),
        ),
    ),
    "a lease without deadline": ("lease_unlisted", lambda w: w.redis.zrem(w.key("leases"), "lent")),
    "a deadline without lease": ("stray", lambda w: w.redis.zadd(w.key("leases"), {"nobody": 9e12})),
    "a stranger in a lease": ("stray", lambda w: w.redis.sadd(w.key("lease:lent"), w.ids["parked"])),
    "a parked task not listed": ("not_listed", lambda w: w.redis.zrem(w.key("at:1"), w.ids["parked"])),
    "a call not listed": ("not_listed", lambda w: w.redis.zrem(w.key("at:5"), w.ids["calling"])),
    "a queued task not listed": ("not_listed", lambda w: w.redis.delete(w.key("queue:1"))),
    "an ended task not listed": ("not_listed", lambda w: w.redis.delete(arch(w))),
    "an archive not listed": ("archive_unlisted", lambda w: w.redis.delete(w.key("archs"))),
    "a task listed twice": ("stray", lambda w: w.redis.zadd(w.key("queue:5"), {w.ids["parked"]: 1})),
    "an ended task still listed": ("stray", lambda w: w.redis.zadd(w.key("at:1"), {w.ids["ended"]: 1})),
    "nobody listed": ("stray", lambda w: w.redis.zadd(w.key("at:1"), {"0" * 24: 1})),
    "nobody set aside": ("stray", lambda w: w.redis.zadd(w.key("aside"), {"0" * 24: 1})),
    "a lost effect not there": ("stray", lambda w: w.redis.zadd(w.key("aside"), {"late:1-1": 1})),
    "a lost effect not listed": ("late_unlisted", lambda w: w.redis.hset(w.key("late:1-1"), "e", "x")),
    "a timer not listed": ("no_due", lambda w: w.redis.delete(w.key("due"))),
    "a timer at another time": ("no_due", lambda w: w.redis.zadd(w.key("due"), {w.ids["parked"]: 5})),
    "a timer of nobody": ("stray", lambda w: w.redis.zadd(w.key("due"), {w.ids["queued"]: 5})),
    "a timer of the dead": ("ended_due", lambda w: w.redis.hset(w.task("ended"), "u", 5)),
    "a ref that leads nowhere": ("ref_lost", lambda w: w.redis.delete(w.key("r:parked"))),
    "a ref of the dead": ("ref_lost", lambda w: w.redis.set(w.key("r:parked"), w.ids["ended"])),
    "a ref of nobody": ("dangling", lambda w: w.redis.set(w.key("r:ghost"), "0" * 24)),
    "a cancel that nobody sees": ("not_noted", lambda w: w.redis.hset(w.task("leased"), "w", "e{}")),
    "a cancel that came too late": ("not_noted", lambda w: w.redis.hset(w.task("parked"), "w", "e{}")),
    "a delete that came too late": ("not_noted", lambda w: w.redis.hset(w.task("parked"), "w", "d")),
    "a note of nothing": ("stray", lambda w: w.redis.sadd(w.key("noted"), w.ids["parked"])),
    "an effect that is lost": ("no_effect", lambda w: w.redis.delete(w.key("out"))),
    "mail for the dead": ("dead_mail", lambda w: w.redis.rpush(w.key(f"mail:{w.ids['ended']}"), "modify 0 0 - 0 e\n")),
    "an answer kept for good": ("forever", lambda w: w.redis.set(w.key("done:t:x"), "1")),
    "counts that are off": ("count", lambda w: w.redis.hincrby(w.key("cnt"), "1.i", 3)),
    "counts that are lost": ("count", lambda w: w.redis.delete(w.key("cnt"))),
}


def arch(ward: Ward) -> str:
    [name] = [name for name in contents(ward.store) if name.startswith("arch:")]
    return ward.key(name)


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_and_repaired(ward: Ward, name: str) -> None:
    what, damage = DAMAGES[name]
    damage(ward)

    found = ward.audit()
    assert what in {finding.what for finding in found}
    assert all(finding.text for finding in found)
    repaired = ward.audit(repair=True)
    assert {finding.outcome for finding in repaired} <= {"mended", "gone"}
    assert "mended" in {finding.outcome for finding in repaired}
    # A lease whose deadline was set to the past is taken back by whoever looks first.
    ward.store.one(expire(P, 100))
    assert ward.audit() == []


LEFT: dict[str, tuple[str, Callable[[Ward], Any]]] = {
    "a record without its place": ("broken", lambda w: w.redis.hdel(w.task("parked"), "p")),
    "a record without its data": ("broken", lambda w: w.redis.hdel(w.task("parked"), "d")),
    "a place that is none": ("broken", lambda w: w.redis.hset(w.task("parked"), "p", "lost")),
    "two living tasks with one ref": ("two_living", lambda w: w.redis.hset(w.task("queued"), "r", "parked")),
    "a name that is not ours": ("unknown", lambda w: w.redis.set(w.key("notes"), "1")),
    "the gate": ("unknown", lambda w: w.redis.set(w.key("gate"), "1")),
    "a key of another type": ("wrong_type", lambda w: w.redis.set(w.key("mail:x"), "1")),
    "a node that is gone": ("unknown_node", lambda w: move_to(w, "77")),
    "a conv that is gone": ("not_deployed", lambda w: submit_elsewhere(w.store)),
}


def move_to(ward: Ward, node: str) -> None:
    ward.redis.zrem(ward.key("at:1"), ward.ids["parked"])
    ward.redis.zadd(ward.key(f"at:{node}"), {ward.ids["parked"]: 1})
    ward.redis.hset(ward.task("parked"), "n", node)


def submit_elsewhere(store: Store) -> None:
    store.one(create(Partition(5, 3), [new_task("a")]))


@pytest.mark.parametrize("name", LEFT)
def test_what_only_a_person_can_tell_is_found_and_left(ward: Ward, name: str) -> None:
    what, damage = LEFT[name]
    damage(ward)

    findings = {finding.what: finding for finding in ward.audit(repair=True)}
    assert findings[what].outcome == "left"
    assert what in {finding.what for finding in ward.audit()}


def test_an_old_effect_is_set_aside_by_the_repair(ward: Ward) -> None:
    ward.store.one(set_offset(P, 13 * HOUR_MS))

    [finding] = [finding for finding in ward.audit() if finding.what == "old_effect"]
    assert "13 h" in finding.text
    ward.audit(repair=True)

    assert place(ward.store, "sending") == "aside"
    assert [finding for finding in ward.audit() if finding.what == "old_effect"] == []


def test_a_repaired_task_goes_on(ward: Ward) -> None:
    ward.redis.delete(ward.key("q:run"))
    ward.redis.delete(ward.key("lease:lent"))
    ward.audit(repair=True)

    assert [task.ref for task in claimed(ward.store, "again")] == ["ready"]
    assert [task.ref for task in claimed(ward.store, "alone again", "alone")] == ["leased"]


def test_a_partition_with_too_much_under_way_is_not_counted_and_says_so(ward: Ward) -> None:
    ward.redis.hincrby(ward.key("cnt"), "1.i", 3)
    report = audit(ward.store, counted=2)

    assert report.uncounted == ["140896.0"]
    assert report.findings == []


def test_refs_and_namespaces_of_any_letters(store_url: str, redis_client: redis.Redis) -> None:
    for namespace in ("a*b", "a?b[c]", "axb"):
        store = Store.connect(store_url, f"{namespace}{id(redis_client)}")
        Registry(store).deploy(0, [ConvRecord(P.conv_id, "process", "Ward", b"{}", NODES, 10)])
        rest(store, "ref: with * [and] ünïcode \n lines", "parked")
        report = audit(store)
        assert (report.tasks, report.findings) == (1, [])
        store.close()


@pytest.fixture
def busy(ward: Ward, store_url: str) -> Iterator[None]:
    """Somebody who creates, claims, commits, wakes and delivers all the time."""
    stop, worked = threading.Event(), threading.Event()
    places = ["parked", "queued", "delayed", "final", "sending", "ready"]

    def work() -> None:
        store = Store.connect(store_url, ward.store.namespace)
        for number in itertools.count():
            submit(store, *(f"{number}.{i}" for i in range(20)))
            tasks = claimed(store, f"busy {number}", count=40)
            outcomes = [
                outcome(
                    task,
                    places[i % 6],
                    node="1",
                    delay_ms=5 if i % 6 == 2 else None,
                    effects=(EFFECT._replace(effect_id=f"{number}.{i}"),) if i % 6 == 4 else (),
                )
                for i, task in enumerate(tasks)
            ]
            committed(store, outcomes, f"busy {number}")
            for task in tasks[:8]:
                store.one(wake(P, task.task_id, b"{}", final=True))
            store.one(deliver(P, [Delivery(f"m{number}", "modify", ref=tasks[0].ref, data=b"x")]))
            worked.set()
            if stop.is_set():
                break
        store.close()

    with ThreadPoolExecutor(1) as executor:
        working = executor.submit(work)
        assert worked.wait(PATIENCE_S)
        yield
        stop.set()
        working.result(PATIENCE_S)


def test_nothing_is_found_under_load_but_what_is_damaged(ward: Ward, busy: None) -> None:
    for _ in range(5):
        assert ward.audit() == []
    ward.redis.zrem(ward.key("at:1"), ward.ids["parked"])

    assert {finding.what for finding in ward.audit()} == {"not_listed", "count"}
    assert {finding.outcome for finding in ward.audit(repair=True)} <= {"mended", "gone"}
    assert ward.audit() == []

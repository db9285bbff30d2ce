"""The calls in any order, against a model in a page of Python.

After every step: each task is in exactly one place, in exactly the index that its place demands, and in no other;
counts equal the tasks that stand in a node, and those of each minute what moved in it; pointers point to the newest
task of a ref; nothing was applied twice.
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from engine.store.audit import audit
from engine.store.call import Call, Partition
from engine.store.calls import (
    claim,
    commit,
    confirm,
    create,
    deliver,
    discard,
    expire,
    fire,
    modify,
    pause,
    periods,
    renew,
    set_aside,
    set_offset,
    settle,
    sweep,
    wake,
)
from engine.store.calls.effects import FENCE_MS
from engine.store.calls.reading import read_period
from engine.store.client import Store
from engine.store.ids import effect_task_id
from engine.store.keys import KEYS, task_keys
from engine.store.records import Confirm, Delivery, Effect, Modify, NewTask, Outcome, Period
from engine.store.wire import KEPT_MINUTES
from engine.task import Address
from tests.own_server import OwnServer
from tests.store.words import COUNTED, LEASE_MS, contents

P = Partition(7, 0)
HOUR_MS = 3_600_000
TIMEOUT = b'{"type":"timeout"}'
REFS = st.sampled_from(["", "a", "b", "c"])
AT = {"parked", "waiting", "delayed", "sending", "calling"}
MAX_ATTEMPTS = 2


@dataclass
class Task:
    ref: str
    node: str
    place: str = "ready"
    lane: str = "run"
    visit: int = 1
    data: bytes = b"0"
    event: bytes = b""
    request: bytes = b""
    due: float = 0
    callback: bool = False
    sync: bool = False
    mail: list[str] = field(default_factory=list)
    syncs: set[str] = field(default_factory=set)
    token: str = ""
    noted: bytes = b""
    attempts: int = 0
    waits_for: str = ""
    told: str = ""
    order: int = 0

    @property
    def living(self) -> bool:
        return self.place != "final"


class StoreModel(RuleBasedStateMachine):
    """`store_url` is set by the test."""

    store_url = ""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store.connect(self.store_url, f"m{uuid.uuid4().hex[:12]}")
        self.numbers = itertools.count(1)
        self.tasks: dict[str, Task] = {}
        self.newest: dict[str, str] = {}
        self.removed: dict[str, int] = {}
        self.leases: dict[str, set[str]] = {}
        self.short: set[str] = set()
        self.paused = False
        self.now = 0.0
        self.seen: dict[str, tuple[Delivery, str]] = {}
        self.applied_at: dict[str, float] = {}
        self.settled_at: dict[str, float] = {}
        self.forgotten: set[str] = set()
        self.outbox: dict[str, tuple[str, int]] = {}
        self.refusals: set[str] = set()
        self.unused = 0
        self.moved: dict[int, Counter[tuple[str, ...]]] = {}  # per minute: (node, "in" or "out"), (node, "failed", tag)
        self.minutes = (0, 0)  # in which the last call was sent and answered
        self.is_sure = True  # whether each call was made within one minute
        self.last: Call[Any] | None = None

    def teardown(self) -> None:
        # The auditor agrees; that nobody has deployed the conv is so.
        assert {finding.what for finding in audit(self.store).findings} <= {"not_deployed"}
        self.store.close()

    def run(self, call: Call[Any]) -> Any:
        self.last = call
        before = self.minute()
        answer = self.store.one(call)
        self.minutes = (before, self.minute())
        return answer

    def minute(self) -> int:
        return int((time.time() * 1000 + self.now) // 60_000)

    def count(self, *what: str) -> None:
        """The last call has moved a task, or one has failed."""
        self.is_sure = self.is_sure and self.minutes[0] == self.minutes[1]
        self.moved.setdefault(self.minutes[1], Counter())[what] += 1

    # --- The model's own moves ---

    def find(self, ref_or_id: str) -> str | None:
        newest = self.newest.get(ref_or_id)
        if newest in self.tasks:
            return newest
        return ref_or_id if ref_or_id in self.tasks else None

    def add(self, task_id: str, ref: str) -> str:
        if task_id in self.tasks:
            return "same"
        holder = self.tasks.get(self.newest.get(ref, ""))
        if ref and holder and holder.living:
            return "ref_taken"
        self.tasks[task_id] = Task(ref, "1", order=next(self.numbers))
        if ref:
            self.newest[ref] = task_id
        return "ok"

    def ready(self, task_id: str, event: bytes) -> None:
        task = self.tasks[task_id]
        if task.place == "calling":
            self.leave_lease(task_id)
        if not (task.place == "ready" and task.lane == "alone"):
            task.lane = "run"
        task.place, task.event, task.request, task.waits_for = "ready", event, b"", ""

    def leave_lease(self, task_id: str) -> None:
        task = self.tasks[task_id]
        self.leases[task.token].discard(task_id)
        if not self.leases[task.token]:
            del self.leases[task.token]
            self.short.discard(task.token)
        task.token = ""

    def drop(self, task_id: str) -> None:
        task = self.tasks.pop(task_id)
        self.removed[task.node] = self.removed.get(task.node, 0) + 1
        if self.newest.get(task.ref) == task_id:
            del self.newest[task.ref]
        # Whoever waits for an answer gets a refusal through the outbox.
        self.refuse(task, all_mail=True)
        if task.living:
            self.tell(task_id, task)

    def refuse(self, task: Task, *, all_mail: bool = False) -> None:
        """Who waits for what lies in the mail is told; the others have gone on, and theirs stays without `all_mail`."""
        self.refusals.update(f"{effect_id}:refused" for effect_id in task.mail if effect_id in task.syncs)
        self.unused += sum(effect_id not in task.syncs for effect_id in task.mail) if all_mail else 0
        task.mail = [] if all_mail else [effect_id for effect_id in task.mail if effect_id not in task.syncs]
        task.sync = False

    def tell(self, task_id: str, task: Task) -> None:
        """Whoever waits for the task itself is told that it is no more."""
        if task.told:
            kind, _, waiter, visit = task.told.split(" ")
            self.refusals.add(f"{task_id}:{kind}:{waiter}:{visit}:refused")
        task.told = ""

    # --- Create, claim, commit ---

    @rule(refs=st.lists(REFS, min_size=1, max_size=4))
    def create(self, refs: list[str]) -> None:
        # Ids without chance or time: hypothesis must find the same machine again.
        new = [NewTask(f"{next(self.numbers):024x}", ref, "1", "run", b"0", b"m") for ref in refs]
        expected = ["inactive" if self.paused else self.add(t.task_id, t.ref) for t in new]
        assert self.run(create(P, new)) == expected
        for _ in range(expected.count("ok")):
            self.count("1", "in")

    @rule(lane=st.sampled_from(["run", "run", "alone", "5"]), count=st.integers(1, 4), short=st.booleans())
    def claim(self, lane: str, count: int, short: bool) -> None:
        token = f"t{next(self.numbers)}"
        calling = lane == "5"
        batch = self.run(claim(P, lane, count, token, 0 if short else LEASE_MS, calling, MAX_ATTEMPTS))
        waiting = {i: t for i, t in self.tasks.items() if t.place == "ready" and t.lane == lane and not self.paused}
        got = [t.task_id for t in batch.tasks]
        assert len(got) == len(set(got))
        assert set(got) <= set(waiting)
        # What has lost its worker too often is set aside on the way.
        poison = {i for i, t in waiting.items() if t.attempts + (lane == "alone") > MAX_ATTEMPTS}
        assert not poison & set(got)
        limit = 1 if lane == "alone" else count
        assert len(got) == min(limit, len(waiting) - len(poison))
        kept = contents(self.store, P)
        for task_id in poison:
            if kept[f"t:{task_id}"][b"p"] == b"aside":
                self.tasks[task_id].place, self.tasks[task_id].due = "aside", 0
                self.count(self.tasks[task_id].node, "failed", "set_aside")
                self.refuse(self.tasks[task_id])
                self.tell(task_id, self.tasks[task_id])
        for lent in batch.tasks:
            task = self.tasks[lent.task_id]
            task.place = "calling" if calling else "leased"
            task.token = lent.token
            task.attempts += lane == "alone"
            self.leases.setdefault(lent.token, set()).add(lent.task_id)
            if short:
                self.short.add(lent.token)
            assert lent.token.startswith(token)
            assert (lent.node, lent.visit, lent.data) == (task.node, task.visit, task.data)
            assert (lent.event, lent.request, lent.attempts) == (task.event, task.request, task.attempts)
            assert [m.effect_id for m in lent.mail] == (task.mail if task.callback else [])

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def commit(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(sorted(self.leases)))
        members = sorted(self.leases[token], key=lambda i: self.tasks[i].order)
        strangers = [i for i in self.tasks if i not in members][:1]
        moves: list[list[tuple[str, int, int]]] = [[]]
        outcomes, chosen = [], []
        for task_id in [*data.draw(st.lists(st.sampled_from(members), min_size=1, unique=True)), *strangers]:
            task = self.tasks[task_id]
            kind = data.draw(
                st.sampled_from(
                    ["parked", "final", "ready", "lane", "calling", "waiting", "delayed", "queued", "sending", "vanish"]
                )
            )
            place = {"lane": "ready", "vanish": "final"}.get(kind, kind)
            node = {"final": "9", "lane": "5", "calling": "5"}.get(place if kind != "lane" else kind, "2")
            if node != task.node:
                moves.append([(task.node, 0, 1), (node, 1, 0)])
            number = next(self.numbers)
            outcomes.append(
                Outcome(
                    task_id, node, place, task.visit + 1,
                    b"%d" % number if data.draw(st.booleans()) else None,
                    b"m", len(moves) - 1 if node != task.node else 0,
                    lane="5" if kind == "lane" else "run",
                    request=b"q%d" % number if kind in ("lane", "calling") else b"",
                    token=f"c{number}" if kind == "calling" else "",
                    delay_ms=data.draw(st.sampled_from([None, HOUR_MS, 2 * HOUR_MS])),
                    keep_due=data.draw(st.booleans()),
                    callback=kind in ("parked", "waiting"),
                    mail_taken=data.draw(st.integers(0, len(task.mail))) if task.callback else 0,
                    sync_done=True,
                    told=data.draw(st.sampled_from(["", f"a 8 {number:024x} 3", f"r 8 {number:024x} 4"])),
                    refused=data.draw(st.integers(0, 1)),
                    effects=(Effect(f"{task_id}.{number}", 8, "x", "create", b"b", True),) if kind == "sending" else (),
                    save=kind != "vanish",
                )
            )  # fmt: skip
            chosen.append(kind)
        short = data.draw(st.booleans())
        failed = data.draw(
            st.lists(st.tuples(st.integers(0, len(moves) - 1), st.sampled_from("25"), st.sampled_from("xy")))
        )
        results = self.run(commit(P, token, moves, outcomes, 0 if short else LEASE_MS, failures=failed))
        for o, result in zip(outcomes, results, strict=True):
            if o.task_id not in members:
                assert result.status == "lost"
                continue
            task = self.tasks[o.task_id]
            self.leave_lease(o.task_id)
            if moves[o.moves]:
                self.count(task.node, "out")
                self.count(o.node, "in")
            for _, node, tag in (one for one in failed if one[0] == o.moves):
                self.count(node, "failed", tag)
            task.node, task.visit, task.told = o.node, o.visit, o.told
            self.unused += o.refused
            task.data = task.data if o.data is None else o.data
            task.mail = task.mail[o.mail_taken :]
            task.callback = o.callback
            task.sync = task.sync and any(effect_id in task.syncs for effect_id in task.mail)
            status = "ok"
            place, lane, event, request = o.place, o.lane, o.event, o.request
            noted, task.noted = task.noted, b""
            if noted == b"delete" or (place == "final" and not o.save):
                status = "lost" if place == "calling" else "ok"  # the call must not begin
                place = "deleted"
            elif place != "final" and noted:
                place, lane, event, request, status = "ready", "run", noted, b"", "again"
            elif task.mail and task.callback:
                place, lane, status = "ready", "run", "again"
            if place == "final":
                task.due = 0
            elif o.delay_ms is not None:
                task.due = self.now + o.delay_ms
            elif not o.keep_due:
                task.due = 0
            assert result.status == status
            assert len(result.out_ids) == len(o.effects)
            task.place, task.lane, task.event, task.request = place, lane, event, request
            for out_id in result.out_ids:
                self.outbox[out_id] = (o.task_id, o.visit)
                task.waits_for = out_id if place == "sending" else ""
            if place != "calling":
                task.attempts = 0
            if place == "calling":
                task.token = o.token
                self.leases[o.token] = {o.task_id}
                if short:
                    self.short.add(o.token)
            if o.place == "final":
                task.told = ""  # the run has answered
            if o.place == "final" and place != "ready":
                self.refuse(task, all_mail=True)
            if place == "final":
                task.lane = "run"
                task.order = next(self.numbers)
            if place == "deleted":
                self.drop(o.task_id)

    @rule()
    def expire(self) -> None:
        gone = {i for token in self.short for i in self.leases[token]}
        deleted = {i for i in gone if self.tasks[i].noted == b"delete"}
        assert self.run(expire(P, 100)).freed == len(gone) - len(deleted)
        for task_id in gone:
            task = self.tasks[task_id]
            self.leave_lease(task_id)
            if task_id in deleted:
                self.drop(task_id)
                continue
            task.place = "ready"
            if task.noted:
                task.lane, task.event, task.noted, task.request, task.attempts = "run", task.noted, b"", b"", 0
            else:
                task.lane = "alone"

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(sorted(self.leases)))
        assert self.run(renew(P, [token, "none"], LEASE_MS)) == [True, False]
        self.short.discard(token)

    # --- Effects ---

    @rule(kind=st.sampled_from(["create", "modify", "sync", "queue", "reply"]), data=st.data())
    def deliver(self, kind: str, data: st.DataObject) -> None:
        effect_id = f"e{next(self.numbers)}"
        if kind == "create":
            ref = data.draw(REFS)
            new = Delivery(effect_id, "create", effect_task_id(effect_id, ref), ref, "1", data=b"0", meta=b"m")
            expected = "inactive" if self.paused else self.add(new.task_id, ref)
        elif kind == "reply":
            target = data.draw(st.sampled_from([*self.tasks, "0" * 24]))
            visit = self.tasks[target].visit + data.draw(st.integers(-1, 0)) if target in self.tasks else 0
            new = Delivery(effect_id, "reply", target, visit=visit, event=b"reply")
            expected = "late"
            task = self.tasks.get(target)
            if task and task.place in ("waiting", "sending") and task.visit == visit:
                self.ready(target, b"reply")
                expected = "ok"
        else:
            named = data.draw(st.sampled_from([*self.tasks, "a", "b", "c"]))
            sync = kind != "modify"
            new = Delivery(
                effect_id, "modify", ref=named, data=b"x", sync=sync, queue=kind == "queue",
                answer_to=Address(8, "0" * 24, 1) if sync else None,
            )  # fmt: skip
            expected = self.mail(named, effect_id, sync, kind == "queue")
        new = new._replace(read_ms=int(time.time() * 1000))
        assert self.run(deliver(P, [new])) == [expected]
        if kind == "create" and expected == "ok":
            self.count("1", "in")
        self.seen[effect_id] = (new, expected)
        self.applied_at[effect_id] = self.now

    def mail(self, named: str, effect_id: str, sync: bool, queue: bool) -> str:
        if self.paused:
            return "inactive"
        task_id = self.find(named)
        if task_id is None or not self.tasks[task_id].living:
            return "not_found"
        task = self.tasks[task_id]
        stands = task.callback and task.place in ("parked", "waiting")
        if sync:
            runs = task.place == "leased" or (task.place == "ready" and task.lane in ("run", "alone"))
            if task.place == "aside" or (not stands and not runs and not queue):
                return "no_callback"
            if task.sync and not queue:
                return "duplicate_callback"
            task.sync = True
            task.syncs.add(effect_id)
        task.mail.append(effect_id)
        if stands:
            self.ready(task_id, b"")
        return "ok"

    @rule(data=st.data(), keyed=st.booleans(), must_stand=st.booleans(), node=st.sampled_from(["", "2"]))
    def modify(self, data: st.DataObject, keyed: bool, must_stand: bool, node: str) -> None:
        """By a client: refused where it cannot be taken, and then nothing is left of it."""
        named = data.draw(st.sampled_from([*self.tasks, "a", "b", "c"]))
        effect_id = f"k{next(self.numbers)}"
        sent = Modify(named, effect_id, b"x", "digest" if keyed else "", must_stand, node, deaf=("5",))
        task_id = self.find(named)
        task = self.tasks.get(task_id or "")
        stands = task is not None and task.callback and task.place in ("parked", "waiting")
        if self.paused:
            expected = "inactive"
        elif task and must_stand and node and task.node != node and (task.callback or not task.living):
            expected = "other_node"
        elif task is None or not task.living:
            expected = "not_found"
        elif must_stand and not stands:
            expected = "busy" if task.callback and task.place in ("ready", "leased") else "no_callback"
        elif not stands and task.node == "5":
            expected = "never"
        else:
            expected = "ok" if stands else "kept"
        before = contents(self.store, P)
        answer = self.run(modify(P, sent))
        assert answer.status == expected
        if expected not in ("ok", "kept"):
            assert contents(self.store, P) == before
            return
        assert task_id is not None
        self.tasks[task_id].mail.append(effect_id)
        if stands:
            self.ready(task_id, b"")
        if keyed:
            after = contents(self.store, P)
            assert self.store.one(modify(P, sent)) == answer
            assert self.store.one(modify(P, sent._replace(digest="other"))).status == "other_call"
            assert contents(self.store, P) == after

    @precondition(lambda self: self.seen)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        effect_id = data.draw(st.sampled_from(sorted(self.seen)))
        delivery, first = self.seen[effect_id]
        if effect_id in self.settled_at:
            # Who sends a confirmed one read it before: when it has been forgotten, longer ago than the fence.
            delivery = delivery._replace(read_ms=int(time.time() * 1000) - FENCE_MS - 1)
        before = contents(self.store, P)
        known = "same" if first == "ok" else first
        assert self.run(deliver(P, [delivery])) == ["stale" if effect_id in self.forgotten else known]
        assert contents(self.store, P) == before

    @precondition(lambda self: self.seen.keys() - self.settled_at.keys())
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        effect_id = data.draw(st.sampled_from(sorted(self.seen.keys() - self.settled_at.keys())))
        assert self.run(settle(P, [effect_id, "unknown"])) is True
        self.settled_at[effect_id] = self.now

    @precondition(lambda self: self.outbox)
    @rule(data=st.data(), wait=st.booleans())
    def confirm(self, data: st.DataObject, wait: bool) -> None:
        out_id = data.draw(st.sampled_from(sorted(self.outbox)))
        task_id, visit = self.outbox.pop(out_id)
        assert self.run(confirm(P, [Confirm(out_id, task_id, visit, b"sent", wait)])) == [True]
        task = self.tasks.get(task_id)
        if task and task.place == "sending" and task.waits_for == out_id:
            if wait:
                task.place, task.waits_for = "waiting", ""
            else:
                self.ready(task_id, b"sent")

    # --- Waking ---

    @rule(forward=st.booleans())
    def fire(self, forward: bool) -> None:
        # Dues are whole hours from a multiple of one and a half: none is ever near the clock.
        if forward:
            self.now += 1.5 * HOUR_MS
            self.run(set_offset(P, int(self.now)))
        due = [i for i, t in self.tasks.items() if t.due and t.due <= self.now]
        fires = []
        for task_id in due:
            task = self.tasks[task_id]
            if task.place != "leased" and not (task.place == "ready" and task.lane in ("run", "alone")):
                fires.append(task_id)
        assert self.run(fire(P, 1000)).fired == len(fires)
        for task_id in fires:
            self.ready(task_id, TIMEOUT)
            self.tasks[task_id].due = 0

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), final=st.booleans())
    def wake(self, data: st.DataObject, final: bool) -> None:
        named = data.draw(st.sampled_from([*self.tasks, "a", "b"]))
        answer = self.run(wake(P, named, b"wake", final=final))
        task_id = self.find(named)
        if task_id is None:
            assert answer == "not_found"
            return
        task = self.tasks[task_id]
        holder = self.newest.get(task.ref)
        if task.place == "leased":
            assert answer == "noted"
            task.noted = task.noted if task.noted == b"delete" else b"wake"
        elif not task.living and not final:
            assert answer == "final"
        elif not task.living and holder not in (None, task_id) and self.tasks[holder or ""].living:
            assert answer == "ref_taken"
        else:
            assert answer == "ok"
            if not task.living and task.ref:
                self.newest[task.ref] = task_id
            self.ready(task_id, b"wake")
            task.attempts = 0

    @precondition(lambda self: self.tasks)
    @rule(data=st.data())
    def discard(self, data: st.DataObject) -> None:
        task_id = data.draw(st.sampled_from(sorted(self.tasks)))
        task = self.tasks[task_id]
        answer = self.run(discard(P, task_id))
        if task.place == "leased":
            assert answer == "noted"
            task.noted = b"delete"
        else:
            assert answer == "ok"
            if task.place == "calling":
                self.leave_lease(task_id)
            self.drop(task_id)

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def set_aside(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(sorted(self.leases)))
        member = data.draw(st.sampled_from(sorted(self.leases[token])))
        stranger = next((i for i in sorted(self.tasks) if i not in self.leases[token]), "0" * 24)
        assert self.run(set_aside(P, token, [(member, "why"), (stranger, "why")])) == ["ok", "lost"]
        task = self.tasks[member]
        self.leave_lease(member)
        task.place, noted, task.noted = "leased", task.noted, b""
        if noted == b"delete":
            self.drop(member)
        elif noted:
            self.ready(member, noted)
        else:
            task.place, task.due = "aside", 0
            self.count(task.node, "failed", "set_aside")
            self.refuse(task)
            self.tell(member, task)

    @rule(paused=st.booleans())
    def pause(self, paused: bool) -> None:
        assert self.run(pause(P, paused)) == self.paused
        self.paused = paused

    @rule(keep=st.sampled_from([0, 1000]))
    def sweep(self, keep: int) -> None:
        ended = [i for i, t in self.tasks.items() if not t.living]
        removed = self.run(sweep(P, 1000, 10_000 * HOUR_MS, keep)).removed
        assert removed == max(0, len(ended) - keep)
        left = contents(self.store, P)
        self.forgotten |= {effect_id for effect_id, at in self.settled_at.items() if at < self.now}
        remembered = {name.decode() for name in left.get("seen", ())}
        assert not remembered & self.forgotten
        young = {effect_id for effect_id, at in self.applied_at.items() if self.now - at < 23 * HOUR_MS}
        assert young - self.forgotten <= remembered
        for task_id in ended:
            if f"t:{task_id}" not in left:
                self.drop(task_id)

    @precondition(lambda self: self.last is not None and self.last.script in ("create", "claim", "commit", "deliver",
                  "confirm", "settle", "renew", "pause", "set_aside", "set_offset", "sweep", "discard"))  # fmt: skip
    @rule()
    def resend(self) -> None:
        assert self.last is not None
        before = contents(self.store, P)
        if self.last.script == "claim" and not self.leases:
            return
        if self.last.script == "claim" and not any(t.startswith(str(self.last.args[2])) for t in self.leases):
            return  # an empty claim may find more
        self.store.one(self.last)
        after = contents(self.store, P)
        if self.last.script == "renew":
            for moment in (before, after):
                moment.pop("leases", None)
        if self.last.script == "sweep":  # another minute may have begun
            for moment in (before, after):
                for key in COUNTED:
                    moment.pop(key, None)
        assert after == before

    # --- What must hold ---

    @invariant()
    def every_task_is_where_its_place_says(self) -> None:
        found = contents(self.store, P)
        records = {key[2:]: value for key, value in found.items() if key.startswith("t:")}
        assert set(records) == set(self.tasks)
        expected: dict[str, set[str]] = {}

        def put(key: str, member: str) -> None:
            expected.setdefault(key, set()).add(member)

        for task_id, task in self.tasks.items():
            record = {name.decode(): value for name, value in records[task_id].items()}
            optional = {
                "e": task.event, "q": task.request, "r": task.ref.encode(),
                "l": b"" if task.lane == "run" else task.lane.encode(),
                "k": b"1" if task.callback else b"", "s": b"1" if task.sync else b"", "t": task.told.encode(),
                "w": b"" if not task.noted else b"d" if task.noted == b"delete" else b"e" + task.noted,
                "o": task.waits_for.encode(), "f": task.token.encode() if task.place == "calling" else b"",
            }  # fmt: skip
            for name, value in optional.items():
                if name == "l" and task.place not in ("ready", "leased", "calling"):
                    continue
                assert record.get(name, b"") == value, (task_id, name, task)
            assert record["p"].decode() == task.place, task
            assert record["n"].decode() == task.node
            assert record["d"] == task.data
            assert int(record.get("v", 1)) == task.visit
            assert int(record.get("a", 0)) == task.attempts
            assert ("u" in record) == bool(task.due), task
            if task.place in AT:
                put(f"at:{task.node}", task_id)
            elif task.place == "queued":
                put(f"queue:{task.node}", task_id)
            elif task.place == "aside":
                put("aside", task_id)
            elif task.place == "final":
                put("arch:9", task_id)
            elif task.place == "ready":
                entries = found.get(f"q:{task.lane}", [])
                assert task_id.encode() in entries
            if task.place in ("leased", "calling"):
                put(f"lease:{task.token}", task_id)
            if task.mail:
                assert len(found[f"mail:{task_id}"]) == len(task.mail)
        actual: dict[str, set[str]] = {}
        for key, value in found.items():
            if key.startswith(("at:", "queue:", "aside", "lease:")):
                actual[key] = {member.decode() for member in value}
            elif key.startswith("arch:"):
                actual.setdefault(key.rpartition(":")[0], set()).update(member.decode() for member in value)
        assert actual == expected
        assert {token.decode() for token in found.get("leases", {})} == set(self.leases)
        assert {f"mail:{i}" for i, t in self.tasks.items() if t.mail} == {k for k in found if k.startswith("mail:")}
        for kind in task_keys():
            owners = {name.partition(":")[2] for name in found if name.partition(":")[0] == kind.name}
            assert owners <= set(self.tasks), f"{kind.name} is left behind"
        assert {name.partition(":")[0] for name in found} <= {kind.name for kind in KEYS}
        due = {i.decode() for i in found.get("due", {})}
        resting = {
            i for i, t in self.tasks.items() if t.due and (t.place in AT or t.place == "queued" or t.lane == "5")
        }
        assert resting <= due | {i for i in resting if self.tasks[i].due <= self.now}
        assert due <= {i for i, t in self.tasks.items() if t.due}
        assert {k[2:] for k in found if k.startswith("r:")} == set(self.newest)
        assert all(found[f"r:{ref}"].decode() == task_id for ref, task_id in self.newest.items())

    @invariant()
    def counts_are_the_tasks_that_stand_there(self) -> None:
        counts = contents(self.store, P).get("cnt", {})
        numbers = {name.decode(): int(value) for name, value in counts.items()}
        for node in ("1", "2", "5", "9"):
            now = numbers.get(f"{node}.i", 0) - numbers.get(f"{node}.o", 0) - numbers.get(f"{node}.x", 0)
            assert now == sum(1 for t in self.tasks.values() if t.node == node)
            assert numbers.get(f"{node}.x", 0) == self.removed.get(node, 0)

    @invariant()
    def each_minute_counts_what_moved_in_it(self) -> None:
        total: Counter[tuple[str, ...]] = sum(self.moved.values(), Counter())
        assert sum(self.counted("hours", 1).values(), Counter()) == total
        kept = self.minute() - KEPT_MINUTES + 1
        if self.is_sure:
            assert self.counted("minutes", kept) == {at: moved for at, moved in self.moved.items() if at >= kept}
        assert len({period.number for period in self.stored("minutes")}) == len(self.stored("minutes"))

    def stored(self, kind: str) -> list[Period]:
        entries = [read_period(entry) for entry in contents(self.store, P).get(kind, [])]
        assert entries == sorted(entries)
        return entries

    def counted(self, kind: Literal["minutes", "hours"], since: int) -> dict[int, Counter[tuple[str, ...]]]:
        counted: dict[int, Counter[tuple[str, ...]]] = {}
        for period in self.store.one(periods(P, kind, since, self.minute() + 1)).periods:
            moved = counted.setdefault(period.number, Counter())
            for node, entered, left in period.moves:
                moved += Counter({(node, "in"): entered, (node, "out"): left})
            moved += Counter({(node, "failed", tag): tasks for node, tag, tasks in period.failures})
        return counted

    @invariant()
    def modifies_without_effect_are_counted(self) -> None:
        assert int(contents(self.store, P).get("meta", {}).get(b"unused", 0)) == self.unused

    @invariant()
    def the_outbox_holds_each_effect_once(self) -> None:
        entries = contents(self.store, P).get("out", [])
        refused = [values[b"e"].decode() for _, values in entries if values[b"k"] == b"refuse"]
        assert sorted(refused) == sorted(self.refusals)
        assert {out_id.decode() for out_id, values in entries if values[b"k"] != b"refuse"} == set(self.outbox)


def test_any_order_of_calls_keeps_every_task_in_one_place(server_binary: Path, short_folder: Path) -> None:
    # A server of its own: after each step all keys are looked through, and other tests leave many.
    server = OwnServer(server_binary, short_folder)
    server.start()
    StoreModel.store_url = server.url
    try:
        run_model()
    finally:
        server.stop()


def run_model() -> None:
    run_state_machine_as_test(
        StoreModel,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
            # Without shrinking: against a real server it takes minutes. Add Phase.shrink to work on a failure.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
        ),
    )

"""A store that an older version has left runs under this one, alone and beside workers of that version."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.store import calls
from engine.store.call import Partition
from engine.store.records import Delivery
from tests.upgrade.laboratory import Laboratory
from tests.upgrade.ledger import Ledger
from tests.upgrade.saved import (
    ACCOUNTS,
    ANSWER,
    ASK,
    CHAIN,
    COMPUTE,
    COPY,
    FRAGILE,
    LATER,
    LINE,
    NOTES,
    PACED,
    PAY,
    SEND,
    STORES,
    TAKE,
    TARGETS,
    UNSENT,
    WATCHED,
    unpack,
)
from tests.waiting import eventually

AGE_MS = 10**12  # a restored task has the age that it has: it must not be swept away before a test looks
ROUNDS = 20


@pytest.fixture(params=sorted(path.name for path in STORES.iterdir()))
def saved(request: pytest.FixtureRequest) -> Path:
    """What an older version has left."""
    return STORES / str(request.param)


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    with contextlib.closing(Ledger()) as ledger:
        ledger.gate.set()
        monkeypatch.setenv("CONV_VAR_LEDGER", ledger.address)
        yield ledger


@pytest.fixture
def laboratory(saved: Path, tmp_path: Path, ledger: Ledger) -> Iterator[Laboratory]:
    """The saved store on the day on which it was saved. Nobody works yet."""
    unpack(saved / "store.tar.xz", tmp_path / ".conv")
    with Engine.open(Settings(home=tmp_path / ".conv")) as engine:
        laboratory = Laboratory(engine, saved, tmp_path, ledger)
        laboratory.turn_clock()
        with contextlib.closing(laboratory):
            yield laboratory


@pytest.mark.slow
@pytest.mark.parametrize("deployed_again", [False, True], ids=["as it was", "deployed again"])
def test_all_goes_on_under_this_version(laboratory: Laboratory, deployed_again: bool) -> None:
    if deployed_again:
        report = laboratory.engine.deploy([laboratory.store / "definitions"])
        assert report.is_deployed, report.problems

    worker = laboratory.start_new()
    laboratory.settle()
    laboratory.settle_batches()

    laboratory.check()
    _check_timers(laboratory)
    _check_what_rested_goes_on(laboratory)
    laboratory.check_order()
    worker.stop()


def _check_timers(laboratory: Laboratory) -> None:
    """Two tasks sleep an hour and wait another; the third has modifies that it takes when it waits."""
    assert laboratory.nodes(LATER, "w1", "w2", "w3") == {"sleep, delayed"}

    laboratory.turn_clock(hours=1.1)
    laboratory.eventually(LATER, "w2", node="done")
    laboratory.eventually(LATER, "w1", "w3", node="wait, waiting")
    assert laboratory.data(LATER, "w2") == {"first": 1, "second": 2, "last": True}

    laboratory.engine.callback(LATER, "w3", {"last": True})
    laboratory.eventually(LATER, "w3", node="done")
    laboratory.turn_clock(hours=2.5)
    laboratory.eventually(LATER, "w1", node="late")


def _check_what_rested_goes_on(laboratory: Laboratory) -> None:
    engine = laboratory.engine
    engine.modify(ACCOUNTS, "a5", {"pay": 6})
    engine.modify(NOTES, "n3", {"x": 1})
    engine.callback(ANSWER, laboratory.facts.asked["q3"], {})
    engine.submit(TAKE, {}, ref="t3")
    engine.callback(WATCHED, "m1", {})
    engine.callback(WATCHED, "m2", {})
    engine.retry(FRAGILE, "fragile")
    engine.retry(UNSENT, "u1")

    eventually(lambda: laboratory.data(ACCOUNTS, "a5")["sum"] == 11)
    eventually(lambda: laboratory.data(NOTES, "n3").get("x") == 1)
    laboratory.eventually(ASK, "q3", node="done")
    laboratory.eventually(TAKE, "t3", node="done")
    laboratory.eventually(WATCHED, "m1", "m2", node="done")
    laboratory.eventually(FRAGILE, "fragile", node="done")
    laboratory.eventually(UNSENT, "u1", node="done")
    assert laboratory.data(ASK, "q3")["answered"] == 4
    assert laboratory.data(TAKE, "t3")["__queue_task_data__"] == {"n": 3}
    assert laboratory.copies()["u1"] == 1
    eventually(lambda: len(engine.archive(WATCHED, "told")) == 2)
    assert [view.data["reached"] for view in engine.archive(WATCHED, "told")] == ["false", "true"]


def test_each_modify_that_waited_in_mail_counts(laboratory: Laboratory) -> None:
    laboratory.start_new()
    laboratory.settle()

    accounts = {ref: laboratory.data(ACCOUNTS, ref) for ref in ("a1", "a4")}
    assert {ref: (data["sum"], data["payments"]) for ref, data in accounts.items()} == {"a1": (13, 3), "a4": (600, 3)}


def test_effects_that_were_applied_are_remembered_with_their_answers(laboratory: Laboratory) -> None:
    targets = Partition(TARGETS, 0)
    before = laboratory.engine.store.one(calls.stats(targets)).seen
    again = [
        Delivery(effect_id, "modify", ref="kept", data=b'{"applied":"twice"}') for effect_id in laboratory.facts.applied
    ]

    answers = laboratory.engine.store.one(calls.deliver(targets, again))

    first = laboratory.facts.applied.values()
    assert answers == ["same" if answer == "ok" else answer for answer in first]
    assert laboratory.engine.store.one(calls.stats(targets)).seen == before
    worker = laboratory.start_new()
    laboratory.eventually(TARGETS, "kept", "waited for", "new", node="kept, parked")
    assert laboratory.data(TARGETS, "kept") == laboratory.data(TARGETS, "new") == {}
    assert laboratory.data(TARGETS, "waited for") == {"first": True}
    worker.stop()


@pytest.mark.slow
def test_workers_of_both_versions_share_a_store(laboratory: Laboratory) -> None:
    old, new = laboratory.start_old(), laboratory.start_new()
    load = Load(laboratory)

    def both_have_worked() -> bool:
        committed = {seen.state.pid: seen.state.committed for seen in laboratory.engine.workers()}
        return all(committed.get(worker.process.pid) for worker in (old, new))

    while load.rounds < ROUNDS or not both_have_worked():
        load.round()
    laboratory.settle()
    laboratory.settle_batches()

    load.check()
    laboratory.check_notes()
    laboratory.check_calls()
    laboratory.check_order()
    old.stop()
    new.stop()


class Load:
    """More of everything, from outside, while workers of both versions are at it."""

    def __init__(self, laboratory: Laboratory) -> None:
        self.laboratory = laboratory
        self.rounds = 0
        self.called: set[str] = set()

    def round(self) -> None:
        laboratory, number = self.laboratory, self.rounds
        engine, ref = laboratory.engine, f"round {number}"
        engine.submit(LINE, {"n": 100 + number}, ref=ref)
        engine.submit(COPY, {}, ref=ref)
        engine.submit(ASK, {"n": 100 + number}, ref=ref)
        engine.submit(SEND, {"n": number, "text": ref}, ref=ref)
        engine.submit(COMPUTE, {"n": number}, ref=ref)
        engine.submit(WATCHED, {"amount": 1}, ref=ref)
        engine.submit(PAY, {"account": "a5", "pay": number + 1}, ref=ref)
        eventually(lambda: laboratory.task(LINE, ref).place in ("queued", "final"))
        engine.submit(TAKE, {}, ref=ref)
        self._call_back()
        laboratory.eventually(PAY, ref, node="done")
        self.rounds += 1

    def _call_back(self) -> None:
        """Whatever waits for an answer, but for those that nobody calls back in the saved store."""
        for view in self.laboratory.engine.archive(ANSWER, "wait", limit=1000):
            if view.data["n"] >= 100 and view.task_id not in self.called:
                self.called.add(view.task_id)
                self.laboratory.engine.callback(ANSWER, view.task_id, {})

    def check(self) -> None:
        laboratory, numbers = self.laboratory, range(self.rounds)
        refs = [f"round {number}" for number in numbers]

        def all_called_back() -> bool:
            self._call_back()
            return len(self.called) == self.rounds

        eventually(all_called_back, every_s=0.05)
        for conv in (TAKE, COPY, ASK, SEND, COMPUTE):
            laboratory.eventually(conv, *refs, node="done")
        laboratory.eventually(WATCHED, *refs, node="hold, waiting")
        account = laboratory.data(ACCOUNTS, "a5")
        assert (account["sum"], account["payments"]) == (5 + sum(number + 1 for number in numbers), 1 + self.rounds)
        assert laboratory.copies() == Counter({"c1": 2, "c2": 2, "c3": 2} | dict.fromkeys(refs, 2))
        assert [laboratory.data(ASK, ref)["answered"] for ref in refs] == [101 + number for number in numbers]
        assert [laboratory.data(COMPUTE, ref)["twice"] for ref in refs] == [2 * number for number in numbers]
        taken = Counter(laboratory.data(TAKE, ref)["__queue_task_data__"]["n"] for ref in ["t1", "t2", *refs])
        assert set(taken.values()) == {1}
        total = laboratory.engine.evaluate(f"{{{{conv[{WATCHED}].node[add].total}}}}")[0]
        assert total == pytest.approx(10.4 + self.rounds)


@pytest.mark.slow
def test_a_worker_of_the_older_version_goes_on_with_what_this_one_began(laboratory: Laboratory) -> None:
    """A worker of this version dies, and the next one is of the older version: somebody has gone back to it."""
    engine, ledger = laboratory.engine, laboratory.ledger
    new = laboratory.start_new(CONV_LEASE_MS="3000")
    laboratory.settle()
    laboratory.settle_batches()
    ledger.gate.clear()
    refs = [f"began {number}" for number in range(4)]
    made = len(ledger.requests)
    for number, ref in enumerate(refs):
        engine.submit(CHAIN, {"n": 100 + number}, ref=ref)
        engine.submit(SEND, {"n": number, "text": ref}, ref=ref)
        engine.submit(PACED, {}, ref=ref)
    laboratory.eventually(CHAIN, *refs, node="ask, waiting")
    eventually(lambda: len(ledger.requests) >= made + 3)
    asked = eventually(lambda: _asked_by(laboratory, refs))

    new.close()
    for task_id in asked:
        engine.callback(ANSWER, task_id, {})
    engine.modify(NOTES, "n3", {"x": 1})
    engine.modify(NOTES, "n3", {"y": 2})
    ledger.gate.set()
    old = laboratory.start_old()

    laboratory.eventually(CHAIN, *refs, node="rest, waiting")
    laboratory.eventually(SEND, *refs, node="done")
    laboratory.eventually(PACED, *refs, node="done")
    eventually(lambda: laboratory.data(NOTES, "n3").items() >= {"x": 1, "y": 2}.items())
    assert [laboratory.data(CHAIN, ref)["answered"] for ref in refs] == [101, 102, 103, 104]
    again = {request.key: request for request in ledger.requests}
    assert all(request == again[request.key] for request in ledger.requests), "the same key, the same request"
    assert len(again) == 7 + 2 * len(refs)
    laboratory.check_order()
    old.stop()


def _asked_by(laboratory: Laboratory, refs: list[str]) -> list[str]:
    """The tasks that wait to be called back for the tasks of a chain; none before all of them do."""
    waiting = [view.task_id for view in laboratory.engine.archive(ANSWER, "wait") if view.data["n"] >= 100]
    return waiting if len(waiting) == len(refs) else []


WAITER = 90
WAITERS = f"""
process: Waiter
id: {WAITER}
nodes:
  start: {{go: take}}
  take: {{get_from_queue: {{conv: {LINE}, node: line, count: 2, timeout: 1h}}, error: failed, go: done}}
  done: {{end: success}}
  failed: {{end: error}}
"""


@pytest.mark.slow
def test_what_a_node_type_keeps_goes_from_version_to_version(laboratory: Laboratory, tmp_path: Path) -> None:
    """One task waits for a queue, and another lies in it, while workers of both versions take turns."""
    engine, definition = laboratory.engine, tmp_path / "waiter.yaml"
    definition.write_text(WAITERS)
    assert engine.deploy([definition]).is_deployed
    worker = laboratory.start_new()
    engine.submit(TAKE, {}, ref="t3")
    engine.submit(TAKE, {}, ref="t4")
    laboratory.eventually(TAKE, "t1", "t2", "t3", "t4", node="done")  # nothing lies in the queue now
    engine.submit(WAITER, {}, ref="w")
    laboratory.eventually(WAITER, "w", node="take, delayed")
    until = laboratory.meta(WAITER, "w")["node"]["wait_until"]

    worker.stop()
    worker = laboratory.start_old()
    eventually(lambda: "node" not in laboratory.meta(WAITER, "w"))
    assert laboratory.meta(WAITER, "w")["wait_until"] == until
    worker.stop()
    worker = laboratory.start_new()
    kept = {"type": "get_from_queue", "wait_until": until}
    eventually(lambda: laboratory.meta(WAITER, "w").get("node") == kept)
    engine.submit(LINE, {"n": 50}, ref="w")
    laboratory.eventually(WAITER, "w", node="done")
    assert laboratory.data(WAITER, "w")["__queue_task_data__"] == [{"n": 50}]

    engine.submit(LINE, {"n": 51}, ref="y")
    laboratory.eventually(LINE, "y", node="line, queued")
    worker.stop()
    worker = laboratory.start_old()
    engine.submit(TAKE, {}, ref="y")
    laboratory.eventually(TAKE, "y", node="done")
    assert laboratory.data(TAKE, "y")["__queue_task_data__"] == {"n": 51}
    worker.stop()


@pytest.mark.slow
def test_a_backup_of_an_older_version_comes_back(saved: Path, tmp_path: Path, ledger: Ledger) -> None:
    settings = Settings(home=tmp_path / ".conv", archive_age_ms=AGE_MS)
    with Engine.open(settings) as engine:
        summary = engine.restore(saved / "backup.conv")
        laboratory = Laboratory(engine, saved, tmp_path, ledger)
        with contextlib.closing(laboratory):
            assert summary.convs == len(engine.convs())
            laboratory.timers_as_saved()
            laboratory.turn_clock(hours=1.1 + laboratory.hours_since_saved())
            worker = laboratory.start_new(CONV_ARCHIVE_AGE_MS=str(AGE_MS))
            laboratory.settle()
            laboratory.check()
            # They have slept for an hour, however long ago the backup was made.
            laboratory.eventually(LATER, "w2", node="done")
            laboratory.eventually(LATER, "w1", "w3", node="wait, waiting")
            _check_what_rested_goes_on(laboratory)
            laboratory.check_order()
            worker.stop()


NEW_ORDER = """\
# Of the shop.
process: New order
id: 900
nodes:
  start: {go: wait}
  wait: {delay: 1h, go: done}
  done: {end: success}
"""


@pytest.mark.slow
def test_an_older_version_that_deploys_leaves_a_gap_in_history_and_nothing_else(laboratory: Laboratory) -> None:
    engine = laboratory.engine
    file = laboratory.folder / "processes/shop/order.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(NEW_ORDER)
    engine.deploy(file)
    file.write_text(NEW_ORDER.replace("1h", "2h"))

    assert laboratory.deploy_old(file) == ["True", "New order (900)"]

    assert [(one.number, one.is_current) for one in engine.history(900)] == [(1, False)]
    assert engine.definition(900).nodes["wait"].delay.after == "2h"
    assert b"delay: 2h" in engine.source(900)
    assert engine.audit().is_clean
    file.write_text(NEW_ORDER.replace("1h", "3h"))
    engine.deploy(file)
    assert [(one.number, one.is_made) for one in engine.history(900)] == [(3, False), (2, True), (1, False)]
    assert engine.show(900).folder == "shop"
    assert laboratory.deploy_old(file) == ["True"], "to the older version it is as deployed"
    assert engine.history(900)[0].is_current
    engine.rollback(900, 2)
    assert engine.definition(900).nodes["wait"].delay.after == "2h"
    assert laboratory.engine.audit().is_clean

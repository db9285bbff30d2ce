"""What cannot be read is set aside, fenced by its lease, and can be woken or deleted from there."""

from __future__ import annotations

import pytest

from engine.store.audit import audit
from engine.store.calls import claim, deliver, discard, outbox, read, set_aside, set_effect_aside, stats, wake
from engine.store.client import Store
from engine.store.records import Delivery, Effect
from engine.task import Address
from tests.store.words import DATA, LEASE_MS, TOKEN, P, claimed, committed, contents, outcome, place, rest, submit, task

WHY = "its data cannot be read: malformed"


def audited(store: Store) -> set[str]:
    """What the auditor finds; that nobody has deployed the conv is so."""
    return {finding.what for finding in audit(store).findings} - {"not_deployed"}


def test_a_task_is_set_aside_as_it_is_and_its_batch_goes_on(store: Store) -> None:
    bad, good = submit(store, "bad", "good")
    lent = claimed(store)

    assert store.one(set_aside(P, TOKEN, [(bad, WHY)])) == ["ok"]

    record = task(store, "bad")
    assert record is not None
    assert (record.place, record.note, record.data) == ("aside", WHY, DATA)
    assert place(store, "good") == "leased"
    assert [r.status for r in committed(store, [outcome(t, "parked") for t in lent])] == ["lost", "ok"]
    assert store.one(stats(P)).aside == 1
    assert store.one(read(P, nodes=["1"])).counts[0].now == 2
    assert audited(store) == set()
    assert good != bad


def test_only_who_holds_a_task_sets_it_aside_and_only_once(store: Store) -> None:
    [bad] = submit(store, "bad")
    before = contents(store)
    assert store.one(set_aside(P, TOKEN, [(bad, WHY)])) == ["lost"]
    assert contents(store) == before

    claimed(store)
    call = set_aside(P, TOKEN, [(bad, WHY), ("0" * 24, WHY)])
    assert store.one(call) == ["ok", "lost"]
    after = contents(store)

    assert store.one(call) == ["lost", "lost"]
    assert contents(store) == after


def test_a_task_claimed_to_call_leaves_its_slot(store: Store) -> None:
    [bad] = submit(store, "bad", lane="1")
    claimed(store, "C", "1", calling=True)

    assert store.one(set_aside(P, "C.0", [(bad, WHY)])) == ["ok"]

    assert place(store, "bad") == "aside"
    assert not [key for key in contents(store) if key.startswith(("at:", "lease"))]
    assert audited(store) == set()


def test_a_task_set_aside_keeps_its_mail_and_loses_its_timer(store: Store) -> None:
    bad = rest(store, "bad", "parked", callback=True, delay_ms=LEASE_MS)
    store.one(deliver(P, [Delivery("e1", "modify", ref="bad", data=b"x")]))
    claimed(store)

    assert store.one(set_aside(P, TOKEN, [(bad, WHY)])) == ["ok"]

    assert f"mail:{bad}" in contents(store)
    assert "due" not in contents(store)
    assert store.one(wake(P, "bad", b"retry")) == "ok"
    [lent] = claimed(store, "T2")
    assert (lent.event, [mail.effect_id for mail in lent.mail]) == (b"retry", ["e1"])
    assert audited(store) == set()


def test_of_its_mail_those_who_wait_are_told_and_the_rest_keeps_its_order(store: Store) -> None:
    bad = rest(store, "bad", "parked", callback=True)
    sender = Address(8, "f" * 24, 3)
    for number in range(6):
        modify = Delivery(f"e{number}", "modify", ref="bad", data=b"same")
        store.one(deliver(P, [modify._replace(sync=True, queue=True, answer_to=sender) if number % 2 else modify]))
    claimed(store)

    assert store.one(set_aside(P, TOKEN, [(bad, WHY)])) == ["ok"]

    assert [(entry.effect.kind, entry.effect.target) for entry in store.one(outbox(P, 10))] == [
        ("refuse", sender.task_id)
    ] * 3
    store.one(wake(P, "bad", b"retry"))
    [lent] = claimed(store, "T2")
    assert [mail.effect_id for mail in lent.mail] == ["e0", "e2", "e4"]
    assert audited(store) == set()


@pytest.mark.parametrize("noted", ["wake", "discard"])
def test_what_was_noted_while_it_ran_takes_effect(store: Store, noted: str) -> None:
    [bad] = submit(store, "bad")
    claimed(store)
    assert store.one(wake(P, "bad", b"cancel") if noted == "wake" else discard(P, "bad")) == "noted"

    assert store.one(set_aside(P, TOKEN, [(bad, WHY)])) == ["ok"]

    assert place(store, "bad") == ("ready" if noted == "wake" else None)
    if noted == "wake":
        assert [t.event for t in claimed(store, "T2")] == [b"cancel"]
    assert audited(store) == set()


def test_a_deleted_one_answers_who_waits_also_beside_mail_without_a_sender(store: Store) -> None:
    bad = rest(store, "bad", "parked", callback=True)
    sender = Address(8, "f" * 24, 3)
    store.one(deliver(P, [Delivery("e1", "modify", ref="bad", data=b"x", sync=True, answer_to=sender)]))
    store.client.lpush(f"{{{store.namespace}:{P.conv_id}.{P.number}}} mail:{bad}", b"nothing")
    batch = store.one(claim(P, "run", 10, TOKEN, LEASE_MS))
    assert (batch.tasks, [lent.task_id for lent in batch.unreadable]) == ([], [bad])
    store.one(set_aside(P, TOKEN, [(bad, WHY)]))

    assert store.one(discard(P, "bad")) == "ok"

    [entry] = store.one(outbox(P, 10))
    assert (entry.effect.kind, entry.effect.target) == ("refuse", sender.task_id)


def test_an_effect_is_set_aside_with_the_task_that_waits_for_it(store: Store) -> None:
    [waits] = submit(store, "waits")
    claimed(store)
    [result] = committed(store, [outcome(waits, "sending", effects=(Effect("e1", 8, "x", "create", b"?", True),))])
    call = set_effect_aside(P, result.out_ids[0], "cannot be read: malformed")

    assert store.one(call) is True

    record = task(store, "waits")
    assert record is not None
    assert (record.place, record.note) == ("aside", "its effect e1 cannot be read: malformed")
    assert store.one(outbox(P, 10)) == []
    late = contents(store)[f"late:{result.out_ids[0]}"]
    assert (late[b"y"], late[b"b"]) == (b"cannot be read: malformed", b"?")
    assert audited(store) == set()
    after = contents(store)
    assert store.one(call) is False
    assert contents(store) == after


def test_a_task_without_a_node_is_set_aside_by_its_claim(store: Store) -> None:
    bad, good = submit(store, "bad", "good")
    store.client.hdel(f"{{{store.namespace}:{P.conv_id}.{P.number}}} t:{bad}", "n")

    assert [t.task_id for t in claimed(store)] == [good]

    record = task(store, "bad")
    assert record is not None
    assert (record.place, record.note) == ("aside", "its record names no node")

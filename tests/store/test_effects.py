"""What tasks send each other: outbox, deliver, confirm, mail, replies."""

from __future__ import annotations

import time
from typing import Any

from engine.store import move
from engine.store.call import Partition
from engine.store.calls import (
    claim,
    commit,
    confirm,
    create,
    deliver,
    expire,
    fire,
    outbox,
    pause,
    read,
    set_offset,
    settle,
    sweep,
)
from engine.store.calls import modify as modify_call
from engine.store.calls.effects import FENCE_MS, SETTLED_MS
from engine.store.client import Store
from engine.store.ids import effect_task_id
from engine.store.records import Confirm, Delivery, Effect, Modify  # fmt: skip
from engine.task import Address
from tests.store.words import (
    LEASE_MS,
    TO_END,
    P,
    claimed,
    committed,
    contents,
    new_task,
    outcome,
    place,
    rest,
    submit,
    task,
)  # fmt: skip

TARGET = Partition(140897, 0)
DAY_MS = 86_400_000
SENDER = Address(1, "0123456789abcdef01234567", 4)


def modify(effect_id: str, ref: str, data: bytes = b"new", **more: Any) -> Delivery:
    return Delivery(effect_id, "modify", ref=ref, data=data)._replace(**more)


def sending(store: Store, ref: str = "sender", *, wait: bool = False) -> tuple[str, str]:
    """A task that waits for its effect; its id and the outbox id."""
    [task_id] = submit(store, ref)
    [lent] = claimed(store, f"send {ref}")
    effect = Effect(f"{task_id}.2.0", 140897, "token", "create", b"body\xff", blocking=True)
    [result] = committed(store, [outcome(lent, "sending", effects=(effect,))], f"send {ref}")
    assert result.status == "ok"
    return task_id, result.out_ids[0]


def delivered(store: Store, *deliveries: Delivery, p: Partition = P) -> list[str]:
    return store.one(deliver(p, deliveries))


# --- Outbox -----------------------------------------------------------------------------------


def test_an_effect_is_written_with_its_commit_and_read_back_whole(store: Store) -> None:
    task_id, out_id = sending(store)

    [entry] = store.one(outbox(P, 10))

    assert (entry.out_id, entry.task_id, entry.visit) == (out_id, task_id, 2)
    assert entry.effect == Effect(f"{task_id}.2.0", 140897, "token", "create", b"body\xff", True)
    assert place(store, "sender") == "sending"


def test_effects_keep_their_order(store: Store) -> None:
    submit(store, "a")
    [lent] = claimed(store)
    effects = tuple(Effect(f"e{n}", 7, "x", "modify", b"%d" % n) for n in range(5))

    [result] = committed(store, [outcome(lent, "parked", effects=effects)])

    assert [e.effect.effect_id for e in store.one(outbox(P, 10))] == ["e0", "e1", "e2", "e3", "e4"]
    assert [e.out_id for e in store.one(outbox(P, 10))] == result.out_ids


def test_a_resent_commit_with_effects_writes_them_once_and_tells_their_ids_again(store: Store) -> None:
    submit(store, "a")
    [lent] = claimed(store)
    call = commit(P, "T", [[]], [outcome(lent, "parked", effects=(Effect("e", 7, "x", "modify", b""),))], LEASE_MS)

    assert store.one(call) == store.one(call)
    assert len(store.one(outbox(P, 10))) == 1


def test_a_confirmed_effect_releases_its_sender_with_the_event(store: Store) -> None:
    task_id, out_id = sending(store)
    call = confirm(P, [Confirm(out_id, task_id, 2, b"sent\xff", False)])

    assert store.one(call) == [True]
    before = contents(store)
    assert store.one(call) == [False]

    assert contents(store) == before
    assert store.one(outbox(P, 10)) == []
    [lent] = claimed(store)
    assert (lent.task_id, lent.event) == (task_id, b"sent\xff")


def test_a_confirmed_effect_with_wait_leaves_its_sender_waiting_for_the_reply(store: Store) -> None:
    task_id, out_id = sending(store)

    store.one(confirm(P, [Confirm(out_id, task_id, 2, b"", True)]))

    assert place(store, "sender") == "waiting"
    assert delivered(store, Delivery("r", "reply", task_id=task_id, visit=2, event=b"answer")) == ["ok"]
    assert claimed(store)[0].event == b"answer"


def test_a_reply_that_overtakes_the_confirmation_counts(store: Store) -> None:
    task_id, out_id = sending(store)

    assert delivered(store, Delivery("r", "reply", task_id=task_id, visit=2, event=b"answer")) == ["ok"]

    assert store.one(confirm(P, [Confirm(out_id, task_id, 2, b"", True)])) == [True]
    assert place(store, "sender") == "ready"
    assert claimed(store)[0].event == b"answer"


def test_an_effect_that_does_not_block_releases_nobody(store: Store) -> None:
    [task_id] = submit(store, "a")
    [lent] = claimed(store)
    effects = (Effect("e1", 7, "x", "modify", b""), Effect("e2", 7, "x", "create", b"", blocking=True))
    [result] = committed(store, [outcome(lent, "sending", effects=effects)])

    store.one(confirm(P, [Confirm(result.out_ids[0], task_id, 2, b"no", False)]))

    assert place(store, "a") == "sending"


def test_an_effect_over_its_limit_is_set_aside_with_its_sender_and_never_given_out(store: Store) -> None:
    _, out_id = sending(store)
    store.one(set_offset(P, DAY_MS // 2 + 1000))

    assert store.one(outbox(P, 10)) == []

    assert place(store, "sender") == "aside"
    keys = contents(store)
    assert f"late:{out_id}".encode() in keys["aside"]
    assert keys[f"late:{out_id}"][b"b"] == b"body\xff"


def test_young_entries_are_left_to_the_worker_that_wrote_them(store: Store) -> None:
    sending(store)

    assert store.one(outbox(P, 10, older_ms=5000)) == []

    store.one(set_offset(P, 6000))
    assert len(store.one(outbox(P, 10, older_ms=5000))) == 1


# --- Deliver: create ---------------------------------------------------------------------------


def create_effect(effect_id: str, ref: str) -> Delivery:
    return Delivery(effect_id, "create", effect_task_id(effect_id, ref), ref, "1", data=b"copied", meta=b"m")


def test_a_delivered_create_is_a_task_of_the_target_once(store: Store) -> None:
    assert delivered(store, create_effect("e1", "token"), p=TARGET) == ["ok"]
    before = contents(store, TARGET)

    assert delivered(store, create_effect("e1", "token"), p=TARGET) == ["same"]

    assert contents(store, TARGET) == before
    assert store.one(read(TARGET, ["token"], ["1"])).counts[0].entered == 1


def test_a_delivered_create_of_a_taken_ref_is_refused_and_stays_refused(store: Store) -> None:
    submit(store, "token")
    assert delivered(store, create_effect("e1", "token")) == ["ref_taken"]

    committed(store, [outcome(claimed(store)[0], "final")])

    assert delivered(store, create_effect("e1", "token")) == ["ref_taken"]
    assert delivered(store, create_effect("e2", "token")) == ["ok"]


def test_a_created_task_is_not_made_again_after_it_was_deleted(store: Store) -> None:
    delivered(store, create_effect("e1", "token"))
    committed(store, [outcome(claimed(store)[0], "final", save=False)])

    assert delivered(store, create_effect("e1", "token")) == ["same"]
    assert place(store, "token") is None


def test_effect_ids_are_forgotten_after_a_day(store: Store) -> None:
    rest(store, "a", "parked")
    delivered(store, modify("e1", "a"))
    store.one(set_offset(P, DAY_MS + 1000))

    store.one(sweep(P, 100, DAY_MS, 1000))

    assert "seen" not in contents(store)


def forgets(store: Store, after_ms: int, p: Partition = P) -> bool:
    """Whether a sweep leaves no effect, so much later by the conv's clock."""
    store.one(set_offset(p, after_ms))
    store.one(sweep(p, 100, 1000 * DAY_MS, 1000))
    return "seen" not in contents(store, p)


def test_a_settled_effect_is_remembered_for_minutes_more(store: Store) -> None:
    rest(store, "a", "parked", callback=True)
    delivered(store, modify("e1", "a"), modify("e2", "nobody"))

    assert store.one(settle(P, ["e1", "e2", "unknown"])) is True
    assert store.one(settle(P, ["e1"])) is True

    assert not forgets(store, SETTLED_MS - 60_000)
    assert delivered(store, modify("e1", "a"), modify("e2", "nobody")) == ["same", "not_found"]
    assert forgets(store, SETTLED_MS + 1000)


def test_an_effect_that_nobody_settled_is_remembered_for_a_day(store: Store) -> None:
    rest(store, "a", "parked")
    delivered(store, modify("e1", "a"))

    assert not forgets(store, DAY_MS - 60_000)


def test_nothing_is_settled_while_tasks_are_moved_or_saved(store: Store) -> None:
    rest(store, "a", "parked")
    delivered(store, modify("e1", "a"))
    store.one(move.arm(P, "mover", b"o" * 1024))
    before = contents(store)

    assert store.one(settle(P, ["e1"])) is False

    assert contents(store) == before


def test_an_effect_that_was_read_too_long_ago_is_not_applied(store: Store) -> None:
    rest(store, "a", "parked", callback=True)
    read_ms = int(time.time() * 1000)
    before = contents(store)

    for late in (read_ms - FENCE_MS - 1000, read_ms + FENCE_MS + 60_000):
        assert delivered(store, modify("e1", "a", read_ms=late)) == ["stale"]
        assert delivered(store, create_effect("e2", "x")._replace(read_ms=late)) == ["stale"]
    assert contents(store) == before

    assert delivered(store, modify("e1", "a", read_ms=read_ms)) == ["ok"]
    assert delivered(store, modify("e1", "a", read_ms=read_ms - 2 * FENCE_MS)) == ["same"], "it is known"


def test_the_outbox_says_when_it_was_read(store: Store) -> None:
    sending(store)
    earliest_ms = int(time.time() * 1000)
    store.one(set_offset(P, DAY_MS // 4))

    [entry] = store.one(outbox(P, 10))

    assert earliest_ms <= entry.read_ms <= int(time.time() * 1000), "by the server's clock, whatever the conv's says"


def test_a_modify_without_a_key_is_remembered_only_for_its_own_resend(store: Store) -> None:
    rest(store, "a", "parked", callback=True)
    rest(store, "b", "parked", callback=True)
    store.one(modify_call(P, Modify("a", "client:1", b"x")))
    assert store.one(modify_call(P, Modify("a", "client:1", b"x"))).status == "ok"
    assert len(claimed(store)[0].mail) == 1
    assert forgets(store, SETTLED_MS + 1000)

    store.one(modify_call(P, Modify("b", "key:1", b"x", "digest")))
    assert not forgets(store, DAY_MS - 60_000), "a key holds for a day"


def test_few_tasks_of_an_ancestor_are_counted_for_minutes_and_many_for_a_day(store: Store) -> None:
    def copies(ancestor: str, count: int) -> int:
        made = [create_effect(f"{ancestor}{n}", "")._replace(ancestor=ancestor) for n in range(count)]
        assert store.one(deliver(P, made, 4000)) == ["ok"] * count
        return int(store.client.pttl(f"{{{store.namespace}:{P.conv_id}.{P.number}}} kin:{ancestor}"))

    assert copies("few", 4) < 3_600_000
    assert copies("many", 5) > 23 * 3_600_000


def test_a_paused_target_refuses_create_and_modify_but_takes_replies(store: Store) -> None:
    rest(store, "a", "parked", callback=True)
    waiting = rest(store, "b", "waiting")
    store.one(pause(P, True))

    assert delivered(
        store, create_effect("e1", "x"), modify("e2", "a"), Delivery("e3", "reply", waiting, visit=2, event=b"r")
    ) == ["inactive", "inactive", "ok"]


# --- Deliver: modify ---------------------------------------------------------------------------


def test_a_modify_wakes_a_parked_task_and_comes_with_its_claim(store: Store) -> None:
    rest(store, "a", "parked", callback=True)

    assert delivered(store, modify("e1", "a", b"\x00new", secrets=b"s"), modify("e2", "a")) == ["ok", "ok"]

    [lent] = claimed(store)
    assert [(m.effect_id, m.data, m.secrets, m.answer_to, m.sync) for m in lent.mail] == [
        ("e1", b"\x00new", b"s", None, False),
        ("e2", b"new", b"", None, False),
    ]


def test_a_modify_by_id_works_too(store: Store) -> None:
    task_id = rest(store, "a", "parked", callback=True)

    assert delivered(store, modify("e1", "", task_id=task_id), modify("e2", task_id)) == ["ok", "ok"]
    assert len(claimed(store)[0].mail) == 2


def test_a_modify_is_merged_once(store: Store) -> None:
    rest(store, "a", "parked", callback=True)

    assert delivered(store, modify("e1", "a"), modify("e1", "a")) == ["ok", "same"]
    assert delivered(store, modify("e1", "a")) == ["same"]

    assert len(claimed(store)[0].mail) == 1


def test_mail_stays_until_a_commit_says_it_was_taken(store: Store) -> None:
    rest(store, "a", "parked", callback=True)
    delivered(store, modify("e1", "a"))
    store.one(claim(P, "run", 1, "T", 0))
    store.one(expire(P, 10))

    [lent] = claimed(store, "T1", "alone")
    assert len(lent.mail) == 1
    [result] = committed(store, [outcome(lent, "parked", callback=True, mail_taken=1)], "T1")

    assert result.status == "ok"
    assert place(store, "a") == "parked"


def test_mail_that_came_meanwhile_makes_the_task_ready_again_and_does_not_fence(store: Store) -> None:
    rest(store, "a", "parked", callback=True)
    delivered(store, modify("e1", "a"))
    [lent] = claimed(store)
    delivered(store, modify("e2", "a"))

    [result] = committed(store, [outcome(lent, "parked", data=b"merged", callback=True, mail_taken=1)])

    assert result.status == "again"
    [lent] = claimed(store, "T2")
    assert ([m.effect_id for m in lent.mail], lent.data) == (["e2"], b"merged")


def test_mail_keeps_until_the_next_node_with_a_callback(store: Store) -> None:
    rest(store, "a", "delayed", delay_ms=60_000)

    assert delivered(store, modify("e1", "a")) == ["ok"]

    assert place(store, "a") == "delayed"
    store.one(set_offset(P, 61_000))
    store.one(fire(P, 10))
    [lent] = claimed(store)
    assert lent.mail == []
    assert committed(store, [outcome(lent, "parked", callback=True)])[0].status == "again"
    assert len(claimed(store, "T2")[0].mail) == 1


def test_a_modify_of_an_ended_or_unknown_task_is_not_found(store: Store) -> None:
    rest(store, "a", "final")

    assert delivered(store, modify("e1", "a"), modify("e2", "nobody")) == ["not_found", "not_found"]


def test_one_synchronous_modify_at_a_time(store: Store) -> None:
    rest(store, "a", "parked", callback=True)
    sync: dict[str, Any] = {"sync": True, "answer_to": SENDER}

    assert delivered(store, modify("e1", "a", **sync), modify("e2", "a", **sync), modify("e3", "a")) == [
        "ok",
        "duplicate_callback",
        "ok",
    ]

    [lent] = claimed(store)
    assert [(m.effect_id, m.answer_to, m.sync) for m in lent.mail] == [("e1", SENDER, True), ("e3", None, False)]
    committed(store, [outcome(lent, "parked", callback=True, mail_taken=2, sync_done=True)])
    assert delivered(store, modify("e4", "a", **sync)) == ["ok"]


def test_queued_synchronous_modifies_wait_their_turn(store: Store) -> None:
    rest(store, "a", "parked", callback=True)
    sync: dict[str, Any] = {"sync": True, "answer_to": SENDER}
    delivered(store, modify("e1", "a", **sync))

    assert delivered(store, modify("e2", "a", queue=True, **sync)) == ["ok"]

    [lent] = claimed(store)
    [result] = committed(store, [outcome(lent, "parked", callback=True, mail_taken=1, sync_done=True)])
    assert result.status == "again"
    assert delivered(store, modify("e3", "a", **sync)) == ["duplicate_callback"]


def test_a_synchronous_modify_needs_a_node_that_takes_callbacks(store: Store) -> None:
    rest(store, "a", "delayed", delay_ms=60_000)

    assert delivered(store, modify("e1", "a", sync=True, answer_to=SENDER)) == ["no_callback"]
    assert not [key for key in contents(store) if key.startswith("mail")]


def test_a_synchronous_modify_of_a_running_task_is_answered_by_its_next_rest(store: Store) -> None:
    submit(store, "a")
    [lent] = claimed(store)

    assert delivered(store, modify("e1", "a", sync=True, answer_to=SENDER)) == ["ok"]

    assert committed(store, [outcome(lent, "parked", callback=True)])[0].status == "again"
    assert claimed(store, "T2")[0].mail[0].answer_to == SENDER


def test_a_task_that_ends_refuses_the_modifies_that_wait_for_an_answer(store: Store) -> None:
    rest(store, "a", "parked", callback=True)
    delivered(store, modify("e1", "a", sync=True, answer_to=SENDER), modify("e2", "a"))
    [lent] = claimed(store)

    committed(store, [outcome(lent, "final")], moves=TO_END)

    [entry] = store.one(outbox(P, 10))
    assert entry.effect == Effect("e1:refused", 1, SENDER.task_id, "refuse", b"not_found_task", False, 4)
    assert not [key for key in contents(store) if key.startswith("mail")]


# --- Deliver: reply ----------------------------------------------------------------------------


def test_a_reply_to_an_earlier_visit_is_dropped(store: Store) -> None:
    task_id = rest(store, "a", "waiting", visit=7)

    assert delivered(store, Delivery("r1", "reply", task_id, visit=6, event=b"old")) == ["late"]

    assert place(store, "a") == "waiting"
    assert delivered(store, Delivery("r2", "reply", task_id, visit=7, event=b"new")) == ["ok"]
    assert delivered(store, Delivery("r2", "reply", task_id, visit=7, event=b"new")) == ["same"]
    assert delivered(store, Delivery("r3", "reply", task_id, visit=7, event=b"two")) == ["late"]


def test_a_reply_to_a_task_that_left_is_dropped(store: Store) -> None:
    [task_id] = submit(store, "a")

    assert delivered(store, Delivery("r1", "reply", task_id, visit=1, event=b"x")) == ["late"]
    assert delivered(store, Delivery("r2", "reply", "0" * 24, visit=1, event=b"x")) == ["late"]


def test_a_created_task_can_be_modified_in_the_same_call(store: Store) -> None:
    assert delivered(store, create_effect("e1", "token"), modify("e2", "token")) == ["ok", "ok"]
    assert store.one(create(P, [new_task("token")])) == ["ref_taken"]
    assert task(store, "token") is not None

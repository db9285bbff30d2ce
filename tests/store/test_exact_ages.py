"""Ages are compared to the millisecond. The server's clock goes on, so many ages are looked at in one call."""

from __future__ import annotations

import time
from typing import Any

from engine.store.call import pack
from engine.store.calls import deliver, outbox
from engine.store.client import Store
from engine.store.records import Delivery, Effect
from engine.store.sizes import MAX_ITEMS, MAX_MS
from engine.store.wire import DeliverBounds
from tests.store.words import P, claimed, committed, outcome, submit
from tests.waiting import eventually

AGE_MS = 100_000


def fill_outbox(store: Store) -> None:
    """Entries of consecutive ages around AGE_MS."""
    submit(store, "")
    [lent] = claimed(store, "send")
    effect = Effect("e", 140897, "token", "create", b"body")
    committed(store, [outcome(lent, "parked", effects=(effect,))], "send")
    key = f"{{{store.namespace}:{P.conv_id}.{P.number}}} out"
    entries: list[tuple[bytes, dict[Any, Any]]] = store.client.xrange(key)  # type: ignore[assignment]
    [(_, fields)] = entries
    with store.client.pipeline() as pipeline:
        pipeline.delete(key)
        now_ms = int(time.time() * 1000)
        for age_ms in range(AGE_MS - MAX_ITEMS + 100, AGE_MS + 100):
            pipeline.xadd(key, {**fields, b"a": str(now_ms - age_ms)})
        pipeline.execute()


def test_an_effect_is_late_when_it_is_older_than_the_limit(store: Store) -> None:
    def ages() -> list[int]:
        fill_outbox(store)
        found = [entry.age_ms for entry in store.one(outbox(P, MAX_ITEMS, late_ms=AGE_MS))]
        return found if 0 < len(found) < MAX_ITEMS else []  # else the clock was far ahead already

    assert max(eventually(ages)) == AGE_MS


def test_an_effect_is_given_out_when_it_is_as_old_as_asked_for(store: Store) -> None:
    def ages() -> list[int]:
        fill_outbox(store)
        found = [entry.age_ms for entry in store.one(outbox(P, MAX_ITEMS, older_ms=AGE_MS))]
        return found if 0 < len(found) < MAX_ITEMS else []

    assert min(eventually(ages)) == AGE_MS


def test_an_effect_may_be_applied_as_long_after_it_was_read_as_before(store: Store) -> None:
    """`fence_ms` either way: 50 ms on both sides and the moment itself."""
    attempts = iter(range(1_000_000))

    def answers() -> list[str]:
        attempt, now_ms = next(attempts), int(time.time() * 1000)
        effects = [
            Delivery(f"{attempt} {ms}", "modify", ref="nobody", read_ms=now_ms + ms)
            for ms in range(-MAX_ITEMS // 2, MAX_ITEMS // 2)
        ]
        call = deliver(P, effects)
        call.args = [*call.args[:-1], pack(DeliverBounds(descendants=MAX_MS, queue=None, fence_ms=50))]
        answered = store.one(call)
        return answered if answered[0] == answered[-1] == "stale" else []

    answered = eventually(answers)
    assert set(answered) == {"stale", "not_found"}
    assert answered.count("not_found") == 50 + 1 + 50

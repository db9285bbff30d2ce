"""The same call twice under one key: it is done once, and the second is given the first one's answer."""

from __future__ import annotations

import pytest

from engine.errors import BadParameter, EngineError, KeyReused, NotFound
from tests.accounts import ACCOUNT
from tests.running.conftest import Lab


def test_a_modify_under_a_key_counts_once(lab: Lab) -> None:
    lab.deploy(ACCOUNT)
    lab.submit(2, {"sum": 0}, ref="account")

    first = lab.engine.modify(2, "account", {"pay": 10}, key="payment 1")
    lab.run()
    assert lab.engine.modify(2, "account", {"pay": 10}, key="payment 1") == first
    with pytest.raises(KeyReused, match="payment 1"):
        lab.engine.modify(2, "account", {"pay": 11}, key="payment 1")
    lab.engine.modify(2, "account", {"pay": 10}, key="payment 2")
    lab.run()

    assert lab.engine.task(2, "account").data["sum"] == 20


def test_the_first_answer_is_given_also_when_the_task_has_ended(lab: Lab) -> None:
    lab.deploy(
        "process: One\nid: 1\nnodes: {start: {go: w}, w: {wait_for_callback: {}, go: done}, done: {end: success}}"
    )
    lab.submit(1, ref="t")
    first = lab.engine.callback(1, "t", {"a": 1}, key="k")
    lab.run()
    assert lab.engine.task(1, "t").node == "done"

    assert lab.engine.callback(1, "t", {"a": 1}, key="k") == first
    lab.engine.delete(1, "t")
    assert lab.engine.callback(1, "t", {"a": 1}, key="k") == first


def test_a_refused_call_may_be_made_again_under_its_key(lab: Lab) -> None:
    lab.deploy(ACCOUNT)
    with pytest.raises(NotFound):
        lab.engine.modify(2, "account", {"pay": 10}, key="k")
    lab.submit(2, {"sum": 0}, ref="account")

    lab.engine.modify(2, "account", {"pay": 10}, key="k")
    lab.run()

    assert lab.engine.task(2, "account").data["sum"] == 10


def test_a_submit_under_a_key_creates_one_task(lab: Lab) -> None:
    lab.deploy("""
        process: Once
        id: 1
        params: {a: {type: number, required: true}}
        nodes: {start: {go: done}, done: {end: success, save_task: false}}
        """)
    first = lab.engine.submit(1, {"a": 1}, key="order 7")
    lab.run()

    assert lab.engine.submit(1, {"a": 1}, key="order 7") == first
    with pytest.raises(KeyReused):
        lab.engine.submit(1, {"a": 2}, key="order 7")
    with pytest.raises(BadParameter):
        lab.engine.submit(1, {}, key="order 8")
    lab.engine.submit(1, {"a": 1}, ref="mine", key="order 7")  # another ref, another task
    lab.run()

    done = next(node for node in lab.engine.show(1).nodes if node.name == "done")
    assert done.entered == 2


OPEN = "process: Door\nid: 1\nnodes: {start: {go: done}, done: {end: success}}\n"


@pytest.mark.parametrize(
    "head", ["status: paused", "params: {a: {type: number, required: true}}", "params: {n: {type: string}}"]
)
def test_a_submit_under_a_key_gets_its_first_answer_also_where_it_would_be_refused_now(lab: Lab, head: str) -> None:
    lab.deploy(OPEN)
    first = lab.engine.submit(1, {"n": 1}, key="k")
    lab.deploy(f"{head}\n{OPEN}")

    assert lab.engine.submit(1, {"n": 1}, key="k") == first
    with pytest.raises(KeyReused):
        lab.engine.submit(1, {"n": 2}, key="k")
    with pytest.raises(EngineError):
        lab.engine.submit(1, {"n": 1}, key="another")


def test_a_key_survives_a_repartition(lab: Lab) -> None:
    lab.deploy(ACCOUNT)
    lab.submit(2, {"sum": 0}, ref="account")
    first = lab.engine.modify(2, "account", {"pay": 10}, key="k")
    lab.run()

    lab.engine.repartition(2, 3)

    assert lab.engine.modify(2, "account", {"pay": 10}, key="k") == first
    with pytest.raises(KeyReused):
        lab.engine.modify(2, "account", {"pay": 11}, key="k")

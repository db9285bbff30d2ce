"""Requests that are refused: a clear error, and nothing has changed."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.errors import (
    BadParameter,
    NotFound,
    RefTaken,
    Refused,
    Rejected,
    StoreFull,
    TaskTooLarge,
    UnknownConv,
    UnknownNode,
)
from tests.running.conftest import Lab

ORDER = """
    process: Order
    id: 1
    params:
      code: {type: string, required: true, regex: "^[A-Z]{3}$", regex_error: three capital letters}
      amount: {type: number}
    nodes:
      start: {go: wait}
      wait: {delay: 1h, go: done}
      done: {end: success}
    """


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "code"),
        ({"code": 5}, "code"),
        ({"code": "abc"}, "three capital letters"),
        ({"code": "ABC", "amount": "many"}, "amount"),
    ],
)
def test_a_wrong_parameter_is_named_and_nothing_is_stored(lab: Lab, data: dict[str, Any], message: str) -> None:
    lab.deploy(ORDER)

    with pytest.raises(BadParameter, match=message):
        lab.engine.submit(1, data)

    assert [node.entered for node in lab.engine.show(1).nodes] == [0, 0, 0]


def test_a_parameter_that_nobody_declared_is_accepted(lab: Lab) -> None:
    lab.deploy(ORDER)

    assert lab.submit(1, {"code": "ABC", "other": [1]}).data["other"] == [1]


def test_a_task_too_large_is_refused_before_anything_is_written(lab: Lab) -> None:
    lab.deploy(ORDER)

    with pytest.raises(TaskTooLarge, match="128000"):
        lab.engine.submit(1, {"code": "ABC", "text": "x" * 130_000})

    assert lab.engine.show(1).living == 0


def test_a_taken_ref_is_refused_until_its_task_has_ended(lab: Lab) -> None:
    lab.deploy(ORDER)
    lab.submit(1, {"code": "ABC"}, ref="r")

    with pytest.raises(RefTaken, match='"r"'):
        lab.engine.submit(1, {"code": "DEF"}, ref="r")

    assert lab.engine.task(1, "r").data["code"] == "ABC"
    lab.forward(3601)
    assert lab.submit(1, {"code": "DEF"}, ref="r").place == "delayed"


def test_unknown_names_say_the_nearest(lab: Lab) -> None:
    lab.deploy(ORDER)
    lab.submit(1, {"code": "ABC"}, ref="r")

    with pytest.raises(UnknownConv, match='did you mean "Order"'):
        lab.engine.submit("Ordr", {})
    with pytest.raises(UnknownNode, match='did you mean "wait"'):
        lab.engine.archive(1, "wiat")
    for request in (lab.engine.task, lab.engine.cancel, lab.engine.retry, lab.engine.delete, lab.engine.why):
        with pytest.raises(NotFound, match="nobody"):
            request(1, "nobody")
    with pytest.raises(NotFound):
        lab.engine.modify(1, "nobody", {})
    with pytest.raises(Refused, match="is sleeping"):
        lab.engine.callback(1, "r", {})


def test_a_process_that_was_never_deployed_says_what_to_do(lab: Lab) -> None:
    with pytest.raises(UnknownConv, match="conv deploy"):
        lab.engine.submit("Order", {})


@pytest.mark.parametrize("ref", ["", "x" * 256])
def test_a_ref_has_1_to_255_characters(lab: Lab, ref: str) -> None:
    lab.deploy(ORDER)

    with pytest.raises(Rejected):
        lab.engine.submit(1, {"code": "ABC"}, ref=ref)


def test_a_full_store_refuses_the_first_submit_of_a_new_client_and_recovers(lab: Lab, settings: Settings) -> None:
    lab.deploy(ORDER)
    lab.engine.submit(1, {"code": "ABC"}, ref="before")
    client = lab.engine.store.client
    client.config_set("maxmemory", int(client.info("memory")["used_memory"] / 0.9))
    try:
        with contextlib.closing(Engine.open(settings)) as other, pytest.raises(StoreFull):
            other.submit(1, {"code": "ABC"}, ref="refused")
        lab.run()
        assert lab.engine.task(1, "before").place == "delayed", "what was there goes on"
    finally:
        client.config_set("maxmemory", 0)

    with pytest.raises(NotFound):
        lab.engine.task(1, "refused")
    with Engine.open(settings) as other:
        assert other.submit(1, {"code": "ABC"}, ref="after").ref == "after"

"""Counts over time as the engine reads them: statistics, failures, and what happened lately."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from engine import UnknownConv, UnknownNode, WrongData
from engine.statistics import NodeStatistics, Statistics, StepName
from engine.store import calls
from tests.running.conftest import Lab

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000

PAYS = """
    process: Pays
    id: 100
    nodes:
      start: {go: pay}
      pay:
        set_parameters: {paid: "{{amount}}"}
        error: look
        go: done
      look: {condition: [{if: {again: 1}, go: mend}], go: failed}
      mend: {set_parameters: {amount: 1}, go: done}
      failed: {end: error}
      done: {end: success}
"""

DECIDES = """
    process: Decides
    id: 101
    nodes:
      start: {condition: [{if: {ok: 1}, go: done}], go: no}
      no: {end: error}
      done: {end: success}
"""


@pytest.fixture
def pays(lab: Lab) -> Lab:
    lab.deploy(PAYS, DECIDES)
    return lab


def node_of(statistics: Statistics, name: str) -> NodeStatistics:
    return next(node for node in statistics.nodes if node.node == name)


def middle_of_minute(lab: Lab) -> int:
    """Turn the clock there; what it is then, in ms."""
    [partition] = lab.engine.current.partitions(100)
    now_ms = lab.engine.store.one(calls.read(partition)).now_ms
    lab.forward((MINUTE_MS - now_ms % MINUTE_MS + 10_000) / 1000)
    return int(lab.engine.store.one(calls.read(partition)).now_ms)


def test_each_node_has_what_came_left_and_failed(pays: Lab) -> None:
    pays.submit(100, {"amount": 5})
    pays.submit(100, {}, ref="bad")
    pays.submit(100, {"again": 1})

    statistics = pays.engine.statistics(100)

    moved = {node.node: (node.entered, node.left, dict(node.failures)) for node in statistics.nodes}
    assert moved == {
        "start": (3, 3, {}),
        "pay": (3, 3, {"missing_reference": 2}),
        "look": (2, 2, {}),
        "mend": (1, 1, {}),
        "failed": (1, 0, {}),
        "done": (2, 0, {}),
    }
    assert (statistics.failed, statistics.ended_in_error) == (2, 1)
    for node in statistics.nodes:
        assert sum(point.entered for point in node.points) == node.entered
    assert (statistics.conv_id, statistics.conv, statistics.step) == (100, "Pays", "minute")


def test_they_add_up_to_the_totals(pays: Lab) -> None:
    for number in range(20):
        pays.engine.submit(100, {"amount": 1} if number % 3 else {})
    pays.run()
    pays.forward(3600)
    pays.submit(100)

    steps: tuple[StepName, ...] = ("minute", "hour")
    for step in steps:
        since = pays.engine.statistics(100).now_ms - 3 * HOUR_MS
        statistics = pays.engine.statistics(100, step=step, since=since)
        found = {node.node: (node.entered, node.left) for node in statistics.nodes}
        assert found == {node.name: (node.entered, node.left) for node in pays.engine.show(100).nodes}


def test_a_span_and_a_node_are_read(pays: Lab) -> None:
    now_ms = middle_of_minute(pays)
    minute_ms = now_ms - now_ms % MINUTE_MS
    pays.submit(100, {"amount": 1})
    pays.forward(600)
    pays.submit(100, {"amount": 1})

    def read(**more: Any) -> list[int]:
        statistics = pays.engine.statistics(100, node="start", **more)
        [start] = statistics.nodes
        return [(point.time_ms - minute_ms) // MINUTE_MS for point in start.points]

    assert read() == [0, 10]
    assert read(since=now_ms) == [0, 10]
    assert read(since=minute_ms + MINUTE_MS) == [10]
    assert read(since=now_ms, until=now_ms + 1) == [0]
    assert read(since=now_ms, until=minute_ms + MINUTE_MS) == [0]
    assert read(until=minute_ms) == []
    whole = pays.engine.statistics(100, since=now_ms, until=now_ms + 1)
    assert (whole.since_ms, whole.until_ms, whole.step_ms) == (minute_ms, minute_ms + MINUTE_MS, MINUTE_MS)
    by_hour = pays.engine.statistics(100, step="hour", since=now_ms - 30 * DAY_MS)
    assert node_of(by_hour, "start").entered == 2
    assert by_hour.since_ms % HOUR_MS == by_hour.until_ms % HOUR_MS == 0


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"step": "day"}, '"minute" or "hour", not "day"'),
        ({"step": 1}, '"minute" or "hour", not a number'),
        ({"since": "yesterday"}, "since is a Unix time in whole milliseconds"),
        ({"since": 1.5}, "since is a Unix time in whole milliseconds"),
        ({"until": -1}, "until is a Unix time in whole milliseconds, not -1"),
        ({"since": True}, "since is a Unix time"),
        ({"since": 1_000_000_000_000}, 'kept for 2 days (by "hour" it is 40 days); since 1000000000000 is before that'),
        ({"since": 1_000_000_000_000, "step": "hour"}, "kept for 40 days; since 1000000000000 is before that"),
        ({"since": 9_000_000_000_000}, "since is a time before until"),
    ],
)
def test_what_is_asked_for_wrongly_is_refused(pays: Lab, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(WrongData) as error:
        pays.engine.statistics(100, **asked)
    assert says in error.value.message


def test_an_unknown_conv_or_node_is_refused(pays: Lab) -> None:
    with pytest.raises(UnknownConv):
        pays.engine.statistics(999)
    with pytest.raises(UnknownNode):
        pays.engine.statistics(100, node="nowhere")


def test_a_node_that_was_removed_keeps_its_counts(pays: Lab) -> None:
    pays.submit(100, {"again": 1})
    pays.deploy(PAYS.replace("go: mend}]", "go: done}]").replace("mend: {set_parameters: {amount: 1}, go: done}", ""))

    found = [node for node in pays.engine.statistics(100).nodes if node.entered and node.kind == ""]

    assert [(node.entered, node.left) for node in found] == [(1, 1)]
    assert "mend" in found[0].node or "removed" in found[0].node


def test_lately_is_the_last_minute_and_the_failures_of_an_hour(pays: Lab) -> None:
    middle_of_minute(pays)
    for _ in range(4):
        pays.submit(100)

    view = pays.engine.show(100)
    assert (view.lately.entered_1m, view.lately.left_1m, view.lately.failed_1h) == (4, 4, 4)
    pay = next(node for node in view.nodes if node.name == "pay")
    assert (pay.lately.entered_1m, pay.lately.failed_1h) == (4, 4)

    pays.forward(95)  # of that minute 15 s, or less, are within the last 60 s
    assert pays.engine.show(100).lately.entered_1m in (0, 1)
    pays.forward(65)
    later = pays.engine.show(100)
    assert (later.lately.entered_1m, later.lately.failed_1h) == (0, 4)
    assert later == view, "what changes by itself is no difference"
    pays.forward(3600)
    assert pays.engine.show(100).lately.failed_1h == 0


# --- Failures ----------------------------------------------------------------------------------------------


def test_failures_are_counted_by_node_and_tag_with_refs_of_tasks(pays: Lab) -> None:
    for number in range(5):
        pays.submit(100, {}, ref=f"bad {number}")
    pays.submit(100, {"again": 1}, ref="mended")
    pays.submit(101, {}, ref="no")

    first, second = pays.engine.failures()

    [count] = first.counts
    assert (count.node, count.error, count.count) == ("pay", "missing_reference", 6)
    assert count.refs == first.refs == ("bad 4", "bad 3", "bad 2")
    assert (first.conv_id, first.failed, first.ended_in_error) == (100, 6, 5)
    assert (second.conv_id, second.failed, second.ended_in_error, second.counts) == (101, 0, 1, ())
    assert second.refs == ("no",)


def test_failures_are_grouped_as_asked(pays: Lab) -> None:
    pays.submit(100)

    [by_node] = pays.engine.failures(100, by=["node"])
    [by_error] = pays.engine.failures(100, by=("error",))

    assert [(count.node, count.error, count.count) for count in by_node.counts] == [("pay", "", 1)]
    assert [(count.node, count.error, count.count) for count in by_error.counts] == [("", "missing_reference", 1)]


def test_failures_are_of_the_span_that_is_asked_for(pays: Lab) -> None:
    pays.submit(100, ref="old")
    pays.forward(7200)
    pays.submit(100, {"amount": 1})

    assert pays.engine.failures() == []
    [nothing] = pays.engine.failures(100, since_s=60)
    assert (nothing.failed, nothing.ended_in_error, nothing.refs) == (0, 0, ())
    [found] = pays.engine.failures(since_s=3 * 3600)
    assert found.refs == ("old",)
    pays.forward(3 * 86400)
    [found] = pays.engine.failures(since_s=4 * 86400)
    assert found.failed == 1


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"since_s": 0}, "above 0"),
        ({"since_s": -5}, "above 0"),
        ({"since_s": 41 * 86400}, "40 days"),
        ({"since_s": "1h"}, "a number of seconds"),
        ({"by": "node"}, 'by "node", by "error", or by both'),
        ({"by": []}, 'by "node", by "error", or by both'),
        ({"by": ["colour"]}, 'by "node", by "error", or by both'),
    ],
)
def test_failures_asked_for_wrongly_are_refused(pays: Lab, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(WrongData) as error:
        pays.engine.failures(100, **asked)
    assert says in error.value.message


# --- What fails is said ------------------------------------------------------------------------------------


def test_the_log_says_the_first_failures_and_counts_the_others(pays: Lab, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "conv.worker")
    for number in range(12):
        pays.engine.submit(100, {"secret": "canary"}, ref=f"r{number}")
    worker = pays.engine.worker()
    try:
        assert worker.run_until_idle(float("inf"), lambda: False)
        worker.commits.failing.tell()
    finally:
        worker.close()

    said = [record.getMessage() for record in caplog.records]
    single = [line for line in said if "failed in node 'pay': missing_reference" in line]
    assert len(single) == 5
    assert "conv 100: 7 more failures in node 'pay': missing_reference" in said
    assert "canary" not in caplog.text

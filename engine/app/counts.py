"""Counts over time: statistics of a conv, and what failed lately in all of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

from ..convs import definition_of
from ..data import check_seconds, kind_of
from ..errors import DefinitionError, WrongData
from ..program import implicit_error
from ..statistics import (
    ERROR_END,
    STEPS,
    ConvFailures,
    FailureCount,
    NodeStatistics,
    Point,
    Statistics,
    Step,
    StepName,
    node_statistics,
    points_of,
)
from ..store import calls
from ..store.records import Periods
from ..store.registry import ConvRecord
from ..views import TaskView
from ..worker.failures import counted_tag
from .context import Context
from .look import Look

EXAMPLES = 3  # refs beside a count
LOOKED_AT = 20  # tasks of an error end from which they come
BY = ("node", "error")


class Counts:
    def __init__(self, context: Context, look: Look) -> None:
        self._context = context
        self._look = look

    # --- Statistics -----------------------------------------------------------------------------

    def statistics(
        self, conv: str | int, since: int | None, until: int | None, step: StepName, node: str | None
    ) -> Statistics:
        """As Engine.statistics."""
        if not isinstance(step, str) or step not in STEPS:
            shown = f'"{step}"' if isinstance(step, str) else kind_of(step)
            raise WrongData(f'a step is "minute" or "hour", not {shown}')
        unit = STEPS[step]
        first = 1 - unit.shown if since is None else _moment(since, "since") // unit.size_ms
        end = 0 if until is None else -(-_moment(until, "until") // unit.size_ms)
        record = self._context.find(conv)
        only = None if node is None else self._context.current.node_id(record, node)
        answers = self._context.all(self._calls(record, unit, first, end))
        now_ms = max(answer.now_ms for answer in answers)
        current = now_ms // unit.size_ms
        first, end = first if first > 0 else current + first, end if end > 0 else current + 1
        if first < current - unit.kept:
            longer = ' (by "hour" it is 40 days)' if step == "minute" else ""
            raise WrongData(
                f"what was counted in each {step} is kept for {unit.kept * unit.size_ms // 86_400_000} days{longer}; "
                f"since {since} is before that"
            )
        if first >= end:
            raise WrongData("since is a time before until, and not in the future")
        nodes = self._nodes(record, points_of(answers, unit.size_ms))
        return Statistics(
            conv_id=record.conv_id,
            conv=record.title,
            step=step,
            step_ms=unit.size_ms,
            since_ms=first * unit.size_ms,
            until_ms=end * unit.size_ms,
            now_ms=now_ms,
            nodes=tuple(one for one in nodes if only is None or one.node_id == only),
        )

    def _calls(self, record: ConvRecord, unit: Step, first: int, end: int) -> list[Any]:
        partitions = self._context.current.partitions(record.conv_id)
        return [calls.periods(partition, unit.kind, first, end) for partition in partitions]

    def _nodes(self, record: ConvRecord, points: dict[str, tuple[Point, ...]]) -> list[NodeStatistics]:
        """In the order of the definition; then those that are removed, if something was counted there."""
        kinds: dict[str, str] = {}
        try:
            definition = definition_of(record)
        except DefinitionError:
            pass  # its nodes have names at least
        else:
            kinds = {name: node.kind for name, node in definition.nodes.items()}
            implicit = implicit_error(definition)
            if implicit not in kinds and record.node_ids[implicit] in points:
                kinds[implicit] = ERROR_END
        nodes = [
            node_statistics(name, record.node_ids[name], kind, points.get(record.node_ids[name], ()))
            for name, kind in kinds.items()
        ]
        known = {node.node_id for node in nodes}
        names = {node_id: name for name, node_id in record.node_ids.items()}
        for node_id in sorted(points.keys() - known):
            name = names.get(node_id, f"(removed node {node_id})")
            nodes.append(node_statistics(name, node_id, "", points[node_id]))
        return nodes

    # --- Failures -------------------------------------------------------------------------------

    def failures(self, conv: str | int | None, since_s: float, by: Collection[str]) -> list[ConvFailures]:
        """As Engine.failures."""
        check_seconds(since_s, "since_s")
        if not isinstance(by, Collection) or isinstance(by, str) or not by or any(one not in BY for one in by):
            raise WrongData('failures are counted by "node", by "error", or by both')
        unit, count = _reach(since_s)
        current = self._context.current
        records = [self._context.find(conv)] if conv is not None else [r for _, r in sorted(current.records.items())]
        requests = [self._calls(record, unit, -count, 0) for record in records]
        answers = iter(self._context.all([call for some in requests for call in some]))
        found = []
        for record, some in zip(records, requests, strict=True):
            its = [next(answers) for _ in some]
            failed = self._failures_of(record, its, unit, count, by)
            if conv is not None or failed.failed or failed.ended_in_error:
                found.append(failed)
        return found

    def _failures_of(
        self, record: ConvRecord, answers: Sequence[Periods], unit: Step, count: int, by: Collection[str]
    ) -> ConvFailures:
        now_ms = max(answer.now_ms for answer in answers)
        since_ms = (now_ms // unit.size_ms - count) * unit.size_ms
        nodes = self._nodes(record, points_of(answers, unit.size_ms))
        tallies: dict[tuple[str, str], list[int]] = {}
        for node in nodes:
            for point in node.points:
                for tag, failed in point.failures.items():
                    tally = tallies.setdefault(_group(node.node, tag, by), [0, 0])
                    tally[0] += failed
                    tally[1] = max(tally[1], point.time_ms)
        ends = [node for node in nodes if node.kind == ERROR_END]
        ended = sum(node.entered for node in ends)
        examples = self._examples(record, ends, since_ms) if ended else []
        refs: dict[tuple[str, str], list[str]] = {}
        for view in examples:
            if view.failure is not None:
                group = _group(view.failure.node, counted_tag(view.failure.tag), by)
                refs.setdefault(group, []).append(view.ref)
        return ConvFailures(
            conv_id=record.conv_id,
            conv=record.title,
            since_ms=since_ms,
            until_ms=now_ms,
            failed=sum(node.failed for node in nodes),
            ended_in_error=ended,
            counts=tuple(
                FailureCount(*group, failed, last_ms, tuple(refs.get(group, ())[:EXAMPLES]))
                for group, (failed, last_ms) in sorted(tallies.items(), key=lambda item: (-item[1][0], item[0]))
            ),
            refs=tuple(view.ref for view in examples[:EXAMPLES]),
        )

    def _examples(self, record: ConvRecord, ends: Sequence[NodeStatistics], since_ms: int) -> list[TaskView]:
        """The newest tasks that ended in error since then, of those that are kept."""
        views = [
            view for end in ends if end.entered for view in self._look.archive(record.conv_id, end.node, LOOKED_AT)
        ]
        views.sort(key=lambda view: view.change_ms, reverse=True)
        return [view for view in views if view.change_ms >= since_ms]


def _group(node: str, tag: str, by: Collection[str]) -> tuple[str, str]:
    return node if "node" in by else "", tag if "error" in by else ""


def _reach(since_s: float) -> tuple[Step, int]:
    """By which step so many seconds are looked back, and how many of them. Raises WrongData."""
    for unit in STEPS.values():
        if 0 < since_s * 1000 <= unit.kept * unit.size_ms:
            return unit, math.ceil(since_s * 1000 / unit.size_ms)
    if since_s > 0:
        raise WrongData("what failed is counted for 40 days; look back no longer than that")
    raise WrongData("since_s is a number of seconds above 0")


def _moment(ms: Any, what: str) -> int:
    if type(ms) is not int or ms <= 0:
        raise WrongData(f"{what} is a Unix time in whole milliseconds, not {ms if type(ms) is int else kind_of(ms)}")
    return ms

"""What was counted over time, as people and programs see it: tasks that came into a node and left it, and what failed
there. Pure: what the store answers goes in, views come out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, NamedTuple

from .store.records import Periods
from .store.wire import KEPT_HOURS, KEPT_MINUTES
from .views import Lately

StepName = Literal["minute", "hour"]

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
LATELY: Final = 60  # minutes of which failures are counted beside a conv


class Step(NamedTuple):
    """`kind` as the store calls it; `kept`: how many of them are kept; `shown`: how many, where nobody says."""

    kind: Literal["minutes", "hours"]
    size_ms: int
    kept: int
    shown: int


STEPS: Final[Mapping[str, Step]] = {
    "minute": Step("minutes", MINUTE_MS, KEPT_MINUTES, 60),
    "hour": Step("hours", HOUR_MS, KEPT_HOURS, 24),
}


# --- Views --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point:
    """A minute or hour in which something happened in a node; `time_ms`: when it began. `failures`: by error tag."""

    time_ms: int
    entered: int
    left: int
    failures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class NodeStatistics:
    """A node: how many tasks came into it and left it, and how often its work failed, by error tag, most first.

    A failure is each time that a task takes the error route of the node, also where it goes on from there; a task that
    is set aside counts as `set_aside`. `points`: only those in which something happened, the oldest first.
    """

    node: str
    node_id: str
    kind: str
    entered: int
    left: int
    failures: Mapping[str, int]
    points: tuple[Point, ...]

    @property
    def failed(self) -> int:
        return sum(self.failures.values())


@dataclass(frozen=True, slots=True)
class Statistics:
    """What was counted in a conv from `since_ms` to before `until_ms`, by `step`; Unix milliseconds on its clock.

    `until_ms` may lie ahead of `now_ms`, in the step that it is now.
    """

    conv_id: int
    conv: str
    step: StepName
    step_ms: int
    since_ms: int
    until_ms: int
    now_ms: int
    nodes: tuple[NodeStatistics, ...]

    @property
    def failed(self) -> int:
        """How often the work of a node failed."""
        return sum(node.failed for node in self.nodes)

    @property
    def ended_in_error(self) -> int:
        """How many tasks ended in an `end: error`."""
        return sum(node.entered for node in self.nodes if node.kind == ERROR_END)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class FailureCount:
    """How often something failed; `node` or `error` is empty where nobody asked for it. `last_ms`: when the last minute
    (or hour) in which it did began. `refs`: of tasks that ended in error because of it and are still kept, the newest
    first."""

    node: str
    error: str
    count: int
    last_ms: int
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConvFailures:
    """What failed in a conv since `since_ms`: `failed` times the work of a node, and `ended_in_error` tasks ended in an
    `end: error`. `counts`: most first. `refs`: the newest tasks that ended in error."""

    conv_id: int
    conv: str
    since_ms: int
    until_ms: int
    failed: int
    ended_in_error: int
    counts: tuple[FailureCount, ...]
    refs: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


ERROR_END = "end: error"  # the kind of a node


# --- Adding up ----------------------------------------------------------------------------------------------------


class _Tally:
    def __init__(self) -> None:
        self.entered = self.left = 0
        self.failures: Counter[str] = Counter()


def points_of(answers: Iterable[Periods], size_ms: int) -> dict[str, tuple[Point, ...]]:
    """Per node id what all partitions have counted, the oldest first."""
    tallies: dict[str, dict[int, _Tally]] = {}

    def tally(node: str, number: int) -> _Tally:
        return tallies.setdefault(node, {}).setdefault(number, _Tally())

    for answer in answers:
        for period in answer.periods:
            for move in period.moves:
                found = tally(move.node, period.number)
                found.entered += move.entered
                found.left += move.left
            for failed in period.failures:
                tally(failed.node, period.number).failures[failed.tag] += failed.tasks
    return {
        node: tuple(Point(n * size_ms, t.entered, t.left, dict(t.failures)) for n, t in sorted(of_node.items()))
        for node, of_node in tallies.items()
    }


def node_statistics(node: str, node_id: str, kind: str, points: tuple[Point, ...]) -> NodeStatistics:
    failures: Counter[str] = Counter()
    for point in points:
        failures.update(point.failures)
    entered, left = sum(point.entered for point in points), sum(point.left for point in points)
    return NodeStatistics(node, node_id, kind, entered, left, dict(failures.most_common()), points)


def lately(answers: Sequence[Periods]) -> dict[str, Lately]:
    """Per node id what it did of late, from the last hour of minutes. Of the minute before this one as much counts as
    is less than 60 s ago, as if it had been even."""
    moved: dict[str, list[float]] = {}
    failed: Counter[str] = Counter()
    for answer in answers:
        minute, within = divmod(answer.now_ms, MINUTE_MS)
        for period in answer.periods:
            share = {minute: 1.0, minute - 1: 1 - within / MINUTE_MS}.get(period.number, 0.0)
            for move in period.moves if share else ():
                pair = moved.setdefault(move.node, [0.0, 0.0])
                pair[0] += move.entered * share
                pair[1] += move.left * share
            if period.number > minute - LATELY:
                for one in period.failures:
                    failed[one.node] += one.tasks
    found = {}
    for node in {*moved, *failed}:
        entered, left = moved.get(node, (0.0, 0.0))
        found[node] = Lately(_up(entered), _up(left), failed[node])
    return found


def _up(number: float) -> int:
    """The next whole number, but for what a sum of shares is beside one."""
    return math.ceil(number - 1e-6)

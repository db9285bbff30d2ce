"""What was counted over time: statistics, failures, and all of it for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ...errors import UnknownNode, WrongData
from ...statistics import ConvFailures, Statistics
from ..events import EventStream
from ..measures import REGISTRY
from ..route import Example, Request, route
from ..stream import Stream

Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=1 << 52)]


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`since_ms`, `until_ms`: Unix milliseconds; 0: the last hour of minutes, or day of hours."""

    since_ms: Milliseconds = 0
    until_ms: Milliseconds = 0
    step: Literal["minute", "hour"] = "minute"
    node: str = ""


class Lately(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`since_s`: of so many seconds, 40 days at most. `by`: counted by node, by error, or by both."""

    since_s: Annotated[float, msgspec.Meta(gt=0, le=3_456_000)] = 3_600
    by: Literal["node", "error", "both"] = "both"


class Failures(msgspec.Struct, frozen=True):
    """Of each conv in which something failed."""

    convs: list[ConvFailures]


@route(
    "GET",
    "/v1/convs/{conv}/statistics",
    role="view",
    query=Span,
    answers=Statistics,
    errors=(UnknownNode, WrongData),
    example=Example({"conv": "140897"}),
)
def show_statistics(request: Request) -> Statistics:
    """How many tasks came into each node and left it, and what failed there, by minute or hour."""
    span: Span = request.query
    return request.engine.statistics(
        request.conv, since=span.since_ms or None, until=span.until_ms or None, step=span.step, node=span.node or None
    )


@route("GET", "/v1/convs/{conv}/events", role="view", answers="text/event-stream", example=Example({"conv": "140897"}))
async def watch_conv(request: Request) -> EventStream:
    """The counts of a conv as they change, as Server-Sent Events: first all nodes, then those that have changed.

    `event: counts` with living, archived and `nodes`: by name how many tasks stand there, came in and left.
    `event: gone` when it is deployed no more.
    """
    return EventStream(request.site, request.caller, request.conv)


@route("GET", "/v1/failures", role="view", query=Lately, answers=Failures, filters=True)
def list_failures(request: Request) -> Failures:
    """What failed lately in all convs that the caller may see, with refs of tasks that ended in error."""
    lately: Lately = request.query
    by = ("node", "error") if lately.by == "both" else (lately.by,)
    records = request.engine.current.records
    seen = []
    for one in request.engine.failures(since_s=lately.since_s, by=by):
        record = records.get(one.conv_id)
        if record is not None and not request.caller.refusal("view", record):
            seen.append(one)
    return Failures(seen)


@route("GET", "/metrics", role="view", answers="text/plain")
def show_metrics(request: Request) -> Stream:
    """For Prometheus: what goes through each node, what failed, workers, the store, and the requests of this server."""
    registry = CollectorRegistry()
    registry.register(_Engine(request))
    return Stream(iter([generate_latest(registry) + generate_latest(REGISTRY)]), CONTENT_TYPE_LATEST)


class _Engine(Collector):
    """Asked once, for one answer."""

    def __init__(self, request: Request) -> None:
        self._engine = request.engine

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        labels = ("conv", "title", "node")
        entered = CounterMetricFamily("conv_node_entered", "Tasks that came into a node.", labels=labels)
        left = CounterMetricFamily("conv_node_left", "Tasks that left a node.", labels=labels)
        now = GaugeMetricFamily("conv_node_tasks", "Tasks that stand in a node, or in its archive.", labels=labels)
        for view in self._engine.convs():
            for node in view.nodes:
                names = (str(view.conv_id), view.title, node.name)
                entered.add_metric(names, node.entered)
                left.add_metric(names, node.left)
                now.add_metric(names, node.now)
        yield from (entered, left, now)
        failed = GaugeMetricFamily(
            "conv_failures_last_hour", "Failures of a node's work within the last hour.", labels=(*labels, "error")
        )
        for conv in self._engine.failures():
            for count in conv.counts:
                failed.add_metric((str(conv.conv_id), conv.conv, count.node, count.error), count.count)
        yield failed
        yield GaugeMetricFamily("conv_workers", "Workers that listen for work.", value=self._engine.workers_alive())
        used, most = self._engine.memory()
        yield GaugeMetricFamily(
            "conv_store_used_bytes", "Memory that the fullest server of the store uses.", value=used
        )
        yield GaugeMetricFamily("conv_store_max_bytes", "Memory that it may use; 0: any.", value=most)

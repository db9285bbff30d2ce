"""What this process measures of its own requests, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Histogram

REGISTRY = CollectorRegistry()

REQUESTS = Histogram(
    "conv_http_request_seconds",
    "From a request to the end of its answer.",
    ("route", "status"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0),
    registry=REGISTRY,
)

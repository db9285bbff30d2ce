"""The routes, a file for each thing that they are about. Importing this package fills the table (engine.api.route)."""

from __future__ import annotations

from . import convs, counts, definitions, finding, health, jobs, keys, states, tasks, variables, versions

__all__ = [
    "convs",
    "counts",
    "definitions",
    "finding",
    "health",
    "jobs",
    "keys",
    "states",
    "tasks",
    "variables",
    "versions",
]

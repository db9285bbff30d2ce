"""The routes, a file for each thing that they are about. Importing this package fills the table (engine.api.route)."""

from __future__ import annotations

from . import convs, definitions, finding, health, keys, tasks, variables, versions

__all__ = ["convs", "definitions", "finding", "health", "keys", "tasks", "variables", "versions"]

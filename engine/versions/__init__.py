"""Versions of what is deployed: who deployed what, when and why; how one differs from another; getting it back.

A deploy writes one for each conv whose definition, source text or folder changed (engine.deploy); the store keeps the
last hundred of a conv (engine.store.versions).
"""

from __future__ import annotations

from .comparing import Differences, compare, deployed_state, source_state
from .difference import Change, Difference, FieldChange, site_changes
from .history import Version, find_version, history, read_source
from .making import UNSIGNED, Signature, made_source, signed, version_of
from .pull import Pulled, Wanted, pull

__all__ = [
    "UNSIGNED",
    "Change",
    "Difference",
    "Differences",
    "FieldChange",
    "Pulled",
    "Signature",
    "Version",
    "Wanted",
    "compare",
    "deployed_state",
    "find_version",
    "history",
    "made_source",
    "pull",
    "read_source",
    "signed",
    "site_changes",
    "source_state",
    "version_of",
]

"""A logic that does not run here, as it was."""

from __future__ import annotations

from typing import Any

from ...definition import Node, NodePart
from .piece import Export, Format, Logic


class UnsupportedFormat(Format):
    key = "unsupported"

    def write(self, action: Any, holder: Node | NodePart, given: Export) -> Logic:
        return {"type": action.type, **action.fields}

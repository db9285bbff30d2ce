"""A sign for each kind of node, drawn with a pen on a square of 16 by 16 (SVG path data)."""

from __future__ import annotations

from ..definition import Action
from ..nodes import ACTIONS

_WITHOUT_ACTION = {
    "start": "M5 3.5v9l7.5-4.5z",
    "end: success": "M3 8.5l3.5 3.5L13 4.5",
    "end: error": "M4 4l8 8M12 4l-8 8",
    "end": "M4 4h8v8H4z",
    "condition": "M8 2l6 6-6 6-6-6z",
    "delay": "M8 2a6 6 0 1 0 .01 0M8 4.5V8l2.5 2",
}


def icon_of(kind: str) -> str:
    """The sign of a node of this kind (Node.kind); of several actions that of the first."""
    word = kind.split(", ")[0]
    return _WITHOUT_ACTION.get(word) or ACTIONS.get(word, Action).icon

"""A sign for each node type, drawn with a pen on a square of 16 by 16 (SVG path data)."""

from __future__ import annotations

ICONS = {
    "start": "M5 3.5v9l7.5-4.5z",
    "end: success": "M3 8.5l3.5 3.5L13 4.5",
    "end: error": "M4 4l8 8M12 4l-8 8",
    "end": "M4 4h8v8H4z",
    "condition": "M8 2l6 6-6 6-6-6z",
    "delay": "M8 2a6 6 0 1 0 .01 0M8 4.5V8l2.5 2",
    "set_parameters": "M3 6h10M3 10h10",
    "api_call": "M2 5.5h11l-3-3M14 10.5H3l3 3",
    "database_call": "M3 4c0-2 10-2 10 0v8c0 2-10 2-10 0zM3 4c0 2 10 2 10 0",
    "copy_task": "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3",
    "modify_task": "M3 13l1-3.5L11 2.5l2.5 2.5-7 7zM9.5 4l2.5 2.5",
    "call_process": "M4 12L12 4M6 4h6v6",
    "reply_to_process": "M6.5 3.5L2.5 7.5l4 4M3 7.5h6a4 4 0 0 1 4 4V13",
    "wait_for_callback": "M5.5 3v10M10.5 3v10",
    "set_state": "M3 4h10M3 8h10M3 12h10",
    "code": "M5.5 4L2 8l3.5 4M10.5 4L14 8l-3.5 4",
    "sum": "M12 3H4l4.5 5L4 13h8",
    "queue": "M2.5 5h3v6h-3zM6.5 5h3v6h-3zM10.5 5h3v6h-3z",
    "get_from_queue": "M2.5 5h3v6h-3zM8 8h5.5M11 5.5L13.5 8 11 10.5",
    "git_call": "M5 3.5v9M5 8c4 0 6-1 6-3.5M3.5 3.5a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0"
    "M9.5 3a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0",
    "unsupported": "M8 2a6 6 0 1 0 .01 0M4 4l8 8",
}
OTHER = "M8 7.5a.5.5 0 1 0 .01 0"

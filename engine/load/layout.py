"""What a definition says for the exchange format: the ids and places of nodes, patches, and timers that are too short.

All of it is allowed here; what is wrong matters when the definition goes back to the model system.
"""

from __future__ import annotations

import re

from ..fields import duration_ms
from .draft import Draft
from .problems import quoted
from .tree import Leaf, Map

SHORTEST_MS = 30_000  # reference 3.15, timer_min
_ID = re.compile(r"[0-9a-fA-F]{24}")
_ALL = "*"


def check_layout(draft: Draft) -> None:
    """Add warnings about `layout` and `exchange` to the draft's problems."""
    body = draft.body
    layout, exchange = (body.get("layout"), body.get("exchange")) if body is not None else (None, None)
    if isinstance(layout, Map):
        _check_places(draft, layout)
    patches = exchange.get("nodes") if isinstance(exchange, Map) else None
    if isinstance(patches, Map):
        for entry in patches.entries:
            if entry.key.text != _ALL:
                _check_name(draft, "exchange", entry.key)
    if isinstance(exchange, Map) or isinstance(layout, Map):
        _check_timers(draft)


def _check_places(draft: Draft, layout: Map) -> None:
    seen: dict[str, str] = {}
    for entry in layout.entries:
        name = entry.key.text
        _check_name(draft, "layout", entry.key)
        node_id = entry.value.get("id") if isinstance(entry.value, Map) else None
        if not isinstance(node_id, Leaf):
            continue
        text = node_id.text
        if not _ID.fullmatch(text):
            wrong = f"has {len(text)} characters" if len(text) != 24 else "has other characters"
            message = f"the id {quoted(text)} of node {quoted(name)} {wrong}; an id is 24 hexadecimal digits"
            draft.problem(node_id, message, warning=True)
        if text in seen:
            draft.problem(node_id, f"the id {quoted(text)} is that of node {quoted(seen[text])} already", warning=True)
        seen.setdefault(text, name)


def _check_name(draft: Draft, where: str, key: Leaf) -> None:
    if key.text in draft.nodes or not draft.nodes:
        return
    renamed = {
        part.text for part in (sketch.values.get("was") for sketch in draft.nodes.values()) if isinstance(part, Leaf)
    }
    if key.text not in renamed:
        draft.problem(
            key, f"{where}: there is no node {quoted(key.text)}{draft.hint(key.text, draft.nodes)}", warning=True
        )


def _check_timers(draft: Draft) -> None:
    for sketch in draft.nodes.values():
        for word in ("delay", "time_limit"):
            part = sketch.values.get(word)
            after = part.get("after") if isinstance(part, Map) else part
            if isinstance(after, Leaf) and not after.is_null:
                try:
                    ms = duration_ms(after.value)
                except ValueError:
                    continue  # told already
                if isinstance(ms, int) and ms < SHORTEST_MS:
                    message = f"{word} of node {quoted(sketch.name)}: the model system takes no timer below 30s"
                    draft.problem(after, message, warning=True)

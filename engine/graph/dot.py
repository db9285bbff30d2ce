"""A picture in the language of Graphviz."""

from __future__ import annotations

from .picture import Card, Line, Picture

FILLS = {
    "start": ("#dbeafe", "#2563eb"),
    "success": ("#dcfce7", "#16a34a"),
    "error": ("#fee2e2", "#dc2626"),
    "end": ("#f1f5f9", "#64748b"),
    "state": ("#ede9fe", "#7c3aed"),
    "escalation": ("#ffedd5", "#ea580c"),
    "node": ("#ffffff", "#64748b"),
}
STYLES = {
    "go": "",
    "condition": "",
    "error": ', style="dashed", color="#dc2626", fontcolor="#dc2626"',
    "timer": ', color="#b45309", fontcolor="#b45309"',
    "limit": ', style="dotted", color="#b45309", fontcolor="#b45309"',
}


def dot(picture: Picture) -> str:
    """A digraph with generated ids n1, n2, …"""
    title = quoted(f"{picture.title} ({picture.kind} {picture.conv_id})")
    text = [
        f"digraph {quoted(picture.title)} {{",
        f'  graph [label={title}, labelloc="t", fontname="Helvetica", rankdir="TB"]',
        '  node [shape="box", style="rounded,filled", fontname="Helvetica", fontsize="11"]',
        '  edge [fontname="Helvetica", fontsize="10"]',
    ]
    text += [_card(number, card) for number, card in enumerate(picture.cards, 1)]
    text += [_line(line) for line in picture.lines]
    return "\n".join([*text, "}"]) + "\n"


def _card(number: int, card: Card) -> str:
    fill, edge = FILLS[card.look]
    words = [card.title] + ([card.kind] if card.kind != card.title else [])
    words += [str(card.count)] if card.count is not None else []
    label = "\\n".join(quoted(word)[1:-1] for word in words)
    return f'  n{number} [label="{label}", fillcolor="{fill}", color="{edge}"]'


def _line(line: Line) -> str:
    return f"  n{line.source + 1} -> n{line.target + 1} [label={quoted(line.label)}{STYLES[line.way]}]"


def quoted(text: str) -> str:
    """A quoted string of dot: in it only the quote and the backslash mean something."""
    text = "".join(char if char.isprintable() else " " for char in text)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

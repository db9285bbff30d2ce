"""A picture as a mermaid flowchart. Titles stand only in quoted labels, so no title can break it."""

from __future__ import annotations

import json
import re

from .picture import Card, Line, Picture

SHAPES = {
    "start": ("([", "])"),
    "success": ("([", "])"),
    "error": ("([", "])"),
    "end": ("([", "])"),
    "state": ("[[", "]]"),
    "escalation": ("{{", "}}"),
}
ARROWS = {"go": "-->", "condition": "-->", "timer": "-->", "error": "-.->", "limit": "-.->"}
CLASSES = {
    "start": "fill:#dbeafe,stroke:#2563eb,color:#111827",
    "success": "fill:#dcfce7,stroke:#16a34a,color:#111827",
    "error": "fill:#fee2e2,stroke:#dc2626,color:#111827",
    "end": "fill:#f1f5f9,stroke:#64748b,color:#111827",
    "state": "fill:#ede9fe,stroke:#7c3aed,color:#111827",
    "escalation": "fill:#ffedd5,stroke:#ea580c,color:#111827",
    "node": "fill:#ffffff,stroke:#64748b,color:#111827",
}


def mermaid(picture: Picture) -> str:
    """`flowchart TD` with generated ids n1, n2, …"""
    title = json.dumps(f"{picture.title} ({picture.kind} {picture.conv_id})", ensure_ascii=False)
    text = ["---", f"title: {title}", "---", "flowchart TD"]
    text += [_card(number, card) for number, card in enumerate(picture.cards, 1)]
    text += [_line(line) for line in picture.lines]
    looks = sorted({card.look for card in picture.cards})
    for look in looks:
        numbers = ",".join(f"n{number}" for number, card in enumerate(picture.cards, 1) if card.look == look)
        text += [f"  classDef is_{look} {CLASSES[look]}", f"  class {numbers} is_{look}"]
    return "\n".join(text) + "\n"


def _card(number: int, card: Card) -> str:
    opened, closed = SHAPES.get(card.look, ("[", "]"))
    label = escaped(card.title)
    if card.kind != card.title:
        label += f"<br/><small>{escaped(card.kind)}</small>"
    if card.count is not None:
        label += f"<br/><b>{card.count}</b>"
    return f'  n{number}{opened}"{label}"{closed}'


def _line(line: Line) -> str:
    label = f'|"{escaped(line.label)}"|' if line.label else ""
    return f"  n{line.source + 1} {ARROWS[line.way]}{label} n{line.target + 1}"


def escaped(text: str) -> str:
    """A text inside a quoted label: what mermaid, HTML or markdown obey as an entity, also the marks of a list."""
    text = "".join(char if char.isprintable() else " " for char in text)
    text = re.sub(r'[&"<>#`;{}\[\]|\\]', lambda found: f"#{ord(found[0])};", text)
    return re.sub(r"^\s*(?:[0-9]+|(?=[-+*]))[-+*.)](?=\s)", lambda found: f"{found[0][:-1]}#{ord(found[0][-1])};", text)

"""A picture as an SVG file that needs nothing else: no script, no font, no address."""

from __future__ import annotations

from .drawing import CARD_HEIGHT, CARD_WIDTH, LINE_HEIGHT, Label, PlacedCard, Stroke, drawing_of
from .icons import icon_of
from .picture import Picture
from .words import cut, text_width

MARGIN = 36.0
HEADER = 64.0
FONT = "Inter, 'Segoe UI', 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"
COLOURS = {
    "start": "#2563eb",
    "success": "#16a34a",
    "error": "#dc2626",
    "end": "#64748b",
    "state": "#7c3aed",
    "escalation": "#ea580c",
    "node": "#475569",
}
PENS = {
    "go": "#64748b",
    "condition": "#64748b",
    "error": "#dc2626",
    "timer": "#b45309",
    "limit": "#b45309",
}
DASHES = {"error": "6 4", "limit": "2 4"}


def svg(picture: Picture) -> str:
    drawing = drawing_of(picture)
    name = f"{picture.title} ({picture.kind} {picture.conv_id})"
    width = max(drawing.width, text_width(picture.title, 20) + 60) + 2 * MARGIN
    height = drawing.height + HEADER + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" font-family="{FONT}">',
        f"<title>{escaped(name)}</title>",
        f"<defs>{''.join(_arrow(way, colour) for way, colour in PENS.items())}</defs>",
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#f8fafc"/>',
        f'<text x="{MARGIN:.0f}" y="{MARGIN + 12:.0f}" font-size="20" font-weight="700" fill="#0f172a">'
        f"{escaped(picture.title)}</text>",
        f'<text x="{MARGIN:.0f}" y="{MARGIN + 33:.0f}" font-size="13" fill="#64748b">'
        f"{'state diagram' if picture.kind == 'diagram' else picture.kind} {picture.conv_id}</text>",
        f'<g transform="translate({MARGIN:.0f} {MARGIN + HEADER:.0f})">',
        '<g fill="none" stroke-width="1.6">',
        *map(_stroke, drawing.strokes),
        "</g>",
        *map(_label, drawing.labels),
        *map(_card, drawing.cards),
        "</g>",
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


# --- Lines -----------------------------------------------------------------------------------------


def _arrow(way: str, colour: str) -> str:
    return (
        f'<marker id="{way}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        f'orient="auto-start-reverse"><path d="M0 1L9 5L0 9z" fill="{colour}"/></marker>'
    )


def _stroke(stroke: Stroke) -> str:
    dash = f' stroke-dasharray="{DASHES[stroke.way]}"' if stroke.way in DASHES else ""
    arrow = f' marker-{stroke.arrow}="url(#{stroke.way})"' if stroke.arrow else ""
    return f'<path d="{stroke.path}" stroke="{PENS[stroke.way]}"{dash}{arrow}/>'


def _label(label: Label) -> str:
    x, y, texts = label.x, label.y, label.lines
    height = LINE_HEIGHT * len(texts)
    ground = ""
    if label.anchor == "middle":
        width = max(text_width(text, 12) for text in texts) + 8
        ground = (
            f'<rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'rx="4" fill="#f8fafc"/>\n'
        )
    spans = "".join(
        f'<tspan x="{x:.1f}" y="{y - height / 2 + LINE_HEIGHT * (index + 1) - 4:.1f}">{escaped(text)}</tspan>'
        for index, text in enumerate(texts)
    )
    colour = "#334155" if label.way in ("go", "condition") else PENS[label.way]
    whole = f"<title>{escaped(label.whole)}</title>" if " ".join(texts) != label.whole else ""
    return f'{ground}<text font-size="12" text-anchor="{label.anchor}" fill="{colour}">{whole}{spans}</text>'


# --- Cards -----------------------------------------------------------------------------------------


def _card(card: PlacedCard) -> str:
    colour = COLOURS[card.look]
    words = card.kind if card.kind != card.title else ""
    words = "  ".join(word for word in (words, card.detail) if word)
    badge = ""
    room = CARD_WIDTH - 62
    if card.count:
        digits = f"{card.count:,}".replace(",", "\u2009")
        pill = text_width(digits, 12) + 16
        room -= pill + 6
        badge = (
            f'<g><rect x="{CARD_WIDTH - pill - 10:.1f}" y="9" width="{pill:.1f}" height="19" rx="9.5" '
            f'fill="{colour}"/><text x="{CARD_WIDTH - pill / 2 - 10:.1f}" y="23" font-size="12" font-weight="600" '
            f'text-anchor="middle" fill="#fff">{digits}</text></g>'
        )
    title = cut(card.title, room, 14)
    baseline = 24 if words else 33
    icon = icon_of(card.kind)
    full = escaped(" · ".join(word for word in (card.title, card.kind, card.detail) if word))
    second = (
        f'<text x="50" y="42" font-size="12" fill="#64748b">{escaped(cut(words, CARD_WIDTH - 62, 12))}</text>'
        if words
        else ""
    )
    return (
        f'<g transform="translate({card.x:.1f} {card.y:.1f})"><title>{full}</title>'
        f'<rect width="{CARD_WIDTH:.0f}" height="{CARD_HEIGHT:.0f}" rx="10" fill="#fff" stroke="{colour}" '
        f'stroke-width="1.4"/><rect x="10" y="13" width="30" height="30" rx="8" fill="{colour}"/>'
        f'<path transform="translate(17 20)" d="{icon}" fill="none" stroke="#fff" stroke-width="1.8" '
        f'stroke-linecap="round" stroke-linejoin="round"/>'
        f'<text x="50" y="{baseline}" font-size="14" font-weight="600" fill="#0f172a">{escaped(title)}</text>'
        f"{second}{badge}</g>"
    )


def escaped(text: str) -> str:
    """A text inside XML. Characters that XML cannot hold become spaces."""
    text = "".join(char if char.isprintable() else " " for char in text)
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(char, entity)
    return text

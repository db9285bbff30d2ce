"""A picture as an SVG file that needs nothing else: no script, no font, no address."""

from __future__ import annotations

from collections import defaultdict

from .icons import icon_of
from .layout import CORNER, Layout, Piece, Thing, Way, lay_out, port, rising
from .picture import Card, Line, Picture

CARD_WIDTH = 232.0
CARD_HEIGHT = 56.0
MARGIN = 36.0
HEADER = 64.0
LABEL_LETTERS = 36  # in one line of a label
LABEL_LINES = 3
LINE_HEIGHT = 15.0
PORT_GAP = 26.0
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
STRAIGHT = {"go": 3.0, "condition": 2.0, "timer": 1.0, "limit": 1.0, "error": 1.0}
NARROW = frozenset("iljtfrI.,:;'|!()[]{} ")


def svg(picture: Picture) -> str:
    labels = [wrapped(line.label) for line in picture.lines]
    ways = [_way(line, label) for line, label in zip(picture.lines, labels, strict=True)]
    root = next((number for number, card in enumerate(picture.cards) if card.look == "start"), 0)
    layout = lay_out([(CARD_WIDTH, CARD_HEIGHT)] * len(picture.cards), ways, root)
    name = f"{picture.title} ({picture.kind} {picture.conv_id})"
    ports = _ports(layout, len(picture.cards))
    loops = [number for number, line in enumerate(picture.lines) if line.source == line.target]
    loop_room = max((text_width(text, 12) for number in loops for text in labels[number]), default=0.0)
    width = max(layout.width + (loop_room + 40 if loops else 0), text_width(picture.title, 20) + 60) + 2 * MARGIN
    height = layout.height + HEADER + 2 * MARGIN
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
        *(_piece(piece, picture.lines[piece.way], layout, ports, len(picture.cards)) for piece in layout.pieces),
        *(_loop(picture.lines[number], layout.things) for number in loops),
        "</g>",
        *_labels(picture, labels, layout),
        *(_card(card, layout.things[number]) for number, card in enumerate(picture.cards)),
        "</g>",
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _way(line: Line, label: list[str]) -> Way:
    width = max((text_width(text, 12) for text in label), default=-10.0) + 16
    return Way(line.source, line.target, width, LINE_HEIGHT * len(label), PENS[line.way], STRAIGHT[line.way])


# --- Lines -----------------------------------------------------------------------------------------


def _arrow(way: str, colour: str) -> str:
    return (
        f'<marker id="{way}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        f'orient="auto-start-reverse"><path d="M0 1L9 5L0 9z" fill="{colour}"/></marker>'
    )


def _ports(layout: Layout, cards: int) -> dict[tuple[int, int], float]:
    """(card, thing at the other end) → the x at which the line meets the card: right above or below that, if it can."""
    sides: dict[tuple[int, bool], list[int]] = defaultdict(list)
    for piece in layout.pieces:
        if piece.upper < cards:
            sides[piece.upper, True].append(piece.lower)
        if piece.lower < cards:
            sides[piece.lower, False].append(piece.upper)
    ports = {}
    for (card, _), others in sides.items():
        others.sort(key=lambda thing: layout.things[thing].x)
        middle, last = layout.things[card].x, len(others) - 1
        gap = min(PORT_GAP, (CARD_WIDTH - 2 * CORNER) / max(1, last))
        edge = CARD_WIDTH / 2 - CORNER
        wished = [middle + port(layout.things[other].x - middle, CARD_WIDTH, other < cards) for other in others]
        if last == 0 and abs(layout.things[others[0]].x - middle) >= edge:
            wished = [middle]
        spread = rising([x - gap * index for index, x in enumerate(wished)], [1.0] * len(wished))
        low, high = middle - edge, middle + edge - gap * last
        for index, other in enumerate(others):
            ports[card, other] = min(max(spread[index], low), high) + gap * index
    return ports


def _piece(piece: Piece, line: Line, layout: Layout, ports: dict[tuple[int, int], float], cards: int) -> str:
    upper, lower = layout.things[piece.upper], layout.things[piece.lower]
    x1 = ports.get((piece.upper, piece.lower), upper.x)
    x2 = ports.get((piece.lower, piece.upper), lower.x)
    y1, y2 = upper.y + upper.half, lower.y - lower.half
    path = f"M{x1:.1f} {y1:.1f}"
    if abs(x1 - x2) < 0.5:
        path += f"V{y2:.1f}"
    else:
        half = (y2 - y1) / 2
        path += f"C{x1:.1f} {y1 + half:.1f} {x2:.1f} {y2 - half:.1f} {x2:.1f} {y2:.1f}"
    if piece.lower >= cards and lower.half:  # on through the layer
        path += f"V{lower.y + lower.half:.1f}"
    dash = f' stroke-dasharray="{DASHES[line.way]}"' if line.way in DASHES else ""
    arrow = {0: "", 1: f' marker-end="url(#{line.way})"', -1: f' marker-start="url(#{line.way})"'}[piece.arrow]
    return f'<path d="{path}" stroke="{PENS[line.way]}"{dash}{arrow}/>'


def _loop(line: Line, things: list[Thing]) -> str:
    card = things[line.source]
    x, y = card.x + CARD_WIDTH / 2, card.y
    return (
        f'<path d="M{x:.1f} {y - 14:.1f}C{x + 30:.1f} {y - 20:.1f} {x + 30:.1f} {y + 20:.1f} {x:.1f} {y + 14:.1f}" '
        f'stroke="{PENS[line.way]}" marker-end="url(#{line.way})"/>'
    )


def _labels(picture: Picture, labels: list[list[str]], layout: Layout) -> list[str]:
    parts = []
    for line, texts, thing in zip(picture.lines, labels, layout.labels, strict=True):
        if not texts:
            continue
        if thing is None:
            card = layout.things[line.source]
            x, y, anchor = card.x + CARD_WIDTH / 2 + 28, card.y, "start"
        else:
            x, y, anchor = layout.things[thing].x, layout.things[thing].y, "middle"
        height = LINE_HEIGHT * len(texts)
        if anchor == "middle":
            width = max(text_width(text, 12) for text in texts) + 8
            parts.append(
                f'<rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" height="{height:.1f}" '
                f'rx="4" fill="#f8fafc"/>'
            )
        spans = "".join(
            f'<tspan x="{x:.1f}" y="{y - height / 2 + LINE_HEIGHT * (index + 1) - 4:.1f}">{escaped(text)}</tspan>'
            for index, text in enumerate(texts)
        )
        colour = "#334155" if line.way in ("go", "condition") else PENS[line.way]
        whole = f"<title>{escaped(line.label)}</title>" if " ".join(texts) != line.label else ""
        parts.append(f'<text font-size="12" text-anchor="{anchor}" fill="{colour}">{whole}{spans}</text>')
    return parts


# --- Cards -----------------------------------------------------------------------------------------


def _card(card: Card, place: Thing) -> str:
    x, y = place.x - CARD_WIDTH / 2, place.y - CARD_HEIGHT / 2
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
        f'<g transform="translate({x:.1f} {y:.1f})"><title>{full}</title>'
        f'<rect width="{CARD_WIDTH:.0f}" height="{CARD_HEIGHT:.0f}" rx="10" fill="#fff" stroke="{colour}" '
        f'stroke-width="1.4"/><rect x="10" y="13" width="30" height="30" rx="8" fill="{colour}"/>'
        f'<path transform="translate(17 20)" d="{icon}" fill="none" stroke="#fff" stroke-width="1.8" '
        f'stroke-linecap="round" stroke-linejoin="round"/>'
        f'<text x="50" y="{baseline}" font-size="14" font-weight="600" fill="#0f172a">{escaped(title)}</text>'
        f"{second}{badge}</g>"
    )


# --- Words -----------------------------------------------------------------------------------------


def escaped(text: str) -> str:
    """A text inside XML. Characters that XML cannot hold become spaces."""
    text = "".join(char if char.isprintable() else " " for char in text)
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(char, entity)
    return text


def text_width(text: str, size: float) -> float:
    """About how wide a text is, rather too much than too little: the reader's font is unknown."""
    return size * sum(map(_letter_width, text))


def _letter_width(char: str) -> float:
    if char in NARROW:
        return 0.36
    if char.islower() or char.isdigit():
        return 0.61
    return 0.74 if ord(char) < 0x1100 else 1.05


def cut(text: str, width: float, size: float) -> str:
    """The text in at most this width, with … when something was left out."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str) -> list[str]:
    """A label in a few lines, broken between words."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= LABEL_LETTERS:
            lines[-1] += " " + word
        else:
            lines.append(word)
    lines = [line if len(line) <= LABEL_LETTERS else line[: LABEL_LETTERS - 1] + "…" for line in lines]
    if len(lines) > LABEL_LINES:
        lines = [*lines[:LABEL_LINES]]
        lines[-1] = lines[-1][: LABEL_LETTERS - 2] + " …"
    return lines

"""A picture with every card, line and label in its place: what an SVG file and the page draw."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from .layout import CORNER, Layout, Piece, Thing, lay_out, port, rising
from .layout import Way as Line_
from .picture import Card, Line, Look, Picture, Way
from .words import text_width, wrapped

CARD_WIDTH = 232.0
CARD_HEIGHT = 56.0
LINE_HEIGHT = 15.0
PORT_GAP = 26.0
STRAIGHT = {"go": 3.0, "condition": 2.0, "timer": 1.0, "limit": 1.0, "error": 1.0}


@dataclass(frozen=True, slots=True)
class PlacedCard:
    """A node: `x`, `y` is its upper left corner. `name` as in the definition, `title` for people."""

    name: str
    title: str
    kind: str
    detail: str
    look: Look
    count: int | None
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Stroke:
    """A part of a line. `path` is SVG path data; an `arrow` stands at its end, at its start, or nowhere.

    Lines to one card share parts: `source` and `target` are the cards of the first.
    """

    source: int
    target: int
    way: Way
    path: str
    arrow: Literal["end", "start", ""]


@dataclass(frozen=True, slots=True)
class Label:
    """What stands at the line from `source` to `target`, in lines; `whole` without them. `x`, `y` is the middle, or
    with `anchor` start the middle of its left side."""

    source: int
    target: int
    way: Way
    lines: tuple[str, ...]
    whole: str
    x: float
    y: float
    anchor: Literal["middle", "start"]


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of it, from 0, 0 to `width`, `height`. Cards are in the author's order."""

    title: str
    kind: str
    conv_id: int
    width: float
    height: float
    cards: tuple[PlacedCard, ...]
    strokes: tuple[Stroke, ...]
    labels: tuple[Label, ...]


def drawing_of(picture: Picture) -> Drawing:
    """Takes milliseconds for 30 nodes and a second for 300: keep it as long as the definition stays."""
    texts = [wrapped(line.label) for line in picture.lines]
    ways = [_way(line, label) for line, label in zip(picture.lines, texts, strict=True)]
    root = next((number for number, card in enumerate(picture.cards) if card.look == "start"), 0)
    layout = lay_out([(CARD_WIDTH, CARD_HEIGHT)] * len(picture.cards), ways, root)
    ports = _ports(layout, len(picture.cards))
    loops = [number for number, line in enumerate(picture.lines) if line.source == line.target]
    loop_room = max((text_width(text, 12) for number in loops for text in texts[number]), default=0.0)
    return Drawing(
        picture.title,
        picture.kind,
        picture.conv_id,
        layout.width + (loop_room + 40 if loops else 0),
        layout.height,
        tuple(_placed(card, layout.things[number]) for number, card in enumerate(picture.cards)),
        (
            *(_stroke(piece, picture.lines[piece.way], layout, ports, len(picture.cards)) for piece in layout.pieces),
            *(_loop(picture.lines[number], layout.things) for number in loops),
        ),
        tuple(
            _label(line, tuple(lines), thing, layout)
            for line, lines, thing in zip(picture.lines, texts, layout.labels, strict=True)
            if lines
        ),
    )


def _placed(card: Card, place: Thing) -> PlacedCard:
    x, y = place.x - CARD_WIDTH / 2, place.y - CARD_HEIGHT / 2
    return PlacedCard(
        card.name, card.title, card.kind, card.detail, card.look, card.count, x, y, CARD_WIDTH, CARD_HEIGHT
    )


def _way(line: Line, label: list[str]) -> Line_:
    width = max((text_width(text, 12) for text in label), default=-10.0) + 16
    bundle = "plain" if line.way in ("go", "condition") else "timed" if line.way != "error" else "error"
    return Line_(line.source, line.target, width, LINE_HEIGHT * len(label), bundle, STRAIGHT[line.way])


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


def _stroke(piece: Piece, line: Line, layout: Layout, ports: dict[tuple[int, int], float], cards: int) -> Stroke:
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
    return Stroke(line.source, line.target, line.way, path, _ARROWS[piece.arrow])


_ARROWS: dict[int, Literal["end", "start", ""]] = {0: "", 1: "end", -1: "start"}


def _loop(line: Line, things: list[Thing]) -> Stroke:
    card = things[line.source]
    x, y = card.x + CARD_WIDTH / 2, card.y
    path = f"M{x:.1f} {y - 14:.1f}C{x + 30:.1f} {y - 20:.1f} {x + 30:.1f} {y + 20:.1f} {x:.1f} {y + 14:.1f}"
    return Stroke(line.source, line.target, line.way, path, "end")


def _label(line: Line, lines: tuple[str, ...], thing: int | None, layout: Layout) -> Label:
    if thing is None:
        card = layout.things[line.source]
        return Label(
            line.source, line.target, line.way, lines, line.label, card.x + CARD_WIDTH / 2 + 28, card.y, "start"
        )
    place = layout.things[thing]
    return Label(line.source, line.target, line.way, lines, line.label, place.x, place.y, "middle")

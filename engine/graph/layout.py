"""Where cards and lines go: a layered layout after Sugiyama, Tagawa and Toda (1981).

Cards stand in layers, every line leads downwards from layer to layer; those that close a loop are laid out the other
way round. Between two layers of cards lies one of labels. Where a line only passes a layer it has a bend there; lines
of one kind to the same card share their bends, so that fifty error routes are one line with fifty roots.

Steps: layers by longest path; order in a layer by the mean of the neighbours, kept when fewer lines cross; x so that
lines are straight and nothing overlaps (isotonic regression, for a given order the best there is); y by heights.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import NamedTuple

GAP = 26.0  # between two things in one layer
BEND_WIDTH = 6.0
SPACE = 46.0  # between two layers of cards, at least
LABEL_ROOM = 42.0  # above and below a label together, for the curves
CORNER = 20.0  # of a card, where no line meets it
CLEAR = 8.0  # between a line and what it passes, at least
ORDER_ROUNDS = 16
PLACE_ROUNDS = 60
MANY = 3000  # things; above, fewer rounds


class Way(NamedTuple):
    """A line to lay out, and its label's size. Lines to one card share bends when their `bundle` is the same.

    `straight`: how much it counts that this line is straight.
    """

    source: int
    target: int
    width: float
    height: float
    bundle: Hashable
    straight: float


class Thing(NamedTuple):
    """A card, a label or a bend: `x`, `y` are its middle; over `half` above and below it, lines go straight."""

    x: float
    y: float
    half: float


class Piece(NamedTuple):
    """A part of lines, downwards from one thing to another. `way` is the first line it belongs to.

    `arrow`: at its lower end (1), at its upper end (-1), or none (0).
    """

    upper: int
    lower: int
    way: int
    arrow: int


class Layout(NamedTuple):
    """`things` begins with the cards; `labels` holds the thing of each line, or None for a line to its own card."""

    things: list[Thing]
    labels: list[int | None]
    pieces: list[Piece]
    width: float
    height: float


def lay_out(sizes: Sequence[tuple[float, float]], ways: Sequence[Way], root: int) -> Layout:
    """Cards by width and height, and the lines between them. `root` is the card at the top."""
    drawn = _Drawn(sizes, ways, root)
    drawn.order()
    drawn.place()
    drawn.straighten()
    return drawn.layout()


class _Drawn:
    def __init__(self, sizes: Sequence[tuple[float, float]], ways: Sequence[Way], root: int) -> None:
        self.widths = [width for width, _ in sizes]
        self.heights = [height for _, height in sizes]
        self.cards = len(sizes)
        back = _back_edges(self.cards, [(way.source, way.target) for way in ways], root)
        self.rank = [2 * layer for layer in _layers(self.cards, ways, back)]
        self.labels: list[int | None] = []
        self.pieces: dict[tuple[int, int], Piece] = {}
        self.weight: dict[tuple[int, int], float] = {}
        bends: dict[Hashable, int] = {}
        for number, way in enumerate(ways):
            self.labels.append(self._route(number, way, number in back, bends))
        self.layers: list[list[int]] = [[] for _ in range(max(self.rank, default=0) + 1)]
        for thing, rank in enumerate(self.rank):
            self.layers[rank].append(thing)
        self.above: dict[int, list[int]] = defaultdict(list)
        self.below: dict[int, list[int]] = defaultdict(list)
        for upper, lower in self.pieces:
            self.above[lower].append(upper)
            self.below[upper].append(lower)
        self.x = [0.0] * len(self.rank)

    # --- Lines in pieces --------------------------------------------------------------------------

    def _route(self, number: int, way: Way, back: bool, bends: dict[Hashable, int]) -> int | None:
        if way.source == way.target:
            return None
        step = -1 if back else 1
        label = last = self._thing(self.rank[way.source] + step, way.width, way.height)
        self._join(way.source, label, number, way, back, arrow=False)
        for rank in range(self.rank[way.source] + 2 * step, self.rank[way.target], step):
            spot = (way.target, way.bundle, back, rank)
            shared = spot in bends
            bend = bends[spot] if shared else self._thing(rank, BEND_WIDTH, 0.0)
            bends[spot] = bend
            self._join(last, bend, number, way, back, arrow=False)
            last = bend
            if shared:  # and from here on the way is there already
                return label
        self._join(last, way.target, number, way, back, arrow=True)
        return label

    def _thing(self, rank: int, width: float, height: float) -> int:
        self.rank.append(rank)
        self.widths.append(max(width, BEND_WIDTH))
        self.heights.append(height)
        return len(self.rank) - 1

    def _join(self, near: int, far: int, number: int, way: Way, back: bool, *, arrow: bool) -> None:
        upper, lower = (far, near) if back else (near, far)
        self.pieces[upper, lower] = Piece(upper, lower, number, (-1 if back else 1) if arrow else 0)
        passing = (upper >= self.cards) + (lower >= self.cards)
        self.weight[upper, lower] = way.straight * (1, 2, 8)[passing]

    # --- Order ------------------------------------------------------------------------------------

    def order(self) -> None:
        """Sort each layer so that few lines cross."""
        rounds = ORDER_ROUNDS if len(self.rank) < MANY else 4
        self._sort_downwards()
        best, fewest = [layer[:] for layer in self.layers], self._crossings()
        for number in range(rounds):
            if fewest == 0:
                break
            if number % 2:
                self._sort_downwards()
            else:
                self._sort_upwards()
            if len(self.rank) < MANY:
                self._swap()
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [layer[:] for layer in self.layers], crossings
        self.layers = best

    def _sort_downwards(self) -> None:
        for upper, layer in zip(self.layers, self.layers[1:], strict=False):
            self._sort(layer, upper, self.above)

    def _sort_upwards(self) -> None:
        for lower, layer in zip(self.layers[:0:-1], self.layers[-2::-1], strict=True):
            self._sort(layer, lower, self.below)

    def _sort(self, layer: list[int], fixed: list[int], neighbours: dict[int, list[int]]) -> None:
        at = {thing: index for index, thing in enumerate(fixed)}
        old = {thing: float(index) for index, thing in enumerate(layer)}

        def mean(thing: int) -> float:
            near = neighbours[thing]
            return sum(at[other] for other in near) / len(near) if near else old[thing]

        layer.sort(key=lambda thing: (mean(thing), old[thing]))

    def _swap(self) -> None:
        """Exchange neighbours in a layer as long as that saves crossings."""
        for rank, layer in enumerate(self.layers):
            sides = []
            if rank > 0:
                sides.append((self.above, {thing: index for index, thing in enumerate(self.layers[rank - 1])}))
            if rank + 1 < len(self.layers):
                sides.append((self.below, {thing: index for index, thing in enumerate(self.layers[rank + 1])}))
            for index in range(len(layer) - 1):
                left, right = layer[index], layer[index + 1]
                saved = sum(
                    (at[one] > at[other]) - (at[one] < at[other])
                    for near, at in sides
                    for one in near[left]
                    for other in near[right]
                )
                if saved > 0:
                    layer[index], layer[index + 1] = right, left

    def _crossings(self) -> int:
        total = 0
        for upper, lower in zip(self.layers, self.layers[1:], strict=False):
            at = {thing: index for index, thing in enumerate(lower)}
            seen: list[int] = []
            for thing in upper:
                ends = sorted(at[other] for other in self.below[thing])
                total += sum(len(seen) - bisect_right(seen, end) for end in ends)
                for end in ends:
                    insort(seen, end)
        return total

    # --- Places -----------------------------------------------------------------------------------

    def place(self) -> None:
        """Give each thing its x: the weighted mean of its neighbours', as near as the order allows."""
        for layer in self.layers:
            x = 0.0
            for thing in layer:
                self.x[thing] = x + self.widths[thing] / 2
                x += self.widths[thing] + GAP
        rounds = PLACE_ROUNDS if len(self.rank) < MANY else 12
        for number in range(rounds):
            last = number >= rounds - 4
            for layer in self.layers if number % 2 == 0 else self.layers[::-1]:
                self._settle(layer, up=last or number % 2 == 0, down=last or number % 2 == 1)

    def _settle(self, layer: list[int], *, up: bool, down: bool) -> None:
        wished, weights, offsets = [], [], []
        offset = 0.0
        for index, thing in enumerate(layer):
            if index:
                offset += (self.widths[layer[index - 1]] + self.widths[thing]) / 2 + GAP
            near = [(other, self.weight[other, thing]) for other in self.above[thing]] if up else []
            near += [(other, self.weight[thing, other]) for other in self.below[thing]] if down else []
            weight = sum(each for _, each in near)
            x = sum(self.x[other] * each for other, each in near) / weight if near else self.x[thing]
            wished.append(x - offset)
            weights.append(weight or 0.01)
            offsets.append(offset)
        for thing, x, moved in zip(layer, rising(wished, weights), offsets, strict=True):
            self.x[thing] = x + moved

    def straighten(self) -> None:
        """Let bends and labels that follow one another share one x, as far as their neighbours leave room."""
        room: dict[int, tuple[float, float]] = {}

        for layer in self.layers:
            self._measure(layer, room, GAP)
        for first in range(self.cards, len(self.rank)):
            if any(thing >= self.cards for thing in self.above[first]):
                continue
            run: list[int] = []
            low, high = -math.inf, math.inf
            for thing in self._run(first):
                low_here, high_here = room[thing]
                if run and max(low, low_here) > min(high, high_here) + 0.01:
                    self._align(run, low, high)
                    run, low, high = [], -math.inf, math.inf
                run.append(thing)
                low, high = max(low, low_here), min(high, high_here)
            self._align(run, low, high)
            for thing in self._run(first):
                self._measure(self.layers[self.rank[thing]], room, GAP)

    def _measure(self, layer: list[int], room: dict[int, tuple[float, float]], gap: float) -> None:
        """Note from where to where each thing of a layer could move, with a gap left to its neighbours."""
        for index, thing in enumerate(layer):
            low, high = -math.inf, math.inf
            if index:
                left = layer[index - 1]
                low = self.x[left] + (self.widths[left] + self.widths[thing]) / 2 + gap
            if index + 1 < len(layer):
                right = layer[index + 1]
                high = self.x[right] - (self.widths[right] + self.widths[thing]) / 2 - gap
            room[thing] = low, high

    def _run(self, first: int) -> list[int]:
        """A bend or label and those straight below it."""
        run = [first]
        while True:
            lower = [thing for thing in self.below[run[-1]] if thing >= self.cards]
            if len(lower) != 1:
                return run
            run.append(lower[0])

    def _align(self, run: list[int], low: float, high: float) -> None:
        if len(run) > 1:
            wished = sorted(self.x[thing] for thing in run)[len(run) // 2]
            for thing in run:
                self.x[thing] = min(max(wished, low), high)

    def layout(self) -> Layout:
        left = min((self.x[thing] - self.widths[thing] / 2 for thing in range(len(self.rank))), default=0.0)
        right = max((self.x[thing] + self.widths[thing] / 2 for thing in range(len(self.rank))), default=0.0)
        things: list[Thing] = [Thing(0.0, 0.0, 0.0)] * len(self.rank)
        y = 0.0
        for rank, layer in enumerate(self.layers):
            tallest = max((self.heights[thing] for thing in layer), default=0.0)
            room = max(SPACE, tallest + LABEL_ROOM if tallest else 0.0) if rank % 2 else tallest
            for thing in layer:
                half = self.heights[thing] / 2 if rank % 2 or thing < self.cards else room / 2
                things[thing] = Thing(self.x[thing] - left, y + room / 2, half)
            y += room
        return Layout(things, self.labels, self._shortened(), right - left, y)

    def _shortened(self) -> list[Piece]:
        """The pieces, with one instead of two where the bend between them says nothing."""
        pieces = dict(self.pieces)
        room: dict[int, tuple[float, float]] = {}
        for layer in self.layers:
            self._measure(layer, room, CLEAR)
        for thing in range(self.cards, len(self.rank)):
            if self.heights[thing] or len(self.above[thing]) != 1 or len(self.below[thing]) != 1:
                continue
            (upper,), (lower,) = self.above[thing], self.below[thing]
            if self.rank[thing] % 2 == 0 or (upper, thing) not in pieces or (thing, lower) not in pieces:
                continue
            low, high = room[thing]
            if not low <= (self._met(upper, lower) + self._met(lower, upper)) / 2 <= high:
                continue
            first, second = pieces.pop((upper, thing)), pieces.pop((thing, lower))
            pieces[upper, lower] = Piece(upper, lower, first.way, first.arrow or second.arrow)
        return list(pieces.values())

    def _met(self, thing: int, other: int) -> float:
        """Where a line from another thing meets this one."""
        if thing >= self.cards:
            return self.x[thing]
        aside = self.x[other] - self.x[thing]
        return self.x[thing] + port(aside, self.widths[thing], other < self.cards)


def port(aside: float, width: float, is_card: bool) -> float:
    """Where a line would like to meet a card whose other end stands `aside`, both from its middle.

    Right above or below that end, as far as the card reaches; halfway, when the other end is a card too.
    """
    edge = width / 2 - CORNER
    return min(max(aside / 2 if is_card else aside, -edge), edge)


def _back_edges(cards: int, edges: Sequence[tuple[int, int]], root: int) -> set[int]:
    """The numbers of the edges that close a loop, seen from the root and in the order given."""
    leaving: dict[int, list[int]] = defaultdict(list)
    for number, (source, _) in enumerate(edges):
        leaving[source].append(number)
    back: set[int] = set()
    entered, left = set(), set()
    for first in [root, *range(cards)]:
        if first in entered:
            continue
        entered.add(first)
        stack = [(first, iter(leaving[first]))]
        while stack:
            card, rest = stack[-1]
            for number in rest:
                target = edges[number][1]
                if target not in entered:
                    entered.add(target)
                    stack.append((target, iter(leaving[target])))
                    break
                if target not in left:
                    back.add(number)
            else:
                left.add(card)
                stack.pop()
    return back


def _layers(cards: int, ways: Sequence[Way], back: set[int]) -> list[int]:
    """The layer of each card: one below the lowest of those that lead to it."""
    below: dict[int, list[int]] = defaultdict(list)
    waiting = [0] * cards
    for number, way in enumerate(ways):
        if way.source != way.target:
            upper, lower = (way.target, way.source) if number in back else (way.source, way.target)
            below[upper].append(lower)
            waiting[lower] += 1
    layers = [0] * cards
    free = [card for card in range(cards) if not waiting[card]]
    for card in free:
        for lower in below[card]:
            layers[lower] = max(layers[lower], layers[card] + 1)
            waiting[lower] -= 1
            if not waiting[lower]:
                free.append(lower)
    return layers


def rising(wished: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The numbers nearest to those wished (least squares) that never fall: pool adjacent violators."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(wished, weights, strict=True):
        count = 1
        while blocks and blocks[-1][0] > value:
            before, heavier, more = blocks.pop()
            value = (value * weight + before * heavier) / (weight + heavier)
            weight += heavier
            count += more
        blocks.append((value, weight, count))
    return [value for value, _, count in blocks for _ in range(count)]

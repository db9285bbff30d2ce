"""What is known of a file while it is checked: as much of a definition as could be read, and where it stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from ..definition import Definition, Test
from .problems import LONGEST_PATH, Problem, nearest, quoted, shown
from .source import Source
from .tree import Leaf, Map, Part


@dataclass(slots=True)
class Edge:
    """A route as written. `word` is its key: go, error, condition, time_limit, task_limit."""

    word: str
    target: str
    leaf: Leaf


@dataclass(slots=True)
class Sketch:
    """A node.

    `keys` are the keys that it has, a misspelled one as what was meant; `actions` those that are actions. `tests`: each
    with the places of its parameter and its value. `unclear`: it has something that cannot be judged (an unknown or not
    yet supported action). `parts`: each of several actions of the old format, in its order.
    """

    name: str
    key: Leaf
    body: Map | None = None
    keys: dict[str, Leaf] = field(default_factory=dict)
    values: dict[str, Part] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    tests: list[tuple[Leaf, Part, Test]] = field(default_factory=list)
    unclear: bool = False
    parts: list[Sketch] = field(default_factory=list)

    def all_parts(self) -> list[Sketch]:
        """The node and its parts: everything in it that can have an action."""
        return [self, *self.parts]


@dataclass(slots=True)
class Mention:
    """Something outside the node that a text names.

    `kind`: target (a `conv:` field), conv, node, variable or instance (of a database). `action`: where it stands, an
    action or a key of a database instance.
    """

    kind: str
    conv: str | None
    name: str
    leaf: Leaf
    position: int
    action: str = ""
    node: str = ""


@dataclass(slots=True)
class Draft:
    """One definition file. `definition` is None while anything in it is wrong; `body` None: not even a map."""

    source: Source
    problems: list[Problem] = field(default_factory=list)
    body: Map | None = None
    kind: str = ""
    title: str = ""
    title_leaf: Leaf | None = None
    conv_id: int | None = None
    id_leaf: Leaf | None = None
    aliases: list[tuple[str, Leaf | None]] = field(default_factory=list)
    missing: str = "error"
    nodes: dict[str, Sketch] = field(default_factory=dict)
    nodes_key: Leaf | None = None
    mentions: list[Mention] = field(default_factory=list)
    definition: Definition | None = None
    comparisons_left: int = 200_000

    def near(self, word: str, words: Collection[str]) -> str | None:
        """The one of many names that was probably meant. A file has a limited number of comparisons, about a second."""
        if self.comparisons_left < len(words):
            return None
        self.comparisons_left -= len(words)
        return nearest(word, words)

    def hint(self, word: str, words: Collection[str], otherwise: str = "") -> str:
        """As engine.load.problems.hint, among many names."""
        near = self.near(word, words)
        return f"; did you mean {quoted(near)}?" if near is not None else f"; {otherwise}" if otherwise else ""

    def problem(self, part: Part | None, message: str, *, position: int = 0, warning: bool = False) -> None:
        """Note a problem at a part of the tree, or at a character of a text."""
        line, column = 0, 0
        if isinstance(part, Leaf) and position:
            line, column = self.source.place(part, position)
        elif part is not None:
            line, column = part.line, part.column
        self.problems.append(self.source.problem(line, column, message, warning=warning))

    @property
    def is_wrong(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)

    def where(self, leaf: Leaf | None) -> str:
        """How messages about other files name a place in this one."""
        file = shown(self.source.file, LONGEST_PATH)
        return file if leaf is None else f"{file}:{leaf.line + 1}"

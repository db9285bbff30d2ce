"""Comparing: files with what is deployed, and versions of a conv with each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..definition import Definition
from ..errors import DefinitionError
from ..load import parse
from ..store.client import Store
from ..store.registry import ConvRecord
from .difference import Change, Difference, changes_of, text_changes
from .history import read_source
from .making import made_source


class Differences(NamedTuple):
    """How files differ from what is deployed. `site`: of variables and database instances. `problems` (engine.load.
    Problem): with an error among them nothing was compared. `not_here`: deployed convs that stand in none of the files:
    id and title; a deploy leaves them as they are."""

    convs: list[Difference]
    site: list[Change]
    problems: Sequence[Any]
    not_here: list[tuple[int, str]]

    @property
    def is_none(self) -> bool:
        """Whether a deploy would change nothing."""
        return not (self.convs or self.site)

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)


class State(NamedTuple):
    """One state of a conv: what it is called, its source (None: there is none), folder and definition; instead of the
    last, why it cannot be read."""

    name: str
    source: bytes | None
    folder: str
    definition: Definition | None
    unreadable: str = ""


def deployed_state(store: Store, record: ConvRecord) -> State:
    """What is deployed, with the source that is kept, or one that is made of the definition."""
    from ..convs import definition_of

    name, source = f"version {record.version}", None
    if record.version:
        source = read_source(store, record, record.version)
    else:
        name, source = "what is deployed (as made from its definition)", made_source(record)
    try:
        return State(name, source, record.folder, definition_of(record))
    except DefinitionError as error:
        return State(name, source, record.folder, None, error.message)


def source_state(name: str, source: bytes, folder: str) -> State:
    """A version by its source."""
    try:
        return State(name, source, folder, parse(source.decode("utf-8-sig"), name))
    except (DefinitionError, UnicodeDecodeError) as error:
        return State(name, source, folder, None, f"{name} cannot be read here: {error}")


def compare(conv_id: int, title: str, before: State | None, after: State) -> Difference:
    """How a conv differs in two states; `before` None: it is new."""
    text = text_changes(
        (before.source if before is not None else None) or b"",
        after.source or b"",
        (before.name if before is not None else "nothing", after.name),
    )
    if before is None:
        return Difference(conv_id, title, True, ("", after.folder), [], text)
    changes: list[Change] = []
    if before.definition is not None and after.definition is not None:
        changes = changes_of(before.definition, after.definition)
    unreadable = before.unreadable or after.unreadable
    return Difference(conv_id, title, False, (before.folder, after.folder), changes, text, unreadable)

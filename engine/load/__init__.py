"""Definition files: read, checked as one tree, and kept as documents.

`read_tree` reads files; everything that is wrong comes back as problems, it raises nothing. `to_document` and
`from_document` are what the store keeps. Loading this package imports no yaml: workers need only documents.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..errors import DefinitionError
from .document import from_document, to_document
from .problems import Problem

if TYPE_CHECKING:
    from ..definition import Definition
    from .across import Known
    from .forest import Tree

__all__ = ["Problem", "from_document", "parse", "reached_by", "read_sources", "read_tree", "to_document"]


def read_tree(
    paths: Iterable[str | Path],
    *,
    deployed: Iterable[Known] = (),
    variables: Collection[str] = (),
    instances: Mapping[str, Any] = MappingProxyType({}),
) -> Tree:
    """Read and check the definitions of files and folders (`*.yaml`, `*.yml`, to any depth).

    `deployed` are convs in the store, `variables` names of variables and `instances` the
    database instances there: what is named may be in either. Files beside the given ones (the folders `processes` and
    `diagrams` that they stand in) count as there too, but nothing is said about them. Raises nothing.
    """
    from .forest import read_tree as read

    return read(paths, deployed=deployed, variables=variables, instances=instances)


def read_sources(
    sources: Iterable[tuple[str, bytes]],
    *,
    deployed: Iterable[Known] = (),
    variables: Collection[str] = (),
    instances: Mapping[str, Any] = MappingProxyType({}),
) -> Tree:
    """As read_tree, of definitions that are no files: (a name for messages, the bytes of a file). Raises nothing."""
    from .forest import read_sources as read

    return read(sources, deployed=deployed, variables=variables, instances=instances)


def parse(text: str, name: str) -> Definition:
    """The definition of one text. Raises DefinitionError when its form is wrong; what it means is not checked."""
    from .forest import draft_of
    from .source import Source

    draft = draft_of(Source(name, text))
    if draft.definition is None:
        first = next(problem for problem in draft.problems if problem.severity == "error")
        raise DefinitionError(first.message, where=f"{first.file}:{first.line}:{first.column}")
    return draft.definition


def reached_by(tree: Tree, conv: str | int) -> tuple[list[Definition], list[Problem]]:
    """The definitions without errors, and the problems; errors in files that `conv` does not reach become warnings.

    A conv reaches what its nodes send to or read from, as far as it is written out, and all that those reach.
    """
    from .forest import reached_by as reach

    return reach(tree, conv)

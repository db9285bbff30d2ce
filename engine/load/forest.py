"""All files of a tree together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..definition import Definition
from .across import Index, Known, check_across, check_variable
from .draft import Draft
from .instances import FILE as INSTANCES
from .instances import check_secret, read_instances
from .layout import check_layout
from .places import FOLDERS
from .problems import Problem, shown
from .reader import read_yaml
from .routes import check_routes
from .shape import read_draft
from .source import Source, decode, read_source
from .texts import check_hosts, check_params, check_texts
from .tree import Leaf, Map
from .variables import FILE as VARIABLES
from .variables import read_variables

SUFFIXES = (".yaml", ".yml")


@dataclass(slots=True)
class Tree:
    """What was read. `definitions` are those without an error in their form, in the order of their files.

    `problems` are sorted by file and place. `variables`: name → {type, value, secret, description}. `instances`: name →
    the keys of engine.database.InstanceEntry. `next_id` is free.
    """

    definitions: list[Definition] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    instances: dict[str, Any] = field(default_factory=dict)
    next_id: int = 1
    drafts: list[Draft] = field(default_factory=list)
    index: Index = field(default_factory=Index)

    @property
    def guarded(self) -> list[tuple[str, str]]:
        """File and node of each call of which a task says where it goes (README, "Calls out are guarded")."""
        return [
            (draft.source.file, name)
            for draft in self.drafts
            if draft.definition is not None
            for name, node in draft.definition.nodes.items()
            if any(action.is_guarded for action in node.all_actions)
        ]

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)


@dataclass(slots=True)
class _Site:
    """What there is of the place where things run, wrong entries too; `drafts` are the files that define some of it.

    `variables` by name; `instances` by name and by id, an empty map for a wrong one.
    """

    variables: set[str]
    instances: dict[str, Any]
    drafts: list[Draft] = field(default_factory=list)

    def add(self, file: str, draft: Draft, made: Mapping[str, Any]) -> None:
        names = {entry.key.text for entry in draft.body.entries} if draft.body is not None else set()
        if file == VARIABLES:
            self.variables |= names
        else:
            self.instances |= {**{name: {} for name in names}, **_by_id(made)}


def _by_id(instances: Mapping[str, Any]) -> dict[str, Any]:
    """The instances by name and by id."""
    return {**instances, **{str(entry["id"]): entry for entry in instances.values() if "id" in entry}}


_SITE_FILES = {VARIABLES: read_variables, INSTANCES: read_instances}


def read_tree(
    paths: Iterable[str | Path],
    *,
    deployed: Iterable[Known],
    variables: Collection[str],
    instances: Mapping[str, Any],
) -> Tree:
    """See engine.load.read_tree."""
    tree = Tree()
    files: dict[Path, str] = {}
    for path in map(Path, paths):
        found = list(_files(path))
        if not found and _is_folder(path):
            message = "no definitions in this folder: their files end in .yaml or .yml"
            tree.problems.append(Problem(str(path), 1, 1, message, "warning"))
        elif not found:
            tree.problems.append(Problem(str(path), 1, 1, "there is no such file or folder"))
        for file in found:
            files.setdefault(_resolved(file), str(file))
    site = _Site(set(variables), _by_id(instances))
    for file, name in sorted(files.items(), key=lambda item: item[1]):
        _read(tree, file, name, site)
    _check(tree, site, _context(files, site), deployed)
    return tree


def read_sources(
    sources: Iterable[tuple[str, bytes]],
    *,
    deployed: Iterable[Known],
    variables: Collection[str],
    instances: Mapping[str, Any],
) -> Tree:
    """See engine.load.read_sources."""
    tree = Tree()
    for name, raw in sources:
        source, unreadable = decode(raw, name)
        tree.drafts.append(draft_of(source) if unreadable is None else Draft(source, [unreadable]))
    _check(tree, _Site(set(variables), _by_id(instances)), [], deployed)
    return tree


def _check(tree: Tree, site: _Site, context: list[Draft], deployed: Iterable[Known]) -> None:
    """Everything that can be told of what was read, once all of it is there."""
    for draft in tree.drafts:
        if draft.body is not None:
            check_routes(draft)
            check_params(draft)
            check_texts(draft)
            check_hosts(draft)
            check_layout(draft)
    tree.index = check_across(tree.drafts, context, deployed, site.variables, site.instances)
    for draft in site.drafts:
        for mention in draft.mentions:
            check_variable(draft, mention, site.variables)
            check_secret(draft, mention, tree.variables)
    tree.next_id = tree.index.next_id()
    tree.problems += [problem for draft in (*tree.drafts, *site.drafts) for problem in draft.problems]
    wrong = {(problem.file, problem.line, problem.column) for problem in tree.problems if problem.severity == "error"}
    tree.problems = sorted(
        problem
        for problem in set(tree.problems)
        if problem.severity == "error" or (problem.file, problem.line, problem.column) not in wrong
    )
    tree.definitions = [draft.definition for draft in tree.drafts if draft.definition is not None]


def _read(tree: Tree, path: Path, name: str, site: _Site) -> None:
    """Add a file to the tree; what it defines of the place where things run to `site`, wrong ones too."""
    source, unreadable = read_source(path, name)
    if unreadable is not None:
        tree.drafts.append(Draft(source, [unreadable]))
        return
    if path.name in _SITE_FILES:
        root, problems = read_yaml(source)
        draft, made = _SITE_FILES[path.name](source, root)
        draft.problems[:0] = problems
        site.drafts.append(draft)
        site.add(path.name, draft, made)
        kept, what = (tree.variables, "variable") if path.name == VARIABLES else (tree.instances, "database instance")
        for key, value in made.items():
            if key in kept:
                entry = draft.body.entry(key) if isinstance(draft.body, Map) else None
                leaf = entry.key if entry is not None else Leaf(0, 0, 0, 0, "", "", "")
                draft.problem(leaf, f'the {what} "{shown(key)}" stands in another {path.name} too; keep one')
            kept.setdefault(key, value)
        return
    tree.drafts.append(draft_of(source))


def draft_of(source: Source) -> Draft:
    """A source as a draft: its YAML and the form of the definition are checked, its meaning is not."""
    root, problems = read_yaml(source)
    draft = Draft(source) if root is None and problems else read_draft(source, root)
    draft.problems[:0] = problems
    if draft.is_wrong:
        draft.definition = None
    return draft


# --- Files ---------------------------------------------------------------------------------------


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _files(path: Path) -> Iterator[Path]:
    """The definition files at or below a path; hidden folders are left out."""
    try:
        if path.is_file():
            yield path
        elif path.is_dir():
            for file in sorted(path.rglob("*")):
                below = file.relative_to(path).parts
                if file.suffix in SUFFIXES and not any(part.startswith(".") for part in below) and file.is_file():
                    yield file
    except (OSError, ValueError):
        return


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def _context(files: dict[Path, str], site: _Site) -> list[Draft]:
    """The files beside the given ones, read for their names only; adds what they define of the place."""
    roots = {parent.parent for file in files for parent in file.parents if parent.name in FOLDERS}
    drafts = []
    for root in sorted(roots):
        for file in (file for folder in FOLDERS for file in _files(root / folder)):
            path = _resolved(file)
            if path in files:
                continue
            source, unreadable = read_source(path, _shown_path(path))
            if unreadable is not None:
                drafts.append(Draft(source))
            elif path.name in _SITE_FILES:
                site.add(path.name, *_SITE_FILES[path.name](source, read_yaml(source)[0]))
            else:
                drafts.append(draft_of(source))
    return drafts


def _shown_path(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except (OSError, ValueError):
        return str(path)


# --- What a process reaches ------------------------------------------------------------------------


def reached_by(tree: Tree, conv: str | int) -> tuple[list[Definition], list[Problem]]:
    """See engine.load.reached_by."""
    by_file = {draft.source.file: draft for draft in tree.drafts}
    reached: set[str] = set()
    needed: set[str] = set()  # of the files of the place
    waiting = [str(conv).strip()]
    while waiting:
        for head in tree.index.find(waiting.pop()):
            if head.file in by_file and head.file not in reached:
                reached.add(head.file)
                mentions = by_file[head.file].mentions
                waiting += [mention.conv for mention in mentions if mention.conv is not None]
                kinds = {mention.kind for mention in mentions}
                if "variable" in kinds:
                    needed.add(VARIABLES)
                if "instance" in kinds:
                    needed |= {VARIABLES, INSTANCES}  # which names variables
    reached.update(problem.file for problem in tree.problems if Path(problem.file).name in needed)
    wrong = {problem.file for problem in tree.problems if problem.severity == "error"}
    definitions = [
        draft.definition for draft in tree.drafts if draft.definition is not None and draft.source.file not in wrong
    ]
    problems = [
        problem if problem.file in reached else replace(problem, severity="warning") for problem in tree.problems
    ]
    return definitions, problems

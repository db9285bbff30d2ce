"""Making definitions current: check the tree, give every node an id that it keeps, write the catalogue in one step.

Node ids are what the keys of tasks use. A node keeps its id as long as its name stays, `was: old name` carries it to a
new name, and an id is never given twice (store.md rule 15). `plan` tells what a deploy would do to tasks under way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from .config import Settings
from .convs import definition_of
from .definition import Access, Definition, OutsideAction
from .errors import (
    DefinitionError,
    LostRace,
    NotDeployed,
    StoreError,
    StrandedTasks,
    TooManyPartitions,
    WrongNodeMap,
)
from .load.document import to_document
from .load.places import folder_of
from .program import implicit_error
from .rights.actor import actor
from .rights.trail import entry_text
from .store import calls
from .store.client import Store
from .store.ids import BUCKETS
from .store.registry import Catalogue, ConvRecord, Registry
from .store.versions import NewVersion, newest
from .versions import UNSIGNED, Signature, Version, history, read_source, version_of
from .versions.making import hash_of, unrecorded

if TYPE_CHECKING:
    from .load.across import Known

NodeMap = Mapping[int, Mapping[str, str]]  # conv id → removed node's name → new node's name


@dataclass(frozen=True, slots=True)
class NodeChange:
    """One node of a deployed conv. `what`: added, changed, renamed (from `was`) or removed; `tasks` stand there now."""

    name: str
    what: str
    was: str = ""
    tasks: int = 0


@dataclass(frozen=True, slots=True)
class ConvPlan:
    """What a deploy would change in one conv. `is_new`: there is none with this id yet."""

    conv_id: int
    title: str
    is_new: bool
    nodes: list[NodeChange]

    @property
    def stranded(self) -> list[NodeChange]:
        """Removed nodes that hold tasks: the deploy is refused."""
        return [node for node in self.nodes if node.what == "removed" and node.tasks > 0]


@dataclass(slots=True)
class DeployReport:
    """What a deploy did. With an error among `problems` nothing was deployed and `version` is the one before.

    `versions`: by conv id, the number of the version that was made of it. `left_out`: files with errors that were not
    deployed, since nothing that was asked for reaches them. `rolled_back`: convs that stay as they are, since their
    files are a version from which somebody went back (`Engine.deploy`, `keep_rollbacks`).
    """

    version: int = 0
    changed: list[str] = field(default_factory=list)
    versions: dict[int, int] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    problems: list[Any] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    rolled_back: list[str] = field(default_factory=list)
    plans: list[ConvPlan] = field(default_factory=list)

    @property
    def is_deployed(self) -> bool:
        """Whether what it is about is deployed: there was no error."""
        return not self.errors

    @property
    def errors(self) -> list[Any]:
        """The problems (engine.load.Problem) for which nothing was deployed."""
        return [problem for problem in self.problems if problem.severity == "error"]

    def __bool__(self) -> bool:
        return self.is_deployed


def not_deployed(report: DeployReport) -> NotDeployed:
    """The first of its errors, and how many there are."""
    first, *more = report.errors
    rest = f" (and {len(more)} more: see the report)" if more else ""
    return NotDeployed(f"{first}{rest}; nothing was deployed", report=report)


class SiteChange(NamedTuple):
    """What a deploy changes besides convs: variables and database instances by name; None: as before."""

    variables: dict[str, Any] | None = None
    instances: dict[str, Any] | None = None

    @property
    def is_as_before(self) -> bool:
        return self.variables is None and self.instances is None


AS_BEFORE = SiteChange()


def _grown(old: dict[str, Any], more: dict[str, Any]) -> dict[str, Any] | None:
    new = {**old, **more}
    return None if new == old else new


@dataclass(slots=True)
class Prepared:
    """What a deploy would write on top of a catalogue, and its report. `sources`: by conv id, the file that each record
    comes from: its name and what it holds. `baselines`: versions of what older engines have deployed. `given`: the ids
    of all convs that it is about, changed or not. `files`: by conv id, the path of the file as given."""

    report: DeployReport
    catalogue: Catalogue
    given: frozenset[int] = frozenset()
    files: dict[int, str] = field(default_factory=dict)
    records: list[ConvRecord] = field(default_factory=list)
    sources: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    baselines: list[NewVersion] = field(default_factory=list)
    change: SiteChange = AS_BEFORE

    def versions(self, by: Signature) -> list[NewVersion]:
        deploy = self.catalogue.version + 1
        made = [version_of(record, *self.sources[record.conv_id][::-1], deploy, by) for record in self.records]
        return [*self.baselines, *made]


class Deployment:
    """One deploy on a store. `settings` gives the number of partitions of a new conv."""

    def __init__(self, registry: Registry, store: Store, settings: Settings, *, keep_rollbacks: bool = False) -> None:
        self.registry = registry
        self.store = store
        self.settings = settings
        self._keep_rollbacks = keep_rollbacks

    def deploy(
        self,
        paths: Sequence[str | Path],
        *,
        only_reached_by: str | None = None,
        node_map: NodeMap | None = None,
        by: Signature = UNSIGNED,
    ) -> DeployReport:
        """Check and deploy. `node_map` says, by conv id, which new node takes the tasks of which removed one.

        Raises StrandedTasks, WrongNodeMap, LostRace, StoreUnavailable; then nothing was deployed.
        """
        return self._write(self._prepare(paths, only_reached_by, node_map or {}), by)

    def roll_back(
        self, version: Version, record: ConvRecord, *, node_map: NodeMap | None = None, by: Signature = UNSIGNED
    ) -> DeployReport:
        """Deploy a version of a conv again: its definition, its source and its folder, checked as any other.

        Raises UnknownVersion, and as `deploy`.
        """
        from .load import read_sources

        source = read_source(self.store, record, version.number)
        catalogue = self.registry.load()
        name = f"version {version.number} of {record.title} ({record.conv_id})"
        tree = read_sources(
            [(name, source)],
            deployed=_known(catalogue),
            variables=catalogue.variables,
            instances=catalogue.instances,
        )
        definitions = [(one, version.folder, version.file, source) for one in tree.definitions]
        prepared = self._compare(catalogue, tree.problems, definitions, node_map or {})
        return self._write(prepared, by._replace(back_to=version.number))

    def _write(self, prepared: Prepared, by: Signature) -> DeployReport:
        report, change = prepared.report, prepared.change
        if not report.is_deployed:
            return report
        self._refuse_stranding(report.plans)
        if not prepared.records and change.is_as_before:
            return report
        deployed = self.registry.deploy(
            prepared.catalogue.version,
            prepared.records,
            change.variables,
            instances=change.instances,
            versions=prepared.versions(by),
            entry=_entry(prepared, by),
        )
        if deployed is None:
            raise LostRace("somebody else deployed just now; look at what changed, then deploy again")
        report.version = deployed
        report.versions = {record.conv_id: record.version for record in prepared.records}
        return report

    def plan(self, paths: Sequence[str | Path], *, node_map: NodeMap | None = None) -> DeployReport:
        """What `deploy` would do, with the tasks that stand in each node concerned; nothing is written."""
        return self._prepare(paths, None, node_map or {}).report

    def prepared(self, paths: Sequence[str | Path]) -> Prepared:
        """What `deploy` would write; nothing is written."""
        return self._prepare(paths, None, {})

    def _prepare(self, paths: Sequence[str | Path], only_reached_by: str | None, node_map: NodeMap) -> Prepared:
        from .load import reached_by, read_tree

        catalogue = self.registry.load()
        tree = read_tree(
            paths, deployed=_known(catalogue), variables=catalogue.variables, instances=catalogue.instances
        )
        definitions, problems = tree.definitions, tree.problems
        left_out: list[str] = []
        if only_reached_by is not None:
            definitions, problems = reached_by(tree, only_reached_by)
            kept = {problem.file for problem in problems if problem.severity == "error"}
            left_out = sorted({problem.file for problem in tree.problems if problem.severity == "error"} - kept)
        sources = {id(draft.definition): draft.source for draft in tree.drafts}
        placed = []
        for definition in definitions:
            source = sources[id(definition)]
            path = Path(source.file)
            placed.append((definition, folder_of(path), path.name, source.raw))
        prepared = self._compare(catalogue, problems, placed, node_map)
        prepared.report.left_out = left_out
        prepared.files = {definition.conv_id: sources[id(definition)].file for definition in definitions}
        prepared.change = SiteChange(
            _grown(catalogue.variables, tree.variables),
            _grown(catalogue.instances, tree.instances),
        )
        return prepared

    def _compare(
        self,
        catalogue: Catalogue,
        problems: Iterable[Any],
        definitions: Sequence[tuple[Definition, str | None, str, bytes]],
        node_map: NodeMap,
    ) -> Prepared:
        """What of these differs from what is deployed. Each with its folder (None: it keeps the one that it has), the
        name of its file, and its source."""
        report = DeployReport(catalogue.version, problems=list(problems))
        prepared = Prepared(report, catalogue, frozenset(definition.conv_id for definition, *_ in definitions))
        if not report.is_deployed:
            return prepared
        for conv_id in node_map.keys() - {definition.conv_id for definition, *_ in definitions}:
            raise WrongNodeMap(f"the node map names conv {conv_id}, which is not among what is deployed here")
        _refuse_taken_aliases(catalogue, [definition for definition, *_ in definitions])
        for definition, folder, file, source in definitions:
            if definition.conv_id in catalogue.unreadable:
                raise DefinitionError(
                    f"what the registry says of conv {definition.conv_id} cannot be read: "
                    f"{catalogue.unreadable[definition.conv_id]}; which ids its nodes have is not known, so it cannot "
                    "be deployed: restore it from a backup"
                )
            old = catalogue.convs.get(definition.conv_id)
            renamed = node_map.get(definition.conv_id, {})
            record = make_record(definition, old, self.settings.partitions, renamed)
            if folder is None:
                folder = old.folder if old is not None else ""
            record = msgspec.structs.replace(record, folder=folder, source_hash=hash_of(source))
            check_partitions(
                definition, len(catalogue.partitions(definition.conv_id)) if old is not None else record.partitions
            )
            name = f"{definition.title} ({definition.conv_id})"
            if old is not None and _is_as_deployed(record, old):
                report.unchanged.append(name)
                continue
            if self._keep_rollbacks and old is not None and self._is_rolled_back(old, record):
                report.rolled_back.append(name)
                continue
            report.changed.append(name)
            report.plans.append(self._plan(catalogue, old, record))
            prepared.records.append(record)
            prepared.sources[record.conv_id] = file, source
        self._number(prepared)
        return prepared

    def _is_rolled_back(self, old: ConvRecord, new: ConvRecord) -> bool:
        """Whether what is deployed went back to a version, and the new one is only one that was there before."""
        kept = history(self.store, old)
        went_back = any(version.is_current and version.back_to for version in kept)
        return went_back and any(version.source_hash == new.source_hash for version in kept)

    def _number(self, prepared: Prepared) -> None:
        """Give each record the number of its version. What is deployed by an older engine becomes one, too."""
        catalogue = prepared.catalogue
        known = {record.conv_id: record.version for record in catalogue.convs.values() if record.version}
        asked = [record.conv_id for record in prepared.records if record.conv_id not in known]
        answers = self.store.run(newest(asked))
        for answer in answers:
            if isinstance(answer, StoreError):
                raise answer
        known.update(zip(asked, (number for answer in answers for number in answer), strict=True))
        for place, record in enumerate(prepared.records):
            number = known[record.conv_id]
            old = catalogue.convs.get(record.conv_id)
            if old is not None and not old.version and old.text_hash != record.text_hash:
                baseline = unrecorded(old, number + 1)
                if baseline is not None:
                    prepared.baselines.append(baseline)
                    number += 1
            prepared.records[place] = msgspec.structs.replace(record, version=number + 1)

    def _plan(self, catalogue: Catalogue, old: ConvRecord | None, new: ConvRecord) -> ConvPlan:
        if old is None:
            return ConvPlan(new.conv_id, new.title, True, [])
        before, after = _nodes_of(old), _nodes_of(new)
        old_names = {node_id: name for name, node_id in old.node_ids.items()}
        kept = set(new.node_ids.values())
        # Those that end may go: what they keep can still be read by id.
        changes = [
            (name, "removed", "")
            for name, node in before.items()
            if old.node_ids[name] not in kept and "end" not in node
        ]
        for name in after:
            was = old_names.get(new.node_ids[name])
            if was is None:
                changes.append((name, "added", ""))
            elif was != name:
                changes.append((name, "renamed", was))
            elif after[name] != before.get(name):
                changes.append((name, "changed", ""))
        tasks = self._tasks(catalogue, old, [was or name for name, _, was in changes])
        return ConvPlan(
            new.conv_id,
            new.title,
            False,
            [NodeChange(*change, tasks.get(change[2] or change[0], 0)) for change in changes],
        )

    def _tasks(self, catalogue: Catalogue, old: ConvRecord, names: Sequence[str]) -> dict[str, int]:
        """How many tasks stand in each of these nodes that is deployed; the ended ones of end nodes are left out."""
        ends = {name for name, node in _nodes_of(old).items() if "end" in node}
        asked = [name for name in names if name in old.node_ids and name not in ends]
        if not asked:
            return {}
        held = [0] * len(asked)
        partitions = catalogue.partitions(old.conv_id)
        node_ids = [old.node_ids[name] for name in asked]
        for snapshot in self.store.run([calls.read(partition, nodes=node_ids) for partition in partitions]):
            if isinstance(snapshot, StoreError):
                raise snapshot
            held = [total + count.now for total, count in zip(held, snapshot.counts, strict=True)]
        return dict(zip(asked, held, strict=True))

    def _refuse_stranding(self, plans: Sequence[ConvPlan]) -> None:
        for plan in plans:
            if plan.stranded:
                full = ", ".join(f'"{node.name}" holds {node.tasks} tasks' for node in plan.stranded)
                raise StrandedTasks(
                    f"{plan.title} ({plan.conv_id}): removed nodes still hold tasks: {full}; keep the node, wait until "
                    'it is empty, or give its successor "was: old name" (for once: '
                    f'--map "{plan.conv_id}:{plan.stranded[0].name}=new name")'
                )


def _refuse_taken_aliases(catalogue: Catalogue, definitions: Sequence[Definition]) -> None:
    """Raises DefinitionError: two convs of one alias, and nobody could tell which is meant."""
    new = {definition.conv_id for definition in definitions}
    taken = {alias: other for other in catalogue.convs.values() if other.conv_id not in new for alias in other.aliases}
    for definition in definitions:
        for alias in definition.aliases:
            if other := taken.get(alias):
                raise DefinitionError(
                    f'the alias "{alias}" of {definition.title} ({definition.conv_id}) is taken by {other.title} '
                    f"({other.conv_id}), which is deployed; deploy that one without it first, or both together"
                )


def _is_as_deployed(new: ConvRecord, old: ConvRecord) -> bool:
    return (new.text_hash, new.source_hash, new.folder) == (old.text_hash, old.source_hash, old.folder)


def _nodes_of(record: ConvRecord) -> dict[str, Any]:
    """The nodes of a document by name; of one that cannot be read, only their names are known."""
    try:
        definition_of(record)
    except DefinitionError:
        return {name: {} for name in record.node_ids}
    nodes: dict[str, Any] = msgspec.json.decode(record.document)["nodes"]
    return nodes


def make_record(
    definition: Definition, old: ConvRecord | None, partitions: int, renamed: Mapping[str, str] | None = None
) -> ConvRecord:
    """The catalogue's entry of a definition. Nodes that were there before keep their ids.

    `renamed`: old name → new name, as `was` says it. Raises WrongNodeMap.
    """
    origins = {new: was for was, new in (renamed or {}).items()}
    for new, origin in origins.items():
        _check_rename(definition, old, origin, new)
    document = msgspec.json.encode(to_document(definition))
    known = dict(old.node_ids) if old is not None else {}
    number = old.next_node if old is not None else 1
    node_ids: dict[str, str] = {}
    for name in dict.fromkeys(["start", *definition.nodes, implicit_error(definition)]):
        node = definition.nodes.get(name)
        was = origins.get(name, node.was if node is not None else None)
        if name in known:
            node_ids[name] = known[name]
        elif was is not None and was in known and was not in definition.nodes:
            node_ids[name] = known[was]
        else:
            node_ids[name] = str(number)
            number += 1
    return ConvRecord(
        conv_id=definition.conv_id,
        kind=definition.kind,
        title=definition.title,
        document=document,
        node_ids=node_ids,
        next_node=number,
        aliases=list(definition.aliases),
        status=definition.status,
        partitions=old.partitions if old is not None else min(partitions, most_partitions(definition)[0]),
        text_hash=hash_of(document),
    )


def most_partitions(definition: Definition) -> tuple[int, str]:
    """How many partitions the conv's limits allow, and which of them allows no more (store.md rule 13).

    What is counted or paced exactly is so in one place only; calls at once are shared out, so each partition needs one.
    """
    for name, node in definition.nodes.items():
        for action in node.all_actions:
            if because := action.one_partition_because(name):
                return 1, because
    if not definition.approximate:
        for name, node in definition.nodes.items():
            if node.task_limit is not None:
                return (
                    1,
                    f'the task_limit of node "{name}" is exact (approximate: true lets each partition count its own)',
                )
            if any(isinstance(action, OutsideAction) and action.rate is not None for action in node.all_actions):
                return 1, f'the rate of node "{name}" is exact (approximate: true gives each partition its share)'
        if definition.rate is not None:
            return 1, "its rate is exact (approximate: true gives each partition its share)"
    bounds = [
        (action.max_threads, f'node "{name}" has max_threads: {action.max_threads}, shared by the partitions')
        for name, node in definition.nodes.items()
        for action in node.all_actions
        if isinstance(action, OutsideAction)
    ]
    at_once = definition.max_threads
    if at_once is not None:
        bounds.append((at_once, f"its max_threads: {at_once} is shared by the partitions"))
    return min(bounds, default=(BUCKETS, f"a conv has {BUCKETS} buckets"))


def check_partitions(definition: Definition, partitions: int) -> None:
    """Raises TooManyPartitions."""
    most, why = most_partitions(definition)
    if partitions > most:
        raise TooManyPartitions(
            f"{definition.title} ({definition.conv_id}) cannot have {partitions} partitions, {most} at most: {why}"
        )


def _check_rename(definition: Definition, old: ConvRecord | None, was: str, new: str) -> None:
    owner = f"{definition.title} ({definition.conv_id})"
    if old is None or was not in old.node_ids:
        raise WrongNodeMap(f'the node map: {owner} has no deployed node "{was}"')
    if was in definition.nodes:
        raise WrongNodeMap(f'the node map: "{was}" of {owner} is still there, and keeps its tasks')
    if new not in definition.nodes:
        raise WrongNodeMap(f'the node map: {owner} has no node "{new}"')
    if new in old.node_ids:
        raise WrongNodeMap(
            f'the node map: "{new}" of {owner} is deployed already and has tasks of its own; name a node that is new'
        )


def _entry(prepared: Prepared, by: Signature) -> bytes:
    """What the trail says of it."""
    names = [f"{record.title} ({record.conv_id}) version {record.version}" for record in prepared.records]
    change = prepared.change
    names += [name for name, is_new in (("variables", change.variables), ("instances", change.instances)) if is_new]
    back = f"back to version {by.back_to}" if by.back_to else ""
    about = ": ".join(filter(None, (back, by.message)))
    return entry_text(actor(), "rolled back" if back else "deployed", ", ".join(names), about=about)


def _known(catalogue: Catalogue) -> list[Known]:
    """What is deployed, for references to convs outside the tree."""
    from .load.across import Known

    return [
        Known(record.conv_id, record.title, record.aliases, _access_of(record), record.folder)
        for record in catalogue.convs.values()
    ]


class _WithAccess(msgspec.Struct):
    access: dict[str, Any] | None = None


def _access_of(record: ConvRecord) -> Access | None:
    """None too where it cannot be read: then at run nobody may, and the reason is told there."""
    try:
        access = msgspec.json.decode(record.document, type=_WithAccess).access
        return None if access is None else Access.model_validate(access)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None

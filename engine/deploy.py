"""Making definitions current: check the tree, give every node an id that it keeps, write the catalogue in one step.

Node ids are what the keys of tasks use. A node keeps its id as long as its name stays, `was: old name` carries it to a
new name, and an id is never given twice (store.md rule 15).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from engine.config import Settings
from engine.definition import Definition
from engine.errors import Rejected, StoreError
from engine.load.document import from_document, to_document
from engine.program import implicit_error
from engine.store import calls
from engine.store.client import Store
from engine.store.registry import Catalogue, ConvRecord, Registry


class StrandedTasks(Rejected):
    """A node that holds tasks would be removed."""

    code = "stranded_tasks"


class LostRace(Rejected):
    """Somebody else deployed at the same time."""

    code = "stale"


@dataclass(slots=True)
class DeployReport:
    """What a deploy did. With an error among `problems` nothing was deployed and `version` is the one before."""

    version: int = 0
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    problems: list[Any] = field(default_factory=list)

    @property
    def is_deployed(self) -> bool:
        return not any(problem.severity == "error" for problem in self.problems)


class Deployment:
    """One deploy on a store. `settings` gives the number of partitions of a new conv."""

    def __init__(self, registry: Registry, store: Store, settings: Settings) -> None:
        self.registry = registry
        self.store = store
        self.settings = settings

    def deploy(self, paths: Sequence[str | Path], *, only_reached_by: str | None = None) -> DeployReport:
        """Check and deploy. Raises StrandedTasks, LostRace, StoreUnavailable; then nothing was deployed."""
        from engine.load import reached_by, read_tree

        catalogue = self.registry.load()
        tree = read_tree(paths, deployed=_known(catalogue), variables=catalogue.variables)
        definitions, problems = tree.definitions, tree.problems
        if only_reached_by is not None:
            definitions, problems = reached_by(tree, only_reached_by)
        report = DeployReport(catalogue.version, problems=list(problems))
        if not report.is_deployed:
            return report
        records = []
        for definition in definitions:
            old = catalogue.convs.get(definition.conv_id)
            record = make_record(definition, old, self.settings.partitions)
            name = f"{definition.title} ({definition.conv_id})"
            if old is not None and old.text_hash == record.text_hash:
                report.unchanged.append(name)
                continue
            if old is not None:
                self._refuse_stranding(old, record)
            report.changed.append(name)
            records.append(record)
        variables = {**catalogue.variables, **tree.variables}
        if not records and variables == catalogue.variables:
            return report
        version = self.registry.deploy(catalogue.version, records, variables)
        if version is None:
            raise LostRace("somebody else deployed just now; look at what changed, then deploy again")
        report.version = version
        return report

    def _refuse_stranding(self, old: ConvRecord, new: ConvRecord) -> None:
        kept = set(new.node_ids.values())
        ends = {
            name
            for name, node in from_document(msgspec.json.decode(old.document)).nodes.items()
            if node.end is not None
        }
        gone = {name: node_id for name, node_id in old.node_ids.items() if node_id not in kept and name not in ends}
        if not gone:
            return
        held = [0] * len(gone)
        partitions = [calls.Partition(old.conv_id, number) for number in range(old.partitions)]
        for snapshot in self.store.run([calls.read(partition, nodes=list(gone.values())) for partition in partitions]):
            if isinstance(snapshot, StoreError):
                raise snapshot
            held = [total + count.now for total, count in zip(held, snapshot.counts, strict=True)]
        full = [f'"{name}" holds {count} tasks' for name, count in zip(gone, held, strict=True) if count > 0]
        if full:
            raise StrandedTasks(
                f"{old.title} ({old.conv_id}): removed nodes still hold tasks: {', '.join(full)}; "
                'keep the node, wait until it is empty, or give its successor "was: old name"'
            )


def make_record(definition: Definition, old: ConvRecord | None, partitions: int) -> ConvRecord:
    """The catalogue's entry of a definition. Nodes that were there before keep their ids."""
    document = msgspec.json.encode(to_document(definition))
    known = dict(old.node_ids) if old is not None else {}
    number = old.next_node if old is not None else 1
    node_ids: dict[str, str] = {}
    for name in dict.fromkeys(["start", *definition.nodes, implicit_error(definition)]):
        node = definition.nodes.get(name)
        was = node.was if node is not None else None
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
        partitions=old.partitions if old is not None else partitions,
        text_hash=hashlib.sha256(document).hexdigest()[:16],
    )


def _known(catalogue: Catalogue) -> Iterable[tuple[int, str, Sequence[str]]]:
    """What is deployed, for references to convs outside the tree: (id, title, aliases)."""
    return [(record.conv_id, record.title, record.aliases) for record in catalogue.convs.values()]

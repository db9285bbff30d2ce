"""Versions of the deployed convs: their history, their sources, and going back to one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..convs import definition_of
from ..data import check_flag
from ..deploy import Deployment, DeployReport, NodeMap, not_deployed
from ..errors import UnknownVersion, WrongData
from ..store.registry import ConvRecord
from ..versions import (
    Difference,
    Differences,
    Pulled,
    Signature,
    Version,
    Wanted,
    compare,
    deployed_state,
    find_version,
    history,
    made_source,
    pull,
    read_source,
    site_changes,
    source_state,
)
from ..versions.comparing import State
from .context import Context


class Versions:
    def __init__(self, context: Context) -> None:
        self._context = context

    def history(self, conv: str | int) -> list[Version]:
        """As Engine.history."""
        self._context.deployed.refreshed()  # what is current is told by what is deployed now
        return history(self._context.store, self._context.find(conv))

    def source(self, conv: str | int, number: int | None = None) -> bytes:
        """As Engine.source."""
        self._context.deployed.refreshed()
        record = self._context.find(conv)
        if number is not None:
            find_version(self._context.store, record, number)
        elif not record.version:
            made = made_source(record)
            if made is None:
                raise UnknownVersion(
                    f'no version of "{record.title}" ({record.conv_id}) was kept when it was deployed, and no YAML can '
                    f"be made of it; conv export {record.conv_id} has its definition"
                )
            return made
        return read_source(self._context.store, record, number or record.version)

    def difference(self, paths: Sequence[Path]) -> Differences:
        """As Engine.difference."""
        context = self._context
        prepared = Deployment(context.registry, context.store, context.settings).prepared(paths)
        catalogue, change = prepared.catalogue, prepared.change
        if not prepared.report.is_deployed:
            return Differences([], [], prepared.report.problems, [])
        convs = []
        for record in prepared.records:
            old = catalogue.convs.get(record.conv_id)
            before = deployed_state(context.store, old) if old is not None else None
            _, source = prepared.sources[record.conv_id]
            after = State(prepared.files[record.conv_id], source, record.folder, definition_of(record))
            convs.append(compare(record.conv_id, record.title, before, after))
        variables = change.variables or catalogue.variables
        secret = {
            name
            for entries in (catalogue.variables, variables)
            for name, entry in entries.items()
            if entry.get("secret")
        }
        site = site_changes("variable", catalogue.variables, variables, secret)
        site += site_changes("instance", catalogue.instances, change.instances or catalogue.instances)
        not_here = sorted(
            (record.conv_id, record.title)
            for record in catalogue.convs.values()
            if record.conv_id not in prepared.given
        )
        return Differences(convs, site, prepared.report.problems, not_here)

    def difference_between(self, conv: str | int, number: int, other: int | None) -> Difference:
        """As Engine.difference_between."""
        self._context.deployed.refreshed()
        record = self._context.find(conv)
        before = self._state(record, number)
        after = deployed_state(self._context.store, record) if other is None else self._state(record, other)
        return compare(record.conv_id, record.title, before, after)

    def _state(self, record: ConvRecord, number: int) -> State:
        version = find_version(self._context.store, record, number)
        source = read_source(self._context.store, record, number)
        return source_state(f"version {number}", source, version.folder)

    def pull(
        self, to: Path, convs: str | int | Sequence[str | int] | None, number: int | None, force: bool
    ) -> list[Pulled]:
        """As Engine.pull."""
        check_flag(force, "force")
        self._context.deployed.refreshed()
        if convs is None:
            records = [record for _, record in sorted(self._context.current.records.items())]
        else:
            names = [convs] if isinstance(convs, str | int) or not isinstance(convs, Sequence) else convs
            records = [*{(record := self._context.find(name)).conv_id: record for name in names}.values()]
        if number is not None and len(records) != 1:
            raise WrongData(f"the number of a version goes with one conv, not with {len(records)}")
        wanted, left_out = [], []
        for record in records:
            one = self._wanted(record, number)
            if one is not None:
                wanted.append(one)
            else:
                left_out.append(Pulled(record.conv_id, record.title, 0, "left out", None))
        return pull(to, wanted, force=force) + left_out

    def _wanted(self, record: ConvRecord, number: int | None) -> Wanted | None:
        kept = history(self._context.store, record)
        known = frozenset((version.source_hash, version.folder) for version in kept)
        version = next((version for version in kept if version.is_current), None)
        if number is not None:
            version = find_version(self._context.store, record, number)
        if version is None:
            made = made_source(record)
            if made is None:
                return None
            return Wanted(record.conv_id, record.title, record.kind, 0, record.folder, "", made, known)
        source = read_source(self._context.store, record, version.number)
        return Wanted(
            record.conv_id, record.title, record.kind, version.number, version.folder, version.file, source, known
        )

    def rollback(
        self, conv: str | int, number: int, node_map: NodeMap | None, by: Signature, *, raise_on_errors: bool
    ) -> DeployReport:
        """As Engine.rollback."""
        self._context.deployed.refreshed()
        record = self._context.find(conv)
        version = find_version(self._context.store, record, number)
        deployment = Deployment(self._context.registry, self._context.store, self._context.settings)
        report = deployment.roll_back(version, record, node_map=node_map, by=by)
        self._context.deployed.expire()
        if raise_on_errors and not report:
            raise not_deployed(report)
        return report

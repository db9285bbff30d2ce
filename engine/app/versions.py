"""Versions of the deployed convs: their history, their sources, and going back to one."""

from __future__ import annotations

from ..deploy import Deployment, DeployReport, NodeMap, not_deployed
from ..errors import UnknownVersion
from ..versions import Signature, Version, find_version, history, made_source, read_source
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

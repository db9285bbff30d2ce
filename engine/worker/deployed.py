"""What is deployed, as this worker knows it: the definitions, and the partitions in which it looks for work."""

from __future__ import annotations

import logging

from ..config import Settings
from ..convs import Convs
from ..errors import DefinitionError
from ..http import Endpoint
from ..store.call import Partition
from ..store.client import Store
from ..store.registry import Registry

log = logging.getLogger("conv.worker")


def closed_endpoints(store: Store) -> frozenset[Endpoint]:
    """What no call reaches. A server of our own that listens somewhere else joins here."""
    return frozenset(Endpoint(address.host, address.port) for address in store.endpoints())


class Deployed:
    """Changed by `refresh` alone, between two rounds. A conv that this worker cannot read is left to those that can."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.registry = Registry(store)
        self.convs = Convs(self.registry.load(), settings=settings, closed=lambda: closed_endpoints(store))
        self.partitions: list[Partition] = []
        self.runnable: set[int] = set()
        self.unknown: dict[int, str] = {}  # convs that this worker cannot run, and why
        self._said: set[str] = set()  # what stays wrong is said once
        self._has_moved = False  # since the last refresh
        self._look()

    def refresh(self) -> bool:
        """Take up what was deployed or moved since; whether anything was. Raises StoreError."""
        deployed, moved = self.registry.versions()
        if deployed != self.convs.version:
            self.convs = self.convs.renewed(self.registry.load())
        elif moved != self.convs.moves:
            self.moved()
        elif not self._has_moved:
            return False
        self._has_moved = False
        self._look()
        return True

    def moved(self) -> None:
        """Take up where tasks are now, amid a round; `refresh` does the rest. Raises StoreError."""
        self.convs = self.convs.moved(self.registry.load())
        self._has_moved = True

    def _look(self) -> None:
        convs = self.convs
        self.runnable, self.unknown = set(), {}
        for conv_id in convs.records:
            try:
                convs.program(conv_id)
                self.runnable.add(conv_id)
            except DefinitionError as error:
                self.unknown[conv_id] = error.message
        for conv_id, why in convs.unreadable.items():
            rest = "what was read before holds" if conv_id in convs.records else "its tasks are left alone"
            self.unknown[conv_id] = f"what the registry says of conv {conv_id} cannot be read: {why}; {rest}"
        for text in self.unknown.values():
            if text not in self._said:
                self._said.add(text)
                log.error("%s", text)
        self.partitions = [partition for conv_id in self.runnable for partition in convs.partitions(conv_id)]

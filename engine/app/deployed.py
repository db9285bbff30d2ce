"""What is deployed, as the programs of this process see it: one snapshot for all threads, at most a second old."""

from __future__ import annotations

import threading
import time

from ..config import Settings
from ..convs import Convs
from ..errors import UnknownConv
from ..store.client import Store
from ..store.registry import ConvRecord, Registry

REFRESH_S = 1.0  # how old a snapshot of the deployed convs may be


class Deployed:
    """A snapshot never changes; a newer one takes its place. Safe for many threads: one looks, the others wait for it.

    The look costs a round trip, and little more while nothing was deployed or moved.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self.registry = Registry(store)
        self._settings = settings
        self._looking = threading.Lock()
        self._convs: Convs | None = None
        self._looked_at = 0.0

    @property
    def current(self) -> Convs:
        """The snapshot. Raises StoreError when it is too old and the store does not answer."""
        convs = self._convs
        if convs is not None and time.monotonic() - self._looked_at <= REFRESH_S:
            return convs
        return self._look(time.monotonic() - REFRESH_S)

    @property
    def latest(self) -> Convs | None:
        """The last snapshot, of any age, without a round trip; None: there was none yet."""
        return self._convs

    def find(self, conv: str | int) -> ConvRecord:
        """A conv by id, `@alias` or title. Raises UnknownConv."""
        try:
            return self.current.find(conv)
        except UnknownConv:
            return self.refreshed().find(conv)

    def refreshed(self) -> Convs:
        """A snapshot that was looked up after this call began."""
        return self._look(time.monotonic())

    def expire(self, *, wholly: bool = False) -> None:
        """Look again before the snapshot is used next. `wholly`: it may be newer than what is deployed now."""
        if wholly:
            self._convs = None
        self._looked_at = 0.0

    def _look(self, since: float) -> Convs:
        """The snapshot, looked up anew if the last look began before `since` (monotonic)."""
        with self._looking:
            convs = self._convs
            if convs is not None and self._looked_at > since:
                return convs
            began = time.monotonic()
            if convs is None:
                convs = Convs(self.registry.load(), settings=self._settings)
            else:
                deployed, moved = self.registry.versions()
                if deployed != convs.version:
                    convs = convs.renewed(self.registry.load())
                elif moved != convs.moves:
                    convs = convs.moved(self.registry.load())
            self._convs, self._looked_at = convs, began
            return convs

"""Sealing what was written before secrets were sealed, or with an older key: one worker, in pieces between batches."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

from ..errors import StoreError, StoreUnavailable
from ..resealing import Resealing
from ..store.client import Store
from .deployed import Deployed

log = logging.getLogger("conv.worker")

AGAIN_S = 60
PIECE_S = 0.05  # no more at once


class Sealer:
    """For the worker's thread, of the worker that leads."""

    def __init__(self, store: Store, deployed: Deployed) -> None:
        self._store = store
        self._deployed = deployed
        self._steps: Iterator[float] | None = None
        self._next = 0.0

    def look(self, now: float) -> None:
        """Begin where there is something to seal, or go on. Raises StoreError, SecretKeyError."""
        registry = self._deployed.registry
        if registry.seal is None and self._store.box.has_keys and self._deployed.convs.version:
            registry.begin_sealing()
        if registry.seal is None or registry.seal.is_done or now < self._next:
            return
        if self._steps is None:
            self._steps = Resealing(self._store, registry).steps()
        try:
            self._go_on()
        except StoreUnavailable:
            self._steps = None  # it begins again, and passes by what is done
            raise
        except StoreError as error:
            self._steps, self._next = None, now + AGAIN_S
            log.error("secrets of before cannot be sealed: %s; tried again in %d s", error, AGAIN_S)

    def close(self) -> None:
        """Let another one do it."""
        self._steps = None

    def _go_on(self) -> None:
        assert self._steps is not None  # noqa: S101 - by `look`
        until = time.monotonic() + PIECE_S
        while time.monotonic() < until:
            pause_s = next(self._steps, None)
            if pause_s is None:
                self._steps = None
                return
            if pause_s:
                self._next = time.monotonic() + pause_s
                return

"""The store, and what is deployed in it: where a conv's tasks are, and what to do while they are being moved."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ..config import Settings
from ..convs import Convs
from ..data import check_name
from ..errors import Elsewhere, NotFound, StoreError
from ..store import calls
from ..store.call import Call, Partition
from ..store.client import Store
from ..store.records import Record, Snapshot
from ..store.registry import ConvRecord, Registry
from .deployed import Deployed

T = TypeVar("T")

MOVE_S = 10.0  # for how long a call is sent again while the bucket of its task is being moved
MOVE_POLL_S = 0.02  # and where it is now is looked up again after


class Context:
    """A store, and what is deployed in it, for the other rooms of the Engine. Safe for many threads."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.settings = settings
        self.deployed = Deployed(store, settings)
        self._store = store
        self._is_closed = False

    def close(self) -> None:
        """Let go of the store; nothing can be asked any more."""
        self._is_closed = True
        self._store.close()

    @property
    def store(self) -> Store:
        """The store. Raises StoreError once it is closed."""
        self.check_open()
        return self._store

    @property
    def registry(self) -> Registry:
        """The registry of that store. Raises StoreError once it is closed."""
        self.check_open()
        return self.deployed.registry

    @property
    def current(self) -> Convs:
        """The deployed convs, at most a second old. Raises StoreError."""
        self.check_open()
        return self.deployed.current

    @property
    def latest(self) -> Convs | None:
        """The deployed convs as they were last seen, without asking the store; None: they were not seen yet."""
        self.check_open()
        return self.deployed.latest

    def find(self, conv: str | int) -> ConvRecord:
        """A conv by id, `@alias` or title. Raises UnknownConv, StoreError."""
        self.check_open()
        return self.deployed.find(conv)

    def check_open(self) -> None:
        """Raises StoreError once it is closed."""
        if self._is_closed:
            raise StoreError("this Engine is closed; open another one")

    def all(self, requests: Sequence[Call[Any]]) -> list[Any]:
        """The answers of all, in order. Raises the first StoreError among them."""
        answers = self.store.run(requests)
        for answer in answers:
            if isinstance(answer, StoreError):
                raise answer
        return answers

    def routed(self, record: ConvRecord, ref_or_id: str, make: Callable[[Partition], Call[T]]) -> T:
        """The answer of the partition that has this ref or id; asked again while its bucket is being moved."""
        check_name(ref_or_id)
        until = time.monotonic() + MOVE_S
        while True:
            try:
                answer = self.store.one(make(self.current.partition(record.conv_id, ref_or_id)))
                if answer != ["elsewhere"]:
                    return answer
            except Elsewhere:
                pass
            self.look_again(until)

    def look_again(self, until: float) -> None:
        """See where tasks are by now. Raises Elsewhere when it is too late (monotonic) to try again."""
        if time.monotonic() > until:
            raise Elsewhere(f"tasks are being moved to other partitions for longer than {MOVE_S:.0f} s; try again")
        time.sleep(MOVE_POLL_S)
        self.deployed.refreshed()

    def read(self, record: ConvRecord, ref_or_id: str, *, mails: bool = False) -> Snapshot:
        """A task by ref (of several the newest) or id, at one moment; its place in the snapshot may be empty."""
        return self.routed(record, ref_or_id, lambda partition: calls.read(partition, [ref_or_id], mails=mails))


def found_in(snapshot: Snapshot, record: ConvRecord, ref_or_id: str) -> Record:
    """The one task of a snapshot. Raises NotFound."""
    found = snapshot.tasks[0]
    if found is None:
        raise NotFound(f'no task "{ref_or_id}" in "{record.title}"; conv list and conv show count the tasks there are')
    return found

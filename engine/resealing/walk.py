"""The walk over a store that seals anew.

It goes over all keys, piece by piece; each value is put in the place of what was read, if that is still there: tasks go
on meanwhile. It comes to its end with a whole walk that found nothing to do, after all workers seal with the new key.
Who walks holds a lease in the registry; a walk that was broken off begins again, and passes by what is done.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..convs import Convs
from ..errors import CannotOpen, DefinitionError, UnknownConv
from ..store.call import Call, Partition
from ..store.calls.seals import Resealed, held, held_effects, reseal, unsettled
from ..store.client import Store
from ..store.registry import Registry
from ..store.roster import roster
from ..vault import SealState
from ..vault.entry import INSTANCE, VARIABLE, is_as_it_should_be
from .values import Values

log = logging.getLogger("conv.vault")

LEASE_MS = 15_000
LEASE_S = 3.0  # so often it is prolonged
AT_ONCE = 50  # tasks that one call reads
CALL_BYTES = 500_000  # about as many one call writes
HEARD_S = 2.0  # a client that sends tasks has heard of the key after so long
PAUSE_S = 1.0  # between walks
BROKEN_S = 60.0  # between walks that found what nobody can open
MOST_NAMED = 20  # tasks with values that do not open, of which a log tells

_WALK = "secrets"  # by this name the lease stands beside those of movers


@dataclass
class Progress:
    """`walks`: begun so far. `tasks`: seen in this walk. `sealed`: values, in all. `broken`: what does not open."""

    walks: int = 0
    tasks: int = 0
    sealed: int = 0
    waits_for: str = ""
    broken: list[str] = field(default_factory=list)


class Resealing:
    """One who may do it. `steps` does a piece at a time, and ends when all is sealed with the current key."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self.progress = Progress()
        self._store = store
        self._registry = registry
        self._box = store.box
        self._name = uuid.uuid4().hex
        self._next_lead = 0.0
        self._since = time.monotonic()
        self._convs = Convs(registry.load())
        self._values = Values(store.box)

    def steps(self) -> Iterator[float]:
        """Each step says how many seconds the next one has time. Raises StoreError, SecretKeyError."""
        try:
            while (state := self._registry.seal) is not None and not state.is_done:
                if not self._lead():
                    self.progress.waits_for = "another process, which does it just now"
                    yield PAUSE_S
                    self._registry.versions()
                    continue
                for _ in self._walk():
                    yield 0.0
                    self._lead()
                if not self.progress.waits_for and self._finish(state):
                    return
                yield BROKEN_S if self.progress.broken else PAUSE_S
                self._registry.versions()
        finally:
            self._lead(0)

    def _lead(self, ms: int = LEASE_MS) -> bool:
        now = time.monotonic()
        if ms and now < self._next_lead:
            return True
        is_mine = self._store.one(Call("lead", None, [_WALK, self._name, ms or ""], bool))
        self._next_lead = now + LEASE_S if is_mine and ms else 0.0
        return is_mine

    # --- One walk -------------------------------------------------------------------------------------------------

    def _walk(self) -> Iterator[None]:
        """Over everything; then `progress.waits_for` says what is still to be waited for."""
        progress, key, began = self.progress, self._box.key, time.monotonic()
        progress.walks += 1
        progress.tasks, progress.broken, progress.waits_for = 0, [], ""
        self._values = Values(self._box)
        late = [seen.state.name for seen in self._store.one(roster()) if seen.state.seals != key]
        self._convs = Convs(self._registry.load())
        partitions = [p for conv_id in self._convs.records for p in self._convs.partitions(conv_id)]
        began_ms = self._store.one(unsettled(partitions[0])).now_ms if partitions else 0
        self._reseal_registry()
        layout = self._store.layout()
        for page in self._store.scan():
            self._page(page)
            yield
        left = [self._store.one(unsettled(p, began_ms)) for p in partitions]
        if late:
            progress.waits_for = f"the worker {late[0]}, which does not seal with this key yet"
        elif self._store.layout() != layout:
            progress.waits_for = "the cluster, parts of which were moved"
        elif any(one.is_moving for one in left):
            progress.waits_for = "the end of a repartition or a backup"
        elif effects := sum(one.effects for one in left):
            progress.waits_for = f"{effects} effects in the outbox"
        elif self._values.wrong or began - self._since < HEARD_S:
            progress.waits_for = "one more look"
        elif progress.broken:
            progress.waits_for = f"values that do not open: {', '.join(progress.broken)}; delete or mend these tasks"

    def _finish(self, state: SealState) -> bool:
        if self._registry.say_seal(state, SealState(state.current, is_done=True)) < 1:
            return False
        self._box.forget(old.key for old in state.old)
        is_rewritten = self._store.rewrite()
        log.info("all secrets in the store are sealed with the key %s", state.current.key)
        if not is_rewritten:
            log.warning(
                "the server at %s may not be told to rewrite its append-only file, which has secrets of before until "
                "it does: BGREWRITEAOF",
                self._store.address,
            )
        return True

    def _reseal_registry(self) -> None:
        kept = self._registry.load(keyless=True)
        if is_as_it_should_be(self._box, VARIABLE, kept.variables) and is_as_it_should_be(
            self._box, INSTANCE, kept.instances
        ):
            return
        self._values.wrong += 1
        opened = self._registry.load()
        if opened.version == kept.version:  # else there is another walk
            self._registry.deploy(kept.version, [], opened.variables, instances=opened.instances)

    def _page(self, keys: Sequence[bytes]) -> None:
        head = len(self._store.namespace) + 2
        found: dict[tuple[Partition, bytes], list[bytes]] = defaultdict(list)
        for key in keys:
            tag, _, name = key.partition(b" ")
            kind, _, rest = name.partition(b":")
            conv, _, number = tag[head:-1].decode("ascii", "replace").partition(".")
            if kind in (b"t", b"late") and conv.isdecimal() and number.isdecimal():
                found[Partition(int(conv), int(number)), kind].append(rest)
        for (p, kind), names in found.items():
            self.progress.tasks += len(names) if kind == b"t" else 0
            for start in range(0, len(names), AT_ONCE):
                some = names[start : start + AT_ONCE]
                self._send(p, self._of_tasks(p, some) if kind == b"t" else self._of_effects(p, some))

    def _of_tasks(self, p: Partition, ids: Sequence[bytes]) -> Iterator[Resealed]:
        declared = self._declared(p.conv_id)
        for task in self._store.one(held(p, ids)):
            try:
                yield from self._values.of_task(p.conv_id, declared, task)
            except CannotOpen:
                self._cannot_open(f"task {task.task_id} of conv {p.conv_id}")

    def _of_effects(self, p: Partition, out_ids: Sequence[bytes]) -> Iterator[Resealed]:
        for effect in self._store.one(held_effects(p, out_ids)):
            try:
                yield from self._values.of_effect(p.conv_id, effect)
            except CannotOpen:
                self._cannot_open(f"effect late:{effect.out_id} of conv {p.conv_id}")

    def _send(self, p: Partition, values: Iterator[Resealed]) -> None:
        """Put these into the store, in calls that are not too large."""
        some: list[Resealed] = []
        size = 0
        for value in values:
            some.append(value)
            size += len(value.old) + len(value.new)
            if size > CALL_BYTES:
                self.progress.sealed += self._store.one(reseal(p, some)).count(True)
                some, size = [], 0
        if some:
            self.progress.sealed += self._store.one(reseal(p, some)).count(True)

    def _declared(self, conv_id: int) -> frozenset[str]:
        """The secrets of a definition; none where it cannot be read here."""
        try:
            return self._convs.program(conv_id).secrets
        except (DefinitionError, UnknownConv):
            return frozenset()

    def _cannot_open(self, what: str) -> None:
        if len(self.progress.broken) < MOST_NAMED:
            self.progress.broken.append(what)

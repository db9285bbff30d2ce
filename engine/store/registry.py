"""What is deployed in a namespace: convs, variables and database instances. One catalogue, replaced in one step.

It is numbered by version, and lives in a slot of its own, `{ns:reg}`. Documents are opaque bytes here.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from ..errors import CannotOpen
from ..vault import SealState
from ..vault.entry import INSTANCE, VARIABLE, open_entries, seal_entries
from ..vault.state import read_state, write_state
from .call import UNREADABLE, Call, Partition
from .client import Store
from .ids import bucket_of, partition_of
from .versions import NewVersion, version_args
from .wire import CatalogueReply, DeployMessage, VersionReply

log = logging.getLogger("conv.store")

GRACE_MS = 86_400_000  # an older worker that is started again within a day finds nothing sealed


class ConvRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A deployed process or state diagram.

    `document` is the definition as JSON; `text_hash` tells whether it changed. `node_ids` maps node names to the short
    ids ("1", "2", …) that the keys of tasks use; `next_node` is the first number never given: ids are not used twice.
    `folder`: its path below `processes` or `diagrams`. `version`: the number of the version that it is, and
    `source_hash` of what its author wrote; 0 and "": it was deployed by an engine that keeps no versions.
    """

    conv_id: int
    kind: str
    title: str
    document: bytes
    node_ids: dict[str, str]
    next_node: int
    aliases: list[str] = []
    status: str = "active"
    partitions: int = 1
    text_hash: str = ""
    folder: str = ""
    version: int = 0
    source_hash: str = ""


class Owners(msgspec.Struct, frozen=True):
    """Where the tasks of a conv are, once it was repartitioned: in so many partitions, and which has each bucket."""

    partitions: int
    buckets: list[int]


def partition_in(record: ConvRecord, owners: Owners | None, ref_or_id: str) -> Partition:
    """Where a task lives."""
    if owners is not None:
        return Partition(record.conv_id, owners.buckets[bucket_of(ref_or_id)])
    return Partition(record.conv_id, partition_of(record.conv_id, record.partitions, ref_or_id))


class Versions(NamedTuple):
    """How often something was deployed, and how often buckets have moved."""

    deployed: int
    moved: int


class Catalogue(NamedTuple):
    """All that is deployed, at one moment. Version 0: nothing was ever deployed.

    `seal`: with which key secrets are sealed, as of `seals`, how often that was said; None: they are not.
    `owners`: of those convs that were repartitioned, as of `moves`. `unreadable`: why the entry of a conv, which is in
    none of the others, cannot be read.
    """

    version: int
    convs: dict[int, ConvRecord]
    variables: dict[str, Any]
    moves: int
    owners: dict[int, Owners]
    instances: dict[str, Any]
    unreadable: dict[int, str] = {}  # noqa: RUF012 (never changed)
    seal: SealState | None = None
    seals: int = 0

    def partitions(self, conv_id: int) -> list[Partition]:
        """All partitions that may hold tasks of a conv."""
        owners = self.owners.get(conv_id)
        count = self.convs[conv_id].partitions if owners is None else owners.partitions
        return [Partition(conv_id, number) for number in range(count)]


class Registry:
    """Reads and replaces the catalogue of a store's namespace."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._box = store.box
        self._version = 0
        self._seals = 0
        self.seal: SealState | None = None
        """With which key secrets are sealed, as last seen; None: they are not."""
        self.lost = 0
        """The version that was seen here and that the store has no more, until something is deployed on top of less."""

    def load(self, *, keyless: bool = False) -> Catalogue:
        """The current catalogue, with its secrets. Raises StoreUnavailable, SecretKeyError.

        `keyless`: as it is kept, for who reads no values: without a key, too.
        """
        before = self._version
        catalogue = self._store.one(Call("catalogue", None, [], _read_catalogue, read_only=True))
        self._compare(before, catalogue.version)
        if keyless:
            return catalogue
        self._learn(catalogue.seal, catalogue.seals)
        return catalogue._replace(
            variables=open_entries(self._box, VARIABLE, catalogue.variables),
            instances=open_entries(self._box, INSTANCE, catalogue.instances),
        )

    def version(self) -> int:
        """The current version; asked without a key, too."""
        return self.versions(keyless=True).deployed

    def versions(self, *, keyless: bool = False) -> Versions:
        """Cheap, for asking often. Notices which key seals, unless `keyless`. Raises SecretKeyError."""
        before = self._version
        versions, seals = self._store.one(Call("version", None, [], _read_versions, read_only=True))
        self._compare(before, versions.deployed)
        if seals != self._seals and not keyless:
            self._learn(self._store.one(Call("sealing", None, [], _read_seal, read_only=True)), seals)
        return versions

    def _learn(self, seal: SealState | None, seals: int) -> None:
        """Raises SecretKeyError."""
        self._box.learn(seal)
        self.seal, self._seals = seal, seals

    def say_seal(self, seen: SealState | None, new: SealState, needed: str = "", grace_ms: int = 0) -> int:
        """Say which key seals, on top of what the caller has seen. `needed`: the id of a key that all workers must
        have; `grace_ms`: for so long no worker was seen that can open nothing. 1; 0: somebody else has said so since;
        -1: a worker does not have the key, or was seen."""
        args: list[bytes | str | int] = [b"" if seen is None else write_state(seen), write_state(new), needed, grace_ms]
        said = self._store.one(Call("seal", None, args, int))
        if said >= 0:
            self.versions()
        return said

    def begin_sealing(self, *, is_new: bool = False, at_once: bool = False) -> bool:
        """Seal secrets from now on, if there is a key for it and all workers have it; whether they are sealed.

        A store on which older workers have worked is not sealed before GRACE_MS after the last of them, unless
        `at_once`: who goes back to them meanwhile loses nothing. `is_new`: there is nothing yet that is not sealed.
        Raises SecretKeyError, StoreUnavailable.
        """
        if self.seal is None and self._box.has_keys and (key := self._box.first()) is not None:
            state = SealState(self._box.check_of(key), is_done=is_new)
            self.say_seal(None, state, key.id, 0 if at_once else GRACE_MS)
        return self.seal is not None

    def _compare(self, before: int, version: int) -> None:
        """Versions only grow, unless the store was emptied or set back. `before`: the last one seen when it was asked
        for; another thread may have seen a newer one since.
        """
        if version < before:
            self.lost = max(self.lost, before)
            log.error(
                "the store at %s has lost what was deployed: it has version %d, and had version %d; it was emptied or "
                "set back, and tasks are gone with it. Restore a backup, or deploy again",
                self._store.address, version, before,
            )  # fmt: skip
        elif version > before:
            self.lost = 0
        else:
            return
        self._version = version

    def own(self, conv_id: int, seen: Owners | None, new: Owners) -> bool:
        """Say where the tasks of a conv are. False: somebody else has said so since `seen`."""
        args: list[bytes | str | int] = [conv_id, b"" if seen is None else _pack(seen), _pack(new)]
        return self._store.one(Call("own", None, args, int)) >= 0

    def lead(self, conv_id: int, name: str, ms: int) -> bool:
        """Whether this name alone may repartition the conv for so many ms; 0 gives that back."""
        return self._store.one(Call("lead", None, [conv_id, name, ms or ""], bool))

    def deploy(
        self,
        expected_version: int,
        convs: Iterable[ConvRecord],
        variables: dict[str, Any] | None = None,
        removed: Iterable[int] = (),
        instances: dict[str, Any] | None = None,
        versions: Sequence[NewVersion] = (),
        entry: bytes = b"",
    ) -> int | None:
        """Write these records on top of the version the caller has seen; all or nothing. None: the version is stale.

        Records not named stay, `removed` ones go, with their versions; variables or instances None: as before.
        `versions` are added to those that are kept; `entry`: of the trail. Returns the new version.
        Raises StoreUnavailable (then it is unknown whether it was deployed: load again), StoreFull.
        """
        if self.seal is None and self._box.has_keys:
            self.versions()
            self.begin_sealing(is_new=not expected_version)
        if variables is not None:
            variables = seal_entries(self._box, VARIABLE, variables)
        if instances is not None:
            instances = seal_entries(self._box, INSTANCE, instances)
        records = list(convs)
        gone = [str(conv_id) for conv_id in removed]
        head = _pack(DeployMessage(gone=gone, records=len(records), versions=len(versions), entry=entry.decode()))
        args: list[bytes | str | int] = [expected_version, uuid.uuid4().hex, head]
        for record in records:
            args += (record.conv_id, _pack(record))
        args += version_args(versions)
        args += [b"" if values is None else msgspec.json.encode(values) for values in (variables, instances)]
        version = self._store.one(Call("deploy", None, args, int))
        return None if version < 0 else version

    def is_restoring(self) -> bool:
        """Whether a restore is under way, or was broken off."""
        return self._store.one(Call("restoring", None, [], bool))

    def mark_restoring(self, restoring: bool) -> None:
        self._store.one(Call("restoring", None, ["1" if restoring else ""], bool))


_pack = msgspec.msgpack.Encoder().encode
T = TypeVar("T")

_read_map = msgspec.json.Decoder(dict[str, dict[str, Any]]).decode
_unpack = msgspec.msgpack.Decoder(ConvRecord).decode
_unpack_owners = msgspec.msgpack.Decoder(Owners).decode


def _read_versions(reply: list[int]) -> tuple[Versions, int]:
    it = VersionReply(*reply)
    return Versions(deployed=it.version, moved=it.moves), it.seals


def _read_seal(reply: bytes | None) -> SealState | None:
    if not reply:
        return None
    try:
        return read_state(reply)
    except UNREADABLE as error:
        raise CannotOpen(f"what the registry says of the key of secrets cannot be read: {error}") from error


def _read_catalogue(reply: list[Any]) -> Catalogue:
    it = CatalogueReply(*reply)
    unreadable: dict[int, str] = {}
    records = _read_entries(it.convs, _unpack, unreadable)
    where = _read_entries(it.owners, _unpack_owners, unreadable)
    return Catalogue(
        int(it.version),
        {conv_id: record for conv_id, record in records.items() if conv_id not in unreadable},
        _read_map(it.variables) if it.variables else {},
        int(it.moves),
        where,
        _read_map(it.instances) if it.instances else {},
        unreadable,
        _read_seal(it.seal),
        int(it.seals),
    )


def _read_entries(entries: list[bytes], read: Callable[[bytes], T], unreadable: dict[int, str]) -> dict[int, T]:
    """What stands there per conv. One that cannot be read is noted, and costs no other conv."""
    found = {}
    for i in range(0, len(entries), 2):
        conv_id = int(entries[i])
        try:
            found[conv_id] = read(entries[i + 1])
        except UNREADABLE as error:
            unreadable[conv_id] = str(error)
    return found

"""What is kept of the versions of a conv."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..data import check_count
from ..errors import StoreError, UnknownVersion
from ..store import versions
from ..store.client import Store
from ..store.registry import ConvRecord
from ..store.versions import KeptVersion, VersionHead


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a conv. `deploy`: the number of the catalogue that came with it; 0: not known.

    `time_ms`: Unix ms of the store's clock; 0: not known. `author` "": not known. `file`: the name of its file.
    `text_hash` tells definitions apart, `source_hash` their sources; `size_bytes` is the source's. `back_to`: it went
    back to that version. `is_made`: an engine that keeps no versions deployed it, and its source was made from the
    definition. `is_current`: it is deployed now.
    """

    number: int
    deploy: int
    time_ms: int
    author: str
    message: str
    folder: str
    file: str
    text_hash: str
    source_hash: str
    size_bytes: int
    back_to: int
    is_made: bool
    is_current: bool

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def history(store: Store, record: ConvRecord) -> list[Version]:
    """The versions that are kept, the newest first. Those whose heads cannot be read here are left out.

    None of them is current where what is deployed came from an engine that keeps no versions.
    """
    kept = store.one(versions.history(record.conv_id))
    return [_version(one, one.head, record) for one in kept if one.head is not None]


def _version(kept: KeptVersion, head: VersionHead, record: ConvRecord) -> Version:
    return Version(
        number=kept.number,
        deploy=head.deploy,
        time_ms=kept.time_ms,
        author=head.author,
        message=head.message,
        folder=head.folder,
        file=head.file,
        text_hash=head.text_hash,
        source_hash=head.source_hash,
        size_bytes=head.size_bytes,
        back_to=head.back_to,
        is_made=head.is_made,
        is_current=kept.number == record.version,
    )


def find_version(store: Store, record: ConvRecord, number: int) -> Version:
    """Raises UnknownVersion, WrongData."""
    check_count(number, "the number of a version")
    kept = history(store, record)
    for version in kept:
        if version.number == number:
            return version
    raise _unknown(record, number, [version.number for version in kept])


def read_source(store: Store, record: ConvRecord, number: int) -> bytes:
    """The source of a version, as its author wrote it. Raises UnknownVersion, StoreError."""
    kept = store.one(versions.version_source(record.conv_id, number))
    if kept is None:
        raise _unknown(record, number, [one.number for one in store.one(versions.history(record.conv_id))])
    try:
        return versions.unpacked(kept)
    except ValueError as error:
        raise StoreError(
            f'the source of version {number} of "{record.title}" ({record.conv_id}) in the store cannot be read; '
            "restore it from a backup"
        ) from error


def _unknown(record: ConvRecord, number: int, kept: list[int]) -> UnknownVersion:
    named = f'"{record.title}" ({record.conv_id})'
    if not kept:
        return UnknownVersion(f"no versions of {named} are kept; the next deploy that changes it makes one")
    first, last = min(kept), max(kept)
    some = f"version {last} is" if first == last else f"versions {first} to {last} are"
    return UnknownVersion(f"there is no version {number} of {named}: {some} kept; conv history {record.conv_id}")

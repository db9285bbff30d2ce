"""A version as a deploy writes it: the source as its author wrote it, and who deploys it and why."""

from __future__ import annotations

import getpass
import hashlib
from typing import NamedTuple

import msgspec

from ..config import Settings
from ..convs import definition_of
from ..data import author_fault, check_signature
from ..errors import DefinitionError
from ..load import parse, to_document
from ..store.registry import ConvRecord
from ..store.versions import NewVersion, VersionHead, new_version


class Signature(NamedTuple):
    """Who deploys, and why. `back_to`: the version to which it goes back, 0: to none."""

    author: str = ""
    message: str = ""
    back_to: int = 0


UNSIGNED = Signature()


def signed(author: str | None, message: str, settings: Settings) -> Signature:
    """`author` None: that of the settings, else the login of the machine's user. Raises WrongData."""
    if author is None:
        author = settings.author or _login()
    check_signature(author, message)
    return Signature(author, message)


def _login() -> str:
    """ "" where the machine's user has no name."""
    try:
        login = getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
    return "" if author_fault(login) else login


def hash_of(data: bytes) -> str:
    """16 hex digits that tell whether a document or a source has changed."""
    return hashlib.sha256(data).hexdigest()[:16]


def version_of(record: ConvRecord, source: bytes, file: str, deploy: int, by: Signature) -> NewVersion:
    """The version that this record is; `deploy`: the catalogue's number that it gets."""
    head = VersionHead(
        deploy=deploy,
        text_hash=record.text_hash,
        source_hash=record.source_hash,
        size_bytes=len(source),
        author=by.author,
        message=by.message,
        folder=record.folder,
        file=file,
        back_to=by.back_to,
    )
    return new_version(record.conv_id, record.version, head, source)


def made_source(record: ConvRecord) -> bytes | None:
    """YAML of a deployed definition whose source nobody has kept; None: there is none that says the same."""
    from ..load.spelling import spelled
    from ..load.writer import write_yaml

    try:
        text = write_yaml(spelled(definition_of(record)))
        is_same = hash_of(msgspec.json.encode(to_document(parse(text, "made")))) == record.text_hash
    except DefinitionError:
        return None
    return text.encode() if is_same else None


def unrecorded(record: ConvRecord, number: int) -> NewVersion | None:
    """What an engine deployed that keeps no versions, as a version, so that it is not lost; None: it cannot be told."""
    source = made_source(record)
    if source is None:
        return None
    head = VersionHead(
        deploy=0,
        text_hash=record.text_hash,
        source_hash=hash_of(source),
        size_bytes=len(source),
        folder=record.folder,
        is_made=True,
    )
    return new_version(record.conv_id, number, head, source, time_ms=0)

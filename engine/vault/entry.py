"""Secrets in the registry: a variable's value, and of a database instance the texts that may hold a password.

They are taken out of the entry, as `sealed`; the rest can be read by whoever has no key.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from ..errors import CannotOpen
from .box import Box

log = logging.getLogger("conv.vault")

VARIABLE, INSTANCE = "variable", "instance"

_SEALED = "sealed"
_TEXTS = ("url", "password")  # of an instance

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode

Entries = dict[str, dict[str, Any]]


def seal_entries(box: Box, kind: str, entries: Mapping[str, Mapping[str, Any]]) -> Entries:
    """The entries as they are kept. What is sealed already stays so."""
    return {name: _sealed(box, kind, name, dict(entry)) for name, entry in entries.items()}


def open_entries(box: Box, kind: str, entries: Mapping[str, Mapping[str, Any]]) -> Entries:
    """The entries as they were. What does not open stays sealed, and has no value."""
    return {name: _opened(box, kind, name, dict(entry)) for name, entry in entries.items()}


def is_as_it_should_be(box: Box, kind: str, entries: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether all that is secret in entries as they are kept is sealed with the current key."""
    return all(
        not _secret_parts(kind, entry) and (_SEALED not in entry or box.is_current(base64.b64decode(entry[_SEALED])))
        for entry in entries.values()
    )


def _secret_parts(kind: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    names = _TEXTS if kind == INSTANCE else ("value",) if entry.get("secret") else ()
    return {name: entry[name] for name in names if entry.get(name) is not None}


def _sealed(box: Box, kind: str, name: str, entry: dict[str, Any]) -> dict[str, Any]:
    parts = _secret_parts(kind, entry)
    if not parts or not box.key:
        return entry
    kept = {key: value for key, value in entry.items() if key not in parts}
    kept[_SEALED] = base64.b64encode(box.seal(_encode(parts), _owner(kind, name))).decode()
    return kept


def _opened(box: Box, kind: str, name: str, entry: dict[str, Any]) -> dict[str, Any]:
    if _SEALED not in entry:
        return entry
    try:
        parts = _decode(box.open(base64.b64decode(entry[_SEALED]), _owner(kind, name)))
    except (CannotOpen, ValueError, msgspec.MsgspecError) as error:
        log.error("the %s %s of the registry is sealed and cannot be opened: deploy it again (%s)", kind, name, error)
        return entry
    return {key: value for key, value in entry.items() if key != _SEALED} | parts


def _owner(kind: str, name: str) -> bytes:
    return f"{kind}|{name}".encode()

"""Meta as the store has it: JSON, in which what a node type keeps is that type's own.

`Meta.node` is a union that is open at both ends: its members are what the node types declare (`Action.keeps`), told
apart by the type's key, and one that this version does not know is forgotten, as any field of meta is.

Workers of the version before know no `node`: they drop it, and have some of what stands in it as fields of meta itself.
Until no such worker is left, those fields are written beside it, and read where the node has none (`older`). They never
contradict each other: what an older worker has written has no `node`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from .nodes import ACTIONS
from .task import Meta, NodeMeta, unreadable

_encode = msgspec.json.Encoder().encode
_decode_data = msgspec.json.Decoder(dict[str, Any]).decode


class Forgotten(msgspec.Struct, NodeMeta):
    """Of a type that this version does not know, or that keeps nothing now."""


def _of_node(_: type, kept: Any) -> NodeMeta:
    """A `node` of meta, as JSON has it. Raises MsgspecError, TypeError."""
    if not isinstance(kept, dict):
        raise TypeError("Expected `object`")
    key = kept.get("type")
    action = ACTIONS.get(key) if isinstance(key, str) else None
    return Forgotten() if action is None or action.keeps is None else msgspec.convert(kept, action.keeps)


decode_meta = msgspec.json.Decoder(Meta, dec_hook=_of_node).decode


def encode_meta(meta: Meta) -> bytes:
    """Meta for the store, with the fields that older workers read."""
    body = _encode(meta)
    if meta.node is None or not meta.node.was_flat:
        return body
    return body[:-1] + b"," + _encode(msgspec.structs.asdict(meta.node))[1:]  # type: ignore[arg-type]


def older(keeps: type[NodeMeta], meta: bytes) -> NodeMeta | None:
    """What an older worker has kept of a task, in the terms of its node's type; None when that is nothing."""
    if not keeps.was_flat:
        return None
    kept = msgspec.json.decode(meta, type=keeps)
    return kept if kept != keeps() else None


def unreadable_record(data: bytes, meta: bytes) -> str:
    """Why the data or meta of a task cannot be read; "" when they can."""
    return unreadable("data", data, _decode_data) or unreadable("meta", meta, decode_meta)

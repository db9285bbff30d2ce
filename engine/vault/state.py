"""What the registry says of sealing: which key seals, which others may still have sealed something, and how to tell a
right key from a wrong one. Opaque to scripts."""

from __future__ import annotations

import msgspec


class Check(msgspec.Struct, frozen=True, array_like=True):
    """The id of a key, and something known that it has sealed."""

    key: str
    sealed: bytes


class SealState(msgspec.Struct, frozen=True, omit_defaults=True):
    """`current`: the key that seals. `old`: keys by which something may still be sealed. `is_done`: whether all that is
    at rest and holds a secret is sealed with the current one."""

    current: Check
    old: tuple[Check, ...] = ()
    is_done: bool = False

    @property
    def checks(self) -> tuple[Check, ...]:
        return (self.current, *self.old)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(SealState).decode


def write_state(state: SealState) -> bytes:
    return _encode(state)


def read_state(text: bytes) -> SealState:
    """Raises msgspec.MsgspecError."""
    return _decode(text)

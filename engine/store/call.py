"""One script call on one partition, and the plain forms of its reply.

Data, meta, events and requests are opaque bytes that no script reads. The short rest of a call (ids, nodes, numbers)
travels as one MessagePack argument, the opaque parts as arguments of their own: Lua's unpacker refuses binary strings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

T = TypeVar("T")
Args = list[bytes | str | int]
UNREADABLE = (msgspec.MsgspecError, ValueError, TypeError, AttributeError, LookupError)
"""What decoding a wrong record may raise."""

pack = msgspec.msgpack.Encoder().encode


class Partition(NamedTuple):
    """One slice of a conv's tasks; all its keys share the hash tag `{namespace:conv_id.number}`."""

    conv_id: int
    number: int


class Call(Generic[T]):
    """One script call on one partition. `read_only` calls may be answered by a replica."""

    __slots__ = ("args", "decode", "partition", "read_only", "script")

    def __init__(
        self,
        script: str,
        partition: Partition | None,
        args: Sequence[bytes | str | int],
        decode: Callable[[Any], T],
        *,
        read_only: bool = False,
    ) -> None:
        self.script = script
        self.partition = partition
        self.args = args
        self.decode = decode
        self.read_only = read_only

    def __repr__(self) -> str:
        return f"<{self.script} on {self.slot}>"

    @property
    def slot(self) -> str:
        """What the hash tag of its keys holds after the namespace; without a partition the registry's."""
        if self.partition is None:
            return "reg"
        return f"{self.partition.conv_id}.{self.partition.number}"


def text(reply: bytes) -> str:
    return reply.decode()


def texts(reply: list[bytes]) -> list[str]:
    return [word.decode() for word in reply]


def flags(reply: list[int]) -> list[bool]:
    return [flag == 1 for flag in reply]

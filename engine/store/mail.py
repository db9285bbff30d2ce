"""A modify in a task's mail: one line that scripts read, then the opaque rest.

b"modify 1 140896 65a0f3c0beef0123456789ab 7 <effect id>\\n" + MessagePack of (data, secrets); conv 0: no answer.
"""

from __future__ import annotations

import msgspec

from ..task import Address
from .call import pack
from .records import Delivery, Mail

_unpack = msgspec.msgpack.Decoder(tuple[bytes, bytes]).decode


def write_mail(d: Delivery) -> bytes:
    to = d.answer_to or Address(0, "-", 0)
    head = f"{d.kind} {int(d.sync)} {to.conv_id} {to.task_id or '-'} {to.visit} {d.effect_id}\n"
    return head.encode() + pack((d.data, d.secrets))


def write_data(entry: bytes, data: bytes) -> bytes:
    """The same mail with other data."""
    head, _, body = entry.partition(b"\n")
    return head + b"\n" + pack((data, _unpack(body)[1]))


def read_mail(entry: bytes) -> Mail:
    head, _, body = entry.partition(b"\n")
    kind, sync, conv, task_id, visit, effect_id = head.decode().split(" ", 5)
    data, secrets = _unpack(body)
    answer_to = Address(int(conv), task_id, int(visit)) if conv != "0" else None
    return Mail(effect_id, kind, answer_to, data, secrets, sync == "1")

"""Task ids, and which partition of its conv a task lives in.

A task id is 24 lower-case hex digits: 8 of Unix seconds, 4 of crc16(ref), 12 random ones, so that an id alone leads to
the task's partition. A ref that itself looks like an id counts as one: its digits 8..12 take the place of its crc16.
Source: our own rule (store rules 5 and 12).
"""

from __future__ import annotations

import binascii
import hashlib
import os
import re

BUCKETS = 1024  # of a conv; the conv's record maps each bucket to a partition

_ID = re.compile(r"[0-9a-f]{24}")


def is_task_id(text: str) -> bool:
    """Whether a text has the form of a task id; such a task need not exist."""
    return _ID.fullmatch(text) is not None


def new_task_id(ref: str | None, now_s: float) -> str:
    """A fresh id for a task with this ref; None or "": the task's ref will be its id."""
    random = os.urandom(8).hex()
    crc = f"{_crc(ref):04x}" if ref else random[12:]
    return f"{int(now_s) & 0xFFFFFFFF:08x}{crc}{random[:12]}"


def effect_task_id(effect_id: str, ref: str | None) -> str:
    """The id of the task that an effect creates: the same for the same effect and ref, always.

    An effect id begins with the id of its sender, so the first digits still tell a time: the sender's.
    """
    digest = hashlib.sha256(effect_id.encode()).hexdigest()
    time = effect_id[:8] if is_task_id(effect_id[:24]) else digest[:8]
    crc = f"{_crc(ref):04x}" if ref else digest[8:12]
    return time + crc + digest[12:24]


def bucket_of(ref_or_id: str) -> int:
    return _crc(ref_or_id) % BUCKETS


def even_share(partitions: int) -> list[int]:
    """Which partition has each bucket in a conv that was deployed with so many."""
    return [bucket * partitions // BUCKETS for bucket in range(BUCKETS)]


def partition_of(conv_id: int, partitions: int, ref_or_id: str) -> int:
    """The number of the partition, from 0, in a conv of so many. A task's ref and its id lead to the same."""
    if partitions == 1:
        return 0
    return bucket_of(ref_or_id) * partitions // BUCKETS


def _crc(text: str) -> int:
    if is_task_id(text):
        return int(text[8:12], 16)
    return binascii.crc_hqx(text.encode(), 0)

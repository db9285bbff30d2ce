"""Keys of calls: a client that does not know whether its call arrived repeats it under its key, and it counts once.

A key holds for a day, for one conv and one ref (or id) in it. The store knows the call by an effect id made of these
three, and a digest of the rest, so that another call under the same key is refused. Source: the header Idempotency-Key
(draft-ietf-httpapi-idempotency-key-header).
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from .data import check_name
from .errors import KeyReused, Rejected, StoreUnavailable

LONGEST = 255  # characters of a key


class CallKey(NamedTuple):
    """What the store knows a call by: an effect id, and a digest of what it says ("" without a key)."""

    effect_id: str
    digest: str


def call_key(key: str, conv_id: int, ref_or_id: str, *said: Any) -> CallKey:
    """`said`: what must be the same in a repetition. Raises Rejected when the key is no text of 1 to 255 characters."""
    check_name(key, "a key")
    if not 0 < len(key) <= LONGEST:
        raise Rejected(f"a key is a text of 1 to {LONGEST} characters that tells this call from all others")
    return CallKey(f"key:{_hash([conv_id, ref_or_id, key], 40)}", _hash(said, 16))


def owned(key: str, owner: str) -> str:
    """The key as it holds for this owner alone: nobody is answered what another was. Errors show the key without."""
    return f"{owner}\n{key}"


def reused(key: str) -> KeyReused:
    shown = key.rpartition("\n")[2]
    return KeyReused(f'the key "{shown}" was used for another call within a day; give each call a key of its own')


@contextlib.contextmanager
def unanswered(advice: Callable[[], str]) -> Iterator[None]:
    """A call that is not answered may have been done: the error says how to repeat it."""
    try:
        yield
    except StoreUnavailable as error:
        raise StoreUnavailable(f"{error.message}. {advice()}", where=error.where) from error


def submit_again(refs: Sequence[str | None], key: str | None) -> str:
    """How to repeat a submit of tasks with these refs."""
    if key is not None:
        return "Whether the task was created is unknown: submit it again with the same key, and it is not created twice"
    if all(refs):
        return "Whether the task was created is unknown: submit it again with the same ref; if that is taken, it was"
    return (
        "Whether the task was created is unknown, and submitted again it may be created twice: give it a ref or a key "
        "of its own (--ref, --key), with which it can be repeated"
    )


def modify_again(key: str | None) -> str:
    """How to repeat a modify."""
    if key is not None:
        return "Whether it was taken is unknown: send it again with the same key, and it does not count twice"
    return "Whether it was taken is unknown, and sent again it may count twice: give it a key (--key) to repeat it with"


def _hash(value: Any, digits: int) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()[:digits]

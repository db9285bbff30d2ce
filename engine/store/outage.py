"""Servers that cannot write, or cannot answer, for the moment: by which words they say so.

Such a refusal has done nothing, and the same call is taken when the cause has passed: a full disk, too few replicas, a
script of somebody else that takes long, data that is still being loaded, a failover. So it counts as a server that
does not answer: the same calls are sent again, with growing pauses.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import redis

WORDS = frozenset(
    {
        "BUSY",  # somebody's script takes long
        "CLUSTERDOWN",
        "LOADING",  # it has just started
        "MASTERDOWN",  # a replica that lost its primary
        "MISCONF",  # its disk takes nothing
        "NOREPLICAS",  # fewer than min-replicas-to-write
        "READONLY",  # it has become a replica
        "TRYAGAIN",  # a slot is being moved
    }
)


@contextlib.contextmanager
def passing() -> Iterator[None]:
    """A refusal that passes, of a connection that is being made, is one of a server that does not answer."""
    try:
        yield
    except redis.ResponseError as error:
        raise (refusal(error) or error) from error


class Refusal(redis.ConnectionError):
    """A server that answers, and can do nothing for the moment."""


def refusal(error: Exception) -> Refusal | None:
    """The error as an outage, if it is one that passes."""
    word = getattr(error, "status_code", None) or str(error).split(" ", 1)[0]
    if word not in WORDS:
        return None
    text = str(error)
    return Refusal(text if text.startswith(word) else f"{word} {text}")

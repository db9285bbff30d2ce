"""Which workers there are: each beats once a second; who is silent for a minute is forgotten.

Kept in the registry's slot.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from .call import Call
from .wire import WorkerRow, rows


class WorkerState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a worker says of itself. `committed`: runs since it started; `calling`: outside calls under way; `lost`: the
    version of what is deployed that it knew and the store has no more, else 0.

    `fences`: it says of each effect that it delivers when that lay in its outbox; workers before that do not say so.
    `opens`: it reads what is sealed, if it has the key; workers before that do not. `keys`: ids of those that it has,
    and `seals` of the one that it seals with now.
    `unknown`: the convs that it cannot run, with the reason: a word of a newer engine, or a broken entry.
    """

    name: str
    host: str
    pid: int
    started_ms: int
    committed: int = 0
    calling: int = 0
    lost: int = 0
    fences: bool = False
    opens: bool = False
    keys: list[str] = []
    seals: str = ""
    unknown: dict[int, str] = {}


class Seen(NamedTuple):
    """A worker and how long ago it beat, in ms by the server's clock."""

    state: WorkerState
    silent_ms: int


_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(WorkerState).decode


class Beaten(NamedTuple):
    """`settles`: whether effects may be settled: all workers of the last day fence what they send. `leads`: whether
    this is the worker that looks after every archive."""

    settles: bool
    leads: bool


def beat(state: WorkerState) -> Call[Beaten]:
    """Say that this worker is there."""
    return Call("beat", None, [state.name, _encode(state)], _read_beaten)


def leave(name: str) -> Call[Beaten]:
    """Say that this worker has gone."""
    return Call("beat", None, [name, b""], _read_beaten)


def _read_beaten(reply: list[Any]) -> Beaten:
    settles, leads = reply
    return Beaten(settles == 1, leads == 1)


def roster() -> Call[list[Seen]]:
    """The workers that beat within the last minute, the last one first."""
    return Call("roster", None, [], _read_roster, read_only=True)


def _read_roster(reply: list[Any]) -> list[Seen]:
    now_ms, *beats = reply
    return [Seen(_decode(it.said), max(0, int(now_ms) - int(it.beat_ms))) for it in rows(WorkerRow, beats)]

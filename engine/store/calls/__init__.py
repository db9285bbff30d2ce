"""The calls that the store answers: one script call on one partition each, and how its reply is read.

Build calls here, hand a list of them to `Store.run`. A call builds nothing but arguments, so a wrong one raises
ValueError before anything is sent. All times are integers of milliseconds. What each script promises, and what happens
when its caller dies, stands in README.md; every call may be sent twice (the redis client resends when
an answer is lost).
"""

from __future__ import annotations

from .effects import confirm, deliver, outbox, set_effect_aside, settle
from .finding import resting, rows, under_way
from .life import claim, commit, create, expire, modify, renew
from .reading import listing, periods, read, stats, sweep
from .waking import act, discard, fire, pause, set_aside, set_offset, wake, wake_with

__all__ = [
    "act", "claim", "commit", "confirm", "create", "deliver", "discard", "expire", "fire", "listing", "modify",
    "outbox", "pause", "periods", "read", "renew", "resting", "rows", "set_aside", "set_effect_aside", "set_offset",
    "settle", "stats", "sweep", "under_way", "wake", "wake_with",
]  # fmt: skip

"""What this process still holds, however it is held: for what must be forgotten."""

from __future__ import annotations

import gc
import re
import sys
from types import FrameType
from typing import Any


def texts_held(pattern: re.Pattern[bytes]) -> list[str]:
    """What the pattern finds in the texts and bytes of this process, each once: in objects and in running frames.

    A connection's buffer (a bytearray) is left out: it has the last answer until the next one is written over it.
    """
    gc.collect()
    found: set[bytes] = set()
    searched: set[int] = set()
    left: list[Any] = [*gc.get_objects(), *_frames()]
    own = {id(left), id(found), id(searched)}
    while left:
        for held in gc.get_referents(left.pop()):
            if id(held) in own or id(held) in searched:
                continue
            if isinstance(held, str):
                searched.add(id(held))
                found.update(pattern.findall(held.encode(errors="replace")))
            elif isinstance(held, bytes):
                searched.add(id(held))
                found.update(pattern.findall(held))
            elif not gc.is_tracked(held) and isinstance(held, dict | tuple):
                searched.add(id(held))
                left.append(held)
    return sorted(text.decode() for text in found)


def _frames() -> list[FrameType]:
    frames = []
    for frame in sys._current_frames().values():
        at: FrameType | None = frame
        while at is not None:
            frames.append(at)
            at = at.f_back
    return frames

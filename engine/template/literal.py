"""JSON values written inside a reference: quoted strings and the argument of default(…)."""

from __future__ import annotations

import json
import math
from typing import Any, Never

from .limits import LITERAL_DEPTH


def _refuse(text: str) -> Never:
    raise ValueError(f"{text} is not a JSON value")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large for a number")
    return value


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_float)


def read_literal(text: str, position: int) -> tuple[Any, int]:
    """The JSON value that begins at `position`, and the place behind it. Raises ValueError in words for the author."""
    try:
        value, end = _DECODER.raw_decode(text, position)
    except json.JSONDecodeError as error:
        raise ValueError('a value is expected here: "text", 1, true, null, [] or {}') from error
    except RecursionError as error:
        raise ValueError("the value is nested too deeply") from error
    if _depth(value) > LITERAL_DEPTH:
        raise ValueError("the value is nested too deeply")
    return value, end


def _depth(value: Any) -> int:
    """Levels of lists and maps, without recursion: the value may be as deep as the JSON reader allows."""
    level, depth = [value], 0
    while containers := [item for item in level if isinstance(item, dict | list)]:
        level = [item for inside in containers for item in (inside.values() if isinstance(inside, dict) else inside)]
        depth += 1
    return depth

"""What a database answers as the values of JSON."""

from __future__ import annotations

import datetime
import json
import math
from base64 import b64encode
from decimal import Decimal
from typing import Any

from ..data import whole_text

_DIGITS = 20  # of a number that may lie between the lowest and the highest
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1


def json_value(value: Any) -> Any:
    """A column's value: numbers that JSON would change or has not become text, dates and times ISO text, bytes base64.

    What is JSON already stays; a time span is text, hours:minutes:seconds; anything else is its text.
    """
    if isinstance(value, str):
        return whole_text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if _LOWEST <= value <= _HIGHEST else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return _span(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return b64encode(value).decode()
    if isinstance(value, dict):
        return {whole_text(str(key)): json_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    return str(value)


def _exact_float(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) and Decimal(repr(number)) == Decimal(text) else text


def _exact_int(text: str) -> int | str:
    return int(text) if len(text) <= _DIGITS else text


_decode_exact = json.JSONDecoder(parse_float=_exact_float, parse_int=_exact_int).decode


def exact_json(text: str | bytes) -> Any:
    """JSON of a database: a number that JSON's readers would change stays the text that it is written as.

    Raises ValueError, RecursionError.
    """
    return _decode_exact(text if isinstance(text, str) else text.decode())


def _number(value: Decimal) -> int | float | str:
    """A number when it is the same number in JSON, else its text."""
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value():
        return int(value) if _LOWEST <= value <= _HIGHEST else format(value, "f")
    number = float(value)
    return number if math.isfinite(number) and Decimal(repr(number)) == value else format(value, "f")


def _span(value: datetime.timedelta) -> str:
    sign = "-" if value < datetime.timedelta() else ""
    whole = abs(value)
    minutes, seconds = divmod(whole.days * 86_400 + whole.seconds, 60)
    part = f".{whole.microseconds:06}" if whole.microseconds else ""
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}{part}"

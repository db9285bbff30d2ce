"""Casts to the six types of reference 3.3 and 4."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import msgspec

from ..data import DEEPEST, is_deeper
from ..errors import CastError
from .functions.math import NUMERIC
from .limits import DECIMALS, MATH_DIGITS
from .values import json_of, text_of

_SHOWN_CHARS = 200


def cast(value: Any, type_name: str) -> Any:
    """The value as string, number, boolean, array or object. Raises CastError.

    A text becomes a number when it is one, a boolean when it is `true` or `false`, a list or object when it is the
    JSON of one. A number keeps 6 decimals (reference 5). Anything becomes a string: null the empty one, lists and
    objects their JSON.
    """
    return CASTS[type_name](value)


def to_string(value: Any) -> str:
    return value if type(value) is str else text_of(value)


def to_number(value: Any) -> int | float:
    kind = type(value)
    if kind is int:
        return value  # type: ignore[no-any-return]
    if kind is float:
        return round(value, DECIMALS)  # type: ignore[no-any-return]
    if kind is str and len(value) <= MATH_DIGITS and (found := NUMERIC.fullmatch(value)) is not None:
        if found[2] is None and found[3] is None:
            return int(value)
        number = float(value)
        if math.isfinite(number):
            return round(number, DECIMALS)
    raise wrong(value, "number")


def to_boolean(value: Any) -> bool:
    if value is True or value == "true":
        return True
    if value is False or value == "false":
        return False
    raise wrong(value, "boolean")


def to_array(value: Any) -> list[Any]:
    result = _parsed(value, "array")
    if type(result) is list:
        return result
    raise wrong(value, "array")


def to_object(value: Any) -> dict[str, Any]:
    result = _parsed(value, "object")
    if type(result) is dict:
        return result
    raise wrong(value, "object")


def _parsed(value: Any, type_name: str) -> Any:
    if type(value) is not str:
        return value
    try:
        found = msgspec.json.decode(value)
    except (ValueError, RecursionError) as error:
        raise wrong(value, type_name) from error
    if is_deeper(found, DEEPEST):
        raise wrong(value, type_name)
    return found


def wrong(value: Any, type_name: str, *, secret: bool = False) -> CastError:
    """The reference's message of a failed cast, without its parameter (reference 3.0)."""
    shown = "***" if secret else value if isinstance(value, str) else json_of(value)
    if len(shown) > _SHOWN_CHARS:
        shown = shown[:_SHOWN_CHARS] + "…"
    return CastError(f"Value: {shown}, Try convert to: {type_name}")


CASTS: dict[str, Callable[[Any], Any]] = {
    "string": to_string,
    "number": to_number,
    "boolean": to_boolean,
    "array": to_array,
    "object": to_object,
}

"""What comes in at a door, as data that a task can have: JSON, no deeper than CONV_DEPTH. Pure.

    given by a caller        encode_given, check_ref    Raises WrongData, which names the parameter
    answered from outside    read_answer                Raises ValueError; half characters become U+FFFD
    built by a node          is_deeper                  only where a value can have grown: may_deepen
    read from people         JSON_NUMBERS               for the standard library's reader

Callers get their data refused where it is not exact, since they can mend it; whoever answers cannot be asked again.
Source: our own rules; the reference says nothing about either.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Never

import msgspec

from engine.errors import WrongData

DEPTH: Final = 100  # the default of CONV_DEPTH
DIGITS: Final = 4300  # of a whole number: what Python reads and writes

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode

_HALF = re.compile("[\ud800-\udfff]")
# An escape of JSON text: a pair of halves, then a half alone, then any other, so that \\ud83d is never taken for one.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)


def too_deep(depth: int) -> str:
    """What is wrong with a value that is_deeper than this."""
    return f"lists and objects lie more than {depth} deep in each other (CONV_DEPTH)"


def is_deeper(value: Any, depth: int) -> bool:
    """Whether lists and objects lie more than `depth` deep in each other; of `[[1]]` and `{"a": {}}` two do."""
    level = [value] if isinstance(value, dict | list) else []
    while level and depth:
        depth -= 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return bool(level)


def may_deepen(value: Any, cast: str | None = None) -> bool:
    """Whether what a definition writes can lie deeper than what it reads; a lone `{{reference}}` cannot.

    Only then is it worth a look at what came out.
    """
    if isinstance(value, str):
        return cast in ("object", "array") or "env_var" in value or ("$." in value and "map" in value)
    return isinstance(value, Mapping | list | tuple) and bool(value)


# --- Given by a caller ----------------------------------------------------------------------------


def encode_given(data: Any, depth: int) -> bytes:
    """The JSON of a task's data. Raises WrongData for all that would not come back equal, and for what is too deep."""
    if not isinstance(data, dict):
        raise WrongData(f"the data of a task is an object of parameters (a dict), not {kind_of(data)}")
    try:
        body = _encode(data)
        if not _is_deep_text(body, depth) and _decode(body) == data:
            return body
    except (ValueError, TypeError, OverflowError, RecursionError):
        pass
    raise WrongData(next(_faults(data, depth), "the data is not JSON"))


def check_ref(ref: Any) -> None:
    """Raises WrongData for a ref that a new task cannot have."""
    check_name(ref, "a ref")
    if not 0 < len(ref) <= 255:
        raise WrongData(f"a ref has 1 to 255 characters, this one {len(ref)}")


def check_name(name: Any, what: str = "a ref or id") -> None:
    """Raises WrongData for a name that no task or node can have, as it is no text."""
    if type(name) is not str:
        raise WrongData(f"{what} is a text (a str), not {kind_of(name)}")
    if half := _HALF.search(name):
        raise WrongData(f"{what} holds {half[0]!a}, which is half a character: no text can hold it")


def kind_of(value: Any) -> str:
    """What a value is, in words for people; never its text, which may be secret."""
    words = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list", dict: "an object"}
    if value is None:
        return "null"
    return words.get(type(value)) or f"a value of type {type(value).__name__}"


def _faults(data: dict[Any, Any], depth: int) -> Iterator[str]:
    """What is wrong with data, depth first, so that it ends for data that holds itself. Slow; only for messages."""
    waiting: list[tuple[str, Any, int]] = [("", data, 1)]
    while waiting:
        path, value, level = waiting.pop()
        where = f'parameter "{path}"' if path else "the data"
        if isinstance(value, dict | list) and level > depth:
            yield f"{where}: {too_deep(depth)}"
        elif isinstance(value, dict):
            for name in value:
                if fault := _fault_of_name(name):
                    yield f"{where}: {fault}"
            items = [(f"{path}.{name}" if path else name, inner, level + 1) for name, inner in value.items()]
            waiting += reversed(items)
        elif isinstance(value, list):
            waiting += reversed([(f"{path}[{index}]", inner, level + 1) for index, inner in enumerate(value)])
        elif fault := _fault(value):
            yield f"{where}: {fault}"


def _fault_of_name(name: Any) -> str:
    if not isinstance(name, str):
        return f"the name {name!a:.40} in it is {kind_of(name)}; names are texts"
    return f"the name {name!a:.40} in it holds half a character, which no text can" if _HALF.search(name) else ""


def _fault(value: Any) -> str:
    """What is wrong with a value that is neither list nor object; "" when it comes back equal."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is not a number of JSON; give null or a text"
    if isinstance(value, str) and (half := _HALF.search(value)):
        return f"it holds {half[0]!a}, which is half a character: no text can hold it"
    if type(value) is int and value.bit_length() > DIGITS * 3.32 and abs(value) >= 10**DIGITS:
        return f"a whole number has at most {DIGITS} digits"
    try:
        if _decode(_encode(value)) == value:
            return ""
    except (ValueError, TypeError, OverflowError, RecursionError):
        pass
    return f"{kind_of(value)} is no value of JSON; give a text, number, boolean, null, list or dict"


def _is_deep_text(body: bytes, depth: int) -> bool:
    """As is_deeper, of JSON. Most data has fewer brackets than it may be deep."""
    return body.count(b"{") + body.count(b"[") > depth and is_deeper(_decode(body), depth)


# --- Answered from outside ------------------------------------------------------------------------


def read_answer(text: str | bytes, depth: int) -> Any:
    """The value of JSON that others wrote. Half characters in it become U+FFFD, as they are no text.

    Raises ValueError: it is not JSON, holds a number that is too large to keep, or lies deeper than `depth`.
    """
    try:
        value = _decode_whole(text)
    except RecursionError:
        raise ValueError(too_deep(depth)) from None
    if is_deeper(value, depth):
        raise ValueError(too_deep(depth))
    return value


def _decode_whole(text: str | bytes) -> Any:
    try:
        return _decode(text)
    except msgspec.DecodeError:
        written = text if isinstance(text, str) else text.decode()
        whole = _ESCAPE.sub(lambda escape: "\\ufffd" if escape[1] else escape[0], written)
        if whole == written:
            raise
        return _decode(whole)


def whole_text(text: str) -> str:
    """The text with U+FFFD in place of each half of a character (a lone surrogate)."""
    return text if text.isascii() else _HALF.sub("\ufffd", text)


# --- Read from people -----------------------------------------------------------------------------


def _finite(word: str) -> float:
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(f"{word[:40]} is too large for a number; in quotes it is a text")
    return number


def _whole(word: str) -> int:
    if len(word) > DIGITS:
        raise ValueError(f"a whole number has at most {DIGITS} digits; in quotes it is a text")
    return int(word)


def _no_constant(word: str) -> Never:
    raise ValueError(f"{word} is not a number of JSON")


JSON_NUMBERS: Final[dict[str, Any]] = {"parse_float": _finite, "parse_int": _whole, "parse_constant": _no_constant}
"""Arguments of json.loads: a number that cannot be kept raises ValueError, and never is inf."""

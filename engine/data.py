"""What comes in at a door, as data that a task can have: JSON, no deeper than CONV_DEPTH. Pure.

    given by a caller        encode_given, check_ref    Raises WrongData, which names the parameter
    answered from outside    read_answer                Raises ValueError; half characters become U+FFFD
    built by a node          is_deeper                  only where a value can have grown: may_deepen
    read from people         read_numbers               Raises ValueError, which names the place

Callers get their data refused where it is not exact, since they can mend it; whoever answers cannot be asked again.
Source: our own rules; the reference says nothing about either.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from .errors import WrongData

DEPTH: Final = 100  # the default of CONV_DEPTH
DEEPEST: Final = 200  # its highest value: what is deeper is read by nobody; Python's own limit is 1 000 calls
DIGITS: Final = 4300  # of a whole number: what Python reads and writes

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode

_LONG = 100  # characters of a path in a message
_MANY = 1000  # lists and objects of one level

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
        if len(level) > _MANY:  # a value put into itself twice, again and again, is one object at many places
            level = [*{id(inner): inner for inner in level}.values()]
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
        if _is_plain(data, depth) or (not is_deeper(data, depth) and _decode(body) == data):
            return body
    except (ValueError, TypeError, OverflowError, RecursionError):
        pass
    raise WrongData(fault_of(data, depth) or "the data is not JSON")


def _is_plain(value: Any, depth: int) -> bool:
    """Whether a dict or list is made of the types of JSON alone, and not too deep: quicker than to read it back."""
    if not depth:
        return False
    if type(value) is dict:
        for name in value:
            if type(name) is not str:
                return False
        value = value.values()
    for inner in value:
        kind = type(inner)
        if kind is str or kind is int or kind is bool or inner is None:
            continue
        if kind is float:
            if inner - inner != 0.0:  # NaN or Infinity
                return False
        elif not ((kind is dict or kind is list) and _is_plain(inner, depth - 1)):
            return False
    return True


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


def check_count(count: Any, what: str) -> None:
    """Raises WrongData for what is no whole number from 1 up."""
    if type(count) is not int or count < 1:
        raise WrongData(f"{what} is a whole number from 1 up, not {count if type(count) is int else kind_of(count)}")


def check_flag(flag: Any, what: str) -> None:
    """Raises WrongData for what is neither True nor False."""
    if type(flag) is not bool:
        raise WrongData(f"{what} is True or False, not {kind_of(flag)}")


def check_function(function: Any, what: str) -> None:
    """Raises WrongData for what cannot be called."""
    if not callable(function):
        raise WrongData(f"{what} is a function, not {kind_of(function)}")


def check_seconds(seconds: Any, what: str) -> None:
    """Raises WrongData for what is no length of time in seconds."""
    if type(seconds) not in (int, float) or seconds != seconds:
        raise WrongData(f"{what} is a number of seconds, not {kind_of(seconds)}")


def author_fault(author: str) -> str:
    """Why a text cannot name who did something, in words that follow "it"; "": it can."""
    return "" if author.isprintable() and len(author) <= 200 else "must be one line of at most 200 characters"


def check_signature(author: Any, message: Any) -> None:
    """Raises WrongData for what does not say who did something and why."""
    check_name(author, "an author")
    if fault := author_fault(author):
        raise WrongData(f"an author {fault}")
    check_name(message, "a message")
    if len(message) > 10_000:
        raise WrongData(f"a message has at most 10000 characters, this one {len(message)}")


def pairs_of(tasks: Any) -> list[tuple[Any, Any]]:
    """Several tasks: a list of (ref or None, data). Raises WrongData."""
    if isinstance(tasks, str | bytes | dict) or not isinstance(tasks, Iterable):
        raise WrongData(f"tasks are a list of (ref or None, data), not {kind_of(tasks)}")
    pairs = []
    for pair in tasks:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise WrongData(f"a task is (ref or None, data), not {kind_of(pair)}")
        pairs.append((pair[0], pair[1]))
    return pairs


def path_of(path: Any) -> Path:
    """A file's path. Raises WrongData for what is none."""
    if not isinstance(path, str | os.PathLike) or not str(path):
        raise WrongData(f"a path is a text or a Path, not {kind_of(path)}")
    if "\0" in str(path) or _HALF.search(str(path)):
        raise WrongData("a path holds a character that no path can have (NUL, or half a character)")
    return Path(path)


def paths_of(paths: Any) -> list[Path]:
    """One path, or several. Raises WrongData for what is none."""
    if isinstance(paths, str | os.PathLike):
        return [path_of(paths)]
    if not isinstance(paths, Iterable):
        raise WrongData(f"paths are files or folders: one, or a list of them, not {kind_of(paths)}")
    return [path_of(path) for path in paths]


def kind_of(value: Any) -> str:
    """What a value is, in words for people; never its text, which may be secret."""
    words = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list", dict: "an object"}
    if value is None:
        return "null"
    return words.get(type(value)) or f"a value of type {type(value).__name__}"


def fault_of(data: Any, depth: int) -> str:
    """What the first thing is that JSON cannot hold, or that lies too deep, and where; "" when there is none."""
    return next(_faults(data, depth), "")


def _faults(data: Any, depth: int) -> Iterator[str]:
    """What is wrong with data. Slow; only for messages."""
    for path, value, level in walk(data):
        where = f'parameter "{_shortened(path)}"' if path else "the data"
        if isinstance(value, dict | list):
            if level > depth:
                yield f"{where}: {too_deep(depth)}"
            if isinstance(value, dict):
                yield from (f"{where}: {fault}" for name in value if (fault := _fault_of_name(name)))
        elif fault := _fault(value):
            yield f"{where}: {fault}"


def _shortened(path: str) -> str:
    """A path for a message: of a long one, its beginning and its end."""
    return path if len(path) <= _LONG else f"{path[: _LONG - 20]}…{path[-20:]}"


def walk(value: Any) -> Iterator[tuple[str, Any, int]]:
    """(path, value, how many lists and objects it lies in, itself included) of each value in a value.

    Depth first: of a value that holds itself, they come deeper and deeper.
    """
    waiting: list[tuple[str, Any, int]] = [("", value, 1)]
    while waiting:
        path, value, level = waiting.pop()
        yield path, value, level
        if isinstance(value, dict):
            inner = [(f"{path}.{name}" if path else str(name), item, level + 1) for name, item in value.items()]
            waiting += reversed(inner)
        elif isinstance(value, list):
            waiting += reversed([(f"{path}[{index}]", item, level + 1) for index, item in enumerate(value)])


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


# --- Answered from outside ------------------------------------------------------------------------


def read_answer(text: str | bytes) -> Any:
    """The value of JSON that others wrote. Half characters in it become U+FFFD, as they are no text.

    Raises ValueError: it is not JSON, holds a number that is too large to keep, or is nested beyond reading. How deep
    it may lie is asked where it is known what of it goes into the task.
    """
    try:
        return _decode_whole(text)
    except RecursionError:
        raise ValueError("lists and objects lie too deep in each other to be read") from None


def _decode_whole(text: str | bytes) -> Any:
    try:
        return _decode(text)
    except msgspec.DecodeError:
        written = text if isinstance(text, str) else text.decode()
        whole = whole_json(written)
        if whole == written:
            raise
        return _decode(whole)


def whole_json(text: str) -> str:
    """JSON with an escape of U+FFFD in place of each escape of half a character; pairs stay."""
    return _ESCAPE.sub(lambda escape: "\\ufffd" if escape[1] else escape[0], text)


def whole_text(text: str) -> str:
    """The text with U+FFFD in place of each half of a character (a lone surrogate)."""
    return text if text.isascii() else _HALF.sub("\ufffd", text)


# --- Read from people -----------------------------------------------------------------------------


def read_numbers(text: str, **hooks: Any) -> Any:
    """As json.loads, which makes Infinity of a number that is too large, and takes NaN.

    Raises ValueError, RecursionError; for a number that cannot be kept with the number and its place in the value.
    """
    unkept: list[tuple[Any, str]] = []

    def no_number(reason: str) -> Any:
        unkept.append((object(), reason))
        return unkept[-1][0]

    def read_float(word: str) -> Any:
        number = float(word)
        return number if math.isfinite(number) else no_number(f"{word[:40]} is too large for a number")

    def read_whole(word: str) -> Any:
        return int(word) if len(word) <= DIGITS else no_number(f"a whole number has at most {DIGITS} digits")

    def read_word(word: str) -> Any:
        return no_number(f"{word} is not a number of JSON")

    value = json.loads(text, parse_float=read_float, parse_int=read_whole, parse_constant=read_word, **hooks)
    if unkept:
        mark, reason = unkept[0]
        path = next((path for path, inner, _ in walk(value) if inner is mark), "")
        raise ValueError(f"{path}: {reason}; in quotes it is a text" if path else f"{reason}; in quotes it is a text")
    return value

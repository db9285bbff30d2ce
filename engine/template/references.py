"""What each reference does at run time. These are all the functions that a compiled expression can call.

`mode` says what becomes of a reference to nothing: RAISE a TemplateError, EMPTY text (`missing: empty`), or OPTIONAL:
the value MISSING, for the `default(…)` around it. `written` is the reference as the author wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..errors import NotFound, TemplateError, UnknownConv, UnknownNode
from .functions.each import each
from .functions.filters import to_base64, to_json, to_urlencode
from .functions.math import calculate
from .functions.moment import date, unixtime
from .functions.random import draw
from .functions.text import apply, base64_of_digest, quoted
from .limits import RESULT_CHARS
from .made import LONG, check, joined, limited
from .scope import Scope
from .values import MISSING, dig, json_of, name_of, text_of

RAISE, EMPTY, OPTIONAL = 0, 1, 2


def absent(mode: int, written: str, why: str = "") -> Any:
    """What a reference to nothing gives."""
    if mode == RAISE:
        raise TemplateError(f"{written} is missing{': ' if why else ''}{why}", reference=written)
    return "" if mode == EMPTY else MISSING


# --- References -----------------------------------------------------------------------------


def parameter(scope: Scope, mode: int, written: str, name: Any, *keys: Any) -> Any:
    """`{{a.b[0]}}`"""
    if type(name) is not str:
        name = name_of(name)
    value = scope.data.get(name, MISSING)
    if keys and value is not MISSING:
        value = dig(value, keys)
    if value is MISSING:
        return absent(mode, written)
    if name in scope.secrets:
        scope.reads.append(value)
    return value


def root(scope: Scope, mode: int, written: str, name: Any, *keys: Any) -> Any:
    """`{{root.task_id}}`"""
    value = scope.root.get(name_of(name), MISSING)
    if keys and value is not MISSING:
        value = dig(value, keys)
    return absent(mode, written) if value is MISSING else value


def task(scope: Scope, mode: int, written: str, conv: Any, ref: Any, *keys: Any) -> Any:
    """`{{conv[C].ref[R].a.b}}`; without a path the whole data of the task."""
    if type(conv) is not str:
        conv = name_of(conv)
    if type(ref) is not str:
        ref = name_of(ref)
    if not ref:
        return absent(mode, written, "the ref is empty")
    try:
        data, secrets = scope.reader.task(conv, ref)
    except NotFound as error:
        return absent(mode, written, error.message)
    except UnknownConv as error:
        raise TemplateError(f"{written}: {error.message}", reference=written) from error
    if not keys:
        for name in secrets:
            if name in data:
                scope.reads.append(data[name])
        return dict(data)
    name = name_of(keys[0])
    value = data.get(name, MISSING)
    if len(keys) > 1:
        value = dig(value, keys[1:])
    if value is MISSING:
        return absent(mode, written)
    if name in secrets:
        scope.reads.append(value)
    return value


def count(scope: Scope, mode: int, written: str, conv: Any, node: Any, sum_id: str | None) -> Any:
    """`{{node[N].count}}`, `{{conv[C].node[N].SumID}}`"""
    try:
        return scope.reader.count(None if conv is None else name_of(conv), name_of(node), sum_id)
    except NotFound as error:
        return absent(mode, written, error.message)
    except (UnknownConv, UnknownNode) as error:
        raise TemplateError(f"{written}: {error.message}", reference=written) from error


def variable(scope: Scope, mode: int, written: str, name: Any, *keys: Any) -> Any:
    """`{{env_var[@name].a.b}}`; a path into a variable whose value is JSON text reads that text as JSON."""
    try:
        value, secret = scope.reader.variable(name_of(name).removeprefix("@"))
    except NotFound as error:
        return absent(mode, written, error.message)
    if keys:
        if isinstance(value, str):
            try:
                value = msgspec.json.decode(value)
            except (ValueError, RecursionError):
                return absent(mode, written, "the variable is not JSON")
        value = dig(value, keys)
        if value is MISSING:
            return absent(mode, written)
    if secret:
        scope.reads.append(value)
    return value


def default(value: Any, fallback: Any, mode: int, written: str) -> Any:
    """`{{a | default(x)}}`: x in place of nothing and of null."""
    if value is not MISSING and value is not None:
        return value
    return absent(mode, written) if fallback is MISSING else fallback


# --- Text -----------------------------------------------------------------------------------


def text(*parts: Any) -> str:
    """Mixed text."""
    pieces, size = [], 0
    for part in parts:
        if type(part) is not str:
            part = text_of(part)
        size += len(part)
        if size > RESULT_CHARS:
            check(size)
        pieces.append(part)
    return "".join(pieces) if size <= LONG else limited("".join(pieces))


def fill(*parts: Any) -> str:
    """Mixed text that is JSON. A reference is a pair: whether it stands inside a JSON string, and its value.

    A value can never leave its place: inside quotes its text is escaped, outside it is put in as a whole JSON value.
    """
    return joined(part if type(part) is str else _filling(*part) for part in parts)


def _filling(quoted: bool, value: Any) -> str:
    return json_of(text_of(value))[1:-1] if quoted else json_of(value)


# --- Functions that look at the clock -------------------------------------------------------


def date_now(scope: Scope, written: str, zone: str, *pieces: Any) -> str:
    """`$.date(…)`"""
    return date(scope.now_ms, written, zone, *pieces)


def unixtime_now(scope: Scope, written: str, zone: str, *pieces: Any) -> int:
    """`$.unixtime(…)`"""
    return unixtime(scope.now_ms, written, zone, *pieces)


FUNCTIONS: Mapping[str, Any] = {
    "parameter": parameter,
    "root": root,
    "task": task,
    "count": count,
    "variable": variable,
    "default": default,
    "base64": to_base64,
    "urlencode": to_urlencode,
    "json": to_json,
    "math": calculate,
    "random": draw,
    "date": date_now,
    "unixtime": unixtime_now,
    "apply": apply,
    "base64_of_digest": base64_of_digest,
    "quoted": quoted,
    "each": each,
    "text": text,
    "fill": fill,
}

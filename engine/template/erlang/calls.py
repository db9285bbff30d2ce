"""The functions that a fun may call (reference 6), by name and number of arguments."""

from __future__ import annotations

import base64
import binascii
import heapq
import re
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from .terms import (
    FALSE,
    SIZE,
    TRUE,
    UNDEFINED,
    Atom,
    EvaluationError,
    Term,
    boolean,
    checked,
    compare,
    from_term,
    is_number,
    size_within,
    to_term,
)

Call = Callable[..., Term]


def _list(term: Term) -> list[Term]:
    if not isinstance(term, list):
        raise EvaluationError("a list is expected")
    return term


def _binary(term: Term) -> bytes:
    if not isinstance(term, bytes):
        raise EvaluationError("a binary is expected")
    return term


def _integer(term: Term) -> int:
    if not isinstance(term, int):
        raise EvaluationError("an integer is expected")
    return term


# --- proplists: [{Key, Value}], an atom alone means {Atom, true} --------------------------------------------------


def _properties(term: Term) -> Iterator[tuple[Term, Term, Term]]:
    """(key, value, the entry) of each property."""
    for entry in _list(term):
        if isinstance(entry, Atom):
            yield entry, TRUE, entry
        elif isinstance(entry, tuple) and len(entry) == 2:
            yield entry[0], entry[1], entry


def _get_value(key: Term, entries: Term, default: Term = UNDEFINED) -> Term:
    return next((value for name, value, _ in _properties(entries) if compare(name, key) == 0), default)


def _lookup(key: Term, entries: Term) -> Term:
    return next(((name, value) for name, value, _ in _properties(entries) if compare(name, key) == 0), Atom("none"))


def _without(key: Term, entries: Term) -> Term:
    return [
        entry for entry in _list(entries) if not any(compare(name, key) == 0 for name, _, _ in _properties([entry]))
    ]


def _keys(entries: Term) -> Term:
    found: list[Term] = []
    for name, _, _ in _properties(entries):
        if not any(compare(name, known) == 0 for known in found):
            found.append(name)
    return found


def _append_values(key: Term, entries: Term) -> Term:
    found: list[Term] = []
    for name, value, _ in _properties(entries):
        if compare(name, key) == 0:
            found += value if isinstance(value, list) else [value]
    return checked(found)


# --- Texts ------------------------------------------------------------------------------------------------------------


def _encode64(term: Term) -> Term:
    return checked(base64.b64encode(_binary(term)))


def _decode64(term: Term) -> Term:
    try:
        return base64.b64decode(_binary(term), validate=True)
    except binascii.Error:
        raise EvaluationError("the binary is not base64") from None


def _split(subject: Term, pattern: Term, options: Term = ()) -> Term:
    return list(_parts(_binary(subject), _patterns(pattern), is_global=Atom("global") in (options or ())))


def _replace(subject: Term, pattern: Term, replacement: Term, options: Term = ()) -> Term:
    new, is_global = _binary(replacement), Atom("global") in (options or ())
    return _joined([*_parts(_binary(subject), _patterns(pattern), is_global=is_global)], new)


def _joined(parts: list[bytes], between: bytes) -> bytes:
    if sum(map(len, parts)) + len(between) * (len(parts) - 1) > SIZE:
        raise EvaluationError(f"more than {SIZE} items or bytes")
    return between.join(parts)


def _patterns(term: Term) -> list[bytes]:
    """The texts to look for."""
    patterns = [_binary(one) for one in (term if isinstance(term, list) else [term])]
    if not patterns or b"" in patterns:
        raise EvaluationError("a text to look for is empty")
    return patterns


def _parts(text: bytes, patterns: list[bytes], *, is_global: bool) -> Iterator[bytes]:
    """What lies between the places where a pattern is found, the longest where several begin; else up to the first.

    Not by an expression: `re` keeps those that it has compiled, and these come from tasks.
    """
    places = [(place, -len(one), one) for one in set(patterns) if (place := text.find(one)) >= 0]
    heapq.heapify(places)
    start = 0
    while places:
        place, _, one = places[0]
        if place >= start:
            yield text[start:place]
            start = place + len(one)
            if not is_global:
                break
        following = text.find(one, start)
        if following >= 0:
            heapq.heapreplace(places, (following, -len(one), one))
        else:
            heapq.heappop(places)
    yield text[start:]


def _from_json(term: Term) -> Term:
    try:
        return to_term(msgspec.json.decode(_binary(term)))
    except (msgspec.DecodeError, RecursionError):
        raise EvaluationError("the binary is not JSON") from None


def _to_json(term: Term) -> Term:
    size_within(term, SIZE)
    return checked(msgspec.json.encode(from_term(term)))


# --- Numbers ----------------------------------------------------------------------------------------------------------


def _to_float(term: Term) -> Term:
    if re.fullmatch(rb"[+-]?[0-9]{1,400}\.[0-9]{1,400}(?:[eE][+-]?[0-9]{1,3})?", _binary(term)) is None:
        raise EvaluationError("the binary is not a float such as 1.5")
    return checked(float(_binary(term)))


def _to_integer(term: Term) -> Term:
    if re.fullmatch(rb"[+-]?[0-9]{1,1000}", _binary(term)) is None:
        raise EvaluationError("the binary is not an integer")
    return int(_binary(term))


def _integer_to_binary(term: Term, base: Term = 10) -> Term:
    number, radix = _integer(term), _integer(base)
    if not 2 <= radix <= 36:
        raise EvaluationError("a base is from 2 to 36")
    if radix == 10:
        return str(number).encode()
    digits, rest = "", abs(number)
    while rest or not digits:
        rest, digit = divmod(rest, radix)
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[digit] + digits
    return (("-" if number < 0 else "") + digits).encode()


def _round(term: Term) -> Term:
    if not is_number(term):
        raise EvaluationError("a number is expected")
    return int(Decimal(term).quantize(Decimal(1), ROUND_HALF_UP)) if abs(term) < 1e25 else int(term)


def _head(term: Term) -> Term:
    if not _list(term):
        raise EvaluationError("an empty list has no first item")
    return term[0]


def _tail(term: Term) -> Term:
    if not _list(term):
        raise EvaluationError("an empty list has no rest")
    return term[1:]


def _is_boolean(term: Term) -> Term:
    return boolean(isinstance(term, Atom) and term in (TRUE, FALSE))


CALLS: dict[tuple[str, int], Call] = {
    ("proplists:get_value", 2): _get_value,
    ("proplists:get_value", 3): _get_value,
    ("proplists:get_all_values", 2): lambda key, entries: [
        v for n, v, _ in _properties(entries) if compare(n, key) == 0
    ],
    ("proplists:get_bool", 2): lambda key, entries: boolean(compare(_get_value(key, entries), TRUE) == 0),
    ("proplists:get_keys", 1): _keys,
    ("proplists:is_defined", 2): lambda key, entries: boolean(_lookup(key, entries) != Atom("none")),
    ("proplists:lookup", 2): _lookup,
    ("proplists:lookup_all", 2): lambda key, entries: [e for n, _, e in _properties(entries) if compare(n, key) == 0],
    ("proplists:delete", 2): _without,
    ("proplists:append_values", 2): _append_values,
    ("proplists:property", 1): lambda entry: entry,
    ("proplists:property", 2): lambda key, value: (key, value),
    ("proplists:compact", 1): lambda entries: [
        e[0] if isinstance(e, tuple) and len(e) == 2 and isinstance(e[0], Atom) and e[1] == TRUE else e
        for e in _list(entries)
    ],
    ("proplists:unfold", 1): lambda entries: [(e, TRUE) if isinstance(e, Atom) else e for e in _list(entries)],
    ("eutils:get_value", 2): _get_value,
    ("base64:encode", 1): _encode64,
    ("base64:decode", 1): _decode64,
    ("binary:split", 2): _split,
    ("binary:split", 3): _split,
    ("binary:replace", 3): _replace,
    ("binary:replace", 4): _replace,
    ("from_json", 1): _from_json,
    ("to_json", 1): _to_json,
    ("binary_to_float", 1): _to_float,
    ("binary_to_integer", 1): _to_integer,
    ("integer_to_binary", 1): _integer_to_binary,
    ("integer_to_binary", 2): _integer_to_binary,
    ("round", 1): _round,
    ("is_integer", 1): lambda term: boolean(isinstance(term, int)),
    ("is_float", 1): lambda term: boolean(isinstance(term, float)),
    ("is_number", 1): lambda term: boolean(is_number(term)),
    ("is_binary", 1): lambda term: boolean(isinstance(term, bytes)),
    ("is_list", 1): lambda term: boolean(isinstance(term, list)),
    ("is_boolean", 1): _is_boolean,
    ("hd", 1): _head,
    ("tl", 1): _tail,
}

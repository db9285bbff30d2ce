"""Erlang's values as Python's, their order, and JSON to and fro.

integer, float → int, float · binary → bytes · atom → Atom · list → list · tuple → tuple. A string "ab" is the list
[97, 98]. A JSON text is a binary; an object is a proplist [{<<"key">>, Value}], the empty one [{}]; true, false and
null are atoms.
"""

from __future__ import annotations

import math
from typing import Any

DIGITS = 4000  # bits of the largest integer: about 1200 digits
SIZE = 100_000  # items of a list, bytes of a binary

Term = Any


class EvaluationError(Exception):
    """What Erlang would throw; the text is one line for a person."""


class Atom(str):
    """An atom; equal only to an atom."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Atom) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


TRUE, FALSE, NULL, UNDEFINED = Atom("true"), Atom("false"), Atom("null"), Atom("undefined")


def boolean(value: bool) -> Atom:
    return TRUE if value else FALSE


def to_term(value: Any) -> Term:
    """A JSON value as a term."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return boolean(value)
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, list):
        return [to_term(item) for item in value]
    if isinstance(value, dict):
        return [(to_term(key), to_term(item)) for key, item in value.items()] or [()]
    return value


def from_term(term: Term) -> Any:
    """A term as a JSON value. Raises EvaluationError for a binary that is no text."""
    if isinstance(term, Atom):
        return {"true": True, "false": False, "null": None, "undefined": None}.get(str(term), str(term))
    if isinstance(term, bytes):
        try:
            return term.decode()
        except UnicodeDecodeError:
            raise EvaluationError("a binary that is not text has no place in JSON") from None
    if isinstance(term, list):
        if term == [()]:
            return {}
        if term and all(isinstance(item, tuple) and len(item) == 2 and _is_name(item[0]) for item in term):
            return {_name(key): from_term(item) for key, item in term}
        return [from_term(item) for item in term]
    if isinstance(term, tuple):
        # jiffy's objects are {[{K, V}]}; any other tuple has no JSON of its own.
        if len(term) == 1 and isinstance(term[0], list):
            return from_term(term[0]) if term[0] else {}
        return [from_term(item) for item in term]
    return term


def _is_name(term: Term) -> bool:
    return isinstance(term, bytes | Atom)


def _name(term: Term) -> str:
    return str(term) if isinstance(term, Atom) else str(from_term(term))


def checked(value: Term) -> Term:
    """The value, if it is of a size that one may have."""
    if isinstance(value, int) and value.bit_length() > DIGITS:
        raise EvaluationError("the number is too large")
    if isinstance(value, float) and not math.isfinite(value):
        raise EvaluationError("the number is too large")
    if isinstance(value, list | bytes) and len(value) > SIZE:
        raise EvaluationError(f"more than {SIZE} items or bytes")
    return value


def is_number(term: Term) -> bool:
    return isinstance(term, int | float)


def _rank(term: Term) -> int:
    # number < atom < tuple < list < binary
    if is_number(term):
        return 0
    if isinstance(term, Atom):
        return 1
    return 2 if isinstance(term, tuple) else 3 if isinstance(term, list) else 4


def compare(left: Term, right: Term) -> int:
    """-1, 0 or 1 by Erlang's order of terms; 1 and 1.0 are equal."""
    if _rank(left) != _rank(right):
        return -1 if _rank(left) < _rank(right) else 1
    if isinstance(left, tuple | list):
        if isinstance(left, tuple) and len(left) != len(right):
            return -1 if len(left) < len(right) else 1
        for one, other in zip(left, right, strict=False):
            if result := compare(one, other):
                return result
        return (len(left) > len(right)) - (len(left) < len(right))
    if isinstance(left, Atom):
        left, right = str(left), str(right)
    return int(left > right) - int(left < right)


def identical(left: Term, right: Term) -> bool:
    """=:=, for which 1 and 1.0 differ."""
    if isinstance(left, tuple | list):
        return (
            type(left) is type(right)
            and len(left) == len(right)
            and all(identical(one, other) for one, other in zip(left, right, strict=True))
        )
    return type(left) is type(right) and bool(left == right)

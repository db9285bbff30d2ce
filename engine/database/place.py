"""Where in a statement a value stands: what may be there, and what a list is there.

A statement is read as plain text: other texts in quotes, names in quotes and values are `?` here, comments are spaces.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from ..template import text_of

TAIL = 400  # so much of the text before a value is looked at; what decides stands close

_SPACES = re.compile(r"\s+")
_PARENTHESES = re.compile(r"([()])")
_IN = re.compile(r"\bin\s*$", re.IGNORECASE)
_EVERY = re.compile(r"\b(?:any|all|some)\s*$", re.IGNORECASE)
_CAST = re.compile(r"\bcast\s*$", re.IGNORECASE)
_CALLED = re.compile(r"\b(?:extract|substring|substr|mid|trim|overlay)\s*$", re.IGNORECASE)
"""Functions in whose parentheses FROM is no clause."""
_WORDS = r"double precision|character varying|bit varying|time(?:stamp)? with(?:out)? time zone|\w+(?:\s*\.\s*\w+)?"
_TYPE = rf"(?:{_WORDS})\s*(?:\([\d, ]*\))?\s*(?:\[\s*\d*\s*\]|\barray\b)"
_TO_ARRAY = re.compile(rf"\s*::\s*{_TYPE}", re.IGNORECASE)
_AS_ARRAY = re.compile(rf"\s*as\s+{_TYPE}", re.IGNORECASE)

_TABLE = re.compile(
    r"(?<!\bdistinct )(?<!\bfor )(?<!\bkey )(?<!\bdo )"
    r"\b(?:from|join|(?:insert|replace|merge)\s+into|update|table|truncate)"
    r"\s+(?:(?:only|lateral|if exists|if not exists)\s+)?$",
    re.IGNORECASE,
)
_COLUMNS = re.compile(r"\binto\s+[\w.?]+\s*$", re.IGNORECASE)
_NAMES = re.compile(r"(?:\s*[\w.?]+\s*,)*+\s*$")
_END = (
    r"limit|offset|fetch|for|having|union|intersect|except|window|rows|range|groups|into|returning"
    r"|on|where|set|values|select|separator"
)
_ORDER = re.compile(rf"\b(?:order|group)\s+by\b((?:(?!\b(?:{_END})\b).)*+)$", re.IGNORECASE | re.DOTALL)
_ITEM_ENDS = re.compile(rf"\s*(?:$|[,;)]|\b(?:asc|desc|nulls|collate|{_END})\b)", re.IGNORECASE)
_LAST_WORD = re.compile(r"(\w+|[)\]?])\s*$")
_BEFORE_VALUE = re.compile(
    r"by|case|when|then|else|and|or|not|xor|like|ilike|rlike|regexp|glob|match|similar|to|escape|is|in|between|collate"
    r"|from|distinct|div|mod|binary|using|at|zone|interval",
    re.IGNORECASE,
)
"""Words in ORDER BY that a value may follow."""


class Place:
    """The text so far, as far as it decides what may come next: within its own parentheses, and what opened them."""

    def __init__(self) -> None:
        self._levels = [""]

    def read(self, text: str) -> None:
        """Go on by this text."""
        for part in _PARENTHESES.split(text):
            if part == "(":
                self._levels.append("")
            elif part != ")":
                self._levels[-1] = _SPACES.sub(" ", self._levels[-1] + part)[-TAIL:]
            elif len(self._levels) > 1:
                self._levels.pop()
                self._levels[-1] += "()"

    @property
    def _inside(self) -> str:
        return self._levels[-1]

    @property
    def _opened(self) -> str:
        """What stands before the parentheses."""
        return self._levels[-2] if len(self._levels) > 1 else ""

    @property
    def is_in_list(self) -> bool:
        """Whether this is IN (…), whatever else is there."""
        return _IN.search(self._opened) is not None

    def is_alone(self, behind: str) -> bool:
        """Whether nothing else is in the parentheses."""
        return not self._inside.strip() and behind.lstrip().startswith(")")

    def takes_array(self, behind: str) -> bool:
        """Whether a value becomes an array here: ANY (…), ALL (…), or a cast to one."""
        if _EVERY.search(self._opened) and self.is_alone(behind):
            return True
        return bool(_TO_ARRAY.match(behind) or (_CAST.search(self._opened) and _AS_ARRAY.match(behind)))

    def refused(self, behind: str, has_arrays: bool) -> str:
        """Why no value can stand here, or ""; {} in it is what the value is called."""
        if _TABLE.search(self._inside) and not _CALLED.search(self._opened):
            return "{} stands where the name of a table does, and a name cannot be a value; write the name out"
        if _COLUMNS.search(self._opened) and _NAMES.match(self._inside):
            return "{} stands where the name of a column does, and a name cannot be a value; write the name out"
        if not has_arrays and _EVERY.search(self._opened) and self.is_alone(behind):
            return "ANY ({0}) and ALL ({0}) take a list in PostgreSQL alone; write IN ({0})"
        ordered = _ORDER.search(self._inside)
        if ordered is None:
            return ""
        item = ordered[1].rstrip()
        if (not item or item.endswith(",")) and _ITEM_ENDS.match(behind):
            return "{} in ORDER BY or GROUP BY is a value, the same for all rows, and no column; write the column out"
        word = _LAST_WORD.search(item)
        if word is not None and not _BEFORE_VALUE.fullmatch(word[1]):
            return "{} stands where ASC or DESC does, which cannot be a value; write it out"
        return ""


def array_of(items: list[Any]) -> list[Any]:
    """A list as the driver takes it for an array: values of one type, else their texts. Maps become JSON."""
    leaves = [*_leaves(items)]
    kinds = {type(leaf) for leaf in leaves if leaf is not None}
    if len(kinds) <= 1 and dict not in kinds:
        return items
    return _mapped(items, numbers=kinds <= {int, float})


def _leaves(items: list[Any]) -> Any:
    for item in items:
        if isinstance(item, list):
            yield from _leaves(item)
        else:
            yield item


def _mapped(items: list[Any], *, numbers: bool) -> list[Any]:
    def one(item: Any) -> Any:
        if item is None:
            return None
        if isinstance(item, list):
            return _mapped(item, numbers=numbers)
        return Decimal(str(item)) if numbers else text_of(item)

    return [one(item) for item in items]

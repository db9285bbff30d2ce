"""A condition as text, to find tasks by: `amount > 100 and city = "Kyiv" or order.lines[0].sku ~ "^A"`.

It is parsed into the tests that definitions have (engine.condition), so both decide alike; `and` binds before `or`.

    test    NAME = | != | < | <= | > | >= | ~ VALUE        ~ is a search by regular expression
    NAME    a parameter, or a path into it: a.b[0]
    VALUE   12, -1.5, "text", 'text', true, false, null    in quotes \\" and \\\\ are " and \\; any other \\ stays
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Never

from .condition import Function, compile_condition, compile_param
from .data import check_name, read_numbers
from .errors import LogicError, TemplateSyntaxError, WrongCondition
from .template import Scope

LONGEST = 10_000  # characters
MOST_TESTS = 100

FUNCTIONS: dict[str, Function] = {
    "=": "eq",
    "!=": "not_eq",
    "<": "less",
    "<=": "less_or_eq",
    ">": "more",
    ">=": "more_or_eq",
    "~": "regexp",
}
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}
_NUMBER = re.compile(r"-?[0-9][0-9.eE+-]*")
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<sign>!=|<=|>=|[=<>~!])|(?P<word>[^\s"'=<>~!]+))""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"""\\(["'\\])""")


class Comparison(NamedTuple):
    """As engine.condition.Test. `cast` None: from the type of `value`, which is data and no template."""

    param: str
    fun: Function
    value: Any
    cast: None = None


class Where:
    """A parsed condition. `parameters`: the names of those that it looks at. Safe for many threads."""

    def __init__(self, text: str, groups: tuple[tuple[Comparison, ...], ...], parameters: frozenset[str]) -> None:
        self.text = text
        self.groups = groups
        self.parameters = parameters
        self._check = compile_condition(groups, literal=True)

    def passes(self, data: dict[str, Any]) -> bool:
        """Whether a task with this data passes. Raises WrongCondition for a pattern that takes too long."""
        try:
            return self._check(Scope(data))
        except LogicError as error:
            raise WrongCondition(f"the condition cannot be tested: {error.message}") from error


def parse_where(text: str) -> Where:
    """Raises WrongCondition, which says where, and what was expected there."""
    check_name(text, "a condition")
    if len(text) > LONGEST:
        raise WrongCondition(f"a condition has at most {LONGEST} characters, this one {len(text)}", position=LONGEST)
    return _Parser(text).condition()


class _Token(NamedTuple):
    kind: str  # text, sign, word, or end
    text: str
    position: int


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._parameters: set[str] = set()

    def condition(self) -> Where:
        groups: list[tuple[Comparison, ...]] = []
        tests: list[Comparison] = []
        count = 0
        while True:
            tests.append(self._test())
            count += 1
            joint = self._next()
            if count == MOST_TESTS and joint.kind != "end":
                self._fail(f"a condition has at most {MOST_TESTS} comparisons", joint)
            word = joint.text.lower()
            if joint.kind == "end" or (joint.kind == "word" and word == "or"):
                groups.append(tuple(tests))
                tests = []
            elif joint.kind != "word" or word != "and":
                self._expected("and, or, or the end", joint)
            if joint.kind == "end":
                return Where(self._text, tuple(groups), frozenset(self._parameters))

    def _test(self) -> Comparison:
        name = self._next()
        if name.kind != "word":
            self._expected("the name of a parameter", name)
        self._parameters |= self._names_of(name)
        sign = self._next()
        if sign.kind != "sign" or sign.text not in FUNCTIONS:
            self._expected(f"one of {' '.join(FUNCTIONS)} after {name.text}", sign)
        value = self._next()
        test = Comparison(name.text, FUNCTIONS[sign.text], self._value(value, sign))
        try:
            compile_condition([[test]], literal=True)
        except TemplateSyntaxError as error:
            self._fail(error.message, value)
        return test

    def _names_of(self, name: _Token) -> frozenset[str]:
        """The parameter that a path begins with, and no other kind of reference."""
        kind = f"{name.text} is no parameter; a condition looks at the parameters of a task: a, a.b, a[0]"
        if set(name.text) & set("{}|$()"):
            self._fail(kind, name)
        try:
            left = compile_param(name.text)
        except TemplateSyntaxError as error:
            at = name.position + error.position
            self._fail(f"{name.text} is no name of a parameter: {error.message}", name._replace(position=at))
        if left.outside or len(left.parameters) != 1:
            self._fail(kind, name)
        return left.parameters

    def _value(self, value: _Token, sign: _Token) -> Any:
        if value.kind == "text":
            quote, inner = value.text[0], value.text[1:-1]
            return _ESCAPE.sub(lambda found: found[1] if found[1] in (quote, "\\") else found[0], inner)
        if value.kind == "word" and value.text in _WORDS:
            return _WORDS[value.text]
        if value.kind == "word" and _NUMBER.fullmatch(value.text):
            try:
                return read_numbers(value.text)
            except ValueError as error:
                self._fail(f"{value.text[:40]} is no number: {error}", value)
        hint = f'; a text stands in quotes: "{value.text}"' if value.kind == "word" else ""
        self._expected(f"a number, a text in quotes, true, false or null after {sign.text}", value, hint)

    def _next(self) -> _Token:
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            rest = self._text[self._at :]
            at = self._at + len(rest) - len(rest.lstrip())
            if not rest.strip():
                return _Token("end", "", len(self._text))
            self._fail("a quote is not closed", _Token("text", "", at))
        self._at = found.end()
        kind = str(found.lastgroup)
        return _Token(kind, found[kind], found.start(kind))

    def _expected(self, what: str, found: _Token, hint: str = "") -> Never:
        there = "it ends" if found.kind == "end" else f"there is {found.text[:40]}"
        self._fail(f"expected {what}, but {there}{hint}", found)

    def _fail(self, message: str, at: _Token) -> Never:
        raise WrongCondition(f"condition, character {at.position + 1}: {message}", position=at.position)

"""Conditions: which route a task takes. Source: reference 4, yaml.md 3 (last rules).

Both sides are cast, then compared. A bare name that is missing makes every comparison false, `not_eq` too; a braced one
follows `missing`. A cast that fails makes the comparison false. `regexp` is an unanchored search with a time limit.
Without a cast the YAML type of the value decides; where an order (less, more, …) is compared with a reference, both
sides are numbers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, Protocol

from .errors import CastError, LogicError, TemplateSyntaxError
from .regexp import BadPattern, TooSlow, compile_pattern, search
from .template import CASTS, MISSING, Scope, Template, compile_value
from .template.casts import to_string
from .template.closures import Evaluate
from .template.template import NO_SCOPE, compile_bare, of_constant, reading

Check = Callable[[Scope], bool]
Function = Literal["eq", "not_eq", "less", "more", "less_or_eq", "more_or_eq", "regexp"]

ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "less": operator.lt,
    "more": operator.gt,
    "less_or_eq": operator.le,
    "more_or_eq": operator.ge,
}
FUNCTIONS = ("eq", "not_eq", *ORDER, "regexp")


class Test(Protocol):
    """One comparison of a condition; `param` as written, bare or braced; `cast` None: from the type of `value`."""

    @property
    def param(self) -> str: ...
    @property
    def fun(self) -> str: ...
    @property
    def value(self) -> Any: ...
    @property
    def cast(self) -> str | None: ...


def compile_condition(tests: Sequence[Sequence[Test]], missing: str = "error", *, literal: bool = False) -> Check:
    """A function of a Scope: whether all tests of at least one of the groups pass. `literal`: the values are data, in
    which marks mean nothing.

    Raises TemplateSyntaxError when a side does not parse, a pattern is none, or an order has a cast without one.
    The function raises TemplateError for a braced reference to nothing, LogicError for a pattern from a task that is
    wrong or too slow, and ReadNeeded.
    """
    outside: list[Evaluate] = []
    groups = [_all([_compile(test, missing, outside, literal) for test in group]) for group in tests]
    check = groups[0] if len(groups) == 1 else _any(groups)
    return reading(check, outside) if len(outside) > 1 else check


def templates_of_condition(tests: Sequence[Sequence[Test]], missing: str = "error") -> Iterator[tuple[Test, Template]]:
    """Both sides of each test as templates, for lint."""
    for group in tests:
        for test in group:
            yield test, compile_param(test.param, missing)
            yield test, compile_value(test.value, missing=missing)


def compile_param(param: str, missing: str = "error") -> Template:
    """The left side: a text that begins with a mark or a function is a template, anything else a bare reference."""
    if param.lstrip().startswith(("{{", "<<", "$.")):
        return compile_value(param, missing=missing)
    return compile_bare(param, missing=missing)


def cast_of(test: Test, *, literal: bool = False) -> str | None:
    """The cast of a test: as written, else from the YAML type of its value; None compares with null."""
    if test.cast is not None or test.value is None:
        return test.cast
    value = test.value
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        if literal or test.fun not in ORDER:
            return "string"
        return "string" if compile_value(value, missing="empty").constant else "number"
    return "object" if isinstance(value, dict) else "array"


def match_param_regex(pattern: str, text: str) -> bool:
    """Whether a declared parameter's regex is found in the text. Raises BadPattern or TooSlow (engine.regexp)."""
    return search(compile_pattern(pattern), text)


def same(left: Any, right: Any) -> bool:
    """Deep equality of JSON values: 1 is 1.0, but true is not 1."""
    pairs = [(left, right)]  # a list of what is left to compare, because a value may be nested deeper than Python calls
    while pairs:
        left, right = pairs.pop()
        if isinstance(left, bool) or isinstance(right, bool):
            if left is not right:
                return False
        elif isinstance(left, dict) and isinstance(right, dict):
            if left.keys() != right.keys():
                return False
            pairs.extend((value, right[key]) for key, value in left.items())
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            pairs.extend(zip(left, right, strict=True))
        elif left != right:
            return False
    return True


def _different(left: Any, right: Any) -> bool:
    return not same(left, right)


# --- Compiling ------------------------------------------------------------------------------


def _all(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:
        first, second = checks
        return lambda scope: first(scope) and second(scope)

    def check(scope: Scope) -> bool:
        for test in checks:  # noqa: SIM110 - a loop costs half of all(…)
            if not test(scope):
                return False
        return True

    return check


def _any(groups: list[Check]) -> Check:
    def check(scope: Scope) -> bool:
        for group in groups:  # noqa: SIM110 - as above
            if group(scope):
                return True
        return False

    return check


def _compile(test: Test, missing: str, outside: list[Evaluate], literal: bool) -> Check:
    left = compile_param(test.param, missing)
    right = of_constant(test.value) if literal else compile_value(test.value, missing=missing)
    outside.extend(side.evaluate for side in (left, right) if side.outside)
    if test.fun == "regexp":
        return _regexp(left.evaluate, right, test)
    name = cast_of(test, literal=literal)
    compare = _comparison(test.fun, name)
    convert = CASTS[name] if name is not None else _unchanged
    if not right.constant:
        return _compared(left.evaluate, right.evaluate, convert, compare)
    try:
        constant = convert(right(NO_SCOPE))
    except CastError:
        # The value can never be cast, so the comparison is always false; but a braced side may still have to raise.
        return _never(left.evaluate)
    return _compared_with_constant(left.evaluate, constant, convert, compare)


def _comparison(fun: str, cast: str | None) -> Callable[[Any, Any], Any]:
    if fun == "eq" or fun == "not_eq":
        plain = cast in ("string", "number", "boolean")
        if fun == "eq":
            return operator.eq if plain else same
        return operator.ne if plain else _different
    if fun not in ORDER:
        raise TemplateSyntaxError(f"unknown function {fun}; there are {', '.join(FUNCTIONS)}")
    if cast not in ("string", "number"):
        raise TemplateSyntaxError(f"{fun} compares numbers or strings, not {cast or 'null'}")
    return ORDER[fun]


def _unchanged(value: Any) -> Any:
    return value


def _compared_with_constant(
    left: Evaluate, constant: Any, convert: Callable[[Any], Any], compare: Callable[[Any, Any], Any]
) -> Check:
    def check(scope: Scope) -> bool:
        value = left(scope)
        if value is MISSING:
            return False
        try:
            return bool(compare(convert(value), constant))
        except CastError:
            return False

    return check


def _compared(
    left: Evaluate, right: Evaluate, convert: Callable[[Any], Any], compare: Callable[[Any, Any], Any]
) -> Check:
    def check(scope: Scope) -> bool:
        value = left(scope)
        if value is MISSING:
            return False
        other = right(scope)
        try:
            return bool(compare(convert(value), convert(other)))
        except CastError:
            return False

    return check


def _never(left: Evaluate) -> Check:
    def check(scope: Scope) -> bool:
        left(scope)
        return False

    return check


def _regexp(left: Evaluate, right: Template, test: Test) -> Check:
    pattern_of = right.evaluate
    pattern = None
    if right.constant:
        try:
            pattern = compile_pattern(to_string(right(NO_SCOPE)))
        except BadPattern as error:
            raise TemplateSyntaxError(str(error)) from error

    def check(scope: Scope) -> bool:
        value = left(scope)
        if value is MISSING:
            return False
        try:
            return search(pattern or to_string(pattern_of(scope)), to_string(value))
        except BadPattern as error:
            raise LogicError("condition_wrong_regexp", f"Param: {test.param}, {error}") from error
        except TooSlow as error:
            raise LogicError("condition_regexp_timeout", f"Param: {test.param}, {error}") from error

    return check

"""Tree of a fun → a Python function of one term. Bounded: so many steps for one run, and values of a bounded size."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from .calls import CALLS
from .parse import Tree, parse_fun
from .terms import (
    DIGITS,
    FALSE,
    TRUE,
    Atom,
    EvaluationError,
    Term,
    boolean,
    checked,
    compare,
    identical,
    is_number,
)

STEPS = 200_000  # of one run of `$.map` or `$.filter`, all items together

COMPARISONS: dict[str, Callable[[Term, Term], bool]] = {
    "==": lambda left, right: compare(left, right) == 0,
    "/=": lambda left, right: compare(left, right) != 0,
    "<": lambda left, right: compare(left, right) < 0,
    "=<": lambda left, right: compare(left, right) <= 0,
    ">": lambda left, right: compare(left, right) > 0,
    ">=": lambda left, right: compare(left, right) >= 0,
    "=:=": identical,
    "=/=": lambda left, right: not identical(left, right),
}
WHOLE: dict[str, Callable[[int, int], int]] = {
    "div": lambda left, right: int(math.copysign(1, left) * math.copysign(1, right)) * (abs(left) // abs(right)),
    "rem": lambda left, right: int(math.copysign(1, left)) * (abs(left) % abs(right)),
    "band": operator.and_,
    "bor": operator.or_,
    "bxor": operator.xor,
    "bsl": lambda left, right: _shifted(left, right),
    "bsr": lambda left, right: _shifted(left, -right),
}
NUMERIC: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}
LOGIC: dict[str, Callable[[bool, bool], bool]] = {"and": operator.and_, "or": operator.or_, "xor": operator.xor}


@lru_cache(maxsize=1024)
def compile_fun(text: str) -> Callable[[Evaluation, Term], Term]:
    """The fun of this text; it is called with an Evaluation that counts its steps. Raises ErlangError."""
    _, clauses = parse_fun(text)

    def apply(run: Evaluation, term: Term) -> Term:
        return run.clause(clauses, term, {}, "no clause of the fun fits this value")

    return apply


class Evaluation:
    """One run of a fun over all items. Methods take a tree and the variables that are bound."""

    def __init__(self) -> None:
        self._left = STEPS

    def clause(self, clauses: Any, term: Term, bound: dict[str, Term], otherwise: str) -> Term:
        """The first clause whose pattern and guard fit."""
        for pattern, guard, body in clauses:
            variables = dict(bound)
            if self.fits(pattern, term, variables) and (guard is None or self.holds(guard, variables)):
                return self.body(body, variables)
        raise EvaluationError(otherwise)

    def body(self, trees: list[Tree], bound: dict[str, Term]) -> Term:
        result: Term = TRUE
        for tree in trees:
            result = self.value(tree, bound)
        return result

    def holds(self, guard: list[list[Tree]], bound: dict[str, Term]) -> bool:
        """A guard that fails in an error does not hold."""
        for tests in guard:
            try:
                if all(self.value(test, bound) == TRUE for test in tests):
                    return True
            except EvaluationError:
                self.step()
        return False

    def step(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Exhausted(f"the fun takes more than {STEPS} steps")

    # --- Patterns -------------------------------------------------------------------------------

    def fits(self, pattern: Tree, term: Term, bound: dict[str, Term]) -> bool:
        self.step()
        match pattern:
            case ("value", value):
                return identical(value, term)
            case ("variable", "_"):
                return True
            case ("variable", name):
                if name in bound:
                    return identical(bound[name], term)
                bound[name] = term
                return True
            case ("tuple", items):
                return (
                    isinstance(term, tuple)
                    and len(term) == len(items)
                    and all(self.fits(item, part, bound) for item, part in zip(items, term, strict=True))
                )
            case ("list", items, tail):
                if not isinstance(term, list) or len(term) < len(items) or (tail is None and len(term) > len(items)):
                    return False
                if not all(self.fits(item, part, bound) for item, part in zip(items, term, strict=False)):
                    return False
                return tail is None or self.fits(tail, term[len(items) :], bound)
            case ("both", one, other):
                return self.fits(one, term, bound) and self.fits(other, term, bound)
        raise TypeError(pattern)

    # --- Expressions ----------------------------------------------------------------------------

    def value(self, tree: Tree, bound: dict[str, Term]) -> Term:
        self.step()
        match tree:
            case ("value", value):
                return value
            case ("variable", name):
                if name not in bound:
                    raise EvaluationError(f"the variable {name} has no value")
                return bound[name]
            case ("tuple", items):
                return tuple(self.value(item, bound) for item in items)
            case ("list", items, tail):
                head = [self.value(item, bound) for item in items]
                if tail is None:
                    return head
                rest = self.value(tail, bound)
                if not isinstance(rest, list):
                    raise EvaluationError("the rest of a list must be a list")
                return checked(head + rest)
            case ("binary operator", "andalso" | "orelse" as sign, left, right):
                first = _truth(self.value(left, bound))
                return self.value(right, bound) if first == (sign == "andalso") else boolean(first)
            case ("binary operator", sign, left, right):
                return checked(_operated(sign, self.value(left, bound), self.value(right, bound)))
            case ("unary", sign, operand):
                return _unary(sign, self.value(operand, bound))
            case ("match", pattern, right):
                term = self.value(right, bound)
                if not self.fits(pattern, term, bound):
                    raise EvaluationError("the two sides of = do not match")
                return term
            case ("call", name, arguments):
                return CALLS[name, len(arguments)](*[self.value(argument, bound) for argument in arguments])
            case ("case", subject, clauses):
                return self.clause(clauses, self.value(subject, bound), bound, "no clause of the case fits")
            case ("if", clauses):
                for guard, body in clauses:
                    if self.holds(guard, bound):
                        return self.body(body, bound)
                raise EvaluationError("no condition of the if holds")
        raise TypeError(tree)


class Exhausted(Exception):
    """Too many steps; not an error that a guard could hide."""


def _operated(sign: str, left: Term, right: Term) -> Term:
    if sign in COMPARISONS:
        return boolean(COMPARISONS[sign](left, right))
    if sign in LOGIC:
        return boolean(LOGIC[sign](_truth(left), _truth(right)))
    if sign in ("++", "--"):
        if not isinstance(left, list) or not isinstance(right, list):
            raise EvaluationError(f"{sign} takes two lists")
        return left + right if sign == "++" else _subtracted(left, right)
    if not is_number(left) or not is_number(right):
        raise EvaluationError(f"{sign} takes two numbers")
    try:
        if sign in WHOLE:
            if not isinstance(left, int) or not isinstance(right, int):
                raise EvaluationError(f"{sign} takes two integers")
            return WHOLE[sign](left, right)
        result = left / right if sign == "/" else NUMERIC[sign](left, right)
    except ZeroDivisionError:
        raise EvaluationError("division by zero") from None
    except OverflowError:
        raise EvaluationError("the number is too large") from None
    if isinstance(result, float) and not math.isfinite(result):
        raise EvaluationError("the number is too large")
    return result


def _unary(sign: str, term: Term) -> Term:
    if sign == "not":
        return boolean(not _truth(term))
    if not is_number(term) or (sign == "bnot" and not isinstance(term, int)):
        raise EvaluationError(f"{sign} takes a number")
    return ~term if sign == "bnot" else -term if sign == "-" else term


def _truth(term: Term) -> bool:
    if isinstance(term, Atom) and term in (TRUE, FALSE):
        return term == TRUE
    raise EvaluationError("true or false is expected")


def _shifted(number: int, by: int) -> int:
    if by > DIGITS:
        raise EvaluationError("the number is too large")
    return number << by if by >= 0 else number >> min(-by, DIGITS + 1)


def _subtracted(left: list[Term], right: list[Term]) -> list[Term]:
    if len(left) * len(right) > STEPS:
        raise EvaluationError("the lists are too long for --")
    rest = list(left)
    for term in right:
        for position, item in enumerate(rest):
            if identical(item, term):
                del rest[position]
                break
    return rest

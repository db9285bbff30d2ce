"""`$.math(…)`: + - * / on whole numbers of any size and on decimals. Source: reference 6.

Whole numbers stay exact; division always gives a float (`$.math(100/2)` is 50.0); everything with a decimal is computed
with 34 digits, so 0.1 + 0.2 is 0.3, and given back as a float of 6 decimals (reference 5).
"""

from __future__ import annotations

import decimal
import math
import re
from decimal import Decimal
from typing import Any

from ...errors import TemplateError
from ..limits import DECIMALS, MATH_DIGITS

NUMERIC = re.compile(r"\s*[+-]?([0-9]+)(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?\s*", re.ASCII)
_CONTEXT = decimal.Context(
    prec=34,
    Emin=-9999,
    Emax=9999,
    traps=[decimal.Overflow, decimal.InvalidOperation, decimal.DivisionByZero],
)
_LARGEST = 10**MATH_DIGITS


def number(value: Any, written: str) -> int | Decimal:
    """An operand as a number: a number, or a text that is one; anything else, true and null too, is an error."""
    kind = type(value)
    if kind is int:
        return int(value)
    if kind is float:
        return Decimal(repr(value))
    if kind is str and len(value) <= MATH_DIGITS and (found := NUMERIC.fullmatch(value)) is not None:
        return int(value) if found[2] is None and found[3] is None else Decimal(value.strip())
    raise TemplateError(f"{written}: {shown(value)} is not a number", reference=written)


def calculate(written: str, program: tuple[int | str, ...], *operands: Any) -> int | float:
    """Run a postfix program: an int pushes that operand, "~" negates, the rest are binary operators."""
    stack: list[int | Decimal] = []
    try:
        for step in program:
            if type(step) is int:
                stack.append(number(operands[step], written))
            elif step == "~":
                stack.append(-stack.pop())
            else:
                right = stack.pop()
                left = stack.pop()
                stack.append(_binary(step, left, right))
    except (decimal.DivisionByZero, decimal.InvalidOperation) as error:
        raise TemplateError(f"{written}: division by zero", reference=written) from error
    except decimal.Overflow as error:
        raise TemplateError(f"{written}: the number is too large", reference=written) from error
    result = stack[0]
    if type(result) is int:
        if -_LARGEST < result < _LARGEST:
            return result
        raise TemplateError(f"{written}: more than {MATH_DIGITS} digits", reference=written)
    value = float(result)
    if math.isinf(value):
        raise TemplateError(f"{written}: the number is too large", reference=written)
    return round(value, DECIMALS)


def _binary(operator: Any, left: int | Decimal, right: int | Decimal) -> int | Decimal:
    if operator == "/":
        return _CONTEXT.divide(left, right)
    if type(left) is int and type(right) is int:
        if operator == "+":
            return left + right
        if operator == "-":
            return left - right
        product = left * right
        if -_LARGEST < product < _LARGEST:
            return product
        raise decimal.Overflow
    if operator == "+":
        return _CONTEXT.add(left, right)
    if operator == "-":
        return _CONTEXT.subtract(left, right)
    return _CONTEXT.multiply(left, right)


def shown(value: Any) -> str:
    """A value for a message: its kind, never its text, which may be secret or long."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a text" if value else "an empty text"
    return "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else "a number"

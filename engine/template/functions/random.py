"""`$.random()` is a float from 0 to 1, `$.random(N)` a whole number from 1 to N, `$.random(a,b)` from a to b.

Source: reference 6 (0 gives 0; a negative N gives N to -1, our reading). Not for secrets: it can be predicted.
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from ...errors import TemplateError
from .math import number, shown


def draw(written: str, *arguments: Any) -> int | float:
    if not arguments:
        return random.random()
    bounds = [_whole(argument, written) for argument in arguments]
    if len(bounds) == 2:
        low, high = bounds
        if low > high:
            raise TemplateError(f"{written}: the first number is larger than the second", reference=written)
        return random.randint(low, high)
    limit = bounds[0]
    if limit == 0:
        return 0
    return random.randint(1, limit) if limit > 0 else random.randint(limit, -1)


def _whole(value: Any, written: str) -> int:
    result = number(value, written)
    if isinstance(result, Decimal):
        if result != result.to_integral_value():
            raise TemplateError(f"{written}: {shown(value)} is not a whole number", reference=written)
        result = int(result) if abs(result) < 10**18 else 10**18
    if abs(result) >= 10**18:
        raise TemplateError(f"{written}: the number is too large", reference=written)
    return result

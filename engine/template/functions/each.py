"""`$.map(fun, list)` and `$.filter(fun, list)`. Source: reference 6; the fun is Erlang (engine/template/erlang)."""

from __future__ import annotations

from typing import Any

import msgspec

from ...errors import TemplateError, ValueTooLarge
from ..erlang import EvaluationError, compile_fun, from_term, to_term
from ..erlang.evaluate import Evaluation, Exhausted
from ..erlang.terms import FALSE, TRUE, TooLarge, size_within
from ..limits import VALUE_CHARS
from .math import shown


def each(name: str, written: str, fun: str, items: Any) -> list[Any]:
    """What the fun makes of each item, or the items for which it is true.

    The list may also be its JSON; of an object the items are {Key, Value}. Raises TemplateError.
    """
    if isinstance(items, str):
        try:
            items = msgspec.json.decode(items)
        except (msgspec.DecodeError, RecursionError):
            items = None
    if not isinstance(items, list | dict):
        raise TemplateError(f"{written}: {shown(items)} is not a list", reference=written)
    terms = [term for term in to_term(items) if term != ()]
    apply, run = compile_fun(fun), Evaluation()
    made: list[Any] = []
    left = VALUE_CHARS
    try:
        for term in terms:
            result = apply(run, term)
            if name == "map":
                left -= size_within(result, left)
                made.append(result)
            elif result == TRUE:
                made.append(term)
            elif result != FALSE:
                raise EvaluationError("the fun of a filter gives true or false")
        if isinstance(items, dict):
            return from_term(made or [()])  # type: ignore[no-any-return]
        return [from_term(term) for term in made]
    except TooLarge as error:
        raise ValueTooLarge(f"{written}: {error}", reference=written) from error
    except (EvaluationError, Exhausted, RecursionError) as error:
        raise TemplateError(f"{written}: {error}", reference=written) from error

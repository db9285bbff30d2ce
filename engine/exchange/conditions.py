"""Conditions: lists of param, fun, const and cast in the exchange format, `if:` maps here. Source: reference 4."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..condition import FUNCTIONS, cast_of
from ..definition import Test
from ..grammar import CAST, TYPES
from .renaming import Renaming
from .values import text_of, to_value

_OTHER_WORDS = {"ne": "not_eq", "gt": "more", "lt": "less", "gte": "more_or_eq", "lte": "less_or_eq"}


def is_flat(logic: dict[str, Any]) -> bool:
    """The oldest form: param, fun and const stand in the logic itself."""
    return "conditions" not in logic and "param" in logic


def read_tests(logic: dict[str, Any], rename: Renaming) -> Any:
    """An `if` body: a map, or a list of maps when one parameter is tested twice."""
    items = [logic] if is_flat(logic) else logic.get("conditions")
    tests = [read_test(item, rename) for item in items or () if isinstance(item, dict)]
    names = [next(iter(test)) for test in tests]
    if len(set(names)) < len(names):
        return tests
    return {name: value for test in tests for name, value in test.items()}


def read_test(item: dict[str, Any], rename: Renaming) -> dict[str, Any]:
    fun = str(item.get("fun") or "eq")
    fun = _OTHER_WORDS.get(fun, fun)
    fun = fun if fun in FUNCTIONS else "eq"
    cast = item.get("cast") if item.get("cast") in TYPES else "string"
    param, const = rename(str(item.get("param", ""))), rename(item.get("const", ""))
    value, _ = to_value(const, cast)
    if value is None or cast_of(Test(param=param, fun=fun, value=value)) != cast:
        return {param: {fun: "" if value is None else value, CAST: cast}}
    # A map would be read as a comparison, so an object needs its function before it.
    return {param: value if fun == "eq" and not isinstance(value, dict) else {fun: value}}


def write_tests(tests: Sequence[Test], rename: Renaming) -> list[dict[str, Any]]:
    return [
        {
            "param": rename(test.param),
            "const": rename(text_of(test.value)),
            "fun": test.fun,
            "cast": cast_of(test) or "string",
        }
        for test in tests
    ]

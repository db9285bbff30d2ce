"""Conditions as text decide as those of definitions do, and say where they are wrong."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.condition import compile_condition
from engine.definition import Test
from engine.errors import WrongCondition, WrongData
from engine.template import Scope
from engine.where import FUNCTIONS, parse_where

TASK = {
    "amount": 120,
    "text": "150",
    "city": "Kyiv",
    "paid": True,
    "none": None,
    "order": {"lines": [{"sku": "A-1"}], "total": 9.5},
    "marks": "{{amount}} <<x>> $.math(1)",
}


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("amount > 100", True),
        ("amount >= 120 and amount <= 120", True),
        ("amount < 100", False),
        ("text > 100", True),
        ('text = "150"', True),
        ("text=150", True),
        ('city = "Kyiv"', True),
        ("city = 'Kyiv'", True),
        ('city != "Lviv" AND paid = true', True),
        ('city = "Lviv" or amount = 120', True),
        ('city = "Lviv" or amount = 120 and paid = false', False),
        ('city ~ "^K.*v$"', True),
        (r'order.lines[0].sku ~ "^\w-\d$"', True),
        ("order.total = 9.5", True),
        ("order.total > 1e1", False),
        ("none = null", True),
        ("missing = null", False),
        ("missing != 1", False),
        ("order.missing.deeper != 1", False),
        ("amount > -3.5", True),
        ('marks = "{{amount}} <<x>> $.math(1)"', True),
        ('city = "{{city}}"', False),
        ('amount < "{{amount}}"', True),
        (r'city = "a \"b\" \\ \n"', False),
    ],
)
def test_a_condition_finds_what_it_says(text: str, passes: bool) -> None:
    assert parse_where(text).passes(TASK) is passes


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "expected the name of a parameter, but it ends"),
        ("amount", 6, "expected one of = != < <= > >= ~ after amount, but it ends"),
        ("amount == 3", 8, "after =, but there is ="),
        ("amount > ", 9, "expected a number, a text in quotes, true, false or null after >, but it ends"),
        ("city = Kyiv", 7, 'a text stands in quotes: "Kyiv"'),
        ('city = "Kyiv', 7, "a quote is not closed"),
        ("amount > 1 amount < 2", 11, "expected and, or, or the end, but there is amount"),
        ("amount > 1 and", 14, "expected the name of a parameter, but it ends"),
        ("paid > true", 7, "more compares numbers or strings, not boolean"),
        ("a > null", 4, "more compares numbers or strings, not null"),
        ('city ~ "("', 7, "not a regular expression"),
        ("root.task_id = 1", 0, "root.task_id is no parameter"),
        ("conv[2].ref[a].b = 1", 0, "is no parameter"),
        ("env_var[@key] = 1", 0, "is no parameter"),
        ("node[a].count = 1", 0, "is no parameter"),
        ("{{amount}} = 1", 0, "is no parameter"),
        ("$.math(1) = 1", 0, "is no parameter"),
        ("amount|length = 1", 0, "is no parameter"),
        ("a[ = 1", 1, "is no name of a parameter"),
        ("a = 1e999", 4, "is no number"),
        ("x" * 10_001, 10_000, "at most 10000 characters"),
        (" or ".join(["a = 1"] * 101), 99 * 9 + 6, "at most 100 comparisons"),
    ],
)
def test_a_wrong_condition_says_where_and_what_was_expected(text: str, position: int, words: str) -> None:
    with pytest.raises(WrongCondition) as caught:
        parse_where(text)

    assert words in str(caught.value)
    assert caught.value.position == position


@pytest.mark.parametrize("text", [None, 3, "a = '\ud800'"])
def test_what_is_no_text_is_refused(text: Any) -> None:
    with pytest.raises(WrongData, match="a condition"):
        parse_where(text)


def test_a_pattern_that_takes_too_long_ends_the_search() -> None:
    where = parse_where('a ~ "^(a|aa)+$"')

    with pytest.raises(WrongCondition, match="cannot be tested"):
        where.passes({"a": "a" * 60 + "b"})


NAMES = st.sampled_from(["a", "b", "c.d", "c.e[0]", "f"])
VALUES = st.one_of(
    st.integers(-3, 3),
    st.floats(-3, 3),
    st.sampled_from(["", "1", "2.5", "a", "true", "x y"]),
    st.booleans(),
    st.none(),
)
DATA = st.fixed_dictionaries(
    {},
    optional={
        "a": VALUES,
        "b": VALUES,
        "c": st.fixed_dictionaries({}, optional={"d": VALUES, "e": st.lists(VALUES, max_size=2)}),
    },
)


def is_comparable(fun: str, value: Any) -> bool:
    return fun in ("eq", "not_eq") or (value is not None and not isinstance(value, bool))


TESTS = st.tuples(NAMES, st.sampled_from(sorted(set(FUNCTIONS) - {"~"})), VALUES).filter(
    lambda test: is_comparable(FUNCTIONS[test[1]], test[2])
)


@given(st.lists(st.lists(TESTS, min_size=1, max_size=3), min_size=1, max_size=3), DATA)
def test_it_decides_as_a_definition_s_condition_does(groups: list[list[tuple[str, str, Any]]], data: Any) -> None:
    text = " or ".join(
        " and ".join(f"{name}{sign} {json.dumps(value)}" for name, sign, value in group) for group in groups
    )
    tests = [[Test(param=name, fun=FUNCTIONS[sign], value=value) for name, sign, value in group] for group in groups]

    assert parse_where(text).passes(data) is compile_condition(tests)(Scope(data))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_in_quotes_is_itself(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')

    assert parse_where(f'a = "{quoted}"').passes({"a": text})


@given(st.text(max_size=40))
def test_any_text_is_parsed_or_refused_in_words(text: str) -> None:
    with contextlib.suppress(WrongCondition, WrongData):
        parse_where(text)

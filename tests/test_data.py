"""What comes in at a door: refused by name, or back as it was."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import math
from collections import OrderedDict, defaultdict
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data import (
    DEPTH,
    DIGITS,
    check_ref,
    encode_given,
    is_deeper,
    may_deepen,
    read_answer,
    whole_text,
)
from engine.errors import WrongData


class Text(str):
    """Somebody's own kind of text."""

    __slots__ = ()


class Colour(enum.StrEnum):
    RED = "red"


def nested(depth: int, inner: Any = 1) -> Any:
    """Lists that lie so deep in each other."""
    value = inner
    for _ in range(depth):
        value = [value]
    return value


def endless() -> list[Any]:
    value: list[Any] = []
    value.append([1, value])
    return value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([1, 2], "the data of a task is an object of parameters (a dict), not a list"),
        (None, "(a dict), not null"),
        ("text", "(a dict), not a text"),
        ({1: 2}, "the data: the name 1 in it is a number; names are texts"),
        ({"a": {None: 2}}, 'parameter "a": the name None in it is null'),
        ({"a": {"b": [1, math.inf]}}, 'parameter "a.b[1]": inf is not a number of JSON; give null or a text'),
        ({"a": -math.inf}, 'parameter "a": -inf is not a number'),
        ({"n": math.nan}, 'parameter "n": nan is not a number'),
        ({"n": 10**DIGITS}, f'parameter "n": a whole number has at most {DIGITS} digits'),
        ({"t": "half \ud83d"}, "parameter \"t\": it holds '\\ud83d', which is half a character"),
        ({"\ud83d": 1}, "the name '\\ud83d' in it holds half a character"),
        ({"t": (1, 2)}, 'parameter "t": a value of type tuple is no value of JSON; give a text, number'),
        ({"t": {1, 2}}, "type set"),
        ({"t": b"raw"}, "type bytes"),
        ({"t": datetime.datetime(2026, 1, 1)}, "type datetime"),
        ({"t": decimal.Decimal("1.5")}, "type Decimal"),
        ({"t": Text("x")}, "type Text"),
        ({"t": msgspec.Raw(b"{")}, "type Raw"),
        ({"t": object()}, "type object"),
        ({"ok": 1, "deep": nested(DEPTH)}, '[0]": lists and objects lie more than 100 deep in each other (CONV_DEPTH)'),
        ({"deep": nested(100_000)}, "more than 100 deep"),
        ({"endless": endless()}, "more than 100 deep"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_what_no_task_can_have_is_refused_by_its_name(data: Any, message: str) -> None:
    with pytest.raises(WrongData) as caught:
        encode_given(data, DEPTH)

    assert message in caught.value.message
    assert len(caught.value.message) < 300
    caught.value.message.encode()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"": ""},
        {"n": 10 ** (DIGITS - 1)},
        {"n": -0.0, "m": 1e308, "x": 5e-324, "exact": 2**64 + 1},
        {"emoji": "😀", "zero": "\0"},
        {"deep": nested(DEPTH - 1)},
        {"wide": [[1]] * 200},
        OrderedDict(a=1),
        defaultdict(list, a=[1]),
        {"colour": Colour.RED, Colour.RED: 1},
    ],
)
def test_what_json_holds_comes_back_equal(data: dict[str, Any]) -> None:
    assert msgspec.json.decode(encode_given(data, DEPTH)) == data


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.characters(categories=["Cs"])
    | st.binary(max_size=4)
    | st.datetimes()
    | st.decimals(allow_nan=False)
    | st.just(Text("x"))
    | st.just(Colour.RED)
    | st.builds(object)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(SCALARS, inner, max_size=4)
        | st.tuples(inner)
        | st.builds(nested, st.integers(0, 210), inner)
    ),
    max_leaves=12,
)
"""Any value of Python; most are no data."""


@given(VALUES | st.dictionaries(st.text(), VALUES, max_size=4))
def test_any_value_is_refused_or_comes_back_equal(value: Any) -> None:
    try:
        body = encode_given(value, DEPTH)
    except WrongData as error:
        error.message.encode()
        return

    assert msgspec.json.decode(body) == value
    assert not is_deeper(value, DEPTH)


@given(SCALARS | st.text(max_size=300))
def test_any_ref_is_a_text_or_refused(ref: Any) -> None:
    try:
        check_ref(ref)
    except WrongData as error:
        error.message.encode()
        return

    assert type(ref) is str
    assert 0 < len(ref) <= 255
    ref.encode()


@pytest.mark.parametrize("ref", [5, None, b"ref", Text("ref"), "", "x" * 256, "\udc80"])
def test_a_wrong_ref_is_refused(ref: Any) -> None:
    with pytest.raises(WrongData, match="a ref"):
        check_ref(ref)


def test_depth_counts_lists_and_objects() -> None:
    assert not is_deeper(1, 0)
    assert is_deeper([], 0)
    assert not is_deeper({"a": [1, {}]}, 3)
    assert is_deeper({"a": [1, {}]}, 2)
    assert not is_deeper([[1]] * 3, 2)


def test_depth_of_a_value_that_was_put_into_itself_twice_is_soon_known() -> None:
    value: Any = []
    for _ in range(DEPTH):
        value = [value, value]

    assert is_deeper(value, DEPTH)
    assert not is_deeper(value, DEPTH + 1)


@pytest.mark.parametrize(
    ("value", "cast", "deepens"),
    [
        ("{{a}}", None, False),
        ("text {{a}}", "string", False),
        (5, None, False),
        ([], None, False),
        ("$.math({{a}} + 1)", "number", False),
        ("{{a}}", "object", True),
        ("{{a}}", "array", True),
        ({"in": "{{a}}"}, None, True),
        (["{{a}}"], None, True),
        ("{{env_var[@deep]}}", None, True),
        ("$.map(fun(X) -> [X] end, {{a}})", None, True),
    ],
)
def test_what_can_lie_deeper_than_what_it_reads(value: Any, cast: str | None, *, deepens: bool) -> None:
    assert may_deepen(value, cast) is deepens


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud83d"', "\ufffd"),
        (r'"\ud83d\ude00"', "😀"),
        (r'"\ud83d\ud83d\ude00"', "\ufffd😀"),
        (r'"\\ud83d"', r"\ud83d"),
        (r'"\\\uDE00 \n"', "\\\ufffd \n"),
        (r'{"\udc00": ["\ud800x"]}', {"\ufffd": ["\ufffdx"]}),
        (rb'{"n": 123456789012345678901234567890}', {"n": 123456789012345678901234567890}),
    ],
)
def test_half_characters_of_an_answer_become_the_replacement_character(text: str | bytes, value: Any) -> None:
    assert read_answer(text) == value


@given(st.recursive(st.text(st.characters()), st.lists, max_leaves=5))
def test_an_answer_with_any_escapes_is_read_as_the_text_it_stands_for(value: Any) -> None:
    # json.loads keeps halves, and puts two that make a pair together.
    kept = json.loads(json.dumps(value))

    assert read_answer(json.dumps(value)) == json.loads(whole_text(json.dumps(kept, ensure_ascii=False)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1e400]", "out of range"),
        ("-1e400", "out of range"),
        ("1" * 5000, "out of range"),
        ("NaN", "malformed"),
        ("Infinity", "malformed"),
        (r'"\ud83', "truncated"),
        (r'{"a": "\ud83d", ]', "malformed"),
        ("[" * 100_000, "too deep"),
        (b"\xff", "utf-8"),
    ],
)
def test_an_answer_that_cannot_be_kept_as_it_is_says_why(text: str | bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_answer(text)

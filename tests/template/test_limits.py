"""Each limit of templates is exact: what just fits is taken, and one more is not."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import CastError, TemplateError, TemplateSyntaxError, ValueTooLarge
from engine.template import compile_path, compile_text, compile_value, parse_path
from engine.template.limits import RESULT_CHARS, VALUE_CHARS
from engine.template.made import LONG, Room, limited, made
from engine.template.values import index_of
from tests.template.world import scope


def nested(depth: int) -> str:
    return "{{x" * depth + "}}" * depth


def path(names: int, first: str = "a") -> str:
    return ".".join([first] + ["a"] * (names - 1))


@pytest.mark.parametrize(
    ("fits", "more", "message"),
    [
        ("x" * 128_000, "x" * 128_001, "the text has 128001 characters"),
        ("{{a}}" * 1_000, "{{a}}" * 1_001, "more than 1000 references"),
        ("{{" + path(100) + "}}", "{{" + path(101) + "}}", "a path has more than 100 names"),
        ("{{a[b]" + ".a" * 98 + "}}", "{{a[b]" + ".a" * 99 + "}}", "a path has more than 100 names"),
        (
            "{{conv[1].ref[a]" + ".a" * 100 + "}}",
            "{{conv[1].ref[a]" + ".a" * 101 + "}}",
            "a path has more than 100 names",
        ),
        ("{{a" + " | json" * 8 + "}}", "{{a" + " | json" * 9 + "}}", "more than 8 filters"),
        ("$.math({{a}}" + "+1" * 999 + ")", "$.math({{a}}" + "+1" * 1_000 + ")", "more than 1000 operands"),
        ("$.math({{a}}+" + "1" * 300 + ")", "$.math({{a}}+" + "1" * 301 + ")", "more than 300 digits"),
        (
            "$.math(" + "(" * 32 + "{{a}}" + ")" * 32 + ")",
            "$.math(" + "(" * 33 + "{{a}}" + ")" * 33 + ")",
            "nested deeper than 32",
        ),
        ("$.date(" + "%y" * 1_000 + ")", "$.date(" + "%y" * 1_001 + ")", "more than 1000 pieces"),
        ("{{a | default(" + "[" * 32 + "]" * 32 + ")}}", "{{a | default(" + "[" * 33 + "]" * 33 + ")}}", "too deeply"),
        (nested(8), nested(9), "nested deeper than 8"),
    ],
    ids=lambda text: text[:20],
)
def test_a_text(fits: str, more: str, message: str) -> None:
    compile_text(fits)

    with pytest.raises(TemplateSyntaxError, match=message):
        compile_text(more)


@pytest.mark.parametrize("compiled", [compile_path, parse_path])
def test_a_key(compiled: Any) -> None:
    compiled(path(100))

    with pytest.raises(TemplateSyntaxError, match="more than 100 names"):
        compiled(path(101))


# --- Values -------------------------------------------------------------------------------------------


def test_a_text_that_is_made() -> None:
    made_of = compile_text("{{a}}{{b}}")
    half = "x" * (RESULT_CHARS // 2)

    assert len(made_of(scope({"a": half, "b": half}))) == RESULT_CHARS
    with pytest.raises(ValueTooLarge, match=f"more than {RESULT_CHARS} characters"):
        made_of(scope({"a": half, "b": half + "x"}))


def test_a_text_that_a_function_makes() -> None:
    made_of = compile_text("$.date({{a}}{{b}})")
    half = "x" * (RESULT_CHARS // 2)

    assert len(made_of(scope({"a": half, "b": half}))) == RESULT_CHARS
    with pytest.raises(ValueTooLarge, match=f"more than {RESULT_CHARS} characters"):
        made_of(scope({"a": half, "b": half + "x"}))


def test_all_texts_on_the_way_to_a_value() -> None:
    made.chars = 0
    for _ in range(VALUE_CHARS // RESULT_CHARS):
        limited("x" * RESULT_CHARS)
    limited("x" * LONG)  # too short to be counted
    assert made.chars == VALUE_CHARS

    with pytest.raises(ValueTooLarge, match=f"more than {VALUE_CHARS} characters"):
        limited("x" * (LONG + 1))


def test_one_text_on_the_way_to_a_value() -> None:
    made.chars = VALUE_CHARS - LONG - 1
    limited("x" * (LONG + 1))

    made.chars = VALUE_CHARS - LONG
    with pytest.raises(ValueTooLarge):
        limited("x" * (LONG + 1))


def test_values_that_are_made_one_by_one() -> None:
    room = Room(10)
    room.take("x" * 6)
    room.take([12])

    with pytest.raises(ValueTooLarge, match="more than 10 characters together"):
        room.take("x")


# --- Numbers ------------------------------------------------------------------------------------------


def test_digits_of_a_text_that_is_calculated_with() -> None:
    add = compile_text("$.math({{a}} + 1)")

    assert add(scope({"a": "1" * 300})) == int("1" * 300) + 1
    with pytest.raises(TemplateError, match="a text is not a number"):
        add(scope({"a": "1" * 301}))


def test_digits_of_a_text_that_is_cast() -> None:
    number = compile_value("{{a}}", "number")

    assert number(scope({"a": "1" * 300})) == int("1" * 300)
    with pytest.raises(CastError):
        number(scope({"a": "1" * 301}))


def test_a_product() -> None:
    multiply = compile_text("$.math({{a}} * {{b}})")

    for sign in (1, -1):
        assert multiply(scope({"a": sign * (10**150 - 1), "b": 10**150})) == sign * (10**300 - 10**150)
        with pytest.raises(TemplateError, match="the number is too large"):
            multiply(scope({"a": sign * 10**150, "b": 10**150}))


def test_a_value_that_is_shown() -> None:
    number = compile_value("{{a}}", "number")

    with pytest.raises(CastError, match=f"Value: {'x' * 200}, Try"):
        number(scope({"a": "x" * 200}))
    with pytest.raises(CastError, match=f"Value: {'x' * 200}…, Try"):
        number(scope({"a": "x" * 201}))


# --- Moments ------------------------------------------------------------------------------------------

JANUARY_31 = 1_706_659_200_000  # 2024-01-31 00:00:00 GMT


@pytest.mark.parametrize(
    ("offset", "moment"),
    [
        (10**9, "2055-10-09 01:46:40"),
        (-(10**9), "1992-05-23 22:13:20"),
        (str(10**9), "2055-10-09 01:46:40"),
    ],
)
def test_the_offset_of_a_moment(offset: Any, moment: str) -> None:
    moved = compile_text("$.date(%y-%m-%d %h:%i:%s+{{a}})")
    within = scope({"a": offset})
    within.now_ms = JANUARY_31

    assert moved(within) == moment
    more = int(offset) + (1 if int(offset) > 0 else -1)
    with pytest.raises(TemplateError, match="not a whole number in range"):
        moved(scope({"a": more}))


@pytest.mark.parametrize(("years", "moment"), [(7975, "9999-01-31"), (-2023, "0001-01-31")])
def test_the_year_of_a_moment(years: int, moment: str) -> None:
    moved = compile_text("$.date(%y+{{a}}-%m-%d)")
    within, beyond = scope({"a": years}), scope({"a": years + (1 if years > 0 else -1)})
    within.now_ms = beyond.now_ms = JANUARY_31

    assert moved(within) == moment
    with pytest.raises(TemplateError, match="the date is out of range"):
        moved(beyond)


# --- Indices ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "index"),
    [
        ("999999999", 999_999_999),
        ("1000000000", None),
        ("0", 0),
        ("", None),
        ("-1", None),
        ("٣", None),
        (999_999_999.0, 999_999_999),
        (1e9, None),
        (0.0, 0),
        (-1.0, None),
        (0.5, None),
        (0, 0),
        (-1, None),
        (True, None),
    ],
)
def test_an_index(key: Any, index: int | None) -> None:
    assert index_of(key) == index

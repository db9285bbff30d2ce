"""Conditions: functions, casts, what is missing; and that the compiled way equals a slow one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.condition import cast_of, compile_condition, templates_of_condition
from engine.errors import CastError, LogicError, TemplateError, TemplateSyntaxError
from engine.template import cast
from tests.template.world import World, scope


@dataclass(frozen=True)
class T:
    """A test of a condition."""

    param: str
    fun: str
    value: Any
    cast: str | None = None


def holds(test: T, data: dict[str, Any], missing: str = "error") -> bool:
    return compile_condition([[test]], missing)(scope(data))


@pytest.mark.parametrize(
    ("test", "data", "expected"),
    [
        (T("a", "eq", "x"), {"a": "x"}, True),
        (T("a", "eq", "x"), {"a": "X"}, False),
        (T("A", "eq", "x"), {"a": "x"}, False),
        (T("a", "not_eq", "x"), {"a": "y"}, True),
        (T("a", "eq", 10), {"a": "10"}, True),
        (T("a", "eq", "10"), {"a": 10}, True),
        (T("a", "eq", "10"), {"a": 10.0}, False),
        (T("a", "eq", "10", "number"), {"a": 10.0}, True),
        (T("a", "eq", 10, "string"), {"a": "10"}, True),
        (T("a", "eq", True), {"a": True}, True),
        (T("a", "eq", True), {"a": "true"}, True),
        (T("a", "eq", True), {"a": 1}, False),
        (T("a", "not_eq", False), {"a": True}, True),
        (T("a", "eq", None), {"a": None}, True),
        (T("a", "eq", None), {"a": 0}, False),
        (T("a", "eq", ""), {"a": ""}, True),
        (T("a", "eq", ""), {"a": None}, True),
        (T("a", "less", 10), {"a": 9}, True),
        (T("a", "less", 10), {"a": "9"}, True),
        (T("a", "less", "10"), {"a": "9"}, False),
        (T("a", "less", "10", "number"), {"a": "9"}, True),
        (T("a", "less", "{{b}}"), {"a": "9", "b": "10"}, True),
        (T("a", "more", 1.5), {"a": 2}, True),
        (T("a", "more", 2), {"a": 2}, False),
        (T("a", "less", 2), {"a": 2}, False),
        (T("a", "more_or_eq", 2), {"a": 2}, True),
        (T("a", "less_or_eq", 2), {"a": 2}, True),
        (T("a", "less_or_eq", 2), {"a": 3}, False),
        (T("a", "more", "2024-01-01"), {"a": "2024-02-01"}, True),
        (T("a", "eq", [1, 2]), {"a": [1, 2]}, True),
        (T("a", "eq", [1, 2]), {"a": "[1, 2]"}, True),
        (T("a", "eq", [1, 2]), {"a": [2, 1]}, False),
        (T("a", "eq", [1]), {"a": [True]}, False),
        (T("a", "eq", [1, 2]), {"a": [1]}, False),
        (T("a", "eq", [1]), {"a": [1, 2]}, False),
        (T("a", "eq", {"a": 1}), {"a": {"a": 1, "b": 2}}, False),
        (T("a", "eq", {"a": 1, "b": 2}), {"a": {"a": 1}}, False),
        (T("a", "eq", [1]), {"a": [1.0]}, True),
        (T("a", "eq", {"a": 1, "b": [2]}), {"a": {"b": [2], "a": 1}}, True),
        (T("a", "not_eq", {"a": 1}), {"a": {"a": 2}}, True),
        (T("a", "eq", {"a": "{{b}}"}), {"a": {"a": 5}, "b": 5}, True),
        (T("a", "eq", '{"a": 1}', "object"), {"a": {"a": 1}}, True),
        (T("a", "eq", "<<b>>"), {"a": "x", "b": "x"}, True),
        (T("a", "eq", "<<b>>", "number"), {"a": "5", "b": 5.0}, True),
        (T("a.b[0]", "eq", 1), {"a": {"b": [1]}}, True),
        (T("a[{{i}}]", "eq", 1), {"a": [0, 1], "i": 1}, True),
        (T("{{a}}", "eq", "x"), {"a": "x"}, True),
        (T("<<a>>", "eq", "x"), {"a": "x"}, True),
        (T("{{a}}-{{b}}", "eq", "x-y"), {"a": "x", "b": "y"}, True),
        (T("root.ref", "eq", "order-1"), {}, True),
        (T("root.error.attempt", "more", 1), {}, True),
        (T("$.math({{a}}*2)", "eq", 4), {"a": 2}, True),
        (T("{{a | default(0)}}", "eq", 0), {}, True),
        (T("a", "regexp", "^x+$"), {"a": "xxx"}, True),
        (T("a", "regexp", "x"), {"a": "axb"}, True),
        (T("a", "regexp", "^x"), {"a": "ax"}, False),
        (T("a", "regexp", r"^\d+$"), {"a": 42}, True),
        (T("a", "regexp", "{{p}}"), {"a": "abc", "p": "^a"}, True),
        (T("a", "eq", 1), {"a": "x"}, False),
        (T("a", "not_eq", 1), {"a": "x"}, False),
        (T("a", "not_eq", "x", "number"), {"a": 1}, False),
        (T("a", "eq", [1]), {"a": "["}, False),
        (
            T("__conveyor_api_return_type_error__", "eq", "hardware"),
            {"__conveyor_api_return_type_error__": "hardware"},
            True,
        ),
    ],
    ids=str,
)
def test_a_comparison(test: T, data: dict[str, Any], expected: bool) -> None:
    assert holds(test, data) is expected


@pytest.mark.parametrize("fun", ["eq", "not_eq", "less", "more", "less_or_eq", "more_or_eq", "regexp"])
def test_a_bare_name_that_is_missing_makes_every_comparison_false(fun: str) -> None:
    assert holds(T("a", fun, "1"), {}) is False
    assert holds(T("a.b", fun, "1"), {"a": None}) is False
    assert holds(T("a", fun, "1"), {}, "empty") is False


def test_a_braced_name_that_is_missing_follows_missing() -> None:
    with pytest.raises(TemplateError, match=re.escape("{{a}} is missing")):
        holds(T("{{a}}", "eq", ""), {})
    assert holds(T("{{a}}", "eq", ""), {}, "empty") is True
    assert holds(T("{{a}}", "not_eq", "x"), {}, "empty") is True


def test_a_value_that_is_missing_follows_missing() -> None:
    with pytest.raises(TemplateError, match=re.escape("{{b}} is missing")):
        holds(T("a", "eq", "{{b}}"), {"a": ""})
    assert holds(T("a", "eq", "{{b}}"), {"a": ""}, "empty") is True
    assert holds(T("a", "eq", "{{b}}"), {}) is False


def test_all_of_a_group_and_any_of_the_groups() -> None:
    a, b, c = T("a", "eq", 1), T("b", "eq", 1), T("c", "eq", 1)

    assert compile_condition([[a, b]])(scope({"a": 1, "b": 1})) is True
    assert compile_condition([[a, b]])(scope({"a": 1, "b": 2})) is False
    assert compile_condition([[a, b, c]])(scope({"a": 1, "b": 1, "c": 2})) is False
    assert compile_condition([[a], [b, c]])(scope({"a": 2, "b": 1, "c": 1})) is True
    assert compile_condition([[a], [b, c]])(scope({"a": 2, "b": 1})) is False
    assert compile_condition([[]])(scope()) is True


def test_values_nested_deeper_than_python_calls_are_compared() -> None:
    deep: Any = [1]
    for _ in range(5000):
        deep = [deep]

    assert holds(T("a", "eq", ["{{b}}"]), {"a": [deep], "b": deep}) is True
    assert holds(T("a", "eq", ["{{b}}"]), {"a": [[deep]], "b": deep}) is False


def test_a_hostile_regexp_ends_in_an_error_with_its_tag() -> None:
    with pytest.raises(LogicError) as failed:
        holds(T("a", "regexp", "^(a|aa)+$"), {"a": "a" * 60 + "b"})

    assert failed.value.tag == "condition_regexp_timeout"


def test_a_pattern_of_a_task_that_is_none_is_an_error_with_its_tag() -> None:
    with pytest.raises(LogicError) as failed:
        holds(T("a", "regexp", "{{p}}"), {"a": "x", "p": "("})

    assert failed.value.tag == "condition_wrong_regexp"


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (T("a", "regexp", "("), "not a regular expression"),
        (T("a", "ne", "x"), "unknown function ne"),
        (T("a", "less", True), "less compares numbers or strings, not boolean"),
        (T("a", "more", [1]), "not array"),
        (T("a+b", "eq", 1), "unexpected '+'"),
        (T("", "eq", 1), "an empty reference"),
        (T("a", "eq", "{{b+c}}"), "unexpected '+'"),
    ],
    ids=str,
)
def test_a_wrong_condition_is_refused(test: T, message: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=re.escape(message)):
        compile_condition([[test]])


def test_leniently_any_text_is_a_name() -> None:
    assert holds(T("a+b", "eq", 1), {"a+b": 1}, "empty") is True


def test_both_sides_are_listed_for_lint() -> None:
    sides = list(templates_of_condition([[T("a.b", "eq", "{{env_var[@v]}}")]]))

    assert [template.references[0].kind for _, template in sides] == ["parameter", "variable"]


def test_a_secret_in_a_condition_is_among_the_reads() -> None:
    secret = scope({"a": "S"}, secrets=frozenset("a"))

    compile_condition([[T("a", "eq", "S")]])(secret)

    assert secret.reads == ["S"]


# --- Against a slow way ---------------------------------------------------------------------

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([1.0, 2.5, "", "1", "2.5", "true", "x", "[1]", "{}"])
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
)
casts = st.sampled_from([None, "string", "number", "boolean", "array", "object"])
tests = st.builds(
    T,
    param=st.sampled_from(["a", "b", "a.a", "a[0]", "{{b}}", "<<a.b>>"]),
    fun=st.sampled_from(["eq", "not_eq", "less", "more", "less_or_eq", "more_or_eq"]),
    value=leaves | st.sampled_from(["{{a}}", "{{b}}"]) | st.lists(leaves, max_size=2),
    cast=casts,
)


def slow_path(data: Any, text: str) -> Any:
    for key in re.findall(r"\w+", text):
        if isinstance(data, dict) and key in data:
            data = data[key]
        elif isinstance(data, list) and key.isdigit() and int(key) < len(data):
            data = data[int(key)]
        else:
            raise KeyError(text)
    return data


def slow_side(side: Any, data: dict[str, Any], missing: str) -> Any:
    if not isinstance(side, str) or not side.startswith(("{{", "<<")):
        return side
    try:
        return slow_path(data, side)
    except KeyError as error:
        if missing == "empty":
            return ""
        raise TemplateError("missing") from error


def plain_json(value: Any) -> Any:
    """A value in which equality is that of JSON."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list):
        return [plain_json(item) for item in value]
    return {key: plain_json(item) for key, item in value.items()} if isinstance(value, dict) else value


def slow_test(test: T, data: dict[str, Any], missing: str) -> bool:
    if test.param[0] in "{<":
        left = slow_side(test.param, data, missing)
    else:
        try:
            left = slow_path(data, test.param)
        except KeyError:
            return False
    right = slow_side(test.value, data, missing)
    name = cast_of(test)
    try:
        if name is not None:
            left, right = cast(left, name), cast(right, name)
    except CastError:
        return False
    equal = plain_json(left) == plain_json(right)
    if test.fun in ("eq", "not_eq"):
        return equal is (test.fun == "eq")
    ordered: bool = left < right if test.fun.startswith("less") else left > right
    return ordered or (equal and test.fun.endswith("or_eq"))


@given(
    st.lists(st.lists(tests, max_size=3), min_size=1, max_size=3),
    st.dictionaries(st.sampled_from("ab"), values),
    st.sampled_from(["error", "empty"]),
)
@settings(max_examples=600)
def test_a_condition_equals_the_slow_way(groups: list[list[T]], data: dict[str, Any], missing: str) -> None:
    try:
        check = compile_condition(groups, missing)
    except TemplateSyntaxError:
        assert any(
            test.fun not in ("eq", "not_eq") and cast_of(test) not in ("string", "number")
            for group in groups
            for test in group
        )
        return
    try:
        expected: Any = any(all(slow_test(test, data, missing) for test in group) for group in groups)
    except TemplateError:
        expected = TemplateError

    try:
        result: Any = check(scope(data, reader=World()))
    except TemplateError:
        result = TemplateError

    assert result is expected

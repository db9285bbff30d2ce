"""Keys of set_parameters, and setting what they name."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import TemplateError, TemplateSyntaxError
from engine.template import MISSING, assign, assign_all, compile_path, lookup, parse_path
from tests.template.world import scope


@pytest.mark.parametrize(
    ("text", "data", "path"),
    [
        ("a", {}, ("a",)),
        ("a.b", {}, ("a", "b")),
        ("a[0]", {}, ("a", 0)),
        ("a[0].b", {}, ("a", 0, "b")),
        ("a[0][1]", {}, ("a", 0, 1)),
        ("a[x]", {}, ("a", "x")),
        ("a.0", {}, ("a", "0")),
        (r"a\.b", {}, ("a.b",)),
        (r"a\[0\].c", {}, ("a[0]", "c")),
        (r"a\\b", {}, (r"a\b",)),
        (r"a\b", {}, (r"a\b",)),
        ("first name", {}, ("first name",)),
        ("Content-Type", {}, ("Content-Type",)),
        ("{{k}}", {"k": "x"}, ("x",)),
        ("<<k>>", {"k": "x"}, ("x",)),
        ("{{k}}", {"k": "x.y[0]"}, ("x.y[0]",)),
        ("a.{{k}}", {"k": "x"}, ("a", "x")),
        ("a[{{i}}]", {"i": 3}, ("a", 3)),
        ("a[{{i}}]", {"i": "3"}, ("a", 3)),
        ("a[{{i}}]", {"i": "x"}, ("a", "x")),
        ("a.x{{k}}y", {"k": 1}, ("a", "x1y")),
        ("{{a.b[0]}}.c", {"a": {"b": ["k"]}}, ("k", "c")),
    ],
)
def test_a_key_is_a_path(text: str, data: dict[str, Any], path: tuple[str | int, ...]) -> None:
    assert compile_path(text)(scope(data)) == path
    if not data:
        assert compile_path(text).elements == path
        assert parse_path(text) == path


@pytest.mark.parametrize("text", ["", ".a", "a.", "a..b", "a[", "a[]", "a]", "a[[0]]", "a[0]b", "a[0]{{b}}", "[0]"])
def test_a_key_that_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="in the key"):
        compile_path(text)


@pytest.mark.parametrize(
    ("data", "path", "expected"),
    [
        ({}, ("a",), {"a": 1}),
        ({"a": {"x": 0}}, ("a",), {"a": 1}),
        ({}, ("a", "b"), {"a": {"b": 1}}),
        ({"a": {"x": 0}}, ("a", "b"), {"a": {"x": 0, "b": 1}}),
        ({"a": None}, ("a", "b"), {"a": {"b": 1}}),
        ({}, ("a", 0), {"a": [1]}),
        ({}, ("a", 2), {"a": [None, None, 1]}),
        ({"a": [5, 6]}, ("a", 1), {"a": [5, 1]}),
        ({"a": [5, 6]}, ("a", "1"), {"a": [5, 1]}),
        ({"a": [{"x": 0}]}, ("a", 0, "b"), {"a": [{"x": 0, "b": 1}]}),
        ({"a": {"0": 5}}, ("a", 0), {"a": {"0": 1}}),
        ({}, ("a", 100), {"a": [None] * 100 + [1]}),
    ],
)
def test_setting_a_path(data: dict[str, Any], path: tuple[str | int, ...], expected: dict[str, Any]) -> None:
    before = copy.deepcopy(data)

    assert assign(data, path, 1) == expected

    assert data == before


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        ({}, ("a", 101), r"a\[101\]: a list index may be at most 100"),
        ({"a": "text"}, ("a", "b"), "a is neither an object nor a list"),
        ({"a": 5}, ("a", 0), "a is neither"),
        ({"a": {"b": True}}, ("a", "b", "c"), r"a\.b is neither"),
        ({"a": [1]}, ("a", "x"), "a is a list and has no 'x'"),
        ({"a": [1]}, ("a", -1), "a is a list"),
    ],
)
def test_a_path_that_leads_nowhere_is_an_error(data: dict[str, Any], path: tuple[str | int, ...], message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        assign(data, path, 1)


def test_when_one_key_fails_nothing_is_set() -> None:
    data = {"a": {"b": [1]}, "t": "text"}
    before = copy.deepcopy(data)

    with pytest.raises(TemplateError):
        assign_all(data, [(("a", "b", 0), 2), (("t", "x"), 3)])

    assert data == before


elements = st.sampled_from(["a", "b", 0, 1])
paths = st.lists(elements, max_size=3).map(lambda tail: ("a", *tail))
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers(0, 3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
)


@given(st.dictionaries(st.sampled_from("ab"), values), paths, values, paths)
def test_what_was_set_is_found_and_the_rest_is_untouched(
    data: dict[str, Any], path: tuple[str | int, ...], value: Any, other: tuple[str | int, ...]
) -> None:
    before = copy.deepcopy(data)

    try:
        result = assign(data, path, value)
    except TemplateError:
        return
    finally:
        assert data == before

    assert lookup(result, path) == value
    shorter, longer = sorted((path, other), key=len)
    if longer[: len(shorter)] != shorter and lookup(data, other) is not MISSING:
        assert lookup(result, other) == lookup(before, other)

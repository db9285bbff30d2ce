"""Declared parameters."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import Any

import pytest

from engine.errors import BadParameter
from engine.params import check_params


@dataclass(frozen=True)
class P:
    """A declared parameter."""

    type: str = "string"
    required: bool = False
    input: bool = True
    regex: str = ""
    regex_error: str = ""
    default: Any = None


def test_a_parameter_that_nobody_declared_is_accepted() -> None:
    assert check_params({"a": P()}, {"b": 1}) == {"b": 1}


@pytest.mark.parametrize(
    ("param", "data", "message"),
    [
        (P(required=True), {}, 'parameter "a" is required'),
        (P(required=True), {"a": None}, 'parameter "a" is required and must not be null'),
        (P("string"), {"a": 1}, 'parameter "a" must be a string, not a number'),
        (P("number"), {"a": "1"}, 'parameter "a" must be a number, not a string'),
        (P("number"), {"a": True}, 'parameter "a" must be a number, not true or false'),
        (P("boolean"), {"a": 1}, 'parameter "a" must be true or false, not a number'),
        (P("object"), {"a": []}, 'parameter "a" must be an object, not a list'),
        (P("array"), {"a": {}}, 'parameter "a" must be a list, not an object'),
        (P(regex="^[A-Z]{3}$"), {"a": "eur"}, 'parameter "a": does not match ^[A-Z]{3}$'),
        (P(regex="^[A-Z]{3}$", regex_error="three letters, please"), {"a": ""}, 'parameter "a": three letters, please'),
        (P("number", regex="^5"), {"a": 4}, 'parameter "a": does not match ^5'),
        (P(regex="^(a|aa)+$"), {"a": "a" * 60 + "b"}, "took longer than"),
        (P(regex="("), {"a": "x"}, "not a regular expression"),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_refused_by_its_name(param: P, data: dict[str, Any], message: str) -> None:
    with pytest.raises(BadParameter, match=re.escape(message)) as refused:
        check_params({"a": param}, data)

    assert refused.value.parameter == "a"


@pytest.mark.parametrize(
    ("param", "data"),
    [
        (P(), {}),
        (P(), {"a": None}),
        (P("number"), {"a": None}),
        (P(required=True, input=False), {}),
        (P("number"), {"a": 1.5}),
        (P("boolean"), {"a": False}),
        (P("object"), {"a": {}}),
        (P("array"), {"a": []}),
        (P(required=True), {"a": ""}),
        (P(regex="b"), {"a": "abc"}),
        (P(regex="b"), {}),
    ],
    ids=str,
)
def test_a_right_parameter_is_accepted_as_it_is(param: P, data: dict[str, Any]) -> None:
    assert check_params({"a": param}, data) == data


def test_a_default_fills_what_is_absent_and_the_data_stays_as_it_was() -> None:
    params = {"a": P(default="EUR"), "b": P("array", default=[1]), "c": P(required=True, default="x")}
    data = {"c": "y"}

    result = check_params(params, data)

    assert result == {"a": "EUR", "b": [1], "c": "y"}
    assert data == {"c": "y"}
    result["b"].append(2)
    assert check_params(params, data)["b"] == [1]


def test_a_name_may_be_a_path() -> None:
    params = {"user.name": P(required=True), r"a\.b": P(), "user.tags[0]": P("number")}

    assert check_params(params, {"user": {"name": "Ann", "tags": [1]}, "a.b": "x"})
    wrong: list[tuple[dict[str, Any], str]] = [
        ({}, "user.name"),
        ({"user": {}}, "user.name"),
        ({"user": {"name": "Ann", "tags": ["x"]}}, "user.tags[0]"),
        ({"user": {"name": "Ann"}, "a.b": 1}, r"a\.b"),
    ]
    for data, name in wrong:
        with pytest.raises(BadParameter) as refused:
            check_params(params, data)
        assert refused.value.parameter == name


def test_a_name_may_be_about_each_element_of_a_list() -> None:
    params = {"items[].id": P("number", required=True), "items[].tags[]": P(), "items[].qty": P("number", default=1)}
    data: dict[str, Any] = {"items": [{"id": 1, "tags": ["a"]}, {"id": 2, "qty": 5}]}
    before = copy.deepcopy(data)

    assert check_params(params, data) == {"items": [{"id": 1, "tags": ["a"], "qty": 1}, {"id": 2, "qty": 5}]}

    assert data == before
    assert check_params(params, {"items": []}) == {"items": []}
    assert check_params(params, {}) == {}
    for items in ([{"id": 1}, {}], [{"id": "x"}], [{"id": 1, "tags": [1]}]):
        with pytest.raises(BadParameter):
            check_params(params, {"items": items})


def test_a_default_that_has_no_place_is_a_wrong_parameter() -> None:
    with pytest.raises(BadParameter, match="neither an object nor a list"):
        check_params({"user.name": P(default="x")}, {"user": "text"})

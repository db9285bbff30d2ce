"""What templates make is stopped while it is made, long before it fills the memory."""

from __future__ import annotations

import contextlib
import functools
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import EngineError, LogicError, TemplateError
from engine.http.request import RequestFields, build_request
from engine.logic import resolve
from engine.template import Scope, Template, compile_text, compile_value
from engine.template.limits import RESULT_CHARS, VALUE_CHARS

LARGE = "x" * 900_000
OBJECT = {"k": ["y" * 100] * 8000}
DATA = {"s": LARGE, "o": OBJECT, "n": list(range(10_000)), "i": 7, "small": "z"}
TEXT = "a" * 2000
MEMORY = 80_000_000  # bytes; without the limits each of these takes half a gigabyte or more


def refused(make: Callable[[], Any], error: type[Exception] = TemplateError) -> Any:
    """The error, when what is made took little memory until then."""
    tracemalloc.start()
    try:
        with pytest.raises(error) as caught:
            make()
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
    return caught.value


def warm(template: Template) -> Template:
    """A template that has been compiled by its first use, which takes memory of its own."""
    with contextlib.suppress(EngineError):
        template(Scope({"s": "1", "o": {}, "half": "1", "n": [], "l": []}))
    return template


def repeated(reference: str, count: int = 900) -> str:
    return " ".join([reference] * count)


@pytest.mark.parametrize(
    "text",
    [
        repeated("{{s}}"),
        repeated("{{o}}"),
        repeated("{{o | json}}"),
        repeated("$.to_string({{s}})", 400),
        repeated("$.date({{s}})", 500),
        "$.date(" + repeated("{{s}}", 400) + ")",
        "$.base64_encode(" + repeated("{{s}}") + ")",
        "$.sha256_hex(" + repeated("$.to_string({{s}})", 400) + ")",
        repeated('{{a[{{o | json}}] | default("")}}', 400),
        "{{s | base64 | urlencode | base64 | urlencode}}",
        "{{s}}{{s}}",
    ],
    ids=lambda text: text[:24],
)
def test_a_text_that_grows_too_large_is_stopped(text: str) -> None:
    template = warm(compile_text(text))

    assert refused(lambda: template(Scope(DATA))).tag == "task_size_overflow_limit"


@pytest.mark.parametrize("cast", ["object", "array"])
@pytest.mark.parametrize("reference", ["{{s}}", "{{o}}", '"{{s}}"', '"{{o}}"'])
def test_a_json_text_that_grows_too_large_is_stopped(reference: str, cast: str) -> None:
    template = warm(compile_value("[" + ",".join([reference] * 900) + "]", cast))

    assert refused(lambda: template(Scope(DATA))).tag == "task_size_overflow_limit"


def test_operands_that_are_made_of_large_values_are_stopped() -> None:
    template = warm(compile_text("$.math(" + "+".join(["$.base64_encode({{half}})"] * 400) + ")"))

    assert refused(lambda: template(Scope({"half": "1" * 700_000}))).tag == "task_size_overflow_limit"


@pytest.mark.parametrize("value", ["{{s | default(1)}}!", "{{o | json}}", "{{s}}", "{{o}}"])
def test_many_values_together_are_stopped(value: str) -> None:
    fields = {f"f{number}": compile_text(value) for number in range(900)}
    for template in (
        compile_value([value] * 900),
        compile_value({f"k{number}": value for number in range(900)}),
        compile_value({f"{{{{small}}}}{number}": value for number in range(900)}),
        compile_value([{f"k{number}": [value] * 9 for number in range(10)}] * 10),
    ):
        assert refused(functools.partial(template, Scope(DATA))).tag == "task_size_overflow_limit"
    assert refused(lambda: resolve(fields, Scope(DATA))).tag == "task_size_overflow_limit"


def test_a_larger_task_has_more_room() -> None:
    fields = {f"f{number}": compile_text("{{s}}") for number in range(20)}

    values, _ = resolve(fields, Scope(DATA, most_chars=20 * len(LARGE)))

    assert all(value is LARGE for value in values.values())


@pytest.mark.parametrize(
    "fun",
    [
        f'fun(X) -> binary:replace(<<"{TEXT}">>, <<"a">>, <<"{TEXT[:30]}">>, [global]) end',
        f'fun(X) -> A = <<"{TEXT}">>, [A, A, A, A, A, A, A, A, A, A] end',
        "fun(X) -> A = [X, X, X, X, X, X, X, X], B = [A, A, A, A, A, A, A, A], C = [B, B, B, B, B, B, B, B],"
        " D = [C, C, C, C, C, C, C, C], [D, D, D, D, D, D, D, D] end",
    ],
    ids=["new texts", "the same text", "shared lists"],
)  # fmt: skip
def test_what_a_fun_makes_is_stopped(fun: str) -> None:
    template = warm(compile_text(f"$.map({fun}, {{{{n}}}})"))

    assert refused(lambda: template(Scope(DATA))).tag == "task_size_overflow_limit"


@pytest.mark.parametrize(
    "expression",
    [
        'binary:replace(X, <<"a">>, X, [global])',
        "to_json([[X, X, X, X, X, X, X, X, X, X], [X, X, X, X, X, X, X, X, X, X]])",
        "base64:encode(" * 40 + "X" + ")" * 40,
    ],
    ids=["replace", "json", "base64"],
)
def test_a_value_of_a_fun_is_stopped(expression: str) -> None:
    template = warm(compile_text(f"$.map(fun(X) -> {expression} end, {{{{l}}}})"))

    assert "more than" in refused(lambda: template(Scope({"l": ["a" * 50_000]}))).message


def test_what_is_just_not_too_large_is_made() -> None:
    data = {"s": "x" * (RESULT_CHARS // 2 - 1), "n": [1] * 10}

    assert len(compile_text("{{s}}{{s}}")(Scope(data))) == RESULT_CHARS - 2
    assert compile_value(["{{s}}"] * 15)(Scope(data)) == [data["s"]] * 15
    assert len(compile_value(["{{s}}"] * 16)(Scope(data))) == 16
    assert compile_text("$.map(fun(X) -> [X, X] end, {{n}})")(Scope(data)) == [[1, 1]] * 10


def test_each_value_has_the_whole_limit_again() -> None:
    made = compile_value(["{{s | base64}}{{s | json}}"] * 3)
    data = {"s": "x" * 400_000}

    for _ in range(VALUE_CHARS // 1_000_000):
        assert len(made(Scope(data))) == 3


# --- Bodies ------------------------------------------------------------------------------------------


def request(data: dict[str, Any], **more: Any) -> RequestFields:
    return RequestFields(**{"method": "POST", "url": "http://host/", "data": data, **more})


@pytest.mark.parametrize(
    "fields",
    [
        request({f"k{number}": "ж" * 900_000 for number in range(10)}, format="form"),
        request({f"k{number}": "ж" * 900_000 for number in range(10)}, method="GET"),
        request({"r": {"n" * 60_000: [1] * 10_000}}, format="xml"),
    ],
    ids=["form", "query", "xml"],
)
def test_a_body_that_grows_too_large_is_stopped(fields: RequestFields) -> None:
    assert refused(lambda: build_request(fields), LogicError).tag == "api_task_size_overflow_limit"


@pytest.mark.parametrize(
    ("format", "body"),
    [("form", "a=1+2&b=%D0%B6&c=%5B1%5D"), ("xml", '<?xml version="1.0" encoding="utf-8"?>\n<r><a>1</a><a>2</a></r>')],
)
def test_a_body_is_written_as_before(format: str, body: str) -> None:
    data: dict[str, dict[str, Any]] = {"form": {"a": "1 2", "b": "ж", "c": [1]}, "xml": {"r": {"a": [1, 2]}}}

    assert build_request(request(data[format], format=format)).body == body

"""What holds for every text and every value."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.errors import TemplateError, TemplateSyntaxError
from engine.template import Scope, compile_text, compile_value
from engine.template.closures import plain
from engine.template.emit import Emitter
from engine.template.expression import compile_expression
from engine.template.parse import parse_text
from engine.template.references import EMPTY, RAISE
from tests.template.slow import slow_value
from tests.template.test_cases import typed
from tests.template.world import World, scope

# --- Texts and values -----------------------------------------------------------------------

FRAGMENTS = [
    "{{", "}}", "<<", ">>", "{", "}", "<", ">", "$.math(", "$.date(", "$.random(", "$.unixtime(", "$.map(", "(", ")",
    "[", "]", ".", "|", '"', "\\", "\n", " ", "a", "b", "0", "conv[", "].ref[", "node[", "].count", "env_var[@",
    "root.", "ref", "| default(", "| base64", "| json", "%d", "+", "-", "*", "/", ",", "1", "{%", "%}", "{#", "#}",
    "__class__", "'", "\U0001f600", "й", "\x00", "\u2028",
]  # fmt: skip
texts = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join) | st.text(max_size=30)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | st.sampled_from(["a", "b", "0", "{{a}}", "1", ""])
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab0"), inner, max_size=3)
)
tasks = st.dictionaries(st.sampled_from(["a", "b", "0", "user id"]), values, max_size=4)

names = st.sampled_from(["a", "b", "0", "user id", "zz"])


def marked(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return inner.map(lambda text: "{{" + text + "}}") | inner.map(lambda text: "<<" + text + ">>")


def paths(name: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    steps = st.lists(names.map(lambda n: "." + n) | name.map(lambda n: f"[{n}]"), max_size=2).map("".join)
    return st.tuples(st.sampled_from(["a", "b", "0"]), steps).map("".join)


simple = marked(paths(names))
nested = marked(paths(names | simple))
outside = st.tuples(names | nested, names | nested, names).map(lambda t: f"{{{{conv[{t[0]}].ref[{t[1]}].{t[2]}}}}}")
variables = st.tuples(names | nested).map(lambda t: f"{{{{env_var[@{t[0]}]}}}}")
filtered = st.tuples(
    paths(names | simple), st.sampled_from(["base64", "json", "urlencode", "default(1)", "default({})"])
)
maths = st.tuples(nested, st.sampled_from("+-*/"), st.sampled_from(["2", "0", "1.5"]))
references = (
    simple
    | nested
    | outside
    | variables
    | filtered.map(lambda t: f"{{{{{t[0]} | {t[1]}}}}}")
    | maths.map(lambda t: f"$.math({t[0]}{t[1]}{t[2]})")
    | nested.map(lambda t: f"$.date(%y {t})")
    | st.tuples(
        st.sampled_from(["sha256_hex", "md5", "base64_encode", "to_number", "to_string", "to_object"]), nested
    ).map(lambda t: f"$.{t[0]}({t[1]})")
    | nested.map(lambda t: f"$.base64_encode($.sha1({t}))")
    | nested.map(lambda t: f"$.map(fun(X) -> {{X, [X]}} end, {t})")
    | nested.map(lambda t: f"$.filter(fun(X) -> X > 1 end, {t})")
)
templates = st.lists(references | st.sampled_from(["", "x ", '"', "{", "\n"]), max_size=4).map("".join)
missings = st.sampled_from(["error", "empty"])

OTHERS: dict[str, dict[str, dict[str, Any]]] = {"a": {"a": {"a": "{{a}}", "b": 1}, "b": {"a": [1]}}, "b": {}}


def a_scope(data: dict[str, Any]) -> Scope:
    world = World(tasks=OTHERS, variables={"a": "v", "b": {"a": 1}}, secrets=frozenset("b"), secret_variables={"a"})
    return scope(data, reader=world, secrets=frozenset("b"))


def outcome(evaluate: Any, *arguments: Any) -> Any:
    """The typed result, or that it failed."""
    try:
        return typed(evaluate(*arguments))
    except TemplateError:
        return TemplateError


def is_inside(text: str, error: TemplateSyntaxError) -> None:
    assert 0 <= error.position < len(text)
    assert str(error)


# --- Promises -------------------------------------------------------------------------------


@given(texts, missings)
@settings(max_examples=600)
@example("{{" * 500, "error")
@example("<<" * 500 + "a" + ">>" * 500, "error")
@example("$.math(" * 500 + ")" * 500, "empty")
@example('{{"a', "empty")
@example("{{a\\", "error")
@example("{{\\\n}}", "error")
def test_any_text_compiles_or_is_refused_with_a_position_inside_it(text: str, missing: str) -> None:
    try:
        template = compile_text(text, missing=missing)
    except TemplateSyntaxError as error:
        is_inside(text, error)
        return
    for warning in template.warnings:
        assert 0 <= warning.position < len(text)


@given(texts, tasks, missings)
@settings(max_examples=300)
def test_any_text_that_compiles_gives_a_value_or_a_template_error(
    text: str, data: dict[str, Any], missing: str
) -> None:
    try:
        template = compile_text(text, missing=missing)
    except TemplateSyntaxError:
        return
    outcome(template, a_scope(data))


@given(templates, tasks, missings, st.none() | st.sampled_from(["string", "number", "boolean", "array", "object"]))
@settings(max_examples=600)
def test_a_compiled_template_equals_the_slow_way(
    text: str, data: dict[str, Any], missing: str, cast: str | None
) -> None:
    fast, slow = a_scope(data), a_scope(data)
    try:
        template = compile_value(text, cast, missing=missing)
    except TemplateSyntaxError:
        return

    result = outcome(template, fast)

    if "$.random" not in text:
        assert result == outcome(slow_value, text, cast, missing, slow)
        if result is not TemplateError:
            assert typed(fast.reads) == typed(slow.reads)


@given(simple | st.sampled_from(["{{root.ref}}", "{{root.end_time}}", "text", ""]), tasks, missings)
@settings(max_examples=400)
def test_a_closure_equals_the_jinja_expression(text: str, data: dict[str, Any], missing: str) -> None:
    mode = EMPTY if missing == "empty" else RAISE
    content = parse_text(text).content
    closure = plain(content, mode)
    assert closure is not None
    expression = compile_expression(Emitter(mode).whole(content)) if content.parts else closure
    left, right = a_scope(data), a_scope(data)

    assert outcome(closure, left) == outcome(expression, right)

    assert typed(left.reads) == typed(right.reads)


@given(tasks)
def test_the_text_of_a_value_reaches_the_result_unchanged(data: dict[str, Any]) -> None:
    for name, value in data.items():
        assert typed(compile_text("{{" + name + "}}")(scope(data))) == typed(value)
        if isinstance(value, str):
            assert compile_text("{{{" + name + "}}}")(scope(data)) == "{" + value + "}"


@given(st.text(max_size=40) | texts)
def test_a_text_written_with_the_escape_is_itself(text: str) -> None:
    written = "".join("{{" + json.dumps(char) + "}}" if char in "{}<>$" else char for char in text)

    assert compile_text(written)(scope()) == text


@given(st.text(max_size=40) | texts)
def test_a_text_as_one_quoted_string_is_itself(text: str) -> None:
    assert compile_text("{{" + json.dumps(text) + "}}")(scope()) == text
    assert compile_text("x<<" + json.dumps(text, ensure_ascii=False) + ">>")(scope()) == "x" + text


@given(texts)
def test_a_value_cannot_change_a_function(value: str) -> None:
    template = compile_text("$.math(1+{{a}})")

    result = outcome(template, scope({"a": value}))

    assert result is TemplateError or re.fullmatch(r"\s*[+-]?\d+(\.\d+)?([eE][+-]?\d+)?\s*", value, re.ASCII)
    assert compile_text("$.date({{a}})")(scope({"a": value})) == value


@given(values, values)
def test_a_value_cannot_leave_its_place_in_json(inside: Any, outside: Any) -> None:
    data = {"a": inside, "b": outside}

    result = compile_value('{"x": "{{a}}", "y": {{b}}}', "object")(scope(data))

    assert result.keys() == {"x", "y"}
    assert isinstance(result["x"], str)
    assert typed(result["y"]) == typed(compile_value("{{b}}")(scope(data)))


@given(st.text(max_size=30).map(lambda text: text + "\ud83d\ude00\U0001f600"))
def test_every_character_reaches_the_expression_unchanged(text: str) -> None:
    written = "{{a | default(" + json.dumps(text) + ")}}"

    assert compile_text(written)(scope()) == json.loads(json.dumps(text))


INJECTIONS = [
    "{% for x in range(9) %}x{% endfor %}",
    "{# comment #}",
    "{% set x = 1 %}",
    "${7*7}",
    "#{7*7}",
    "__import__('os').system('true')",
    "%s %(a)s {0} {a!r} {a.__class__}",
]
REFUSED = [
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ 'x'*10**9 }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ range(10**9) }}",
    "{{ [1, 2] }}",
    "{{ lipsum() }}",
    "{{ (a) }}",
    "{{ a|attr('x') }}",
    "{{ a|map('x') }}",
    "$.math(__import__('os'))",
    "$.math(2**2**99)",
    "$.math(1 if 1 else 2)",
]
MISSING = [
    "{{ a if b else c }}",
    "{{ a.__class__.__mro__ }}",
    "{{self.__init__}}",
    "{{cycler}}",
    "{{joiner}}",
    "{{s}}",
    "{{text}}",
    "{{none}}",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_other_template_languages_are_text(text: str) -> None:
    assert compile_text(text)(scope()) == text
    assert compile_text(text + "{{a}}")(scope({"a": text})) == text + text


@pytest.mark.parametrize("text", REFUSED)
def test_python_and_jinja_inside_marks_are_refused_and_leniently_text(text: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        compile_text(text)
    assert compile_text(text, missing="empty")(scope({"a": 1})) == text


@pytest.mark.parametrize("text", MISSING)
def test_names_of_python_and_jinja_are_names_of_parameters(text: str) -> None:
    with pytest.raises(TemplateError, match="is missing"):
        compile_text(text)(scope({"a": "x"}))
    with pytest.raises(TemplateError, match="is missing"):
        compile_text("x" + text)(scope({"a": "x"}))


@pytest.mark.parametrize(
    "text",
    [
        "{{" * 64_000,
        "{{a " * 32_000,
        "<<a" * 40_000,
        "<" * 128_000,
        '{{"' * 40_000,
        "{{a|default([" * 9_000,
        "$.math(" * 18_000,
        "$.math(\n{{" * 12_000,
        "}}" * 64_000,
        ("{{a" + "{" * 100 + "\n") * 1_200,
        "{{a}}" * 25_600,
        "{{a[" * 20_000 + "]}}" * 15_000,
        "\\" * 128_000,
        "{{a | default(" + "[" * 100_000,
        "$.math(" + "(" * 100_000 + ")" * 20_000 + ")",
        "$.math(" + "-" * 100_000 + "1)",
        "{{a" + ".a" * 60_000 + "}}",
        "{{" + "a " * 60_000 + "}}",
    ],
    ids=lambda text: text[:20],
)
def test_a_hostile_text_is_compiled_or_refused_in_no_time(text: str) -> None:
    try:
        compile_text(text, missing="empty")
    except TemplateSyntaxError as error:
        is_inside(text, error)

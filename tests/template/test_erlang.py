"""The Erlang of `$.map` and `$.filter`: what an Erlang shell says, and what holds for every text and value."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.template.erlang import ErlangError, EvaluationError, compile_fun, from_term, parse_fun, to_term
from engine.template.erlang.calls import CALLS
from engine.template.erlang.evaluate import Evaluation, Exhausted
from engine.template.erlang.terms import Atom, compare, identical


def evaluated(expression: str, **variables: Any) -> Any:
    """What the expression gives; the variables are JSON values."""
    names = ", ".join(variables)
    fun = f"fun({{{names}}}) -> {expression} end"
    return from_term(compile_fun(fun)(Evaluation(), tuple(to_term(value) for value in variables.values())))


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 div 2", 3),
        ("-7 div 2", -3),
        ("-7 rem 2", -1),
        ("7 rem -2", 1),
        ("7 / 2", 3.5),
        ("4 / 2", 2.0),
        ("5 band 3", 1),
        ("5 bor 3", 7),
        ("5 bxor 3", 6),
        ("1 bsl 10", 1024),
        ("1024 bsr 3", 128),
        ("1 bsl -1", 0),
        ("bnot 5", -6),
        ("- 3 + 1", -2),
        ("1 == 1.0", True),
        ("1 =:= 1.0", False),
        ("1 /= 1.0", False),
        ("1 =/= 1.0", True),
        ("1 =< 1", True),
        ("2 >= 3", False),
        ("1 < a", True),
        ("a < {1}", True),
        ("{1, 2} < {1, 3}", True),
        ("{9} < {1, 1}", True),
        ("{1} < []", True),
        ('[] < <<"a">>', True),
        ("[1, 2] < [1, 3]", True),
        ("not true", False),
        ("true and false", False),
        ("true xor true", False),
        ("false orelse 1", 1),
        ("true andalso 2", 2),
        ("false andalso 1 / 0 == 1", False),
        ("true orelse 1 / 0 == 1", True),
        ("[1, 2] ++ [3]", [1, 2, 3]),
        ("[1, 2, 1, 3] -- [1]", [2, 1, 3]),
        ("[1, 2, 3] -- [1, 2] -- [2]", [2, 3]),  # from the right: [1,2,3] -- ([1,2] -- [2])
        ("[1 | [2, 3]]", [1, 2, 3]),
        ("hd([1, 2])", 1),
        ("tl([1, 2])", [2]),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(7)", 7),
        ("16#fF", 255),
        ("2#101", 5),
        ("$a", 97),
        ('"ab"', [97, 98]),
        ('<<"ab">>', "ab"),
        ('<<"a\\"b">>', 'a"b'),
        ("'an atom'", "an atom"),
        ("is_integer(1)", True),
        ("is_float(1)", False),
        ("is_number(1.5)", True),
        ("is_binary(<<>>)", True),
        ("is_list([])", True),
        ("is_boolean(true)", True),
        ("is_boolean(null)", False),
        ("integer_to_binary(255)", "255"),
        ("integer_to_binary(255, 16)", "FF"),
        ("integer_to_binary(-5, 2)", "-101"),
        ('binary_to_integer(<<"-12">>)', -12),
        ('binary_to_float(<<"1.5">>)', 1.5),
        ('base64:encode(<<"hello">>)', "aGVsbG8="),
        ('base64:decode(<<"aGVsbG8=">>)', "hello"),
        ('binary:split(<<"a,b,c">>, <<",">>)', ["a", "b,c"]),
        ('binary:split(<<"a,b,c">>, <<",">>, [global])', ["a", "b", "c"]),
        ('binary:split(<<"a.*b">>, <<".*">>)', ["a", "b"]),
        ('binary:replace(<<"a-b-c">>, <<"-">>, <<"+">>)', "a+b-c"),
        ('binary:replace(<<"a-b-c">>, <<"-">>, <<"\\\\1">>, [global])', "a\\1b\\1c"),
        ('to_json([{<<"a">>, 1}])', '{"a":1}'),
        ('from_json(<<"[1, null]">>)', [1, None]),
        ("proplists:get_value(a, [{b, 1}, a])", True),
        ("proplists:get_value(c, [{b, 1}, a])", None),
        ("proplists:get_value(c, [], 5)", 5),
        ("proplists:get_all_values(a, [{a, 1}, {b, 2}, {a, 3}])", [1, 3]),
        ("proplists:get_keys([{a, 1}, b, {a, 2}])", ["a", "b"]),
        ("proplists:is_defined(a, [a])", True),
        ("proplists:delete(a, [{a, 1}, {b, 2}, a])", {"b": 2}),
        ("proplists:lookup(a, [{a, 1}])", ["a", 1]),
        ("proplists:append_values(a, [{a, [1]}, {a, 2}])", [1, 2]),
        ('eutils:get_value(<<"k">>, [{<<"k">>, 1}])', 1),
        ("case 5 of N when N > 3 -> big; _ -> small end", "big"),
        ("case [1, 2, 3] of [H | T] -> {H, T} end", [1, [2, 3]]),
        ("if 1 > 2 -> a; true -> b end", "b"),
        ("A = 2, B = A * 3, A + B", 8),
        ("{A, _} = {1, 2}, A", 1),
        ("% a remark\n 1", 1),
    ],
)
def test_expressions_give_what_erlang_gives(expression: str, result: Any) -> None:
    value = evaluated(expression)

    assert value == result
    assert type(value) is type(result)


binaries = st.lists(st.sampled_from([b"a", b"b", b"ab", b"."]), max_size=8).map(b"".join)


@given(binaries, st.lists(binaries.filter(bool), min_size=1, max_size=4), st.booleans())
def test_texts_are_looked_for_as_an_expression_of_them_would(
    text: bytes, patterns: list[bytes], is_global: bool
) -> None:
    either = re.compile(b"|".join(re.escape(one) for one in sorted(patterns, key=len, reverse=True)))
    options = [Atom("global")] if is_global else []

    assert CALLS["binary:split", 3](text, patterns, options) == either.split(text, 0 if is_global else 1)
    assert CALLS["binary:replace", 4](text, patterns, b"-", options) == either.sub(b"-", text, 0 if is_global else 1)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("1 + a", "takes two numbers"),
        ("1 div 2.0", "takes two integers"),
        ("1 div 0", "division by zero"),
        ("hd([])", "an empty list has no first item"),
        ("X", "the variable X has no value"),
        ("1 = 2", "do not match"),
        ("1 andalso true", "true or false is expected"),
        ("if 1 > 2 -> a end", "no condition of the if holds"),
        ("case 1 of 2 -> a end", "no clause of the case fits"),
        ("1 bsl 100000", "the number is too large"),
        ("1.7e308 / 0.1", "the number is too large"),
        ("1.7e308 * 10", "the number is too large"),
        ('binary_to_float(<<"1.0e999">>)', "the number is too large"),
        ('binary_to_integer(<<"1.5">>)', "is not an integer"),
        ('base64:decode(<<"*">>)', "is not base64"),
        ('from_json(<<"{">>)', "is not JSON"),
        ('binary:split(<<"a">>, <<>>)', "is empty"),
    ],
)
def test_what_fails_says_why(expression: str, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        evaluated(expression)


@pytest.mark.parametrize(
    ("fun", "message"),
    [
        ("fun(X) -> X", "end is expected here, not the end"),
        ("fun() -> 1 end", "a value is expected here, not )"),
        ("fun(X, Y) -> 1 end", "the fun takes one value"),
        ("fun(X + 1) -> 1 end", "a pattern is made of"),
        ("fun(X) -> 1 < 2 < 3 end", "comparisons are not chained"),
        ("fun(X) -> file:read(X) end", "there is no function file:read/1; it is none of those that work here"),
        ("fun(X) -> hd(X, 1) end", "there is no function hd/2; there is hd/1"),
        ("fun(X) -> X ! 1 end", "'!' is not of the Erlang"),
        ("fun(X) -> fun(Y) -> Y end end", "a value is expected here, not fun"),
        ("fun(X) -> " + "(" * 100 + "1" + ")" * 100 + " end", "nested deeper than"),
        ("fun(X) -> 1.0e999 end", "the number is too large"),
        ("fun(X) -> 1 end 2", "nothing more is expected here"),
    ],
)
def test_what_is_no_fun_is_refused(fun: str, message: str) -> None:
    with pytest.raises(ErlangError) as refused:
        parse_fun(fun)

    assert message in refused.value.message
    assert 0 <= refused.value.position <= len(fun)


def test_a_run_that_takes_too_long_is_stopped_even_inside_a_guard() -> None:
    apply, run = compile_fun("fun(X) when X + X + X + X > 0 -> X end"), Evaluation()

    def forever() -> None:
        while True:
            apply(run, 1)

    with pytest.raises(Exhausted):
        forever()


def test_a_variable_bound_twice_must_be_the_same() -> None:
    same = compile_fun("fun({X, X}) -> same; (_) -> other end")

    assert same(Evaluation(), (1, 1)) == Atom("same")
    assert same(Evaluation(), (1, 1.0)) == Atom("other")


# --- Whatever the text and the value ----------------------------------------------------------------------------

FRAGMENTS = [
    "fun", "(", ")", "X", "_", "->", "end", ";", ",", "when", "1", "2.5", "+", "-", "*", "/", "div", "[", "]", "{", "}",
    "|", "<<\"a\">>", "true", "andalso", "case", "of", "if", "==", "=", "hd(", "proplists:get_value(", " ", "'a'",
    "\"s\"",
]  # fmt: skip
texts = st.lists(st.sampled_from(FRAGMENTS), max_size=20).map(lambda parts: "fun(X) -> " + " ".join(parts) + " end")
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(texts, values)
@settings(max_examples=500)
def test_any_text_is_refused_or_gives_a_value_or_an_error_of_ours(text: str, value: Any) -> None:
    with contextlib.suppress(ErlangError, EvaluationError, Exhausted):
        from_term(compile_fun(text)(Evaluation(), to_term(value)))


@given(values)
def test_a_value_comes_back_as_it_went(value: Any) -> None:
    assert from_term(to_term(value)) == value


@given(values, values, values)
def test_the_order_of_terms_is_total(a: Any, b: Any, c: Any) -> None:
    one, two, three = to_term(a), to_term(b), to_term(c)

    assert compare(one, two) == -compare(two, one)
    assert compare(one, one) == 0
    assert identical(one, one)
    if compare(one, two) <= 0 and compare(two, three) <= 0:
        assert compare(one, three) <= 0


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6).filter(bool))
def test_division_is_towards_zero(a: int, b: int) -> None:
    quotient, rest = evaluated("A div B", A=a, B=b), evaluated("A rem B", A=a, B=b)

    assert quotient * b + rest == a
    assert abs(rest) < abs(b)
    assert rest == 0 or (rest < 0) == (a < 0)

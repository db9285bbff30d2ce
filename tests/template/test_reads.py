"""How templates ask for what is outside their task, and what they tell lint."""

from __future__ import annotations

from typing import Any

import pytest

from engine.condition import compile_condition
from engine.errors import CastError, LogicError, TemplateError, TemplateSyntaxError
from engine.logic import Reads, resolve
from engine.template import ReadNeeded, Reference, Scope, compile_text, compile_value
from tests.template.test_condition import T
from tests.template.world import Later, World, scope

TASKS: dict[str, dict[str, dict[str, Any]]] = {
    "1": {"a": {"x": 1, "next": "b"}, "b": {"x": 2, "next": "c"}, "c": {"x": 5}},
    "2": {"a": {"x": 3}},
}


def rounds(evaluate: Any, expected: Any) -> int:
    """How many times something had to be fetched until the value was there."""
    reader = Later(World(tasks=TASKS, variables={"v": 9}, counts={"": {"n": {"count": 4}}}))
    for _ in range(5):
        try:
            assert evaluate(Scope({}, reader=reader)) == expected
        except ReadNeeded:
            reader.fetch()
        else:
            return reader.rounds
    raise AssertionError("never complete")


def test_what_is_needed_is_asked_at_once_within_one_text() -> None:
    text = "{{conv[1].ref[a].x}} {{conv[2].ref[a].x}} {{env_var[@v]}} {{node[n].count}}"

    assert rounds(compile_text(text), "1 3 9 4") == 1


def test_what_is_needed_is_asked_at_once_within_a_map() -> None:
    value = {"{{conv[1].ref[a].next}}": ["{{conv[2].ref[a].x}}"], "v": {"w": "{{env_var[@v]}}"}}

    assert rounds(compile_value(value), {"b": [3], "v": {"w": 9}}) == 1


def test_what_is_needed_is_asked_at_once_over_all_fields() -> None:
    fields = {
        "a": compile_value("{{conv[1].ref[a].x}}", "string"),
        "b": compile_value("$.math({{conv[1].ref[b].x}} + {{conv[2].ref[a].x}})"),
        "c": compile_value("c"),
    }

    assert rounds(lambda scope: resolve(fields, scope)[0], {"a": "1", "b": 5, "c": "c"}) == 1


def test_what_is_needed_is_asked_at_once_within_a_condition() -> None:
    check = compile_condition(
        [[T("conv[1].ref[a].x", "eq", 1), T("{{conv[1].ref[b].x}}", "less", "{{conv[2].ref[a].x}}")]]
    )

    assert rounds(check, True) == 1


def test_two_that_a_condition_needs_are_asked_at_once() -> None:
    check = compile_condition([[T("conv[1].ref[a].x", "eq", 1), T("conv[2].ref[a].x", "eq", 3)]])

    assert rounds(check, True) == 1


def test_each_depth_of_nesting_is_one_round() -> None:
    text = "{{conv[1].ref[{{conv[1].ref[{{conv[1].ref[a].next}}].next}}].x}} {{conv[2].ref[a].x}}"

    assert rounds(compile_text(text), "5 3") == 3


def test_a_default_does_not_hide_that_something_must_be_read() -> None:
    assert rounds(compile_text("{{conv[1].ref[a].x | default(7)}}"), 1) == 1


def test_a_field_that_fails_does_not_keep_the_others_from_asking() -> None:
    reader = Later(World(tasks=TASKS))
    fields = {
        "a": compile_text("{{conv[1].ref[a].x}}"),
        "b": compile_text("{{none}}"),
        "c": compile_text("{{conv[2].ref[a].x}}"),
    }

    with pytest.raises(ReadNeeded):
        resolve(fields, Scope({}, reader=reader))

    assert reader.wanted == {("task", "1", "a"), ("task", "2", "a")}


def test_what_was_read_is_told_of_each_evaluation_alone() -> None:
    one = scope({"a": "S", "b": 1, "c": ["T"]}, secrets=frozenset("ac"))
    fields = {"x": compile_text("{{a}} {{c}}"), "y": compile_text("{{b}}"), "z": compile_text("{{c}}")}

    assert resolve(fields, one)[1] == Reads(("x", "z"), ("S", ["T"], ["T"]))
    assert resolve({"y": fields["y"]}, one)[1] == Reads()
    assert resolve({"z": fields["z"]}, one) == ({"z": ["T"]}, Reads(("z",), (["T"],)))


@pytest.mark.parametrize("before", [[], ["a"], ["b"], ["a", "b", "a"]])
def test_a_failed_cast_shows_a_value_unless_it_was_made_of_a_secret(before: list[str]) -> None:
    one = scope({"a": "S", "b": "plain"}, secrets=frozenset("a"))
    for name in before:
        compile_text("{{" + name + "}}")(one)

    with pytest.raises(CastError, match="Value: plain, Try"):
        resolve({"beside": compile_text("{{a}}"), "n": compile_value("{{b}}", "number")}, one)
    with pytest.raises(CastError, match=r"Value: \*\*\*, Try"):
        compile_value("{{a}}{{b}}", "number")(one)


def test_what_must_be_read_first_leaves_nothing_read() -> None:
    reader = Later(World(tasks={"1": {"a": {"x": "S"}}}, secrets=frozenset("x")))
    one = scope(reader=reader)
    fields = {"a": compile_text("{{conv[1].ref[a].x}}"), "b": compile_text("b")}

    with pytest.raises(ReadNeeded):
        resolve(fields, one)
    reader.fetch()

    assert resolve(fields, one) == ({"a": "S", "b": "b"}, Reads(("a",), ("S",)))


def test_an_error_of_the_reader_reaches_the_caller_unchanged() -> None:
    class Refusing(World):
        def task(self, conv: str, ref: str) -> Any:
            raise LogicError("access_refused", "Conv_id:1 is not state type")

    with pytest.raises(LogicError, match="is not state type"):
        compile_text("{{conv[1].ref[a].x | default(1)}}")(scope(reader=Refusing()))


def test_without_a_reader_nothing_outside_can_be_read() -> None:
    for text in ("{{conv[1].ref[a].x}}", "{{node[n].count}}", "{{env_var[@v]}}"):
        with pytest.raises(TemplateError, match="cannot be read here"):
            compile_text(text)(Scope({}))


def test_the_reader_gives_data_that_cannot_be_changed_through_the_result() -> None:
    world = World(tasks={"1": {"a": {"x": 1}}})

    compile_text("{{conv[1].ref[a]}}")(scope(reader=world))["x"] = 2

    assert world.tasks["1"]["a"] == {"x": 1}


def test_every_evaluation_of_a_constant_gives_new_containers() -> None:
    for template in (
        compile_value({"a": [1]}),
        compile_value('{"a":[1]}', "object"),
        compile_text('{{z|default({"a":[1]})}}'),
    ):
        template(scope())["a"].append(2)

        assert template(scope()) == {"a": [1]}


def test_references_are_listed_with_their_positions() -> None:
    template = compile_text(
        "{{a.b}} {{conv[@x].ref[{{r}}].y}} {{conv[{{c}}].node[n].count}} {{node[m].S}} {{env_var[@v]}}"
    )

    assert template.references == (
        Reference("parameter", None, None, None, "a", 2),
        Reference("parameter", None, None, None, "r", 25),
        Reference("conv", "@x", None, None, None, 10),
        Reference("parameter", None, None, None, "c", 43),
        Reference("node", None, None, None, None, 36),
        Reference("node", None, None, "m", "S", 66),
        Reference("variable", None, None, None, "v", 80),
    )
    assert template.parameters == {"a", "r", "c"}
    assert template.outside
    assert not template.constant


def test_a_constant_reads_nothing() -> None:
    for template in (
        compile_value("x"),
        compile_value({"a": [1, '{{"{{"}}']}),
        compile_value("$.math(1+1)"),
        compile_value("5", "number"),
    ):
        assert template.constant
        assert not template.outside
        assert template.references == ()
    assert not compile_value("$.unixtime()").constant


def test_random_numbers_stay_in_their_range() -> None:
    assert all(0 <= compile_text("$.random()")(scope()) < 1 for _ in range(100))
    assert {compile_text("$.random(3)")(scope()) for _ in range(200)} == {1, 2, 3}
    assert {compile_text("$.random(-2)")(scope()) for _ in range(200)} == {-2, -1}
    assert {compile_text("$.random(5, 7)")(scope()) for _ in range(200)} == {5, 6, 7}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" * 128_001, "the text has 128001 characters"),
        ("{{a}}" * 1_001, "more than 1000 references"),
        ("{{a" + ".a" * 101 + "}}", "more than 100 names"),
        ("{{a" + " | json" * 9 + "}}", "more than 8 filters"),
        ("$.math({{a}}" + "+1" * 1_000 + ")", "more than 1000 operands"),
        ("$.math(" + "1" * 301 + ")", "more than 300 digits"),
        ("$.math(" + "(" * 33 + "1" + ")" * 33 + ")", "nested deeper than 32"),
        ("$.date(" + "%y" * 1_001 + ")", "more than 1000 pieces"),
        ("{{a" * 1_001, "more than 1000 marks are open"),
        ("{{a | default(" + "[" * 33 + "]" * 33 + ")}}", "nested too deeply"),
    ],
    ids=lambda text: text[:20],
)
def test_each_limit_of_a_text_has_its_error(text: str, message: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=message):
        compile_text(text)


def test_a_text_over_the_limit_is_refused() -> None:
    with pytest.raises(TemplateError, match="more than 1000000 characters"):
        compile_text("{{a}}{{a}}")(scope({"a": "x" * 600_000}))
    with pytest.raises(TemplateError, match="more than 1000000 characters"):
        compile_text("{{a | base64}}")(scope({"a": "x" * 900_000}))

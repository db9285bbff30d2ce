"""Whatever stands in a file, it is answered with problems."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.load.across import check_across
from engine.load.document import from_document, to_document
from engine.load.forest import draft_of
from engine.load.instances import read_instances
from engine.load.problems import Problem
from engine.load.reader import read_yaml
from engine.load.routes import check_routes
from engine.load.source import decode
from engine.load.texts import check_params, check_texts
from engine.load.variables import read_variables

FOLDER = Path(__file__).parent
TEXTS = [file.read_text("utf-8") for file in sorted(FOLDER.rglob("*.yaml"))]
PIECES = sorted({piece for text in TEXTS for piece in text.replace("\n", " \n ").split(" ") if piece})
SIGNS = [
    *"{}[],:#&*!|>'\"%@`-?\\ \n\t$<.()=~",
    "{{",
    "}}",
    "<<",
    ">>",
    "$.math(",
    ": ",
    " #",
    "- ",
    "&a ",
    "*a",
    "\u2028",
    "é",
]


def problems_of(raw: bytes) -> list[Problem]:
    """All problems of a file, read as a definition and as a file of variables or of instances."""
    source, unreadable = decode(raw, "x.yaml")
    if unreadable is not None:
        return [unreadable]
    draft = draft_of(source)
    if draft.body is not None:
        check_routes(draft)
        check_params(draft)
        check_texts(draft)
    check_across([draft], [], [], [], {})
    if draft.definition is not None:
        assert from_document(to_document(draft.definition)) == draft.definition
    source, _ = decode(raw, "variables.yaml")
    variables, _ = read_variables(source, read_yaml(source)[0])
    instances, _ = read_instances(source, read_yaml(source)[0])
    return [*draft.problems, *variables.problems, *instances.problems]


def check(raw: bytes) -> None:
    lines = raw.decode("utf-8", "replace").count("\n") + raw.count(b"\r") + 200
    for problem in problems_of(raw):
        assert 1 <= problem.line <= lines
        assert problem.column >= 1
        assert problem.message.isprintable()
        assert len(problem.message) < 2000


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """One of our files with pieces taken out, doubled, exchanged or put in."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        to = min(len(text), at + draw(st.integers(0, 12)))
        new = draw(st.one_of(st.sampled_from(SIGNS), st.sampled_from(PIECES), st.just(text[at:to] * 2), st.just("")))
        text = text[:at] + new + text[to:]
    return text


@settings(max_examples=300)
@given(mutated())
def test_a_file_with_slips_never_raises(text: str) -> None:
    check(text.encode("utf-8", "surrogatepass"))


@settings(max_examples=200)
@given(st.lists(st.sampled_from([*SIGNS, *PIECES]), max_size=40).map("".join))
@example("a: &a [*a]")
@example("? ? ? :")
@example("<<: *x")
@example("process: {{{{{{{{{{{{")
@example("nodes: {start: {delay: {after: 99999999999999999999d}}}")
@example('WHERE{{\t"a[",1}}<<EOF')
def test_words_in_any_order_never_raise(text: str) -> None:
    check(text.encode())


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_bytes_never_raise(raw: bytes) -> None:
    check(raw)


HOSTILE = {
    "traps": [f"  k{i}: {{{{x}}}}/{i}" for i in range(20_000)],
    "unknown targets": [f"  node {i}: {{go: nodf {i * 7}}}" for i in range(5_000)],
    "unknown keys": [f"  k{i}: {{go: k{i + 1}, eror: x, zzz: 1}}" for i in range(5_000)],
    "aliases": ["  start: &a {go: x}", *(f"  k{i}: *a" for i in range(20_000))],
    "marks": ['  start: {set_parameters: {x: "' + "{{a" * 30_000 + '", y: <<a ' + "<<b " * 30_000 + "}}"],
}


@pytest.mark.parametrize("lines", HOSTILE.values(), ids=HOSTILE)
def test_a_large_file_of_mistakes_is_answered_within_the_time_of_a_test(lines: list[str]) -> None:
    assert problems_of("\n".join(["process: x", "id: 1", "nodes:", *lines]).encode())

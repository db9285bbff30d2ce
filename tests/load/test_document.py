"""A definition as the store keeps it, and back."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.definition import Definition
from engine.load import from_document, read_tree, to_document

GOOD = Path(__file__).with_name("good")


def good() -> list[Definition]:
    tree = read_tree([GOOD])
    assert [str(problem) for problem in tree.problems if problem.severity == "error"] == []
    return tree.definitions


@pytest.mark.parametrize("definition", good(), ids=lambda definition: definition.title)
def test_a_document_gives_back_the_definition(definition: Definition) -> None:
    document = json.loads(json.dumps(to_document(definition)))

    assert from_document(document) == definition
    assert to_document(from_document(document)) == document


@pytest.fixture
def everything() -> Any:
    [definition] = [definition for definition in good() if definition.title == "Every key"]
    return definition


def test_texts_keep_what_was_written(everything: Definition) -> None:
    assert everything.description == "1234567"
    assert everything.params["password"].default == "0123"
    assert everything.nodes["call"].title == "0x10"
    assert everything.nodes["no"].end == "success"


def test_values_keep_their_types(everything: Definition) -> None:
    action = everything.nodes["set"].action
    assert action is not None

    assert action.model_dump()["values"] == {
        "number": 7,
        "decimal": 1.5,
        "text": "7",
        "flag": True,
        "nothing": None,
        "empty": "",
        "large": 12345678901234567890,
        "a.b": [1, {"c": "{{d}}"}],
        "{{key}}": "value",
        "200": "ok",
    }


def test_tests_keep_their_order_and_casts(everything: Definition) -> None:
    [every, either] = everything.nodes["choose"].condition

    assert [(test.param, test.fun, test.value, test.cast) for test in every.tests[0]] == [
        ("a", "eq", 1, None),
        ("b", "more", 1, "number"),
        ("b", "less", 9, "number"),
        ("{{c}}", "eq", {"d": 1}, None),
    ]
    assert [[test.param for test in group] for group in either.tests] == [["a"], ["b", "b"]]


def test_timers_are_milliseconds(everything: Definition) -> None:
    node = everything.nodes["choose"]
    assert node.time_limit is not None
    assert everything.nodes["later"].delay is not None

    assert node.time_limit.after_ms == 1_500
    assert everything.nodes["later"].delay.until == "{{t}}"


def test_a_worker_reads_documents_without_yaml_and_more_quickly(everything: Definition) -> None:
    document, file = to_document(everything), GOOD / "every_key.yaml"

    def reading_s(read: Callable[[], object]) -> float:
        began = time.thread_time()
        read()
        return time.thread_time() - began

    script = "import sys, engine.load.document; print('yaml' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert loaded.stdout == "False\n"
    times = [(reading_s(lambda: from_document(document)), reading_s(lambda: read_tree([file]))) for _ in range(20)]
    assert 5 * min(of_document for of_document, _ in times) < min(of_file for _, of_file in times)

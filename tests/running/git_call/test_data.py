"""git_call: data go in and come out as they are."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from engine.data import whole_json
from tests.running.conftest import Lab
from tests.running.git_call.handlers import (
    called,
    error_of,
    failed,
    needs_node,
    ran,
    result,
)

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.text(max_size=4).filter(lambda name: name not in ("__proto__", "toJSON")), values))
@hypothesis_settings(max_examples=20)
def test_data_that_no_handler_touches_comes_back(data: dict[str, Any]) -> None:
    assert result("def handle(data): pass", data) == data
    if shutil.which("node") is not None:
        answer = called("module.exports = () => {};", data, "js")
        assert json.loads(answer.before) == json.loads(answer.after)


def test_half_a_character_becomes_a_replacement_character(lab: Lab) -> None:
    code = "def handle(data): return {'x': 'ab\\ud83d', '\\udc00': ['\\\\ud83d', '😀']}"

    assert ran(lab, code=code).data == {"x": "ab\ufffd", "\ufffd": ["\\ud83d", "😀"]}


@needs_node
def test_half_a_character_of_javascript_becomes_a_replacement_character(lab: Lab) -> None:
    code = r"module.exports = () => ({ x: 'ab😀'.slice(0, 3), '\udc00': ['\\ud83d', '😀'] });"

    assert ran(lab, lang="js", code=code).data == {"x": "ab\ufffd", "\ufffd": ["\\ud83d", "😀"]}


@given(st.lists(st.sampled_from(["\ud83d", "\ude00", "\ud800", "\udfff", "\\", "u", "d83d", "a", '"', "\\ud83d"])))
def test_halves_of_characters_are_replaced_and_nothing_else(parts: list[str]) -> None:
    text = "".join(parts)

    read = json.loads(whole_json(json.dumps({text: text})))

    right = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert read == {right: right}


@pytest.mark.parametrize(("levels", "is_taken"), [(100, True), (101, False), (900, False), (5000, False)])
@pytest.mark.parametrize("lang", ["python", pytest.param("js", marks=needs_node)])
def test_data_may_be_nested_to_a_limit(lab: Lab, lang: str, levels: int, is_taken: bool) -> None:
    code = {
        "python": f"def handle(data):\n    for _ in range({levels - 1}): data['d'] = data = {{}}",
        "js": f"module.exports = (data) => {{ for (let n = 1; n < {levels}; n++) data = data.d = {{}}; }};",
    }[lang].replace("data['d'] = data = {}", "data['d'] = {}; data = data['d']")

    view = ran(lab, lang=lang, code=code)

    assert view.node == ("done" if is_taken else "failed")
    assert is_taken or error_of(view)[:2] == ("software", "git_call_executing_error")


@pytest.mark.parametrize("lang", ["python", "js"])
@pytest.mark.parametrize("depth", [99, 100, 400])
def test_what_a_handler_returns_may_lie_as_deep_as_a_task(lab: Lab, lang: str, depth: int) -> None:
    text = "[" * depth + "]" * depth
    source = {
        "python": f"import json\ndef handle(data): return {{'x': json.loads('{text}')}}",
        "js": f"module.exports = (data) => ({{x: JSON.parse('{text}')}});",
    }

    view = ran(lab, {"kept": 1}, lang=lang, code=source[lang])

    if depth == 99:
        assert view.node == "done", view.note
    else:
        assert "more than 100 deep in each other (CONV_DEPTH)" in failed(view)
        assert view.data["kept"] == 1


TAKEN = [
    "() => Object.create(null, { x: { value: 1, enumerable: true } })",
    "() => Object.assign(Object.create({ a: 1 }), { x: 1 })",
    "() => require('vm').runInNewContext('({ x: 1 })')",
    "() => new (class Money { toJSON() { return { x: 1 }; } })()",
    "() => Object.freeze({ x: 1 })",
]


@needs_node
@pytest.mark.parametrize("handler", TAKEN)
def test_what_is_as_good_as_a_plain_object_is_taken(handler: str) -> None:
    assert result(f"module.exports = {handler};", lang="js") == {"x": 1}


@pytest.mark.parametrize("lang", ["python", pytest.param("js", marks=needs_node)])
def test_half_a_character_in_a_handler_becomes_a_replacement_character(lang: str) -> None:
    source = {"python": "def handle(data): return {'x': '\ud800'}", "js": "module.exports = () => ({ x: '\ud800' });"}[
        lang
    ]

    assert result(source, lang=lang) == {"x": "\ufffd"}

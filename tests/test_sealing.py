"""Secrets are taken out of a call, whatever they are and wherever they stand, and put back as they were."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from engine.errors import LogicError
from engine.sealing import hide, masked_error, names_of, reveal

pieces = st.sampled_from(["a", "ab", "abc", "bcd", "s0", "s1", "\x1a", "\x1a1s0\x1a", "\x1a0", ".*", "é", " "])
texts = st.lists(pieces, max_size=8).map("".join)
values: st.SearchStrategy[Any] = st.recursive(
    texts | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


@given(values, st.lists(texts, max_size=4))
@example("abcd", ["abc", "bcd"])
@example("x\x1ay", ["x\x1ay"])
@example("s0", ["s0", "0"])
def test_what_was_hidden_is_revealed_as_it_was(value: Any, secrets: list[str]) -> None:
    named = names_of({}, secrets)

    assert reveal(hide(value, named), named, "tag") == value


@given(texts, st.lists(texts.filter(bool), max_size=4))
def test_what_is_hidden_holds_no_secret(text: str, secrets: list[str]) -> None:
    hidden = hide(text, names_of({}, secrets))

    assert not [part for part in _outside_marks(hidden) for secret in secrets if secret in part]


def _outside_marks(text: str) -> list[str]:
    """What lies between the marks of a hidden text."""
    found, rest = [], text
    while "\x1a" in rest:
        before, _, rest = rest.partition("\x1a")
        found.append(before)
        rest = rest.partition("\x1a")[2] if rest.startswith("1") else rest[1:]
    return [*found, rest]


def test_a_failure_shows_neither_in_its_description_nor_in_its_detail_what_was_read() -> None:
    error = LogicError("tag", "of hunter22", kind="hardware", parameters={"n": 1}, detail="of hunter22 at a ab")

    shown = masked_error(error, ["hunter22", {"in": ["at a"]}, "ab", 7, None])

    assert (shown.tag, shown.kind, shown.parameters) == ("tag", "hardware", {"n": 1})
    assert (shown.description, shown.detail) == ("of ***", "of *** *** ab")
    assert masked_error(error, ["ab"]).detail == "of hunter22 at a ab"
    assert "hunter22" not in json.dumps([str(shown), shown.args])

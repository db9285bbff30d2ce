"""What people give a task: words and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cli.values import parse_values, read_json, read_object


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("a=text", "text"),
        ("a=", ""),
        ("a= blanks stay ", " blanks stay "),
        ("a=b=c", "b=c"),
        ("a=b:=c", "b:=c"),
        ("a=12", "12"),
        ("a:=12", 12),
        ("a:=-1.5", -1.5),
        ("a:=9007199254740993", 9007199254740993),
        ("a:=true", True),
        ("a:=null", None),
        ('a:="@text"', "@text"),
        ('a:={"b": [1, {}]}', {"b": [1, {}]}),
        ("a={{b}}", "{{b}}"),
        ("a=дані", "дані"),
    ],
)
def test_a_word_is_text_or_json(word: str, value: Any) -> None:
    assert parse_values([word]) == {"a": value}


@given(st.dictionaries(st.text("abc.:_я", min_size=1).filter(lambda name: name[-1] != ":"), st.text(), max_size=4))
def test_any_text_comes_through_unchanged(data: dict[str, str]) -> None:
    data = {name: text for name, text in data.items() if not text.startswith("@")}

    assert parse_values([f"{name}={text}" for name, text in data.items()]) == data


@pytest.mark.parametrize(
    "word",
    [
        "a",
        "=b",
        ":=1",
        "a:=",
        "a:=tru",
        "a:=NaN",
        "a:=1E400",
        "a:=[-1e999]",
        "a:=-Infinity",
        'a:={"b": 1, "b": 2}',
        "a:=" + "[" * 100_000,
        "a:=" + "1" * 5000,
        r'a:="\ud800"',
    ],
)
def test_a_word_that_is_none_is_wrong_use(word: str) -> None:
    with pytest.raises(click.ClickException):
        parse_values([word])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1E400", "here: 1E400 is too large for a number; in quotes it is a text"),
        ('{"a": {"b": [1, -1e999]}}', "here: a.b[1]: -1e999 is too large for a number; in quotes it is a text"),
        ('{"a": [NaN, Infinity]}', "here: a[0]: NaN is not a number of JSON; in quotes it is a text"),
        ('{"n": 1' + "0" * 4300 + "}", "here: n: a whole number has at most 4300 digits; in quotes it is a text"),
        (r'{"a": "\ud83d"}', r"here: \ud83d is half a character, which no text can hold"),
        ('{"a": 1, "a": 1}', 'here: not JSON: the key "a" stands there twice'),
    ],
)
def test_what_cannot_be_kept_as_it_is_written_is_named(text: str, message: str) -> None:
    with pytest.raises(click.ClickException) as caught:
        read_json(text, "here")

    assert caught.value.message == message


def test_a_parameter_given_twice_is_refused() -> None:
    with pytest.raises(click.ClickException, match='"a" is given twice'):
        parse_values(["a=1", "a:=1"])


def test_a_file_gives_its_text_without_the_last_line_break(tmp_path: Path) -> None:
    file = tmp_path / "code.txt"
    file.write_bytes(b"first\nsecond\r\n")

    assert parse_values([f"code=@{file}"]) == {"code": "first\nsecond"}


def test_a_json_file_gives_its_value(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_text('[{"n": 1}]\n')

    assert parse_values([f"rows:=@{file}"]) == {"rows": [{"n": 1}]}


def test_a_missing_file_is_named_and_the_other_spelling_shown() -> None:
    with pytest.raises(click.ClickException, match=r"""there is no file "billing".*to:='"@billing"'"""):
        parse_values(["to=@billing"])


def test_a_file_that_is_not_utf_8_is_refused_with_the_place(tmp_path: Path) -> None:
    file = tmp_path / "latin.txt"
    file.write_bytes(b"caf\xe9")

    with pytest.raises(click.ClickException, match="byte 0xe9 at 3 is not UTF-8"):
        parse_values([f"a=@{file}"])


def test_the_place_of_an_error_in_a_file_of_json_is_told() -> None:
    with pytest.raises(click.ClickException, match=r"task\.json: not JSON, line 3 column 1"):
        read_json('{\n"a": 1,\n}', "task.json")


@pytest.mark.parametrize(("text", "kind"), [("[1]", "a list"), ("3", "a number"), ("null", "null"), ('"a"', "a text")])
def test_the_data_of_a_task_is_an_object(text: str, kind: str) -> None:
    with pytest.raises(click.ClickException, match=f"not {kind}"):
        read_object(text, "task.json")

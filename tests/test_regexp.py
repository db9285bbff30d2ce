"""Regular expressions that may be hostile: how large a pattern may be, and where one that is too large is refused."""

from __future__ import annotations

import pytest

from engine.condition import compile_condition
from engine.definition import Test
from engine.errors import LogicError, TemplateSyntaxError
from engine.regexp import BadPattern, compile_pattern, search, size_of
from engine.template import Scope
from engine.template.limits import REGEXP_RUN, REGEXP_SIZE

ADDRESS = (
    r"(([0-9a-f]{1,4}:){7,7}[0-9a-f]{1,4}|([0-9a-f]{1,4}:){1,7}:|([0-9a-f]{1,4}:){1,6}:[0-9a-f]{1,4}"
    r"|([0-9a-f]{1,4}:){1,5}(:[0-9a-f]{1,4}){1,2}|([0-9a-f]{1,4}:){1,4}(:[0-9a-f]{1,4}){1,3}"
    r"|::(ffff(:0{1,4}){0,1}:){0,1}((25[0-5]|(2[0-4]|1{0,1}[0-9]){0,1}[0-9])\.){3,3}(25[0-5]|1{0,1}[0-9]))"
)
WORDS = "|".join(f"word{number}" for number in range(10_000))

USUAL = [
    ("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z", "2024-02-29T10:00:00Z"),
    (r"^(?:(\d{4}) ?){4}$", "4111 1111 1111 1111"),
    (r"^[\w+/=-]{500}$", "a" * 500),
    ("^.{1,100000}$", "short"),
    (f"^({ADDRESS})$", "2001:db8:1:1:1:1:1:1"),
    ("|".join(f"word{number}" for number in range(400)), "word399"),
    ("(?x) a{3}  # three (of them", "aaa"),
]

TOO_LARGE = [
    WORDS,
    f"(?i){WORDS}",
    "a{10000000}",
    ".{00000000000010000000}",
    "(ab){1000000,}",
    "(?:" * 8 + "a" + "){9}" * 8,
    "(?:" * 8 + "[)]a" + "){9}" * 8,
    "(?:" * 8 + "[]a)]b" + "){9}" * 8,
    "(?:" * 8 + r"\)a" + "){9}" * 8,
    "(?:" * 8 + "[[:alpha:])]a" + "){9}" * 8,
    "(" * 8 + "a" + "){9,}?" * 8,
    "(?x)" + "(" * 8 + "a" + ") # )\n{9}" * 8,
    "(" * 8 + "a" + ")(?# ( ){9}" * 8,
    "(?V1)" + "(?:" * 8 + "[[)]--[a]]" + "){9}" * 8,
    r"(a)(?:(?:\1){100}){100}",
]


TOO_LONG = [
    "k" * 4900,
    "(?i)" + "\u00df" * 3000,
    "b" + "a" * 4000 + "|b",
    r"\." * 1200,
    "[k]" * 1500,
    *(between.join(["k" * 400] * 3) for between in ("(?:)", "(?#|)", "(?>)", "(?=)", "(?:){0}", "(?:)*", "k{1}")),
]


@pytest.mark.parametrize("pattern", TOO_LONG, ids=lambda pattern: ascii(pattern[398:406]))
def test_a_pattern_whose_first_search_would_take_long_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern, match=f"at most {REGEXP_RUN} characters in a row"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["k" * REGEXP_RUN, "|".join(["k" * REGEXP_RUN] * 4), "(?i)" + "k" * (REGEXP_RUN - 4), "*".join(["k" * 990] * 5)],
    ids=["one", "alternatives", "any case", "repeats"],
)
def test_the_longest_run_is_searched_for_in_time(pattern: str) -> None:
    assert not search(pattern, "z" * 3000)  # not TooSlow


@pytest.mark.parametrize(("pattern", "text"), USUAL)
def test_usual_patterns_are_small(pattern: str, text: str) -> None:
    assert search(pattern, text)


@pytest.mark.parametrize("pattern", TOO_LARGE, ids=lambda pattern: pattern[:12])
def test_a_pattern_that_grows_when_it_is_compiled_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern, match=f"at most {REGEXP_SIZE} characters"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "size"),
    [("abc", 3), ("a{3}", 6), ("(ab){3}", 15), ("((a){2}){2}", 25), ("[a-f]{3}", 10), (r"\d{4}", 8), ("){", 2)],
)
def test_counted_repeats_are_written_out(pattern: str, size: int) -> None:
    assert size_of(pattern) == size


def test_an_author_is_told_when_the_definition_is_read() -> None:
    with pytest.raises(TemplateSyntaxError, match="at most"):
        compile_condition([[Test(param="a", fun="regexp", value=WORDS)]])


def test_a_pattern_of_a_task_takes_the_error_route() -> None:
    check = compile_condition([[Test(param="a", fun="regexp", value="{{pattern}}")]])

    assert check(Scope({"a": "abc", "pattern": "b+"}))
    with pytest.raises(LogicError) as caught:
        check(Scope({"a": "abc", "pattern": "(?:" * 8 + "a" + "){9}" * 8}))
    assert caught.value.tag == "condition_wrong_regexp"

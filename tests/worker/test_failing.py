"""What the worker says of failures, and how tags are counted."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from engine.worker.failing import FIRST, MOST_LINES, Failing
from engine.worker.failures import TAG_CHARS, counted_tag
from engine.worker.run import Run


class Names:
    """What a log line wants of a program."""

    def name_of(self, node_id: str) -> str:
        return f"node {node_id}"


@dataclass
class Failed:
    """What a log line wants of a run."""

    failures: list[tuple[str, str]]
    conv_id: int = 7
    task_id: str = "0" * 24
    program: Any = field(default_factory=Names)


def fail(failing: Failing, *tags: str, node: str = "1") -> None:
    failing.failed(cast(Run, Failed([(node, tag) for tag in tags])))


@pytest.fixture(autouse=True)
def all_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "conv.worker")


def test_the_first_of_each_minute_have_lines_of_their_own(caplog: pytest.LogCaptureFixture) -> None:
    failing = Failing()
    fail(failing, *["slow"] * (FIRST + 3), "gone")
    assert len(caplog.messages) == FIRST

    failing.tell()
    assert caplog.messages[FIRST:] == [
        "conv 7: 3 more failures in node 'node 1': slow",
        "conv 7: 1 more failure in node 'node 1': gone",
    ]

    fail(failing, "again")
    assert caplog.messages[-1] == f"task {'0' * 24} of conv 7 failed in node 'node 1': again"


def test_nothing_is_said_when_nothing_failed(caplog: pytest.LogCaptureFixture) -> None:
    failing = Failing()
    fail(failing, "one")
    failing.tell()
    failing.tell()

    assert len(caplog.messages) == 1


def test_many_kinds_are_not_a_line_each(caplog: pytest.LogCaptureFixture) -> None:
    failing = Failing()
    fail(failing, *["first"] * FIRST, *(f"tag {number}" for number in range(MOST_LINES + 4)))
    caplog.clear()

    failing.tell()

    assert len(caplog.messages) == MOST_LINES + 1
    assert caplog.messages[-1] == "and 4 more failures in other nodes or with other tags: conv failed"


@pytest.mark.parametrize(
    ("tag", "counted"),
    [
        ("api_timeout", "api_timeout"),
        ("two  words\tand\nlines", "two words and lines"),
        ("\x1b[31mred", "[31mred"),
        ("x" * 200, "x" * TAG_CHARS),
        ("", "unknown"),
        (" \x00 ", "unknown"),
        ("\u202eturned", "turned"),
        ("half \ud83d", "half"),
        ("größer", "größer"),
    ],
)
def test_a_tag_is_counted_short_and_in_one_line(tag: str, counted: str) -> None:
    assert counted_tag(tag) == counted

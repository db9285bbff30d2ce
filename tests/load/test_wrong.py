"""Every wrong definition in wrong/ with exactly the messages beside it.

A case is a file or, where several files matter, a folder; NAME.expected holds what is said, one problem to a line.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from engine.load import read_tree, reader

WRONG = Path(__file__).with_name("wrong")
CASES = sorted(path.name for path in WRONG.iterdir() if path.suffix != ".expected")


@pytest.mark.parametrize(
    "loader", sorted({reader.LOADER, yaml.SafeLoader}, key=str), ids=lambda loader: loader.__name__
)
@pytest.mark.parametrize("case", CASES)
def test_says_exactly_this(case: str, loader: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(WRONG)
    monkeypatch.setattr(reader, "LOADER", loader)

    problems = read_tree([case]).problems

    expected = (WRONG / case).with_suffix(".expected").read_text("utf-8")
    assert [str(problem) for problem in problems] == expected.splitlines()


def test_every_expectation_has_a_case() -> None:
    stems = {Path(case).stem for case in CASES}

    assert {path.stem for path in WRONG.glob("*.expected")} == stems


def test_what_is_wrong_in_many_files_is_told_at_once_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(WRONG.parent)

    problems = read_tree(["wrong"]).problems

    assert problems == sorted(problems)
    assert len({problem.file for problem in problems}) > 50

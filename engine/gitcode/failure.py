"""The one error of git_call, reference 3.13."""

from __future__ import annotations

from ..errors import LogicError

TAG = "git_call_executing_error"
LONGEST = 500  # characters of a description


def failure(text: str, *, hardware: bool = False) -> LogicError:
    """`hardware`: it may pass by itself, so trying again makes sense."""
    return LogicError(TAG, text[:LONGEST], kind="hardware" if hardware else "software")

"""The Erlang of `$.map(fun(Item) -> … end, …)` and `$.filter`: the subset of reference 6, and nothing else of Erlang.

A fun takes one value and gives one. It cannot send, spawn, read or call anything but the functions in calls.py.
"""

from __future__ import annotations

from .evaluate import compile_fun
from .parse import ErlangError, parse_fun
from .terms import EvaluationError, from_term, to_term

__all__ = ["ErlangError", "EvaluationError", "compile_fun", "from_term", "parse_fun", "to_term"]

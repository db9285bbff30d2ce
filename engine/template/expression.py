"""Compiles the expressions of emit.py with Jinja2. The only importer of jinja2, and imported when first needed.

The sandbox is a second fence: expressions hold nothing but literals and our own functions, and the environment refuses
to call anything else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .made import made
from .references import FUNCTIONS
from .scope import Scope

_CALLABLE = frozenset(FUNCTIONS.values())


class _Environment(ImmutableSandboxedEnvironment):
    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        if __obj not in _CALLABLE:
            raise SecurityError(f"{__obj!r} is not a function of templates")
        return __obj(*args)


def _environment() -> _Environment:
    environment = _Environment(autoescape=False)
    environment.globals.clear()
    environment.filters.clear()
    environment.tests.clear()
    return environment


_ENVIRONMENT = _environment()


class _Contexts(threading.local):
    """One context per thread, used again by every expression: to build one costs more than to evaluate one."""

    def __init__(self) -> None:
        self.context = _ENVIRONMENT.from_string("").new_context()
        self.context.vars.update(FUNCTIONS)


_CONTEXTS = _Contexts()


@lru_cache(maxsize=8192)
def compile_expression(source: str) -> Callable[[Scope], Any]:
    """The function of an expression that emit.py made."""
    render = _ENVIRONMENT.from_string("{% set result = " + source + " %}").root_render_func

    def evaluate(scope: Scope) -> Any:
        context = _CONTEXTS.context
        names = context.vars
        names["s"] = scope
        made.chars = 0
        try:
            for _ in render(context):
                pass
            return names.pop("result")
        finally:
            del names["s"]  # the context outlives the task

    return evaluate

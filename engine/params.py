"""Declared parameters: what a task must bring when it enters a conv. Source: reference 2.3.

A name may be a path: `user.name`, and `items[].id` for each element of a list. Parameters that nobody declared are
accepted. `required` is asked only of inputs; null counts as absent there and is otherwise allowed for every type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Protocol

from .condition import match_param_regex
from .errors import BadParameter, TemplateError
from .regexp import BadPattern, TooSlow
from .template import MISSING, assign, lookup, parse_path, text_of
from .template.path import Element
from .template.values import fresh

EVERY = "\0"  # the element of a path that stands for each index of a list

WORDS = {
    "string": "a string",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
}


class Param(Protocol):
    """A declared parameter; the fields are those of yaml.md 1. `default` None: there is none."""

    @property
    def type(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def input(self) -> bool: ...
    @property
    def regex(self) -> str: ...
    @property
    def regex_error(self) -> str: ...
    @property
    def default(self) -> Any: ...


def check_params(params: Mapping[str, Param], data: dict[str, Any]) -> dict[str, Any]:
    """The data with defaults; `data` itself stays as it is. Raises BadParameter for the first that is wrong."""
    for name, param in params.items():
        path = _path(name)
        if len(path) == 1:
            key = str(path[0])
            if _check(name, param, data.get(key, MISSING)):
                data = {**data, key: fresh(param.default)}
            continue
        for place in list(_places(data, path)):
            if _check(name, param, lookup(data, place)):
                try:
                    data = assign(data, place, fresh(param.default))
                except TemplateError as error:
                    raise BadParameter(f'parameter "{name}": {error}', parameter=name) from error
    return data


@lru_cache(maxsize=4096)
def _path(name: str) -> tuple[Element, ...]:
    return parse_path(name.replace("[]", f"[{EVERY}]"))


def _places(data: Any, path: tuple[Element, ...]) -> Iterator[tuple[Element, ...]]:
    """The paths that a declared one stands for: one, or one for each element of the lists on the way."""
    if EVERY not in path:
        yield path
        return
    at = path.index(EVERY)
    items = lookup(data, path[:at])
    if isinstance(items, list):
        for index in range(len(items)):
            yield from _places(data, (*path[:at], index, *path[at + 1 :]))


def _check(name: str, param: Param, value: Any) -> bool:
    """Whether the default is to be put in. Raises BadParameter."""
    if value is MISSING:
        if param.default is not None:
            return True
        if param.required and param.input:
            raise BadParameter(f'parameter "{name}" is required', parameter=name)
        return False
    if value is None:
        if param.required and param.input:
            raise BadParameter(f'parameter "{name}" is required and must not be null', parameter=name)
        return False
    if not _is(param.type, value):
        raise BadParameter(f'parameter "{name}" must be {WORDS[param.type]}, not {_shown(value)}', parameter=name)
    if param.regex and not isinstance(value, dict | list):
        _check_regex(name, param, text_of(value))
    return False


def _check_regex(name: str, param: Param, text: str) -> None:
    try:
        matches = match_param_regex(param.regex, text)
    except (BadPattern, TooSlow) as error:
        raise BadParameter(f'parameter "{name}": {error}', parameter=name) from error
    if not matches:
        reason = param.regex_error or f"does not match {param.regex}"
        raise BadParameter(f'parameter "{name}": {reason}', parameter=name)


def _is(type_name: str, value: Any) -> bool:
    if type_name == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "boolean": bool, "object": dict, "array": list}[type_name])


def _shown(value: Any) -> str:
    """The kind of a value, never its text: it may be secret."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "a string" if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"

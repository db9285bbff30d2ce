"""The file of variables: NAME: {type, value, secret, description}. Source: design.md 3, reference 1."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field

from ..data import DEEPEST, fault_of, read_numbers
from ..fields import Anything, Flag, Model, Scalar, Text, plain
from ..variables import environment_name
from .draft import Draft
from .problems import quoted, shown
from .source import Source
from .tree import Entry, Leaf, Map, Part
from .values import check_readings, describe, read_model

FILE = "variables.yaml"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,126}")


class VariableEntry(Model):
    """A variable. A raw one is a text, taken as it is written."""

    type: Literal["raw", "json"] = Field("raw", description="raw: a text; json: any value, or a text that is JSON")
    value: Anything = Field(None, description="none: it comes from the environment, CONV_VAR_<NAME>")
    secret: Flag = Field(False, description="masked wherever it is shown, and so is what is copied from it")
    description: Text = Field("", description="for people")


def read_variables(source: Source, root: Part | None) -> tuple[Draft, dict[str, Any]]:
    """The variables by name as plain JSON, each {type, value, secret, description}; and a draft with the problems."""
    draft = Draft(source)
    if root is None or (isinstance(root, Leaf) and root.is_null):
        return draft, {}
    if not isinstance(root, Map):
        draft.problem(root, f"variables are a map of name → {{value: …}}, not {describe(root)}")
        return draft, {}
    draft.body = root
    made: dict[str, Any] = {}
    names: dict[str, str] = {}
    for entry in root.entries:
        name = entry.key.text
        if not _NAME.fullmatch(name):
            draft.problem(entry.key, f"the name of a variable has letters, digits, _ and -, not {quoted(name)}")
        environment = environment_name(name)
        if environment in names:
            message = (
                f'"{shown(name)}" and "{shown(names[environment])}" are both {shown(environment)} in the environment'
            )
            draft.problem(entry.key, message)
        names.setdefault(environment, name)
        variable = _variable(draft, entry)
        if variable is not None:
            made[name] = variable
    return draft, made


def _variable(draft: Draft, entry: Entry) -> dict[str, Any] | None:
    what = f"variable {quoted(entry.key.text)}"
    body = entry.value
    if isinstance(body, Leaf):  # NAME: text
        body = Map(
            body.line, body.column, [] if body.is_null else [Entry(Leaf(0, 0, 0, 0, "value", "", "value"), body)]
        )
    # A raw value is taken as it is written, so there is nothing to disagree about.
    made = read_model(draft, VariableEntry, body, entry.key, what, readings=False)
    if made is None or not isinstance(body, Map):
        return None
    value, part = made.value, body.get("value")
    if made.type == "json" and part is not None:
        check_readings(draft, part)
    if made.type == "raw" and value is not None:
        if not isinstance(part, Leaf):
            draft.problem(part, f'{what} is a text; for {describe(part or body)} write "type: json"')
            return None
        value = part.value.source if isinstance(part.value, Scalar) else part.text
    elif made.type == "json" and isinstance(value, str):
        try:
            if fault := fault_of(read_numbers(value), DEEPEST):
                draft.problem(part, f"the value of {what}: {shown(fault, 200)}")
        except (ValueError, RecursionError) as error:
            draft.problem(part, f"the value of {what} is not JSON: {shown(str(error), 100)}")
    if made.secret and value is not None:
        message = f"the value of a secret stands in a file; leave it out and set {environment_name(entry.key.text)}"
        draft.problem(part, message, warning=True)
    return {"type": made.type, "value": plain(value), "secret": made.secret, "description": made.description}

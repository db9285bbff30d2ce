"""Variables: values that definitions name and operators set."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ...errors import LostRace, NotDeployed
from ...variables import Variable
from ..route import Example, Request, route
from .definitions import with_files


class VariableView(msgspec.Struct, frozen=True):
    """A variable; `value` is null where it is secret or there is none. `source`: environment, file or nothing."""

    name: str
    value: Any
    secret: bool
    type: str
    description: str
    source: str


class Variables(msgspec.Struct, frozen=True):
    variables: list[VariableView]


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`type`: raw, a text; or json. `secret`: not said, it stays what it was; a new one is none."""

    value: Any
    secret: bool | None = None
    type: Literal["raw", "json"] = "raw"
    description: str = ""


@route("GET", "/v1/variables", role="view", answers=Variables)
def list_variables(request: Request) -> Variables:
    """All variables by name. Values of secret ones are not shown."""
    return Variables([_shown(variable) for variable in request.engine.variables()])


@route(
    "PUT",
    "/v1/variables/{name}",
    role="admin",
    body=Setting,
    answers=VariableView,
    errors=(NotDeployed, LostRace),
    example=Example({"name": "login_url"}, body={"value": "https://login.example.com"}),
)
def set_variable(request: Request) -> VariableView:
    """Sets a variable, as a line of `processes/variables.yaml` does. The environment of a worker wins over it."""
    name = request.path["name"]
    entry = msgspec.to_builtins(request.body)
    if entry["secret"] is None:
        known = {variable.name: variable.secret for variable in request.engine.variables()}
        entry["secret"] = known.get(name, False)
    # JSON is YAML: what a file may say of a variable is checked as in a file.
    with_files(request, {"processes/variables.yaml": msgspec.json.encode({name: entry}).decode()}, deploys=True)
    for variable in request.engine.variables():
        if variable.name == name:
            return _shown(variable)
    raise LostRace(f"the variable {name[:80]} was removed meanwhile")


def _shown(variable: Variable) -> VariableView:
    value = None if variable.secret else variable.value
    return VariableView(variable.name, value, variable.secret, variable.type, variable.description, variable.source)

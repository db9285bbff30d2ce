"""Variables (`env_var`): values that definitions name and operators set. Source: design.md 3, reference 1.

They stand in `processes/variables.yaml`; an environment variable CONV_VAR_<NAME> wins and is never stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from .config import VARIABLE_PREFIX
from .data import DEEPEST, is_deeper, whole_text


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable as it holds for this process. `value` None: it has none. `source`: "environment", "file" or ""."""

    name: str
    value: Any
    secret: bool = False
    type: str = "raw"
    description: str = ""
    source: str = ""


def resolve_variables(deployed: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Variable]:
    """The variables by name; `deployed` maps a name to {type, value, secret, description}.

    A name is matched with the environment in capitals, dashes as underscores. A JSON variable whose text is not JSON,
    has a number that is too large, or is nested beyond use keeps its text.
    """
    variables = {}
    for name, entry in deployed.items():
        kind = entry.get("type", "raw")
        value, source = entry.get("value"), "file" if entry.get("value") is not None else ""
        text = environment.get(environment_name(name))
        if text is not None:
            value, source = whole_text(text), "environment"  # bytes that are not UTF-8 are half characters there
        if kind == "json" and isinstance(value, str):
            value = _json(value)
        variables[name] = Variable(name, value, bool(entry.get("secret")), kind, entry.get("description", ""), source)
    return variables


def environment_name(name: str) -> str:
    return VARIABLE_PREFIX + name.upper().replace("-", "_")


def _json(text: str) -> Any:
    try:
        value = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return text
    return text if is_deeper(value, DEEPEST) else value

"""The reference in README.md: every node type, field, function and limit, made from the code.

`python -m engine.reference README.md` renews it; a test compares the two, so that it cannot go stale.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from . import errors, grammar, schema
from .condition import FUNCTIONS
from .database import InstanceEntry
from .definition import OutsideAction
from .nodes import ACTIONS
from .template import limits
from .template.functions import EXAMPLES
from .template.parse import ERROR_NAMES, FILTERS, ROOT_NAMES

HEAD = """<!-- Made from the code by python -m engine.reference README.md -->
<details>
<summary>Every node type, field, function and limit</summary>
"""
FOOT = "</details>\n<!-- End of what is made from the code -->"
_MADE = re.compile(rf"{re.escape(HEAD.splitlines()[0])}.*?{re.escape(FOOT)}", re.DOTALL)

LIMITS = {
    "TEXT_CHARS": "characters of one template",
    "REFERENCES": "references in one text",
    "NESTING": "references inside references",
    "PATH_KEYS": "names behind one another in a path",
    "FILTERS": "filters behind one reference",
    "RESULT_CHARS": "characters of a text that a template makes",
    "VALUE_CHARS": "characters of all values that one node makes (or as many as a task may have, where that is more)",
    "DECIMALS": "decimals of a number that is cast or calculated",
    "MATH_DIGITS": "digits of a number in `$.math`",
    "LIST_INDEX": "the highest list index that a key of `set_parameters` may write",
    "REGEXP_RUN": "characters of a regexp in a row, without one of `| * + ?` in between",
    "REGEXP_SIZE": "characters of a regexp, its counted repeats written out: `a{9}` counts as nine",
    "REGEXP_S": "seconds that one regexp may take",
}


def text() -> str:
    """The part of the file that is made here."""
    published = schema.json_schema()
    parts = published["$defs"]
    lines = [HEAD, "#### A definition", "", *_fields(published), ""]
    lines += ["#### archive", "", *_fields(published["properties"]["archive"]), ""]
    lines += ["#### access", "", *_fields(published["properties"]["access"]), ""]
    lines += ["#### Params", "", *_fields(parts["param"]), ""]
    lines += ["#### Any node", "", "Besides its action:", "", *_fields(_without(parts["node"], ACTIONS)), ""]
    for key, kind in sorted(ACTIONS.items()):
        lines += [f"#### {key}", "", (kind.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " "), ""]
        lines += _facts(kind)
        if kind.whole:
            lines.append("Takes a map of the author's own names.")
        else:
            lines += _fields(parts[key]["anyOf"][1] if kind.short else parts[key])
        lines.append("")
    lines += [
        "#### Database instances",
        "",
        "`NAME: {…}` in `processes/instances.yaml`:",
        "",
    ]
    lines += [*_fields(schema.object_of(InstanceEntry)), ""]
    lines += ["#### Conditions", "", "`if: {PARAMETER: VALUE}` or `if: {PARAMETER: {FUNCTION: VALUE, as: TYPE}}`", ""]
    lines += [f"Functions: {_listed(FUNCTIONS)}. Types: {_listed(grammar.TYPES)}.", ""]
    lines += ["#### Functions of templates", "", *_table(("example", "gives", "is"), _functions()), ""]
    lines += [f"Filters: {_listed(FILTERS)}. System values: {_listed(_system_values())}.", ""]
    lines += ["#### Limits of templates", ""]
    lines += _table(("what", "at most"), ((what, f"{getattr(limits, name):,}") for name, what in LIMITS.items()))
    lines += ["", "#### Errors", "", "What Python programs catch, with what `--json`, a command and an answer say:", ""]
    lines += _table(("error", "code", "exit status", "HTTP status", "means"), _errors(errors.EngineError))
    return "\n".join([*lines, "", FOOT])


def _errors(kind: type[errors.EngineError]) -> Iterator[tuple[str, ...]]:
    means = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
    yield f"`{kind.__name__}`", f"`{kind.code}`", str(kind.exit_status), str(kind.http_status), means
    for inner in kind.__subclasses__():
        if inner.__module__ == errors.__name__:
            yield from _errors(inner)


def _system_values() -> Iterator[str]:
    yield from (f"root.{name}" for name in ROOT_NAMES)
    yield from (f"root.error.{name}" for name in ERROR_NAMES)


def renewed(readme: str) -> str:
    """A README with this part as it is now."""
    return _MADE.sub(lambda _: text(), readme)


def _facts(kind: Any) -> Iterator[str]:
    facts = [f"Its error parameters begin with `__conveyor_{kind.error_prefix}_return_`."] if kind.error_prefix else []
    if kind.short:
        facts.append(f"A bare text stands for `{kind.short}`.")
    if kind.in_diagram:
        facts.append("Also in state diagrams.")
    if issubclass(kind, OutsideAction):
        facts.append("Reaches out of the engine: after a crash it is made again.")
    if kind.later:
        facts.append(f"Not yet supported: {_listed(sorted(kind.later))}.")
    if facts:
        yield " ".join(facts)
        yield ""


def _fields(part: Mapping[str, Any]) -> list[str]:
    required = part.get("required", ())
    rows = [
        (f"`{name}`", _type(field), _default(name, field, required), field.get("description", ""))
        for name, field in part["properties"].items()
    ]
    return _table(("key", "takes", "default", "is"), rows) if rows else ["No keys: `{}`."]


def _without(part: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {**part, "properties": {key: value for key, value in part["properties"].items() if key not in names}}


def _type(field: Mapping[str, Any]) -> str:
    if "enum" in field:
        return ", ".join(f"`{word}`" for word in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_type(choice) for choice in field["anyOf"]))
    kind = field.get("type", "any value")
    words = {"object": "map", "array": "list", "string": "text", "integer": "whole number", "boolean": "true, false"}
    return ", ".join(words.get(one, one) for one in ([kind] if isinstance(kind, str) else kind))


def _default(name: str, field: Mapping[str, Any], required: Iterable[str]) -> str:
    if name in required:
        return "required"
    default = field.get("default")
    if default in (None, "", {}, [], ()):
        return ""
    if isinstance(default, list):
        return f"`[{', '.join(map(str, default))}]`"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _functions() -> Iterator[tuple[str, str, str]]:
    for example, gives, does in EXAMPLES.values():
        yield f"`{example}`", f"`{gives}`" if gives else "", does


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    heads = [*heads]
    lines = [_row(heads), _row(["---"] * len(heads))]
    return lines + [_row([cell.replace("|", "\\|") for cell in row]) for row in rows]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(renewed(file.read_text("utf-8")), "utf-8")

"""YAML files to checked definitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ValidationError

from engine.definition import Definition
from engine.fields import plain
from engine.nodes import ACTIONS

SUPPRESS = {"process": "process", "diagram": "diagram"}


@dataclass(frozen=True, slots=True)
class Problem:
    file: str
    line: int
    column: int
    message: str
    severity: Literal["error", "warning"] = "error"


@dataclass(slots=True)
class Tree:
    definitions: list[Definition] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)


def read_tree(paths: Iterable[str | Path], deployed: Iterable[tuple[int, str, Sequence[str]]] = ()) -> Tree:
    tree = Tree()
    for path in map(Path, paths):
        files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
        for file in files:
            raw = yaml.safe_load(file.read_text())
            if file.name == "variables.yaml":
                tree.variables.update(raw)
                continue
            try:
                tree.definitions.append(_definition(raw))
            except ValidationError as error:
                tree.problems.append(Problem(str(file), 1, 1, str(error)))
    return tree


def reached_by(tree: Tree, process: str) -> tuple[list[Definition], list[Problem]]:
    return tree.definitions, tree.problems


def _definition(raw: dict[str, Any]) -> Definition:
    kind = "process" if "process" in raw else "diagram"
    top = {key: value for key, value in raw.items() if key not in ("process", "diagram")}
    top["params"] = {
        name: {"type": value} if isinstance(value, str) else value for name, value in (raw.get("params") or {}).items()
    }
    top["nodes"] = {name: _node(name, value or {}) for name, value in raw["nodes"].items()}
    return Definition.model_validate({"kind": kind, "title": raw[kind], **top})


def _node(name: str, raw: dict[str, Any]) -> dict[str, Any]:
    node = {"name": name, **raw}
    for key in [key for key in node if key in ACTIONS]:
        value = node.pop(key)
        kind = ACTIONS[key]
        node["action"] = kind.model_validate({kind.whole: value} if kind.whole else value or {})
    if "delay" in node:
        node["delay"] = node["delay"] if isinstance(node["delay"], dict) else {"after": node["delay"]}
    node["condition"] = [
        {"go": item["go"], "tests": [_tests(body) for body in item.get("any", [item.get("if")])]}
        for item in node.get("condition", ())
    ]
    return node


def _tests(body: Any) -> list[dict[str, Any]]:
    tests = []
    for part in body if isinstance(body, list) else [body]:
        for param, value in part.items():
            if isinstance(value, dict):
                cast = value.get("as")
                tests += [
                    {"param": param, "fun": fun, "value": plain(inner), "cast": cast}
                    for fun, inner in value.items()
                    if fun != "as"
                ]
            else:
                tests.append({"param": param, "fun": "eq", "value": value})
    return tests

"""The published JSON Schema is current, complete, and takes what the loader takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from engine import grammar, schema
from engine.definition import Param
from engine.fields import keys_of, plain
from engine.load.reader import read_yaml
from engine.load.source import read_source
from engine.load.tree import data_of
from engine.nodes import ACTIONS

ROOT = Path(__file__).parent.parent
GOOD = [
    file
    for folder in ("tests/load/good", "processes", "diagrams")
    for file in sorted((ROOT / folder).rglob("*.yaml"))
    if file.name not in ("variables.yaml", "instances.yaml")
]
WRONG = (
    "unknown_keys",
    "unknown_node_types",
    "not_yet_supported",
    "no_nodes",
    "both_kinds",
    "missing_keys",
    "wrong_types",
)


@pytest.fixture(scope="module")
def published() -> Any:
    return schema.json_schema()


def test_the_published_file_is_current() -> None:
    file = Path(schema.__file__).with_name("schema.json")

    assert file.read_text("utf-8") == schema.text(), "run: python -m engine.schema > engine/schema.json"


def test_it_is_a_schema(published: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(published)


def test_it_allows_the_keys_of_the_grammar_and_no_others(published: Any) -> None:
    parts = published["$defs"]

    assert published["properties"].keys() == grammar.TOP
    assert parts["node"]["properties"].keys() == grammar.NODE
    assert parts["param"]["properties"].keys() == keys_of(Param).keys()
    assert parts["condition"]["properties"].keys() == set(grammar.CONDITION)
    for key, kind in ACTIONS.items():
        if kind.whole:
            assert "properties" not in parts[key]
        else:
            map_of_it = parts[key]["anyOf"][1] if kind.short else parts[key]
            assert map_of_it["properties"].keys() == keys_of(kind).keys()


def properties(part: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every declared property of a schema, with the path to it."""
    if isinstance(part, dict):
        for key, value in part.get("properties", {}).items():
            yield f"{path}.{key}", value
        for key, value in part.items():
            yield from properties(value, f"{path}.{key}")
    elif isinstance(part, list):
        for item in part:
            yield from properties(item, path)


def test_every_key_is_described(published: Any) -> None:
    silent = [path for path, part in properties(published) if not part.get("description") and "$ref" not in part]

    assert silent == []
    assert all(part["description"] for key, part in published["$defs"].items() if key in ACTIONS)


def document_of(file: Path) -> Any:
    """A file as an editor with YAML 1.2 reads it."""
    source, unreadable = read_source(file, file.name)
    assert unreadable is None
    root, _ = read_yaml(source)
    assert root is not None
    return plain(data_of(root))


@pytest.mark.parametrize("file", GOOD, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_the_loader_takes_is_valid(published: Any, file: Path) -> None:
    jsonschema.validate(document_of(file), published, jsonschema.Draft202012Validator)


@pytest.mark.parametrize("name", WRONG)
def test_what_the_loader_refuses_for_its_form_is_not(published: Any, name: str) -> None:
    document = document_of(ROOT / "tests/load/wrong" / f"{name}.yaml")

    assert not jsonschema.Draft202012Validator(published).is_valid(document)

"""The names that only the engine writes: one list, and every name that the engine writes is on it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from engine.errors import WrongData
from engine.reserved import is_reserved, refuse_reserved, without_reserved

ENGINE = Path(__file__).parent.parent / "engine"
PYTHON = {"__all__", "__args__", "__init__", "__main__", "__metadata__", "__name__", "__slots__"}
NO_PARAMETERS = {"__names__", "__original__"}  # of the import


def written() -> set[str]:
    """The names between double underscores that stand in the engine's source, as texts of their own."""
    found = set()
    for file in ENGINE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.update(re.findall(r"^__[a-z_]+[a-z]__$", node.value))
    return found - PYTHON - NO_PARAMETERS


def test_every_name_that_the_engine_writes_is_its_own() -> None:
    names = written()

    assert {"__conveyor_api_array__", "__queue_task_id__", "__copy_ref_id__", "__logic_stub_mode__"} <= names
    assert [name for name in sorted(names) if not is_reserved(name)] == []


@pytest.mark.parametrize("name", ["__typename", "__v", "_id", "__conveyor", "x__conveyor_a__", "error", "__proto__"])
def test_names_of_others_are_free(name: str) -> None:
    data = {name: 1}

    refuse_reserved(data)
    assert without_reserved(data) is data


def test_a_refusal_names_the_parameter() -> None:
    with pytest.raises(WrongData, match='parameter "__webhook": only the engine writes it'):
        refuse_reserved({"a": 1, "__webhook": {}})


def test_what_is_inside_a_value_is_no_parameter() -> None:
    data = {"a": {"__conveyor_x__": 1}, "__conveyor_x__": 2}

    assert without_reserved(data) == {"a": {"__conveyor_x__": 1}}

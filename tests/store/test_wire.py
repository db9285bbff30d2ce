"""Python and the scripts name the places of each list alike, and nothing counts them by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

import engine.store
from engine.store.client import Store
from engine.store.library import SHARED, script_text, scripts
from engine.store.wire import LINES, NUMBERS, CommitHead, CommitHeadTold, fields_of, lua_lines, lua_name, rows
from tests.store.test_one_slot import without_remarks

FILES = [*(f"shared/{name}" for name in SHARED), *scripts()]
TABLES = {lua_name(line): fields_of(line) for line in LINES}
PYTHON = sorted(file for file in Path(engine.store.__file__).parent.rglob("*.py") if file.name != "wire.py")

# What stands in these tables in the scripts is a list of the wire; see wire.py.
LISTS = "head|limit|message|bounds|queue|effect|move|sum|item|row|reply|finding|image|wait|carried"


def test_the_scripts_see_each_field_where_python_packs_it(store: Store) -> None:
    names = [*TABLES, *NUMBERS]
    script = f"{lua_lines()}return cmsgpack.pack({{{', '.join(f'{name} = {name}' for name in names)}}})"

    seen = msgspec.msgpack.decode(store.client.eval(script, 0))

    assert {name: seen.pop(name) for name in NUMBERS} == NUMBERS
    for line in LINES:
        fields = fields_of(line)
        values = [f"value of {name}" for name in fields]
        packed = msgspec.msgpack.decode(msgspec.msgpack.encode(line(*values)))
        places = seen.pop(lua_name(line))
        assert places.pop("width") == len(packed)
        assert {name: packed[place - 1] for name, place in places.items()} == dict(zip(fields, values, strict=True))
    assert not seen


def test_a_shorter_form_is_the_beginning_of_the_whole() -> None:
    whole = fields_of(CommitHeadTold)

    assert whole[: len(fields_of(CommitHead))] == fields_of(CommitHead)
    assert "width" not in {name for fields in TABLES.values() for name in fields}


def test_rows_that_stand_in_one_list_are_read_one_after_another() -> None:
    width = len(fields_of(CommitHead))
    flat: list[Any] = ["before", *range(2 * width)]

    ends: list[Any] = [(row.task_id, row.sums) for row in rows(CommitHead, flat, 1)]
    assert ends == [(0, width - 1), (width, 2 * width - 1)]


@pytest.mark.parametrize("name", FILES)
def test_a_script_names_places_that_there_are(name: str) -> None:
    code = without_remarks(script_text(name))

    named = set(re.findall(r"\b([A-Z_]{2,})\.(\w+)", code))
    assert [f"{table}.{field}" for table, field in named if field not in (*TABLES.get(table, (field,)), "width")] == []
    assert re.findall(rf"\b(?:{LISTS})\[\d+\]", code) == []


def test_every_place_is_used_by_some_script() -> None:
    code = "".join(without_remarks(script_text(name)) for name in FILES)

    unused = [
        f"{table}.{field}" for table, fields in TABLES.items() for field in fields if f"{table}.{field}" not in code
    ]
    assert unused == []


@pytest.mark.parametrize("file", PYTHON, ids=lambda file: file.name)
def test_python_counts_no_places(file: Path) -> None:
    assert re.findall(r"\b(?:reply|row)\[[1-9]|\breply\[\w+ ?[:+]", file.read_text("utf-8")) == []

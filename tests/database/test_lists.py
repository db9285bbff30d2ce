"""Lists as values, on real databases: IN, and the arrays of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.database import Instance
from tests.database.conftest import error_of, instance_of, rows_of
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.xdist_group("databases")  # they share two servers


@pytest.fixture
def people(instance: Instance) -> Iterator[Instance]:
    rows_of(instance, "CREATE TABLE people (id SMALLINT, name VARCHAR(20))")
    rows_of(instance, "INSERT INTO people VALUES (1, 'Ada'), (2, 'O''Hara'), (3, NULL)")
    yield instance
    rows_of(instance, "DROP TABLE people")


def ids(instance: Instance, condition: str, *values: Any) -> list[int]:
    rows = rows_of(instance, *f"SELECT id FROM people WHERE {condition} ORDER BY id".split("@"), values=[*values])  # noqa: S608
    return [row["id"] for row in rows]


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ("id IN (@)", [1, 3], [1, 3]),
        ("id IN (@)", [100_000, 2], [2]),
        ("id IN (@)", [], []),
        ("id NOT IN (@)", [1, 3], [2]),
        ("id NOT IN (@)", [], [1, 2, 3]),
        ("NOT (id IN (@))", [], [1, 2, 3]),
        ("(id IN (@)) = (1 = 0)", [], [1, 2, 3]),
        ("name IN (@)", ["O'Hara", "') OR 1=1 -- "], [2]),
        ("name IN (@)", [], []),
        ("name NOT IN (@) OR name IS NULL", [], [1, 2, 3]),
        ("name IN (@)", "Ada", [1]),
        ("id + 1 IN (@) AND name = 'Ada'", [2], [1]),
        ("id + 1 IN (@) AND name = 'Ada'", [], []),
    ],
)
def test_a_list_in_in(people: Instance, condition: str, value: Any, expected: list[int]) -> None:
    assert ids(people, condition, value) == expected


def test_a_change_by_a_list(people: Instance) -> None:
    rows_of(people, "DELETE FROM people WHERE id IN (", ")", values=[[]])
    assert ids(people, "1 = 1") == [1, 2, 3]
    rows_of(people, "DELETE FROM people WHERE id IN (:gone)", gone=[1, 2])
    assert ids(people, "1 = 1") == [3]


def test_a_long_list(people: Instance) -> None:
    assert ids(people, "id IN (@)", list(range(2, 20_000))) == [2, 3]


def test_a_list_that_is_too_long_says_so(postgresql: PostgresServer) -> None:
    instance = instance_of(postgresql, "postgresql")

    tag, kind, text = error_of(instance, "SELECT 1 AS a WHERE 1 IN (", ")", values=[list(range(70_000))])

    assert (tag, kind) == ("db_call_bind_error", "software")
    assert "ANY" in text
    assert rows_of(instance, "SELECT 1 AS a WHERE 1 = ANY (", ")", values=[list(range(70_000))]) == [{"a": 1}]


ARRAYS: list[tuple[str, Any, Any]] = [
    ("2::int2 = ANY (@)", [1, 100_000, 2], True),
    ("2::int8 = ANY (@)", [], False),
    ("2::int8 <> ALL (@)", [], True),
    ("2.5::numeric = ANY (@)", [1, 2.5], True),
    ("2.5::float8 = ANY (@)", [1, 2.5], True),
    ("'a' = ANY (@)", ["a", "b,\"'\\"], True),
    ("'sad'::mood = ANY (@)", ["sad", "happy"], True),
    ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid = ANY (@)", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"], True),
    ("'2024-02-29'::date = ANY (@)", ["2024-02-29", None], True),
    ("true = ANY (@)", [True], True),
    ("@::int[]", [1, None], [1, None]),
    ("@::int[]", [[1, 2], [3, 4]], [[1, 2], [3, 4]]),
    ("CAST(@ AS text[])", [1, "b", {"k": 1}], ["1", "b", '{"k":1}']),
    ("@::mood[]", ["sad"], ["sad"]),
    ("cardinality(@::text[])", [], 0),
    ("@::jsonb", [1, {"k": []}], [1, {"k": []}]),
    ("@::json", [], []),
]


@pytest.fixture
def mood(postgresql: PostgresServer) -> Iterator[Instance]:
    instance = instance_of(postgresql, "postgresql")
    rows_of(instance, "CREATE TYPE mood AS ENUM ('sad', 'happy')")
    yield instance
    rows_of(instance, "DROP TYPE mood")


@pytest.mark.parametrize(("written", "value", "expected"), ARRAYS)
def test_a_list_as_an_array(mood: Instance, written: str, value: Any, expected: Any) -> None:
    assert rows_of(mood, *f"SELECT {written} AS a".split("@"), values=[value]) == [{"a": expected}]

"""Every value arrives whole, whatever its type; README's table says how, and is made of the same cases."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.database import Instance
from engine.database.values import exact_json, json_value
from tests.database.conftest import InstanceMaker, error_of, instance_of, rows_of
from tests.database.types_table import PREPARED, cases, with_table
from tests.mariadb_server import MariaDbServer
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.xdist_group("databases")  # they share two servers

README = Path(__file__).parent.parent.parent / "README.md"
GONE = {
    "postgresql": ["DROP TYPE mood", "DROP DOMAIN word", "DROP TYPE pair"],
    "mysql": ["DROP TABLE typed"],
    "sqlite": [],
}


@pytest.fixture
def typed(instance: Instance) -> Iterator[Instance]:
    """An instance with what the table needs."""
    for statement in PREPARED[instance.dialect]:
        rows_of(instance, statement)
    yield instance
    for statement in GONE[instance.dialect]:
        rows_of(instance, statement)


def selected(instance: Instance, *written: str) -> list[Any]:
    columns = ", ".join(f"{text} AS c{number}" for number, text in enumerate(written))
    (row,) = rows_of(instance, f"SELECT {columns} {'FROM typed' if instance.dialect == 'mysql' else ''}")
    return [*row.values()]


def test_every_type_of_the_table(typed: Instance) -> None:
    all_cases = cases(typed.dialect)
    expected = [(case.value, type(case.value)) for case in all_cases]

    for _ in range(2):  # the second time the connection knows the types of the database's own
        values = selected(typed, *[case.written for case in all_cases])
        assert [(value, type(value)) for value in values] == expected


def test_the_manual_has_the_table() -> None:
    text = README.read_text("utf-8")

    assert "'24:00'::time" in text
    assert text == with_table(text), "python -m tests.database.types_table README.md"


def test_arrays_of_a_new_type_come_back_from_a_change_too(postgresql: PostgresServer) -> None:
    instance = instance_of(postgresql, "postgresql")
    rows_of(instance, "CREATE TYPE mood AS ENUM ('sad', 'happy')")
    rows_of(instance, "CREATE TABLE moods (all_of mood[])")
    try:
        query = "INSERT INTO moods VALUES ('{sad,happy}'), ('{}'), (NULL) RETURNING all_of"

        assert rows_of(instance, query) == [{"all_of": ["sad", "happy"]}, {"all_of": []}, {"all_of": None}]
        assert rows_of(instance, "SELECT * FROM moods LIMIT 1") == [{"all_of": ["sad", "happy"]}]
    finally:
        rows_of(instance, "DROP TABLE moods")
        rows_of(instance, "DROP TYPE mood")


def test_arrays_of_a_new_type_count_as_large_as_they_are(postgresql: PostgresServer) -> None:
    instance = instance_of(postgresql, "postgresql")
    rows_of(instance, "CREATE DOMAIN word AS text")
    try:
        # As a text 2 bytes for each element, as a list 4.
        query = "SELECT array_agg('a'::word) AS a FROM generate_series(1, 1300000)"

        assert error_of(instance, query, timeout_ms=20_000)[0] == "db_call_size_overflow_limit"
    finally:
        rows_of(instance, "DROP DOMAIN word")


def test_a_number_of_json_without_end_takes_no_time(postgresql: PostgresServer) -> None:
    instance = instance_of(postgresql, "postgresql")
    digits = "9" * 100_000

    assert rows_of(instance, f"SELECT '[1e999999999, {digits}]'::json AS a") == [{"a": ["1e999999999", digits]}]


NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(allow_nan=False, allow_infinity=False, places=22).map(str),
)


@settings(max_examples=40)
@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_every_number_of_json_keeps_its_value(numbers: list[str]) -> None:
    values = json_value(exact_json(f"[{', '.join(numbers)}]"))

    assert [Decimal(str(value)) for value in values] == [Decimal(number) for number in numbers]


@pytest.mark.parametrize("password", ["пароль-é", "密码", "ü"])
def test_a_password_beyond_ascii(postgresql: PostgresServer, mysql: MariaDbServer, password: str) -> None:
    for server, dialect, create, drop in (
        (postgresql, "postgresql", f"CREATE ROLE guest LOGIN PASSWORD '{password}'", "DROP ROLE guest"),
        (mysql, "mysql", f"CREATE USER guest IDENTIFIED BY '{password}'", "DROP USER guest"),
    ):
        rows_of(instance_of(server, dialect), create)
        database = "postgres" if dialect == "postgresql" else ""
        guest = instance_of(server, dialect, user="guest", password=password, database=database)
        url = f"{dialect}://guest:{quote(password)}@{server.host}:{server.port}/{database}"
        try:
            assert rows_of(guest, "SELECT 1 AS one") == [{"one": 1}]
            assert rows_of(Instance("by url", dialect, 1, 1, url=url), "SELECT 1 AS one") == [{"one": 1}]
        finally:
            rows_of(instance_of(server, dialect), drop)


def test_a_mariadb_that_says_nothing_of_its_columns_is_read_as_it_was(
    mysql: MariaDbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As MySQL, which has a type for JSON, and MariaDB before 10.5."""
    monkeypatch.setattr("engine.database.connections.mysql._EXTENDED_METADATA", 0)

    assert rows_of(instance_of(mysql, "mysql"), "SELECT JSON_OBJECT('a', 1) AS a") == [{"a": '{"a": 1}'}]


def test_a_type_is_asked_for_once_only(postgresql: PostgresServer, instances: InstanceMaker) -> None:
    instance = instances("postgresql")
    rows_of(instance, "CREATE DOMAIN word AS text")
    try:
        rows_of(instance, "SELECT ARRAY['a']::word[] AS a")
        for database in (instance, msgspec.structs.replace(instance, name="other")):
            assert rows_of(database, "SELECT ARRAY['a']::word[] AS a, 'x'::word AS b") == [{"a": ["a"], "b": "x"}]
    finally:
        rows_of(instance, "DROP DOMAIN word")

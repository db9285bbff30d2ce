"""What databases answer, type by type: how a value is written in SQL, and what the task gets.

The tests ask each database for all of it, and README's table is made of it:

    python -m tests.database.types_table README.md
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

DIALECTS = {"postgresql": "PostgreSQL", "mysql": "MySQL, MariaDB", "sqlite": "SQLite"}
BEGIN, END = "<!-- types of databases: tests/database/types_table.py -->", "<!-- end of the types -->"

# What the table of a test has besides: an enum and a domain of PostgreSQL, and columns of MariaDB.
PREPARED = {
    "postgresql": ["CREATE TYPE mood AS ENUM ('sad', 'happy')", "CREATE DOMAIN word AS text",
                   "CREATE TYPE pair AS (a int, b text)"],
    "mysql": [
        "CREATE TABLE typed (yes BOOLEAN, two BOOLEAN, flag BIT(1), bits BIT(10), doc JSON, word ENUM('sad', 'happy'), "
        "words SET('sad', 'happy'), note LONGTEXT COLLATE utf8mb4_bin)",
        "INSERT INTO typed VALUES (TRUE, 2, b'1', b'1000000001', '{\"a\":[0.1000000000000000000001]}', 'happy', "
        "'sad,happy', '{\"a\":1}')",
    ],
    "sqlite": [],
}  # fmt: skip


class Case(NamedTuple):
    """`label`: in the table in place of what is written, which is a column of the test's."""

    written: str
    value: Any
    label: str = ""


def pg(written: str, value: Any) -> dict[str, Case]:
    return {"postgresql": Case(written, value)}


def my(written: str, value: Any, label: str = "") -> dict[str, Case]:
    return {"mysql": Case(written, value, label)}


def lite(written: str, value: Any) -> dict[str, Case]:
    return {"sqlite": Case(written, value)}


TYPES: dict[str, list[dict[str, Case]]] = {
    "whole numbers": [
        {**pg("9007199254740993::int8", 9007199254740993), **my("18446744073709551615", "18446744073709551615"),
         **lite("9223372036854775807", 9223372036854775807)},
    ],
    "decimals": [
        {**pg("12.50::numeric", 12.5), **my("12.50", 12.5), **lite("12.50", 12.5)},
        {**pg("0.1000000000000000000001", "0.1000000000000000000001"),
         **my("0.1000000000000000000001", "0.1000000000000000000001")},
        pg("'NaN'::numeric", "NaN"),
    ],
    "floats": [
        {**pg("'-Infinity'::float8", "-inf"), **my("1.5e0", 1.5), **lite("9e999", "inf")},
    ],
    "booleans": [
        {**pg("true", True), **my("yes", True, "`1` in a `BOOLEAN`"), **lite("true", 1)},
        my("two", 2, "`2` in a `BOOLEAN`"),
    ],
    "bits": [
        {**pg("B'101'", "101"), **my("bits", 513, "`b'1000000001'` in a `BIT(10)`")},
        my("flag", True, "`b'1'` in a `BIT(1)`"),
    ],
    "text": [
        {**pg("'你'::text", "你"), **my("'你'", "你"), **lite("'你'", "你")},
    ],
    "bytes": [
        {**pg("'\\x00ff'::bytea", "AP8="), **my("x'00ff'", "AP8="), **lite("x'00ff'", "AP8=")},
    ],
    "dates": [
        {**pg("'2024-02-29'::date", "2024-02-29"), **my("DATE '2024-02-29'", "2024-02-29"),
         **lite("date('2024-02-29')", "2024-02-29")},
        {**pg("'infinity'::date", "infinity"), **my("CAST('0000-00-00' AS DATE)", "0000-00-00")},
        pg("'0044-03-15 BC'::date", "0044-03-15 BC"),
        pg("'12024-01-01'::date", "12024-01-01"),
    ],
    "times": [
        {**pg("'10:00:00.5'::time", "10:00:00.500000"), **my("TIME '10:00:00.5'", "10:00:00.500000"),
         **lite("time('10:00')", "10:00:00")},
        {**pg("'24:00'::time", "24:00:00"), **my("TIME '-838:59:59'", "-838:59:59")},
        pg("'24:00+02'::timetz", "24:00:00+02"),
    ],
    "timestamps": [
        {**pg("'2024-02-29 10:00'::timestamp", "2024-02-29T10:00:00"),
         **my("TIMESTAMP '2024-02-29 10:00:00'", "2024-02-29T10:00:00"),
         **lite("datetime('2024-02-29 10:00')", "2024-02-29 10:00:00")},
        pg("'2024-02-29 10:00+02'::timestamptz", "2024-02-29T08:00:00+00:00"),
        pg("'-infinity'::timestamptz", "-infinity"),
        pg("'12024-01-01 10:00'::timestamp", "12024-01-01 10:00:00"),
        pg("'0044-03-15 10:00 BC'::timestamp", "0044-03-15 10:00:00 BC"),
    ],
    "intervals": [
        pg("interval '1 month'", "1 mon"),
        pg("interval '1 day 90 min'", "1 day 01:30:00"),
    ],
    "ranges": [
        pg("'(,)'::int4range", "(,)"),
        pg("'[2024-01-01,infinity)'::daterange", "[2024-01-01,infinity)"),
        pg("'{[1,2),[3,4)}'::int4multirange", "{[1,2),[3,4)}"),
    ],
    "JSON": [
        {**pg("'{\"a\": [1, null]}'::jsonb", {"a": [1, None]}),
         **my("doc", {"a": ["0.1000000000000000000001"]}, "`{\"a\":[0.1000000000000000000001]}` in a `JSON`"),
         **lite("json('{\"a\": 1}')", '{"a":1}')},
        pg("'[0.1000000000000000000001, 1e400]'::json", ["0.1000000000000000000001", "1e400"]),
        my("note", '{"a":1}', "`{\"a\":1}` in a `LONGTEXT`"),
        my("JSON_OBJECT('a', TRUE)", {"a": True}),
    ],
    "enums and sets": [
        {**pg("'sad'::mood", "sad"), **my("word", "happy", "`'happy'` in an `ENUM`")},
        my("words", "sad,happy", "`'sad,happy'` in a `SET`"),
    ],
    "arrays": [
        pg("ARRAY[1, NULL]", [1, None]),
        pg("ARRAY['sad', NULL]::mood[]", ["sad", None]),
        pg("ARRAY['a,b']::word[]", ["a,b"]),
        pg("ARRAY['infinity']::date[]", ["infinity"]),
    ],
    "others": [
        pg("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        pg("'10.0.0.1/8'::inet", "10.0.0.1/8"),
        pg("ROW(1, 'a')::pair", "(1,a)"),
        pg("point(1, 2)", "(1,2)"),
    ],
}  # fmt: skip


def cases(dialect: str) -> list[Case]:
    return [row[dialect] for rows in TYPES.values() for row in rows if dialect in row]


def table() -> str:
    """README's table. A kind that a database has no type of its own for has an empty cell."""
    lines = ["| | " + " | ".join(DIALECTS.values()) + " |", "| --- | --- | --- | --- |"]
    for kind, rows in TYPES.items():
        for number, row in enumerate(rows):
            cells = [_shown(row.get(dialect)) for dialect in DIALECTS]
            lines.append(f"| {kind if not number else ''} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _shown(case: Case | None) -> str:
    return (
        "" if case is None else f"{case.label or f'`{case.written}`'} → `{json.dumps(case.value, ensure_ascii=False)}`"
    )


def with_table(text: str) -> str:
    """A manual with the table in its place."""
    return re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}\n\n{table()}\n\n{END}", text, flags=re.DOTALL)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(with_table(path.read_text("utf-8")), "utf-8")

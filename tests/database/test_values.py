"""What databases answer as JSON, for values that a PostgreSQL does not give (tests/running has those)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.database.values import json_value

CASES: list[tuple[Any, Any]] = [
    (Decimal("12.50"), 12.5),
    (Decimal("1E+3"), 1000),
    (Decimal("1E+30"), "1" + "0" * 30),
    (Decimal("1E-400"), "0." + "0" * 399 + "1"),
    (Decimal("Infinity"), "Infinity"),
    (2**64, str(2**64)),
    (float("inf"), "inf"),
    (timedelta(hours=-1, microseconds=-5), "-01:00:00.000005"),
    (timedelta(days=40), "960:00:00"),
    (time(1, 2, 3), "01:02:03"),
    (date(2024, 2, 29), "2024-02-29"),
    (datetime(2024, 2, 29, tzinfo=UTC), "2024-02-29T00:00:00+00:00"),
    (bytearray(b"\x00"), "AA=="),
    (memoryview(b"a"), "YQ=="),
    ({"b", "a"}, ["a", "b"]),
    ({1: Decimal("0.1")}, {"1": 0.1}),
    ((1, [b""]), [1, [""]]),
]


@pytest.mark.parametrize(("value", "expected"), CASES)
def test_a_value_is_json(value: Any, expected: Any) -> None:
    made = json_value(value)

    assert (made, type(made)) == (expected, type(expected))


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_keeps_its_value(value: Decimal) -> None:
    made = json_value(value)

    assert Decimal(json.dumps(made).strip('"')) == value

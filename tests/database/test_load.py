"""Many calls at once: a pool never has more connections than it may, and neither they nor the process grow."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from engine.database import Instance
from engine.errors import LogicError
from tests.database.conftest import InstanceMaker, instance_of, made, rows_of
from tests.postgres_server import PostgresServer
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.xdist_group("databases")  # they share two servers

POOL, THREADS, CALLS = 3, 8, 1200
GROWTH_BYTES = 6_000_000

# What tasks do: most come through, some leave things behind, some fail, one kind by too many rows.
CALLS_OF = {
    "postgresql": ["SELECT 1 AS a", "CREATE TEMP TABLE t AS SELECT 1 AS a", "SELECT pg_advisory_lock(1)", "SELECT 1/0",
                   "SET search_path TO other", "SELECT generate_series(1, 5000) AS a"],
    "mysql": ["SELECT 1 AS a", "CREATE TEMPORARY TABLE t (a INTEGER)", "SELECT GET_LOCK('a', 10) AS a",
              "SELECT * FROM nowhere", "SET @a = 1", "SELECT seq AS a FROM seq_1_to_5000"],
    "sqlite": ["SELECT 1 AS a", "CREATE TEMP TABLE t (a)", "PRAGMA cache_size = 10", "SELECT * FROM nowhere",
               "WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n) SELECT a FROM n"],
}  # fmt: skip

CONNECTIONS = {
    "postgresql": "SELECT count(*) AS n FROM pg_stat_activity WHERE backend_type = 'client backend'",
    "mysql": "SELECT COUNT(*) AS n FROM information_schema.processlist",
}


@pytest.mark.parametrize("dialect", CALLS_OF)
def test_connections_and_memory_stay_as_they_are(instances: InstanceMaker, dialect: str) -> None:
    asked = instances(dialect)
    pooled = msgspec.structs.replace(asked, name="pooled", pool=POOL)
    count = connections_of(asked)
    before = count()

    most = load(pooled, dialect, count, CALLS // 2)
    begun = memory_bytes()
    most = max(most, load(pooled, dialect, count, CALLS))

    kept = POOL + 1 if dialect == "sqlite" else POOL
    assert most - before <= kept + POOL  # a server may still be at closing one when the next is open
    eventually(lambda: count() - before <= kept)
    assert memory_bytes() - begun < GROWTH_BYTES


def connections_of(asked: Instance) -> Callable[[], int]:
    """How many there are, by what the server says; for a file what the process has open."""
    if asked.dialect == "sqlite":
        path = os.path.realpath(asked.database)
        return lambda: sum(_target(link) == path for link in Path("/proc/self/fd").iterdir())
    return lambda: int(rows_of(asked, CONNECTIONS[asked.dialect])[0]["n"])


def _target(link: Path) -> str:
    with contextlib.suppress(OSError):  # closed since
        return str(link.readlink())
    return ""


def load(pooled: Instance, dialect: str, count: Callable[[], int], calls: int) -> int:
    """Make the calls; the most connections that were seen."""
    queries = CALLS_OF[dialect]
    seen: list[int] = []

    def one(number: int) -> None:
        try:
            made(pooled, queries[number % len(queries)], timeout_ms=int(PATIENCE_S * 1000))
        except LogicError as error:
            if error.kind == "hardware":
                raise
        if number % 200 == 0:
            seen.append(count())

    with ThreadPoolExecutor(THREADS) as threads:
        assert len(list(threads.map(one, range(calls)))) == calls
    return max(seen)


def memory_bytes() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_connection_in_use_is_closed_when_its_instance_has_changed(postgresql: PostgresServer) -> None:
    instance = instance_of(postgresql, "postgresql")
    with contextlib.closing(postgresql.connect()) as other, ThreadPoolExecutor(1) as threads:
        other.execute("SELECT pg_advisory_lock(3)")
        waiting = threads.submit(rows_of, instance, "SELECT pg_advisory_lock(3), 1 AS a")
        eventually(lambda: other.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone())
        rows_of(msgspec.structs.replace(instance, rows=999), "SELECT 1 AS a")
        other.execute("SELECT pg_advisory_unlock(3)")
        assert waiting.result(PATIENCE_S)

        asks = CONNECTIONS["postgresql"] + " AND pid <> pg_backend_pid()"
        eventually(lambda: other.execute(asks.encode()).fetchone() == (1,))

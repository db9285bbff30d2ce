"""Databases for the tests of this folder: real PostgreSQL, files of SQLite, and MariaDB where one is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.database import Instance, Mode, Query, Rows, call
from engine.database.pool import close_all
from engine.errors import LogicError
from tests import mariadb_server, postgres_server

SERVERS = ["postgresql", "mysql"]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres_server.PostgresServer]:
    with postgres_server.running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def mysql() -> Iterator[mariadb_server.MariaDbServer]:
    if not mariadb_server.IS_INSTALLED:
        pytest.skip(mariadb_server.MISSING)
    with mariadb_server.running_mariadb() as server:
        yield server


@pytest.fixture(autouse=True)
def _no_connection_stays() -> Iterator[None]:
    yield
    close_all()


def instance_of(server: Any, dialect: str, *, port: int = 0, **more: Any) -> Instance:
    """An instance with one connection."""
    place = {"host": server.host, "port": port or server.port, "user": server.user, "password": server.password}
    return Instance("any", dialect, **{"rows": 1000, "pool": 1, "database": server.database, **place, **more})


def file_instance(path: Path) -> Instance:
    return Instance("any", "sqlite", 1000, 1, database=str(path))


InstanceMaker = Callable[[str], Instance]


@pytest.fixture
def instances(request: pytest.FixtureRequest, tmp_path: Path) -> InstanceMaker:
    """The instance of a dialect."""

    def made(dialect: str) -> Instance:
        if dialect == "sqlite":
            return file_instance(tmp_path / "data.db")
        return instance_of(request.getfixturevalue(dialect), dialect)

    return made


@pytest.fixture(params=[*SERVERS, "sqlite"])
def instance(request: pytest.FixtureRequest, instances: InstanceMaker) -> Instance:
    return instances(request.param)


def made(
    instance: Instance,
    *texts: str,
    values: list[Any] | None = None,
    timeout_ms: int = 20_000,
    mode: Mode = Mode(),  # noqa: B008
    **named: Any,
) -> Rows:
    """One call, with a value between every two texts."""
    query = Query(list(texts), values or [], named)
    return call(instance, query, timeout_ms=timeout_ms, cap_bytes=4_000_000, mode=mode)


def rows_of(instance: Instance, *texts: str, **more: Any) -> Any:
    return made(instance, *texts, **more).rows


def failed(instance: Instance, *texts: str, **more: Any) -> LogicError:
    with pytest.raises(LogicError) as caught:
        made(instance, *texts, **more)
    return caught.value


def error_of(instance: Instance, *texts: str, timeout_ms: int = 300, **more: Any) -> tuple[str, str, str]:
    error = failed(instance, *texts, timeout_ms=timeout_ms, **more)
    return error.tag, error.kind, error.description

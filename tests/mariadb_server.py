"""A real MariaDB for tests, where one is installed: on loopback, with nothing that a test does not need."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql  # type: ignore[import-untyped]

from tests.database_server import server_folder
from tests.ports import free_port

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
    assert SERVER is not None
    assert INSTALLER is not None
    with server_folder("conv-my-") as folder:
        data, first = folder.path / "data", folder.path / "first.sql"
        first.write_text(
            f"CREATE DATABASE test;\nCREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON *.* TO '{USER}'@'%';\n"
        )
        own = ["--no-defaults", f"--datadir={data}", "--innodb-use-native-aio=0"]
        if os.geteuid() == 0:
            folder.path.chmod(0o755)
            own.append("--user=root")
        base = Path(SERVER).resolve().parent.parent
        folder.made(
            [INSTALLER, *own, f"--basedir={base}", "--auth-root-authentication-method=normal", "--skip-test-db"]
        )
        found = MariaDbServer(free_port())
        options = [f"--port={found.port}", "--bind-address=127.0.0.1", f"--socket={folder.path / 's'}",
                   f"--init-file={first}", "--innodb-flush-log-at-trx-commit=0", "--skip-log-bin",
                   f"--lc-messages-dir={base / 'share/mysql'}", f"--pid-file={folder.path / 'pid'}",
                   f"--plugin-dir={base / 'lib/mysql/plugin'}"]  # fmt: skip
        with folder.serving([SERVER, *own, *options], lambda: _answers(found)):
            yield found


def _answers(server: MariaDbServer) -> bool:
    with contextlib.suppress(pymysql.MySQLError):
        return bool(server.asked("SELECT 1"))
    return False

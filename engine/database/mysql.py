"""PyMySQL's connection with a limit for every read and write: importing this loads PyMySQL."""

from __future__ import annotations

import functools
import ssl
import time
from typing import Any

from pymysql.connections import Connection as Plain  # type: ignore[import-untyped]
from pymysql.constants import CR  # type: ignore[import-untyped]
from pymysql.err import OperationalError  # type: ignore[import-untyped]

CHUNK_BYTES = 65_536
_RESET_CONNECTION = 0x1F  # the driver has no word for it
SHORTEST_S = 0.001  # a time-out of 0 would mean not to wait at all


class Connection(Plain):  # type: ignore[misc]
    """Gives up, and is closed, when the server keeps it waiting beyond `until` (monotonic seconds).

    The driver's own `read_timeout` begins again with every byte, so a slow server could hold the call for ever.
    """

    def __init__(self, *args: Any, until: float, **options: Any) -> None:
        self.until = until
        super().__init__(*args, **options)

    def _create_ssl_ctx(self, sslp: Any) -> Any:
        # Without options the server's certificate is not looked at, yet reading all known authorities takes 17 ms.
        return super()._create_ssl_ctx(sslp) if sslp else _unverified()

    def as_new(self, database_may_be_another: bool) -> None:
        """Undo what the last call has set, taken or prepared, but for the character set, which `begin` sets.

        Raises what the driver raises; then it is as it was.
        """
        self._execute_command(_RESET_CONNECTION, b"")
        self._read_ok_packet()
        if database_may_be_another:  # the server does not take it back
            if self.db is None:
                self._force_close()
            else:
                self.select_db(self.db)

    def begin(self, settings: str) -> None:
        """Pin what the meaning of a statement depends on, with other settings of the session (`a = 1, b = 2`).

        The driver quotes values for the character set that it has asked for, so no other may hold. Nothing is open
        before the first statement: without autocommit that one opens the transaction.
        """
        names = f"NAMES {self.charset}" + (f" COLLATE {self.collation}" if self.collation else "")
        with self.cursor() as cursor:
            cursor.execute(f"SET {names}, {settings}")
            if self.sql_mode is not None:
                cursor.execute("SET SESSION sql_mode = %s", [self.sql_mode])
            if self.init_command is not None:
                cursor.execute(self.init_command)

    def _wait_no_longer(self) -> None:
        left_s = self.until - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(max(SHORTEST_S, left_s))

    def _read_bytes(self, num_bytes: int) -> bytes:
        got = bytearray()
        try:
            while len(got) < num_bytes:
                self._wait_no_longer()
                chunk = self._rfile.read1(min(CHUNK_BYTES, num_bytes - len(got)))
                if not chunk:
                    raise ConnectionError("the server has closed it")
                got += chunk
        except OSError as error:
            self._force_close()
            raise OperationalError(CR.CR_SERVER_LOST, f"the connection to the database was lost ({error})") from None
        except BaseException:
            self._force_close()
            raise
        return bytes(got)

    def _write_bytes(self, data: bytes) -> None:
        try:
            self._wait_no_longer()
            self._sock.sendall(data)
        except OSError as error:
            self._force_close()
            text = f"the connection to the database was lost ({error})"
            raise OperationalError(CR.CR_SERVER_GONE_ERROR, text) from None


@functools.cache
def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context

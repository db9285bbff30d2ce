"""PyMySQL's connection with a limit for every read and write: importing this loads PyMySQL."""

from __future__ import annotations

import time
from typing import Any

from pymysql.connections import Connection as Plain  # type: ignore[import-untyped]
from pymysql.constants import CR  # type: ignore[import-untyped]
from pymysql.err import OperationalError  # type: ignore[import-untyped]

CHUNK_BYTES = 65_536
SHORTEST_S = 0.001  # a time-out of 0 would mean not to wait at all


class Connection(Plain):  # type: ignore[misc]
    """Gives up, and is closed, when the server keeps it waiting beyond `until` (monotonic seconds).

    The driver's own `read_timeout` begins again with every byte, so a slow server could hold the call for ever.
    """

    def __init__(self, *args: Any, until: float, **options: Any) -> None:
        self.until = until
        super().__init__(*args, **options)

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

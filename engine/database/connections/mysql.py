"""PyMySQL's connection with a limit for every read and write: importing this loads PyMySQL."""

from __future__ import annotations

import functools
import ssl
import struct
import time
from typing import Any

from pymysql.connections import Connection as Plain  # type: ignore[import-untyped]
from pymysql.constants import CR, FIELD_TYPE  # type: ignore[import-untyped]
from pymysql.err import OperationalError  # type: ignore[import-untyped]
from pymysql.protocol import FieldDescriptorPacket, MysqlPacket  # type: ignore[import-untyped]

CHUNK_BYTES = 65_536
_RESET_CONNECTION = 0x1F  # the driver has no word for it
_MYSQL = 1  # a MariaDB says by its absence that it is one, and so do clients
_EXTENDED_METADATA = 1 << 3  # of MariaDB's capabilities: columns say what their text is
_NOTHING_MORE = slice(9, 32)
SHORTEST_S = 0.001  # a time-out of 0 would mean not to wait at all


class Connection(Plain):  # type: ignore[misc]
    """Gives up, and is closed, when the server keeps it waiting beyond `until` (monotonic seconds).

    The driver's own `read_timeout` begins again with every byte, so a slow server could hold the call for ever.
    """

    def __init__(self, *args: Any, until: float, **options: Any) -> None:
        self.until = until
        self._greeting: bytes | None = None
        self._says_json = False
        super().__init__(*args, **options)

    def _read_packet(self, packet_type: Any = MysqlPacket) -> Any:
        if self._says_json and packet_type is FieldDescriptorPacket:
            packet_type = _Field
        packet = super()._read_packet(packet_type)
        if self._greeting is None:
            self._greeting = packet.get_all_data()
        return packet

    def _request_authentication(self) -> None:
        self._says_json = says_json(self._greeting or b"")
        if self._says_json:
            self.client_flag &= ~_MYSQL
        super()._request_authentication()

    def write_packet(self, payload: bytes) -> None:
        if self._says_json and payload[_NOTHING_MORE] == bytes(23):  # only the client's own greeting has that
            payload = payload[:28] + struct.pack("<I", _EXTENDED_METADATA) + payload[32:]
        super().write_packet(payload)

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

    def begin(self, settings: str, isolation: str) -> None:
        """Pin what the meaning of a statement depends on, with other settings of the session (`a = 1, b = 2`).

        The driver quotes values for the character set that it has asked for, so no other may hold. Nothing is open
        before the first statement: without autocommit that one opens the transaction.
        """
        names = f"NAMES {self.charset}" + (f" COLLATE {self.collation}" if self.collation else "")
        # A backslash escapes, for us and for the driver, so it must for the server too.
        pinned = f"{names}, SESSION sql_mode = REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', '')"
        with self.cursor() as cursor:
            if self.sql_mode is not None:
                cursor.execute("SET SESSION sql_mode = %s", [self.sql_mode])
            if self.init_command is not None:
                cursor.execute(self.init_command)
            cursor.execute(f"SET {pinned}, {settings}")
            if isolation:
                cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}")

    def close(self) -> None:
        """Closed twice is closed: the pool would tell of it with a traceback."""
        if not self._closed:
            super().close()

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


def says_json(greeting: bytes) -> bool:
    """Whether a server that greets so is a MariaDB (10.5 or newer) which says of its columns that they are JSON.

    In MariaDB JSON is a text with a check, and the protocol knows it only by this.
    """
    begin = greeting.find(b"\0", 1) + 14  # after the version, the thread's number and the salt
    if begin == 13 or len(greeting) < begin + 18:
        return False
    capabilities, more = struct.unpack("<H", greeting[begin : begin + 2])[0], greeting[begin + 14 : begin + 18]
    return not capabilities & _MYSQL and bool(struct.unpack("<I", more)[0] & _EXTENDED_METADATA)


class _Field(FieldDescriptorPacket):  # type: ignore[misc]
    """A column as MariaDB describes it with what it is: of type JSON, when it is said to be."""

    def _parse_field_descriptor(self, encoding: str) -> None:
        self.catalog = self.read_length_coded_string()
        self.db = self.read_length_coded_string()
        self.table_name, self.org_table, self.name, self.org_name = (
            self.read_length_coded_string().decode(encoding) for _ in range(4)
        )
        about = self.read_length_coded_string()
        self.charsetnr, self.length, self.type_code, self.flags, self.scale = self.read_struct("<xHIBHBxx")
        if b"\x01\x04json" in about:
            self.type_code = FIELD_TYPE.JSON

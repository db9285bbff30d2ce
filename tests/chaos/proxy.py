"""A TCP proxy on loopback whose line can be cut, fall silent, or grow slow."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from tests.waiting import PATIENCE_S

T = TypeVar("T")
CHUNK = 65_536


class Proxy:
    """Passes on what comes to `port`, to a port on loopback. Its methods may be called from any thread.

    `tls`: those who come to `port` speak TLS.
    """

    def __init__(self, target: int, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._target = target
        self._tls = tls
        self._delay_s: Callable[[], float] = lambda: 0.0
        self._is_cut = False
        self._deaf_to: set[str] = set()
        self._lines: dict[asyncio.StreamWriter, str] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port: int = self._do(self._listen(port))

    def cut(self) -> None:
        """Every connection breaks, and no new one is made."""
        self._do(self._set_cut(True))

    def silence(self) -> None:
        """Connections stay, and new ones are taken, but nothing passes."""
        self._do(self._set_open(False))

    def slow(self, delay_s: Callable[[], float]) -> None:
        """Each piece of data, each way, is held back for so long."""
        self._delay_s = delay_s

    def cut_from(self, source: str) -> None:
        """As `cut`, for those who come from one address."""
        self._do(self._cut_from(source))

    def heal(self) -> None:
        self._delay_s = lambda: 0.0
        self._deaf_to.clear()
        self._do(self._set_cut(False))
        self._do(self._set_open(True))

    def close(self) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    async def _listen(self, port: int) -> int:
        self._open = asyncio.Event()
        self._open.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=self._tls)
        return int(self._server.sockets[0].getsockname()[1])

    async def _set_cut(self, is_cut: bool) -> None:
        self._is_cut = is_cut
        if is_cut:
            self._break([*self._lines])

    async def _cut_from(self, source: str) -> None:
        self._deaf_to.add(source)
        self._break([line for line, its_source in self._lines.items() if its_source == source])

    async def _set_open(self, is_open: bool) -> None:
        if is_open:
            self._open.set()
        else:
            self._open.clear()

    async def _close(self) -> None:
        self._server.close()
        self._break([*self._lines])
        self._open.set()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            _, left = await asyncio.wait(others, timeout=2)
            for task in left:
                task.cancel()

    def _break(self, lines: list[asyncio.StreamWriter]) -> None:
        for line in lines:
            line.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        source = str(writer.get_extra_info("peername")[0])
        if self._is_cut or source in self._deaf_to:
            writer.transport.abort()
            return
        self._lines[writer] = source
        try:
            await self._open.wait()
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            self._lines[back] = source
            try:
                await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
            finally:
                self._lines.pop(back, None)
                back.transport.abort()
        except OSError:
            pass
        finally:
            self._lines.pop(writer, None)
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            if delay_s := self._delay_s():
                await asyncio.sleep(delay_s)
            await self._open.wait()
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError, NotImplementedError):
            writer.write_eof()

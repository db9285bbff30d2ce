"""What all routes share: the engine, the threads that ask it, and who may come in."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from ..app import Engine, Submitted
from ..app.keyring import NOT_SIGNED_IN
from ..config import Settings
from ..convs import Convs
from ..errors import EngineError, Forbidden, NotSignedIn, StoreError, UnknownConv, WrongHost
from ..rights.browser import foreign, forged, wrong_host
from ..rights.caller import KeyCaller
from ..rights.credentials import read_authorization
from ..rights.keys import Key
from ..rights.limiter import Limiter, address_name
from ..rights.rights import Rights
from ..rights.sessions import cookie_name
from ..store.registry import ConvRecord
from ..views import TaskView
from .caller import Caller, Everybody, Nobody
from .events import Feeds
from .route import Route
from .submitter import Submitter

T = TypeVar("T")

log = logging.getLogger("conv.api")

THREADS = 8  # that ask the store at once; a request beyond waits for one
OWN_THREADS = 2  # for who is who and what is deployed: those wait behind no search
JOBS = 2  # that this server works at at once; others wait
WRONG_PER_S, WRONG_AT_ONCE = 0.2, 10  # attempts to sign in that fail, of one address
STREAM_S = 60.0  # how old what is known of keys may be for a stream under way, while the store does not answer
RIGHTS_S = 1.0  # how old what is known of keys may be


class _Closing(Exception):
    """The server stops."""


class Site:
    """`open_port`: of a server that asks nobody who they are, the port by which its own machine may call it; None:
    each says who they are by a key.
    """

    def __init__(self, engine: Engine, open_port: int | None = None) -> None:
        self.engine = engine
        self.settings: Settings = engine.settings
        self.threads = anyio.CapacityLimiter(THREADS)
        self._own_threads = anyio.CapacityLimiter(OWN_THREADS)
        self.open_port = open_port
        self._often = Limiter(self.settings.server_rate, self.settings.server_rate * 2)
        self._wrong = Limiter(WRONG_PER_S, WRONG_AT_ONCE)
        self._submitter: Submitter | None = None
        self.feeds = Feeds(self)
        self._stopping: asyncio.Future[None] | None = None
        self.is_stopping = False
        self._workers = ThreadPoolExecutor(JOBS, thread_name_prefix="conv-job")

    @property
    def submitter(self) -> Submitter:
        """Of this event loop; made when it is first needed."""
        if self._submitter is None:
            self._submitter = Submitter(self.engine, self._refresh)
        return self._submitter

    async def ended(self, submitted: Submitted, seconds: float) -> TaskView | None:
        """The task once it has ended or is parked; None: not so soon, or the server stops."""
        if self._stopping is None:
            self._stopping = asyncio.get_running_loop().create_future()
        return await self.engine.wait_in_loop(submitted, seconds, self._stopping)

    def stop(self) -> None:
        """In the event loop: who waits is answered, and no job is worked at any more."""
        self.is_stopping = True
        if self._stopping is not None and not self._stopping.done():
            self._stopping.set_result(None)

    async def close(self) -> None:
        """In the event loop, when no request comes any more."""
        self.stop()
        self._workers.shutdown(wait=False, cancel_futures=True)
        if self._submitter is not None:
            await self._submitter.close()

    def begin_job(self, job_id: str) -> None:
        """Work at a job in the background; when the server stops it is left, and can be gone on with."""
        self._workers.submit(self._work, job_id)

    def _work(self, job_id: str) -> None:
        def look(done: int, refused: int, total: int) -> None:
            if self.is_stopping:
                raise _Closing

        try:
            self.engine.run_job(job_id, look)
        except _Closing:
            pass
        except EngineError as error:
            log.warning("job %s: %s", job_id, error.message)

    async def in_thread(self, call: Callable[..., T], *args: Any, **more: Any) -> T:
        """What may wait for the store, so that the loop does not."""
        return await anyio.to_thread.run_sync(partial(call, *args, **more), limiter=self.threads)

    async def _in_own_thread(self, call: Callable[..., T], *args: Any) -> T:
        return await anyio.to_thread.run_sync(call, *args, limiter=self._own_threads)

    def check_room(self) -> None:
        """Raises TooOften while too many requests wait for the store: before the body of another is read."""
        if self._submitter is not None:
            self._submitter.check_room()

    # --- Who ------------------------------------------------------------------------------------

    async def caller(self, route: Route, headers: Mapping[str, str], scope: Mapping[str, Any]) -> Caller:
        """Who sent this. Raises NotSignedIn, Forbidden, WrongHost, TooOften, StoreError."""
        if self.open_port is not None:
            return self._anybody(headers, scope)
        if not route.role:
            return Nobody()
        key = await self._key(headers, scope)
        self._often.check(str(key.login))
        rights = await self._rights()
        keyring = self.engine.keyring
        return KeyCaller(key.login, lambda: keyring.latest(STREAM_S) or rights)

    def _anybody(self, headers: Mapping[str, str], scope: Mapping[str, Any]) -> Caller:
        """Any program of this machine, but no page of somebody else in a browser here."""
        if why := wrong_host(headers.get("host"), self.open_port or 0):
            raise WrongHost(why)
        if why := foreign(headers, own_origin(headers, scope)):
            raise Forbidden(why)
        return Everybody()

    async def _key(self, headers: Mapping[str, str], scope: Mapping[str, Any]) -> Key:
        authorization = headers.get("authorization")
        if authorization is not None:
            return await self.signed_in(authorization, address_of(scope))
        name = cookie_in(headers, scope)
        if name is None:
            raise NotSignedIn("send the key: Authorization: Bearer LOGIN.SECRET, as conv key create has shown it")
        if why := forged(scope["method"], headers, own_origin(headers, scope)):
            raise Forbidden(why)
        return await self._in_own_thread(self.engine.keyring.session, name)

    async def signed_in(self, authorization: str, address: str) -> Key:
        """The key of an Authorization header. Raises NotSignedIn, TooOften."""
        try:
            login, secret = read_authorization(authorization)
            key = (await self._rights()).known(login, secret)
            if key is not None:
                return key
            # One that was made just now is known from the next look on, which is now: for a limited number of guesses.
            self._wrong.check(address_name(address), 0)
            rights = await self._in_own_thread(self.engine.keyring.refreshed)
            key = rights.known(login, secret)
            if key is not None:
                return key
            raise NotSignedIn(rights.why_unknown(login, secret) or NOT_SIGNED_IN)
        except NotSignedIn:
            self._wrong.check(address_name(address))
            raise

    async def _rights(self) -> Rights:
        """What is known of keys, at most a second old; no round trip while `look` keeps it fresh."""
        keyring = self.engine.keyring
        rights = keyring.latest(RIGHTS_S)
        return rights if rights is not None else await self._in_own_thread(keyring.refreshed)

    # --- What -----------------------------------------------------------------------------------

    async def find(self, conv: str, role: str, caller: Caller) -> ConvRecord:
        """The conv of a path, on which the caller has this role.

        Raises UnknownConv, also where there is one that they may not see: with the same words. Forbidden, StoreError.
        """
        try:
            record = await self._find(conv)
        except UnknownConv:
            if caller.refusal("view", None):
                raise _hidden(conv) from None
            raise
        why = caller.refusal(role, record)
        if why and caller.refusal("view", record):
            raise _hidden(conv)
        if why:
            raise Forbidden(why)
        return record

    async def _find(self, conv: str) -> ConvRecord:
        latest = self.engine.latest
        if latest is not None:
            with contextlib.suppress(UnknownConv):
                return latest.find(conv)  # no round trip
        return await self._in_own_thread(self.engine.find, conv)

    async def look(self) -> None:
        """Keep what is known of convs and keys fresh, so that no request waits for it."""
        for call in (self._see, self.engine.keyring.refreshed):
            with contextlib.suppress(StoreError):
                await self._in_own_thread(call)

    def _see(self) -> Convs:
        return self.engine.current

    async def _refresh(self) -> Convs:
        return await self._in_own_thread(self.engine.refreshed)


def _hidden(conv: str) -> UnknownConv:
    return UnknownConv(f'there is no process or state diagram "{conv[:100]}", or the key may not see it')


def address_of(scope: Mapping[str, Any]) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def own_origin(headers: Mapping[str, str], scope: Mapping[str, Any]) -> str:
    """Of this server, as the browser knows it."""
    return f"{scope.get('scheme', 'http')}://{headers.get('host', '')}"


def cookie_in(headers: Mapping[str, str], scope: Mapping[str, Any]) -> str | None:
    """The session's name that a browser sends."""
    wanted = cookie_name(is_tls=scope.get("scheme") == "https")
    for pair in headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == wanted:
            return value
    return None

"""The process that serves the API: uvicorn, on one address, until a signal asks it to stop."""

from __future__ import annotations

import contextlib
import logging
import resource
import socket
import ssl
import time
from pathlib import Path
from typing import NamedTuple, TextIO

import uvicorn

from ..app import Engine
from ..errors import ConfigError
from .application import application
from .protocol import Protocol
from .site import Site

PORT = 8117
HOST = "127.0.0.1"
STOP_S = 10.0  # for requests under way when the server stops
IDLE_S = 30  # after which a connection without requests is closed
BACKLOG = 2_048
MOST_CONNECTIONS = 10_000
HANDLES = 200  # files and connections to the store
RELOAD_S = 10.0  # between two looks at the certificate's files

log = logging.getLogger("conv.api")


class Tls(NamedTuple):
    """Files of a certificate with its chain, and of its key, as PEM."""

    certificate: Path
    key: Path


class Place(NamedTuple):
    """Where to listen, and how; port 0: any that is free. `proxies`: the addresses and nets of proxies in front, whose
    word on who asks is taken."""

    host: str = HOST
    port: int = PORT
    tls: Tls | None = None
    proxies: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' if self.tls else ''}://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        return self.host in ("127.0.0.1", "::1", "localhost")

    def check(self, *, is_open: bool) -> None:
        """Raises ConfigError for what would be read or driven by others, and for a certificate that cannot be used."""
        if is_open and not self.is_loopback:
            raise ConfigError(
                f"an open server listens only on this machine, not at {self.host}; without --open it asks for keys",
                where="--open",
            )
        if not self.is_loopback and self.tls is None and not self.proxies:
            raise ConfigError(
                f"at {self.host} keys would be sent for all to read: give --tls-cert and --tls-key, or --behind-proxy "
                "with the addresses of a proxy that speaks TLS",
                where="--host",
            )
        if self.tls is not None:
            context_of(self.tls)


def bound(place: Place) -> tuple[socket.socket, Place]:
    """A socket that listens there, and where that is. Raises ConfigError when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    listening = socket.socket(family)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((place.host, place.port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"the API cannot listen at {place.url}: {error.strerror}; --port names another port", where="--port"
        ) from None
    listening.setblocking(False)
    return listening, place._replace(port=listening.getsockname()[1])


class Server(uvicorn.Server):
    """Stops as uvicorn does: takes no connection any more, ends what is under way, at most for STOP_S."""

    def __init__(self, engine: Engine, place: Place, *, is_open: bool) -> None:
        """Raises ConfigError for a certificate that cannot be used."""
        self._site = Site(engine, place.port if is_open else None)
        config = uvicorn.Config(
            application(self._site),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            proxy_headers=bool(place.proxies),
            forwarded_allow_ips=list(place.proxies),
            timeout_keep_alive=IDLE_S,
            timeout_graceful_shutdown=int(STOP_S),
            limit_concurrency=most_connections(),
            http=Protocol,
            ws="none",
        )
        super().__init__(config)
        config.load()
        self._tls = place.tls
        if place.tls is not None:
            config.ssl = context_of(place.tls)
            self._stamp = stamp_of(place.tls)
        self._looked_at = time.monotonic()

    async def on_tick(self, counter: int) -> bool:
        """As uvicorn's, ten times a second; renews the certificate when its files have changed."""
        if self._tls is not None and time.monotonic() - self._looked_at > RELOAD_S:
            self._looked_at = time.monotonic()
            self._renew(self._tls)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; who waits for a task is answered first."""
        self._site.stop()
        await super().shutdown(sockets)

    def _renew(self, tls: Tls) -> None:
        context = self.config.ssl
        try:
            stamp = stamp_of(tls)
            if stamp != self._stamp and context is not None:
                context.load_cert_chain(tls.certificate, tls.key)  # what connects from now on gets it
                self._stamp = stamp
                log.warning("the certificate in %s has changed, and is used from now on", tls.certificate)
        except (OSError, ssl.SSLError) as error:
            log.warning("the certificate in %s cannot be used, so the one before goes on: %s", tls.certificate, error)


def most_connections() -> int:
    """As many as there are file handles for, and some left: the soft limit is raised as far as it goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + HANDLES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return max(16, min(MOST_CONNECTIONS, soft - HANDLES)) if soft != resource.RLIM_INFINITY else MOST_CONNECTIONS


def context_of(tls: Tls) -> ssl.SSLContext:
    """Raises ConfigError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"the certificate {tls.certificate} cannot be used: {reason}", where="--tls-cert") from None
    return context


def stamp_of(tls: Tls) -> tuple[int, int]:
    """Changes with the files. Raises OSError."""
    return tls.certificate.stat().st_mtime_ns, tls.key.stat().st_mtime_ns


def serve(engine: Engine, listening: socket.socket, place: Place, *, is_open: bool) -> None:
    """Answer requests until SIGINT or SIGTERM. Raises ConfigError."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    Server(engine, place, is_open=is_open).run(sockets=[listening])


def log_requests(where: TextIO) -> None:
    """From now on, a line of JSON for each request."""
    line = logging.StreamHandler(where)
    line.setFormatter(logging.Formatter("%(message)s"))
    access = logging.getLogger("conv.api.access")
    access.addHandler(line)
    access.setLevel(logging.INFO)
    access.propagate = False

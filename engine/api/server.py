"""The process that serves the API: uvicorn, on one address, until a signal asks it to stop."""

from __future__ import annotations

import logging
import socket
from collections.abc import Collection
from typing import NamedTuple

import uvicorn

from ..app import Engine
from ..errors import ConfigError
from .application import application

PORT = 8117
HOST = "127.0.0.1"
STOP_S = 10.0  # for requests under way when the server stops
IDLE_S = 30  # after which a connection without requests is closed
BACKLOG = 2_048
MOST_CONNECTIONS = 10_000


class Place(NamedTuple):
    """Where to listen; port 0: any that is free."""

    host: str = HOST
    port: int = PORT

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        return self.host in ("127.0.0.1", "::1", "localhost")


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


def hosts_of(place: Place) -> Collection[str]:
    """How an open server may be called."""
    return {f"{name}:{place.port}" for name in ("127.0.0.1", "localhost", "[::1]")}


class Server(uvicorn.Server):
    """Stops as uvicorn does: takes no connection any more, ends what is under way, at most for STOP_S."""

    def __init__(self, engine: Engine, *, hosts: Collection[str] | None) -> None:
        config = uvicorn.Config(
            application(engine, hosts=hosts),
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            lifespan="on",
            proxy_headers=False,
            timeout_keep_alive=IDLE_S,
            timeout_graceful_shutdown=int(STOP_S),
            limit_concurrency=MOST_CONNECTIONS,
            ws="none",
        )
        super().__init__(config)


def serve(engine: Engine, listening: socket.socket, *, hosts: Collection[str] | None) -> None:
    """Answer requests until SIGINT or SIGTERM."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    Server(engine, hosts=hosts).run(sockets=[listening])

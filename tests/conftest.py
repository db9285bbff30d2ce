"""Fixtures that many tests share: a real server, and what it takes to talk to it.

The server is the embedded one's binary with the embedded one's settings, one for the whole run; each test works in a
namespace of its own, so nothing needs to be deleted between tests.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from engine.config import Settings
from engine.store import open_store
from engine.store.client import Store
from engine.store.embedded import server_binary as find_server_binary
from engine.store.supervisor import server_arguments
from tests.waiting import eventually

FLUSHED = ("--appendfsync", "everysec")  # by itself: it has no supervisor

# A shell's background job ignores Ctrl-C, and so would every program that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def server_binary() -> Path:
    """The server program of the embedded store."""
    return find_server_binary()


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A new folder with a short path, for Unix sockets (107 bytes at most); pytest's own can be too long."""
    folder = Path(tempfile.mkdtemp(prefix="conv-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def answers(client: redis.Redis) -> bool:
    """Whether the server of this client is up and has loaded its data."""
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@pytest.fixture(scope="session")
def redis_server(server_binary: Path) -> Iterator[Path]:
    """A running server, durable as the embedded one is; the path of its Unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="conv-"))
    path = folder / "s"
    server = subprocess.Popen([server_binary, *server_arguments(str(path), "everysec"), *FLUSHED], cwd=folder)
    try:
        with redis.Redis(unix_socket_path=str(path), retry=Retry(NoBackoff(), 0)) as client:
            eventually(lambda: answers(client))
        yield path
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def store_url(redis_server: Path) -> str:
    """What CONV_REDIS_URL would be for the test server."""
    return f"unix://{redis_server}"


@pytest.fixture
def redis_client(redis_server: Path) -> Iterator[redis.Redis]:
    """A plain client of the test server, to look at what was written."""
    with redis.Redis(unix_socket_path=str(redis_server)) as client:
        yield client


@pytest.fixture
def namespace() -> str:
    """A namespace that no other test uses."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def settings(store_url: str, namespace: str, tmp_path: Path) -> Settings:
    """Defaults, on the test server, in a namespace of this test."""
    return Settings(redis_url=store_url, namespace=namespace, home=tmp_path / ".conv")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """The store of this test's namespace."""
    with contextlib.closing(open_store(settings)) as store:
        yield store

"""Fixtures that many tests share: a real server, and what it takes to talk to it.

The server is the embedded one's binary with the embedded one's settings, one for each process of the run (`-n`); each
test works in a namespace of its own, so nothing needs to be deleted between tests.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from engine.config import Settings
from engine.store import open_store
from engine.store.client import Store
from engine.store.embedded import server_binary as find_server_binary
from engine.store.supervisor import server_arguments
from tests.waiting import PATIENCE_S, eventually

LOOPBACK = "127.0.0.1, localhost"
FLUSHED = ("--appendfsync", "everysec")  # by itself: it has no supervisor

# For the workers that tests start as processes of their own.
os.environ.setdefault("CONV_EGRESS_ALLOW", LOOPBACK)

# A shell's background job ignores Ctrl-C, and so would every program that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Property tests are about results: how long an example takes depends on what else the machine does. A fixture of a
# function serves all examples of its test: each example takes names of its own.
hypothesis.settings.register_profile(
    "conv",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("conv")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="a test that would be skipped fails, with the reason")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """As many as this process may use: `-n auto` alone counts two threads of one core as one, and a machine's all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    may_skip = "no sample exports" in str(report.longrepr)  # they are not ours to publish
    if report.skipped and not may_skip and not hasattr(report, "wasxfail") and item.config.getoption("no_skips"):
        report.outcome, report.longrepr = "failed", f"not to be skipped: {report.longrepr}"
    return report


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
        server.wait(timeout=PATIENCE_S)
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
    """Defaults, on the test server, in a namespace of this test; tasks may name servers of the test, on loopback."""
    return Settings(redis_url=store_url, namespace=namespace, home=tmp_path / ".conv", egress_allow=LOOPBACK)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """The store of this test's namespace."""
    with contextlib.closing(open_store(settings)) as store:
        yield store

"""conv workers, and a worker's health over HTTP."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.cli.conftest import Shell
from tests.own_server import OwnServer
from tests.waiting import PATIENCE_S, eventually


@contextmanager
def worker(shell: Shell, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = shell.start("worker", *words)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def health_url(process: subprocess.Popen[bytes]) -> str:
    assert process.stderr is not None
    line = process.stderr.readline().decode()
    assert " Health at http://127.0.0.1:" in line, line
    return line.split()[-1]


def test_no_worker_is_no_error_unless_one_must_be_ready(conv: Shell) -> None:
    assert conv("workers", "--json").json == []
    said = conv("workers", "--ready")
    assert (said.status, said.out) == (1, "")
    assert "No worker is running; conv up starts some" in said.err


def test_a_worker_is_listed_until_it_stops(conv: Shell) -> None:
    with worker(conv) as process:
        eventually(lambda: conv("workers", "--ready").status == 0, 20)
        [state] = conv("workers", "--json").json
        assert (state["pid"], state["ready"], state["calling"]) == (process.pid, True, 0)
        assert "ready" in conv("workers").out

    assert conv("workers", "--json").json == []


def test_a_frozen_worker_is_listed_and_not_ready(conv: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONV_READY_MS", "300")
    with worker(conv) as process:
        eventually(lambda: len(conv("workers", "--json").json) == 1, 20)
        process.send_signal(signal.SIGSTOP)

        eventually(lambda: conv("workers", "--ready").status == 1)
        assert "silent for" in conv("workers").out


def test_health_answers_ready_only_while_the_store_answers(
    conv: Shell, server_binary: Path, short_folder: Path
) -> None:
    server = OwnServer(server_binary, short_folder)
    server.start()
    conv.environment |= {"CONV_REDIS_URL": server.url, "CONV_READY_MS": "1500"}
    try:
        with worker(conv, "--health", "127.0.0.1:0") as process:
            url = health_url(process)
            eventually(lambda: requests.get(url, timeout=PATIENCE_S).status_code == 200)

            server.freeze()
            eventually(lambda: requests.get(url, timeout=PATIENCE_S).status_code == 503)
            assert requests.get(url.replace("/ready", "/live"), timeout=PATIENCE_S).status_code == 200
            assert requests.get(url, timeout=PATIENCE_S).json()["ready"] is False

            server.freeze(False)
            eventually(lambda: requests.get(url, timeout=PATIENCE_S).status_code == 200)
    finally:
        server.freeze(False)
        server.stop()


def test_health_needs_a_host_and_a_free_port(conv: Shell) -> None:
    said = conv("worker", "--health", "8081")
    assert (said.status, "is not HOST:PORT" in said.err) == (2, True)
    with worker(conv, "--health", "127.0.0.1:0") as process:
        port = health_url(process).split(":")[-1].split("/")[0]
        said = conv("worker", "--health", f"127.0.0.1:{port}")
        assert said.status == 2
        assert f"127.0.0.1:{port} cannot be served: Address already in use" in said.err

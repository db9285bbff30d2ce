"""conv up and conv worker: processes that work, die, are looked after and stop."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.cli.conftest import GREET, SLEEPS, Shell
from tests.own_server import OwnServer
from tests.waiting import PATIENCE_S, eventually

QUIET = ["Stopping when what runs is committed; Ctrl-C again stops at once.", "Stopped."]


@pytest.fixture
def folder(empty: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A folder with definitions and the embedded store, which is not there yet."""
    for name in ("CONV_REDIS_URL", "CONV_NAMESPACE"):
        monkeypatch.delenv(name)
        del empty.environment[name]
    empty.write("processes/greet.yaml", GREET)
    empty.write("processes/sleeps.yaml", SLEEPS.replace("1h", "200ms"))
    return empty


def document(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The one line that conv up --json says when it is up."""
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], PATIENCE_S)
    assert readable
    said: dict[str, Any] = json.loads(process.stdout.readline())
    return said


@contextlib.contextmanager
def up(shell: Shell, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    process = shell.start("up", "--json", *words)
    try:
        yield process, document(process)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=PATIENCE_S)


def untimed(err: bytes) -> list[str]:
    """The lines of standard error, each of which begins with its time."""
    lines = [re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (.*)", line) for line in err.decode().splitlines()]
    assert all(lines), err
    return [line[1] for line in lines if line]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_up_runs_what_is_submitted_and_its_timers(folder: Shell) -> None:
    with up(folder, "--workers", "1") as (_, said):
        assert said["kind"] == "embedded"
        assert len(said["workers"]) == 1

        greeted = folder("submit", "Greet", "name=Ada", "--wait", "--json")
        slept = folder("submit", "Sleeps", "--wait", "--json")

        assert greeted.json["data"]["greeting"] == "Hello, Ada!"
        assert (slept.status, slept.json["node"]) == (0, "final")


def test_up_says_where_things_are(folder: Shell) -> None:
    process = folder.start("up", "--workers", "1")
    assert process.stdout is not None
    lines = [process.stdout.readline().decode() for _ in range(4)]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)

    assert lines[0].startswith("store")
    assert str(folder.folder / ".conv") in lines[0]
    assert "2 convs" in lines[1]
    assert lines[2].startswith("workers  1")
    assert b"Deployed Greet (11)" in err


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_stops_the_workers_and_leaves_nobody(folder: Shell, number: signal.Signals, status: int) -> None:
    with up(folder) as (process, said):
        process.send_signal(number)

        _, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == status
        assert [line for line in untimed(err) if not line.startswith("Deployed")] == QUIET
        assert not any(is_alive(pid) for pid in said["workers"])


def test_a_second_ctrl_c_stops_at_once(folder: Shell) -> None:
    with up(folder, "--workers", "1") as (process, said):
        [worker] = said["workers"]
        os.kill(worker, signal.SIGSTOP)  # it cannot obey any more
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while b"Stopping" not in process.stderr.readline():
            pass
        assert is_alive(worker)

        process.send_signal(signal.SIGINT)

        process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 130
        assert not is_alive(worker)


def test_a_worker_that_is_killed_is_started_again(folder: Shell) -> None:
    with up(folder, "--workers", "1") as (process, said):
        [worker] = said["workers"]
        os.kill(worker, signal.SIGKILL)
        assert process.stderr is not None
        line = b""
        while b"was killed" not in line:
            line = process.stderr.readline()

        assert f"process {worker}" in line.decode()
        assert folder("submit", "Greet", "name=Ada", "--wait", "--timeout", "2m").status == 0


def test_stopping_while_a_worker_is_being_started_again_is_quiet(folder: Shell) -> None:
    with up(folder, "--workers", "1") as (process, said):
        os.kill(said["workers"][0], signal.SIGKILL)
        assert process.stderr is not None
        while b"was killed" not in process.stderr.readline():
            pass

        process.send_signal(signal.SIGINT)

        _, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 130
        assert untimed(err) == QUIET


def test_workers_do_not_outlive_a_killed_up(folder: Shell) -> None:
    with up(folder) as (process, said):
        process.kill()
        process.wait()

        eventually(lambda: not any(is_alive(pid) for pid in said["workers"]))


def test_up_waits_for_a_server_that_goes_away(empty: Shell, server_binary: Path, short_folder: Path) -> None:
    server = OwnServer(server_binary, short_folder)
    empty.environment["CONV_REDIS_URL"] = server.url
    empty.write("processes/greet.yaml", GREET)
    server.start()
    try:
        assert empty("deploy", "processes").status == 0
        with up(empty, "--workers", "1") as (process, said):
            server.stop()
            os.kill(said["workers"][0], signal.SIGKILL)
            assert process.stderr is not None
            ends = 0
            while ends < 4:  # the killed one, and three that found no store
                ends += b"is started again" in process.stderr.readline()
            server.start()

            assert empty("submit", "Greet", "name=Ada", "--wait", "--timeout", "2m").status == 0
            assert process.poll() is None
    finally:
        server.stop()


def test_a_second_up_in_the_folder_says_so(folder: Shell) -> None:
    with up(folder, "--workers", "1") as (process, _):
        said = folder("up", "--json")

        assert said.status == 2
        assert said.error["code"] == "already_up"
        assert str(process.pid) in said.error["message"]
        assert "conv worker" in said.error["message"]


def test_after_a_killed_up_the_folder_is_free(folder: Shell) -> None:
    with up(folder, "--workers", "1") as (process, _):
        process.kill()
        process.wait()

    with up(folder, "--workers", "1"):
        assert folder("submit", "Greet", "name=Ada", "--wait").status == 0


def test_errors_in_definitions_do_not_keep_it_down(folder: Shell) -> None:
    folder("deploy")
    folder.write("processes/broken.yaml", "process: Broken\nid: 99\nnodes:\n  start: {go: nowhere}\n")

    with up(folder, "--workers", "1") as (process, _):
        assert folder("submit", "Greet", "name=Ada", "--wait").status == 0
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=PATIENCE_S)
        assert b"broken.yaml:4:" in err
        assert b"Not deployed" in err


def test_by_url_several_are_how_work_is_spread(conv: Shell) -> None:
    with up(conv, "--workers", "1"), up(conv, "--workers", "1") as (_, said):
        assert said["kind"] == "server"
        assert conv("submit", "Greet", "name=Ada", "--wait").status == 0


def test_a_worker_stops_when_asked(conv: Shell) -> None:
    worker = conv.start("worker")
    assert worker.stderr is not None
    assert b"works for" in worker.stderr.readline()

    worker.send_signal(signal.SIGINT)

    _, err = worker.communicate(timeout=PATIENCE_S)
    assert worker.returncode == 130
    assert "Stopping when what runs is committed; once more stops at once." in untimed(err)


def test_up_serves_the_api_and_shows_a_key_once(folder: Shell) -> None:
    with up(folder, "--workers", "1", "--port", "0") as (_, said):
        key = said["first_key"]
        headers = {"authorization": f"Bearer {key}"}
        eventually(lambda: answers(said["api"]))
        convs = requests.get(f"{said['api']}/v1/convs", headers=headers, timeout=PATIENCE_S).json()["convs"]
        assert [conv["title"] for conv in convs] == ["Greet", "Sleeps"]
        assert requests.get(f"{said['api']}/v1/convs", timeout=PATIENCE_S).status_code == 401
        made = requests.post(
            f"{said['api']}/v1/convs/Greet/tasks?wait=30", json={"data": {"name": "Ada"}}, headers=headers, timeout=60
        ).json()
        assert made["task"]["data"]["greeting"] == "Hello, Ada!"

    with up(folder, "--workers", "1", "--port", "0") as (_, said):
        assert said["first_key"] == ""
        eventually(lambda: answers(said["api"]))
        assert requests.get(f"{said['api']}/v1/convs", headers=headers, timeout=PATIENCE_S).status_code == 200


def test_an_api_that_dies_is_started_again_behind_the_same_door(folder: Shell) -> None:
    with up(folder, "--workers", "1", "--port", "0", "--open") as (process, said):
        eventually(lambda: answers(said["api"]))
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        [api] = [int(pid) for pid in children if b"\0api\0" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        os.kill(api, signal.SIGKILL)

        eventually(lambda: not is_alive(api) or b"\0api\0" not in Path(f"/proc/{api}/cmdline").read_bytes())
        eventually(lambda: answers(said["api"]))


def test_a_port_that_is_taken_is_an_error_only_where_it_was_asked_for(folder: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = folder("up", "--port", str(taken.getsockname()[1]))
    assert said.status == 2
    assert "--port names another port" in said.err
    assert folder("up", "--no-api", "--open").status == 2


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=PATIENCE_S).status_code == 200
    except requests.ConnectionError:
        return False

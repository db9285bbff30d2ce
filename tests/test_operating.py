"""README's section for operators: its configuration, its commands and its numbers, on real servers."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from engine.app import Engine
from engine.cli.group import conv
from engine.cli.status import UNREACHABLE, WRONG_USE
from engine.config import Durability, Settings
from engine.errors import ConfigError, StoreUnavailable
from engine.store.connect import open_connection
from tests.binaries import server_binaries
from tests.conftest import answers
from tests.own_server import OwnServer
from tests.waiting import PATIENCE_S, eventually

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
SECTION = README.split("## Operate your own store", 1)[1].split("\n## ", 1)[0]
PROCESS = "process: P\nid: 1\nnodes: {start: {go: done}, done: {end: success}}\n"


def block(language: str) -> str:
    [text] = re.findall(rf"^```{language}\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    return str(text)


@pytest.fixture(params=server_binaries())
def configured(request: pytest.FixtureRequest, short_folder: Path) -> Iterator[str]:
    """The URL of a server with README's configuration."""
    (short_folder / "server.conf").write_text(block("conf"))
    socket = short_folder / "s"
    server = subprocess.Popen(
        [server_binaries()[request.param], "server.conf", "--port", "0", "--unixsocket", str(socket), "--dir", "."],
        cwd=short_folder, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with redis.Redis(unix_socket_path=str(socket)) as client:
            eventually(lambda: answers(client))
        yield f"unix://{socket}"
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


@pytest.fixture
def own(server_binary: Path, short_folder: Path) -> Iterator[OwnServer]:
    server = OwnServer(server_binary, short_folder)
    server.start()
    yield server
    server.stop()


def test_the_configuration_is_enough(configured: str, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(PROCESS)

    with Engine.open(Settings(redis_url=configured)) as engine:
        engine.deploy([tmp_path / "p.yaml"])
        task = engine.submit(1, {})
        assert engine.run_until_idle(PATIENCE_S, until=task)
        assert engine.task(1, task.task_id).place == "final"

    with pytest.raises(ConfigError, match="appendfsync"):
        Engine.open(Settings(redis_url=configured, durability=Durability.ALWAYS))
    with pytest.raises(StoreUnavailable, match="no replica"):
        Engine.open(Settings(redis_url=configured, durability=Durability.REPLICATED))
    client = open_connection(Settings(redis_url=configured))
    client.config_set("appendfsync", "always")
    client.close()
    Engine.open(Settings(redis_url=configured, durability=Durability.ALWAYS)).close()


def test_a_worker_has_as_many_connections_as_it_says(own: OwnServer, tmp_path: Path) -> None:
    assert "A worker has at most 3 connections to a server" in SECTION.replace("\n", " ")
    settings = Settings(redis_url=own.url)
    (tmp_path / "p.yaml").write_text(PROCESS)
    with Engine.open(settings) as engine:
        engine.deploy([tmp_path / "p.yaml"])
        environment = {**os.environ, "CONV_REDIS_URL": own.url, "PYTHONPATH": str(ROOT)}
        worker = subprocess.Popen([sys.executable, "-m", "engine.cli", "worker"], env=environment, cwd=tmp_path)
        try:
            for _ in range(20):
                engine.submit_many(1, [(None, {})] * 500)
            eventually(lambda: engine.show(1).nodes[-1].now == 10_000)
            names = [str(client["name"]) for client in engine.store.client.client_list()]
        finally:
            worker.terminate()
            worker.wait(PATIENCE_S)
    assert 2 <= len([name for name in names if name.endswith(f":{worker.pid}")]) <= 3
    assert worker.returncode == 0


def test_the_unit_runs_what_there_is() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(block("ini"))

    service = unit["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert Path(program).name == "conv"
    conv.make_context("conv", [*words], resilient_parsing=False)
    assert service["RestartPreventExitStatus"] == str(WRONG_USE)
    assert f"{WRONG_USE} is a wrong setting, {UNREACHABLE} a store that could not" in SECTION.replace("\n", " ")


def test_an_installation_moves_to_a_server_of_its_own(own: OwnServer, tmp_path: Path) -> None:
    (tmp_path / "processes").mkdir()
    (tmp_path / "processes" / "p.yaml").write_text(PROCESS)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONV_")}
    environment |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}

    def run(line: str) -> None:
        words = line.replace("redis://store.example:6379/0", own.url)
        subprocess.run(["/bin/sh", "-c", words], cwd=tmp_path, env=environment, capture_output=True, check=True)

    run("conv deploy")
    run("conv submit P --ref a --wait")
    run("conv submit P --ref b")
    *steps, last = block("sh").splitlines()
    assert last.endswith("conv worker")

    for step in steps:
        run(step)

    with Engine.open(Settings(redis_url=own.url, secret_key_file=tmp_path / "conv.key")) as engine:
        assert engine.task(1, "a").place == "final"
        assert engine.task(1, "b").place == "ready"
        assert engine.run_until_idle(PATIENCE_S)
        assert engine.task(1, "b").place == "final"
